"""What staff write in a topic reaches the customer."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial

from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.channels.telegram.keyboards import marked
from bot.channels.telegram.place import CHANNEL, Place, Posted
from bot.channels.telegram.retrying import attempt
from bot.channels.telegram.staff.commands import Commands
from bot.channels.telegram.staff.events import Commanded, Pressed, StaffEvent, Wrote
from bot.channels.telegram.staff.texts import REJECT_DRAFT, SEND, SEND_DRAFT, TAKE
from bot.channels.telegram.staff.topics import Topics
from bot.errors import BotError
from bot.staffing import DraftGone, NoConversation, Staffing, TakenByOther
from bot.store.records import Line, Reworded
from bot.store.staff.records import Staff
from bot.store.topics.records import FROM_TOPIC

NOTE = "//"
REWORD_TRIES = 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hearing:
    """Does what staff ask for in the group; handling an event again does nothing twice."""

    topics: Topics
    staffing: Staffing
    commands: Commands

    @property
    def group_id(self) -> int:
        """The chat it listens to."""
        return self.topics.forum.chat_id

    async def hear(self, event: StaffEvent) -> None:
        """Raises only where the store does."""
        log, forum = self.topics.store.staff_group, self.topics.forum
        if isinstance(event, Commanded) and event.name == "link":
            await self._answer(event, await self.commands.link(event))
            return
        conversation_id = None
        if event.thread_id is not None:
            conversation_id = await log.conversation_in(forum.chat_id, event.thread_id)
        if isinstance(event, Commanded) and event.name == "help":
            await self._answer(event, self.commands.help())
            return
        if conversation_id is None:
            return  # the group's own talk
        member = None if event.user_id is None else await log.member(event.user_id)
        if member is None:
            await self._answer(event, self.commands.who_are_you(in_groups_name=event.user_id is None))
            return
        try:
            await self._do(event, conversation_id, member)
        except TakenByOther as taken:
            await self._refuse(event, taken)
        except DraftGone:
            say = self.topics.texts.words.say
            gone = say("That draft waits no longer: somebody was faster, or the customer wrote again.")
            await self._answer(event, gone)
        except NoConversation:
            return  # its customer was forgotten; the topic goes as well

    async def _do(self, event: StaffEvent, conversation_id: int, member: Staff) -> None:
        match event:
            case Wrote(is_edit=True):
                await self._reword(event, conversation_id)
            case Wrote():
                await self._pass_on(event, conversation_id, member)
            case Commanded():
                answer = await self.commands.do(event, conversation_id, member)
                if answer:
                    await self._answer(event, answer)
            case Pressed():
                await self._press(event, conversation_id, member)

    async def _pass_on(self, event: Wrote, conversation_id: int, member: Staff) -> None:
        external_id = f"{FROM_TOPIC}{event.post_id}"
        if event.kind == "text" and event.text.startswith(NOTE):
            text = event.text.removeprefix(NOTE).strip()
            await self.staffing.note(conversation_id, member.id, text, external_id=external_id)
            return
        log, chat_id = self.topics.store, self.topics.forum.chat_id
        is_shown = event.kind != "text"
        key = await log.inbox.key_of(conversation_id)
        if is_shown and (key is None or not key.startswith(f"{CHANNEL}:")):
            say = self.topics.texts.words.say
            await self._answer(event, say("Not sent: this customer is on the web, where only words arrive."))
            return
        quotes = None
        if event.quotes is not None:
            quotes = await log.staff_group.message_shown(conversation_id, chat_id, event.quotes)
        attachment = Posted(chat_id, event.post_id).attachment if is_shown else ""
        line = Line(
            "person",
            event.text,
            kind=event.kind,
            attachment=attachment,
            external_id=external_id,
            quotes=quotes,
        )
        await self.staffing.show(conversation_id, member.id, line)

    async def _reword(self, event: Wrote, conversation_id: int) -> None:
        """What was written is changed: in the log, and at the customer's where Telegram shows it."""
        reworded = await self._reword_in_log(event, conversation_id)
        is_note = reworded is not None and reworded.message_id is None
        if reworded is not None and not is_note and not await self._edit(reworded, event):
            say = self.topics.texts.words.say
            await self._answer(event, say("The customer has it as it was: write it anew."))

    async def _reword_in_log(self, event: Wrote, conversation_id: int) -> Reworded | None:
        """Once it isn't just being sent; None where it is nothing that reached the desk."""
        text = event.text.removeprefix(NOTE).strip() if event.text.startswith(NOTE) else event.text
        reworded = None
        for _ in range(REWORD_TRIES):
            external_id = f"{FROM_TOPIC}{event.post_id}"
            reworded = await self.staffing.reword(conversation_id, external_id, text)
            if reworded is None or reworded.delivery not in {"pending", "sending"}:
                break
            await asyncio.sleep(self.topics.forum.tempo.first_pause_s)
        return reworded

    async def _edit(self, reworded: Reworded, event: Wrote) -> bool:
        if not (reworded.conversation_key.startswith(f"{CHANNEL}:") and reworded.delivered_as):
            return False
        place, bot = Place.of(reworded.conversation_key), self.topics.forum.bot
        message_id = int(reworded.delivered_as)
        try:
            if event.kind == "text":
                await bot.edit_message_text(event.text, place.chat_id, message_id)
            else:
                await bot.edit_message_caption(place.chat_id, message_id, caption=event.text)
        except TelegramError as error:
            return "not modified" in error.message.lower()
        return True

    async def _press(self, event: Pressed, conversation_id: int, member: Staff) -> None:
        chat_id = self.topics.forum.chat_id
        verb, colon, number = event.data.partition(":")
        if event.data == TAKE:
            await self.staffing.take(conversation_id, member.id, from_other=True)
        elif not (number.isascii() and number.isdecimal()):
            return
        elif verb + colon == SEND:
            if not await self._send_suggestion(event, conversation_id, member, int(number)):
                return
        elif verb + colon == SEND_DRAFT:
            await self.staffing.send_draft(conversation_id, member.id, int(number))
        elif verb + colon == REJECT_DRAFT:
            await self.staffing.reject_draft(conversation_id, member.id, int(number))
        keyboard = marked(event.keyboard, event.data) if event.keyboard else None
        if keyboard is not None:
            mark = partial(
                self.topics.forum.bot.edit_message_reply_markup,
                chat_id=chat_id,
                message_id=event.post_id,
                reply_markup=keyboard,
            )
            await attempt(mark, self.topics.forum.tempo)

    async def _send_suggestion(self, event: Pressed, conversation_id: int, member: Staff, index: int) -> bool:
        """False where that post offers no such one."""
        post = await self.topics.store.staff_group.post(self.group_id, event.post_id)
        if post is None or index >= len(post.suggestions):
            return False
        external_id = f"{FROM_TOPIC}{event.post_id}.{index}"
        line = Line("person", post.suggestions[index], external_id=external_id)
        await self.staffing.show(conversation_id, member.id, line)
        return True

    async def _refuse(self, event: StaffEvent, taken: TakenByOther) -> None:
        """Both would answer: say who has it, and how to have it instead."""
        holder = None
        if taken.assignee_id is not None:
            holder = await self.topics.store.accounts.find(taken.assignee_id)
        name = holder.called if holder else "?"
        text = self.topics.texts.words.say("Not sent: {name} has the conversation.", name=name)
        await self._answer(event, text, self.topics.texts.take_button(name))

    async def _answer(
        self, event: StaffEvent, text: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Tell staff; where that fails they see that nothing came of it."""
        post: Awaitable[int] = self.topics.forum.post(
            event.thread_id, text, keyboard=keyboard, quotes=event.post_id
        )
        try:
            await post
        except (BotError, TelegramError) as error:
            logger.warning("staff can't be answered in their group: %s", type(error).__name__)
