"""One reply on its way to Telegram."""

import logging
from asyncio import sleep
from collections.abc import Iterator
from dataclasses import dataclass, field

from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.api import SlowDown, Unclear, is_passing
from bot.channels.telegram.keyboards import keyboard_of
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.place import Place, Posted, customer_key
from bot.channels.telegram.retrying import readable
from bot.channels.telegram.splitting import split
from bot.channels.telegram.tempo import Tempo
from bot.messages import OWN_DATA
from bot.monitoring.meters import count_delivery, timed
from bot.monitoring.tracing import trace
from bot.store.records import Outgoing
from bot.store.store import Store

MAX_UNCLEAR = (
    3  # sends without an answer: any of them may have arrived, and each looks the same to the customer
)

FILE_NAME = "my-data.json"

logger = logging.getLogger(__name__)


@dataclass
class Delivery:
    """Sends a reply, in parts where it is long, and keeps count of what arrived.

    `run` may be called again after any error: it goes on where it was."""

    outgoing: Outgoing
    bot: Bot
    store: Store
    pace: Pace
    tempo: Tempo
    _place: Place = field(init=False)
    _parts: list[str] = field(init=False)
    _pauses: Iterator[float] = field(init=False)
    _reply_to: int | None = field(init=False)
    _has_buttons: bool = True
    _is_in_hand: bool = False
    _n_unclear: int = 0
    _sent_as: str = ""

    def __post_init__(self) -> None:
        self._place = Place.of(self.outgoing.conversation_key)
        # What staff show is copied whole from where they posted it, caption and all.
        self._parts = [self.outgoing.text] if self.outgoing.attachment else split(self.outgoing.text)
        self._pauses = self.tempo.pauses()
        answered = self.outgoing.reply_to if self._place.is_group else ""
        self._reply_to = _number(self.outgoing.quotes or answered)
        self._has_buttons = bool(self.outgoing.buttons)

    async def run(self) -> None:
        """Send what is left, then tell the log; Telegram's refusal ends it as well."""
        reply = self.outgoing.message_id
        with trace("delivery", reply=reply, channel=self._place.channel, message=reply):
            await self._run()

    async def _run(self) -> None:
        if not self._parts and not self._sent_as:
            await self._give_up("there is nothing in it")
            return
        while self._parts:
            await self.pace.wait(self._place.chat_id)
            if not await self._take_in_hand():
                return
            try:
                with timed("sending"):
                    await self._send_next()
            except TelegramError as error:
                if not await self._can_go_on(error):
                    return
        await self.store.mark_delivered(self.outgoing.message_id, self._sent_as)
        count_delivery("delivered")

    async def _take_in_hand(self) -> bool:
        """Claim the reply, or before a further try see that it is still ours: it waited, and much can happen."""
        if not self._is_in_hand:
            self._is_in_hand = True
            if await self.store.mark_sending(self.outgoing.message_id):
                return True
        return await self.store.keep_sending(self.outgoing.message_id)

    async def _send_next(self) -> None:
        is_last = len(self._parts) == 1
        quote = None
        if self._reply_to is not None:
            quote = ReplyParameters(self._reply_to, allow_sending_without_reply=True)
        if self.outgoing.attachment:
            await (self._send_own_data() if self.outgoing.attachment == OWN_DATA else self._copy(quote))
            return
        keyboard = None
        if is_last and self._has_buttons:
            keyboard = keyboard_of(self.outgoing.message_id, self.outgoing.buttons)
        call = self.bot.send_message(
            self._place.chat_id,
            self._parts[0],
            message_thread_id=self._place.thread_id,
            reply_parameters=quote,
            reply_markup=keyboard,
        )
        self._sent_as = str((await readable(call)).message_id)
        self._parts.pop(0)
        self._reply_to = None

    async def _send_own_data(self) -> None:
        """What is stored of the person whose private chat this is; of nobody else, whatever the reply says."""
        pieces: list[str] = []
        owner = customer_key(self._place.chat_id)
        await self.store.customers.write_data(owner, pieces.append, is_own_copy=True)
        call = self.bot.send_document(
            self._place.chat_id,
            "".join(pieces).encode(),
            caption=self.outgoing.text,
            filename=FILE_NAME,
            message_thread_id=self._place.thread_id,
        )
        self._sent_as = str((await readable(call)).message_id)
        self._parts.pop(0)

    async def _copy(self, quote: ReplyParameters | None) -> None:
        origin = Posted.of(self.outgoing.attachment)
        call = self.bot.copy_message(
            self._place.chat_id,
            origin.chat_id,
            origin.message_id,
            message_thread_id=self._place.thread_id,
            reply_parameters=quote,
        )
        self._sent_as = str((await readable(call)).message_id)
        self._parts.pop(0)

    async def _can_go_on(self, error: TelegramError) -> bool:
        """Do what an error asks for; False where that ends the delivery."""
        match error:
            case SlowDown():
                self.pace.hold(self._place.chat_id, error.pause_s)
                return True
            case ChatMigrated():
                return await self._move(error.new_chat_id)
            case Forbidden():
                return await self._stop_writing_to_chat()
            case BadRequest():
                return self._is_simpler() or await self._give_up(error.message)
            case Unclear():
                self._n_unclear += 1
                if self._n_unclear == MAX_UNCLEAR:
                    return await self._give_up(f"no answer to {MAX_UNCLEAR} tries: {error.message}")
        # A token that is refused is the poller's to report; the reply waits for a better one.
        if not is_passing(error) and not isinstance(error, InvalidToken):
            return await self._give_up(error.message)
        await self._pause(error)
        return True

    async def _pause(self, error: TelegramError) -> None:
        pause_s = next(self._pauses)
        name, message_id = type(error).__name__, self.outgoing.message_id
        logger.warning("reply %d is not sent yet: %s; again in %g s", message_id, name, pause_s)
        await sleep(pause_s)

    async def _move(self, chat_id: int) -> bool:
        new = Place(chat_id, channel=self._place.channel)
        await self.store.migrate_conversation(self._place.key, new.key)
        self._place = new
        self._reply_to = None  # a supergroup numbers its messages anew
        return True

    async def _stop_writing_to_chat(self) -> bool:
        """The customer blocked the bot, or a group removed it: from a group, that is no word of one customer."""
        if self._place.is_group:
            return await self._give_up("the bot may not write to this group")
        logger.info("reply %d is not sent: the customer blocked the bot", self.outgoing.message_id)
        await self.store.mark_blocked(customer_key(self._place.chat_id, self._place.channel))
        count_delivery("blocked")
        return False

    def _is_simpler(self) -> bool:
        """Leave away what Telegram may have disliked: the quote, then the buttons; False where only words are left."""
        if self._reply_to is not None:
            self._reply_to = None
            return True
        if self._has_buttons:
            self._has_buttons = False
            return True
        return False

    async def _give_up(self, reason: str) -> bool:
        logger.warning("reply %d is not sent; the log of its conversation says why", self.outgoing.message_id)
        await self.store.mark_failed(self.outgoing.message_id, reason)
        count_delivery("failed")
        return False


def _number(external_id: str) -> int | None:
    """Telegram's number of a message: edits carry it before a dot, presses have none."""
    number = external_id.partition(".")[0]
    return int(number) if number.isascii() and number.isdecimal() else None
