"""What the staff group on Telegram reads and writes of the log, one transaction a call."""

from bot.store.databases.database import Database
from bot.store.staff import links
from bot.store.staff.records import Staff
from bot.store.topics import topics
from bot.store.topics.records import Cursors, Post, Topic, Undelivered


class StaffGroupLog:
    """Topics and who is who in the group; `Store.staff_group`."""

    def __init__(self, database: Database, sender: str) -> None:
        self._database, self._sender = database, sender

    async def due(self, chat_id: int) -> list[int]:
        """Conversations whose topic is to be opened, brought up to date, or deleted."""
        return await self._database.read(topics.due, chat_id)

    async def claim(self, conversation_id: int, chat_id: int) -> Topic | None:
        """Take a topic in hand; None where another process has it."""
        writing = (self._sender, self._database.is_alone)
        return await self._database.write(topics.claim, conversation_id, chat_id, writing)

    async def newest(self, conversation_id: int) -> Cursors:
        """What a conversation has by now."""
        return await self._database.read(topics.newest, conversation_id)

    async def save(self, topic: Topic, post: Post | None = None) -> None:
        """Keep how far a topic is, with what was just posted there."""
        await self._database.write(topics.save, topic, post)

    async def add_post(self, post: Post) -> None:
        """Keep what was posted in a topic."""
        await self._database.write(topics.add_post, post)

    async def release(self, conversation_id: int) -> None:
        """Let other processes write to the topic."""
        await self._database.write(topics.release, conversation_id)

    async def drop(self, conversation_id: int) -> None:
        """Know of the topic no longer."""
        await self._database.write(topics.drop, conversation_id)

    async def conversation_in(self, chat_id: int, thread_id: int) -> int | None:
        """Whose topic that is; None where it is none of ours."""
        return await self._database.read(topics.conversation_in, chat_id, thread_id)

    async def post(self, chat_id: int, post_id: int) -> Post | None:
        """What the bot posted under that number."""
        return await self._database.read(topics.find_post, chat_id, post_id)

    async def message_shown(self, conversation_id: int, chat_id: int, post_id: int) -> int | None:
        """The message that stands in the topic under that number."""
        return await self._database.read(topics.message_shown, conversation_id, chat_id, post_id)

    async def post_showing(self, chat_id: int, message_id: int) -> int | None:
        """The number under which a message stands in its topic."""
        return await self._database.read(topics.post_showing, chat_id, message_id)

    async def unreported(self, conversation_id: int) -> list[Undelivered]:
        """What staff wrote there and can't reach the customer, unless they were told."""
        return await self._database.read(topics.unreported, conversation_id)

    async def make_code(self, staff_id: int) -> str:
        """With which somebody says in the group who they are; good once, for 15 minutes."""
        return await self._database.write(links.make_code, staff_id)

    async def link(self, code: str, telegram_id: int) -> Staff | None:
        """Know somebody by their Telegram id from now on; None where the code is not, or no longer, good."""
        return await self._database.write(links.link, code, telegram_id)

    async def unlink(self, staff_id: int) -> None:
        """Know them on Telegram no longer."""
        await self._database.write(links.unlink, staff_id)

    async def member(self, telegram_id: int) -> Staff | None:
        """Who that is, unless the account is disabled."""
        return await self._database.read(links.member, telegram_id)
