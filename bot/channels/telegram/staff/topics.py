"""A conversation in its topic: opened with a summary, then kept up to date."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.channels.telegram.place import CHANNEL, Place, Posted
from bot.channels.telegram.splitting import split
from bot.channels.telegram.staff.forum import Forum, Refused, TopicGone
from bot.channels.telegram.staff.texts import Texts, subject_of
from bot.messages import WITH_PEOPLE
from bot.review.rereading import Rereading
from bot.store.inbox.views import Case, Changed, Entry, Noted, Spoken
from bot.store.store import Store
from bot.store.topics.records import FORGOTTEN_TOPIC, FROM_TOPIC, Cursors, Post, Topic

STRETCH = 40  # messages looked at
LOOK_BACK = 10  # of them at most are told again when people come in
SHOWN = frozenset({"photo", "voice", "sticker", "location", "document", "other"})  # copied, not described


@dataclass(frozen=True)
class Topics:
    """Brings topics up to date. What fails half-way goes on from the last post the next time."""

    store: Store
    forum: Forum
    texts: Texts
    rereading: Callable[[], Rereading]

    async def bring_up_to_date(self, conversation_id: int) -> None:
        """Open, write, rename, close or delete its topic, whatever it takes. Raises ForumClosed, NetworkError."""
        log = self.store.staff_group
        topic = await log.claim(conversation_id, self.forum.chat_id)
        if topic is None:
            return
        try:
            if topic.status == FORGOTTEN_TOPIC:
                await self._delete(topic)
            else:
                newest = await log.newest(conversation_id)  # before the rest is read: none is passed over
                if case := await self.store.inbox.case(conversation_id, limit=STRETCH):
                    await self._write(topic, newest, case)
        finally:
            await log.release(conversation_id)

    async def suggest(self, thread_id: int | None, case: Case) -> bool:
        """Post the best answers to what the customer said last; False where there are none."""
        suggested = await self.rereading().suggest(case)
        if not suggested:
            return False
        text, keyboard = self.texts.suggestions(suggested), self.texts.send_buttons(len(suggested))
        post_id = await self.forum.post(thread_id, text, keyboard=keyboard)
        sendable = tuple(one.text for one in suggested)
        await self.store.staff_group.add_post(
            Post(case.id, self.forum.chat_id, post_id, suggestions=sendable)
        )
        return True

    async def _show_draft(self, thread_id: int | None, case: Case) -> bool:
        """Post what the bot would say where a person is to look at it first; False where nothing waits."""
        draft = await self.store.inbox.draft(case.id)
        if draft is None:
            return False
        text, keyboard = self.texts.draft(draft), self.texts.draft_buttons(draft)
        post_id = await self.forum.post(thread_id, text, keyboard=keyboard)
        await self.store.staff_group.add_post(Post(case.id, self.forum.chat_id, post_id))
        return True

    async def _write(self, topic: Topic, newest: Cursors, case: Case) -> None:
        try:
            await self._show(topic, newest, case)
        except TopicGone:
            blank = Topic(topic.conversation_id, topic.chat_id)
            await self._save(blank)
            await self._show(blank, newest, case)

    async def _show(self, topic: Topic, newest: Cursors, case: Case) -> None:
        is_new = topic.thread_id is None
        if case.status not in WITH_PEOPLE and is_new:
            await self._save(replace(topic, status=case.status))
            return
        asked = max((one.id for one in case.entries if _is_customers(one)), default=0)
        asks = asked > topic.message_id and case.status in WITH_PEOPLE and _is_last_word(case)
        topic = await self._open(topic, case) if is_new else await self._tell(topic, case)
        for entry in case.entries:
            topic = _past(topic, entry)
        topic = topic.past(newest)
        await self._save(topic)
        if asks and not await self._show_draft(topic.thread_id, case):
            await self.suggest(topic.thread_id, case)
        topic = await self._show_status(topic, case)
        await self._report_undelivered(topic)

    async def _open(self, topic: Topic, case: Case) -> Topic:
        subject = subject_of(case)
        title = self.texts.title(case, subject)
        thread_id = await self.forum.open(title)
        topic = replace(topic, thread_id=thread_id, title=title, subject=subject)
        await self._save(topic)
        parts = split(self.texts.summary(case, case.entries[-LOOK_BACK:]))
        for part in parts[:-1]:
            await self.forum.post(thread_id, part)
        await self.forum.post(thread_id, parts[-1], keyboard=self.texts.take_button())
        return replace(topic, status=case.status, assignee_id=_assignee(case))

    async def _tell(self, topic: Topic, case: Case) -> Topic:
        """What happened since the last post; where people were out of it, only the end of what was said."""
        if topic.status == "closed" and case.status in WITH_PEOPLE:
            await self.forum.reopen(_thread(topic))
        news = [entry for entry in case.entries if _is_news(topic, entry)]
        if topic.status not in WITH_PEOPLE:
            news = news[-LOOK_BACK:]
        lines: list[tuple[Entry, str]] = []
        for entry in news:
            if isinstance(entry, Spoken) and (entry.kind in SHOWN or entry.quotes):
                topic = await self._post_lines(topic, lines)
                topic = await self._post_one(topic, case, entry)
                lines = []
            else:
                lines.append((entry, self.texts.line(case, entry)))
        return await self._post_lines(topic, lines)

    async def _post_lines(self, topic: Topic, lines: list[tuple[Entry, str]]) -> Topic:
        """Several things in one post: the group takes only so many a minute."""
        for part in split("\n\n".join(text for _, text in lines)):
            post_id = await self.forum.post(topic.thread_id, part)
            spoken = [entry.id for entry, _ in lines if isinstance(entry, Spoken)]
            message_id = spoken[-1] if spoken else None
            await self._save(topic, Post(topic.conversation_id, topic.chat_id, post_id, message_id))
        for entry, _ in lines:
            topic = _past(topic, entry)
        return topic

    async def _post_one(self, topic: Topic, case: Case, entry: Spoken) -> Topic:
        """A message that is shown by itself: it points at another, or is no words alone."""
        thread_id = _thread(topic)
        quotes = None
        if entry.quotes is not None:
            quotes = await self.store.staff_group.post_showing(topic.chat_id, entry.quotes)
        origin = _origin(case, entry)
        post_id = None
        if origin is not None:
            try:
                post_id = await self.forum.copy(thread_id, origin, quotes=quotes)
            except Refused:
                post_id = None  # the customer took it back meanwhile
        for part in split(self.texts.line(case, entry)) if post_id is None else ():
            post_id = await self.forum.post(thread_id, part, quotes=quotes)
        topic = _past(topic, entry)
        if post_id is not None:
            await self._save(topic, Post(topic.conversation_id, topic.chat_id, post_id, entry.id))
        return topic

    async def _show_status(self, topic: Topic, case: Case) -> Topic:
        """The title says who has it; a closed one is closed on Telegram too."""
        thread_id, title = _thread(topic), self.texts.title(case, topic.subject)
        if title != topic.title:
            await self.forum.rename(thread_id, title)
        if case.status == "closed" and topic.status != "closed":
            await self.forum.close(thread_id)
        topic = replace(topic, title=title, status=case.status, assignee_id=_assignee(case))
        await self._save(topic)
        return topic

    async def _report_undelivered(self, topic: Topic) -> None:
        say = self.texts.words.say
        for lost in await self.store.staff_group.unreported(topic.conversation_id):
            text = (
                say("This didn't reach the customer, who blocked the bot.")
                if lost.is_blocked
                else say("This didn't reach the customer. The console says why.")
            )
            post_id = await self.forum.post(topic.thread_id, text, quotes=lost.post_id)
            await self._save(topic, Post(topic.conversation_id, topic.chat_id, post_id, lost.message_id))

    async def _delete(self, topic: Topic) -> None:
        """The customer is forgotten: what was said is to go here too."""
        if topic.thread_id is not None:
            with suppress(TopicGone):
                await self.forum.delete(topic.thread_id)
        await self.store.staff_group.drop(topic.conversation_id)

    async def _save(self, topic: Topic, post: Post | None = None) -> None:
        await self.store.staff_group.save(topic, post)


def _thread(topic: Topic) -> int:
    """The number of one that was opened."""
    assert topic.thread_id is not None  # noqa: S101 - `_show` opens it before all else
    return topic.thread_id


def _is_news(topic: Topic, entry: Entry) -> bool:
    """It happened since, and isn't what somebody wrote in the topic itself; a suggestion they sent is shown."""
    if isinstance(entry, Changed):
        return entry.id > topic.change_id
    after = topic.note_id if isinstance(entry, Noted) else topic.message_id
    was_written_here = entry.external_id.startswith(FROM_TOPIC) and "." not in entry.external_id
    return entry.id > after and not was_written_here


def _past(topic: Topic, entry: Entry) -> Topic:
    """With the entry shown."""
    if isinstance(entry, Changed):
        return topic.past(Cursors(change_id=entry.id))
    if isinstance(entry, Noted):
        return topic.past(Cursors(note_id=entry.id))
    return topic.past(Cursors(message_id=entry.id))


def _is_customers(entry: Entry) -> bool:
    return isinstance(entry, Spoken) and entry.speaker == "customer" and bool(entry.text.strip())


def _is_last_word(case: Case) -> bool:
    """Whether nobody of the staff answered what the customer said last."""
    speakers = [one.speaker for one in case.entries if isinstance(one, Spoken) and one.speaker != "bot"]
    return bool(speakers) and speakers[-1] == "customer"


def _assignee(case: Case) -> int | None:
    return case.assignee.id if case.assignee else None


def _origin(case: Case, entry: Spoken) -> Posted | None:
    """Where on Telegram the customer's message stands, for one that is more than words."""
    number = entry.external_id
    is_shown = entry.kind in SHOWN and entry.speaker == "customer" and case.channel == CHANNEL
    if not (is_shown and number.isascii() and number.isdecimal()):
        return None
    return Posted(Place.of(case.key).chat_id, int(number))
