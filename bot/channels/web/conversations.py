"""Between the wire and the desk: ids, messages that are taken, transcripts that are read."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.channels.web.errors import apologising
from bot.channels.web.hub import Hub
from bot.channels.web.receipts import Receipts
from bot.channels.web.room import Room
from bot.channels.web.shapes import (
    Answered,
    Choice,
    ChoiceKind,
    Decided,
    Line,
    NewPress,
    NewText,
    Press,
    Said,
)
from bot.engine import Engine
from bot.messages import Button, ButtonPress, ConversationStatus, Message, Turn
from bot.store.records import StoredMessage
from bot.store.store import Store

CHANNEL_NAME = "web"
PAGE = 200  # messages of a transcript read at a time

# In the transcript a press is told from a message by its id, which says what was pressed.
_PRESS_ID = re.compile(r"press:(\d+):(\d+):(.*)")


def conversation_of(token: str) -> str:
    """The id of a browser's conversation. It is in logs and databases, so it must not open the conversation."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages that follow on one another; `is_restart` where what came before them is void."""

    messages: Sequence[StoredMessage]
    has_more: bool
    is_restart: bool = False


class Conversations:
    """What clients of the web do with conversations; every failure of the desk comes out as Refused."""

    def __init__(self, engine: Engine, store: Store, hub: Hub) -> None:
        self._engine = engine
        self._store = store
        self._hub = hub
        self._under_way: set[asyncio.Task[Turn]] = set()
        self._room = Room()
        self._receipts = Receipts(store.mark_all_delivered)

    async def answer(self, new: NewText | NewPress) -> Turn:
        """Give a message its turn, which goes on though the client goes away."""
        task = asyncio.create_task(self._take(new))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Wait for the turns under way, and write what was delivered."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._receipts.finish()

    async def read(self, conversation: str, after: int, limit: int = PAGE) -> Stretch:
        """The messages with ids above `after`."""
        with apologising():
            found = await self._store.transcript(_key(conversation), after=after, limit=limit + 1)
        return Stretch(found[:limit], has_more=len(found) > limit)

    async def resume(self, conversation: str, after: int) -> Stretch:
        """What follows the message `after`; all of it where that one is gone, for its customer was forgotten."""
        if after > 0:
            known = await self.read(conversation, after - 1, PAGE + 1)
            if known.messages and known.messages[0].id == after:
                return Stretch(known.messages[1:], known.has_more)
        read = await self.read(conversation, 0)
        return Stretch(read.messages, read.has_more, is_restart=True)

    async def own_data(self, conversation: str) -> str | None:
        """All that is stored of its customer, as JSON; None where nothing was said yet."""
        pieces: list[str] = []
        with apologising():
            if await self._store.customers.find(_key(conversation)) is None:
                return None
            await self._store.customers.write_data(_key(conversation), pieces.append, is_own_copy=True)
        return "".join(pieces)

    async def status(self, conversation: str) -> ConversationStatus | None:
        """Who has it; None where nothing was said yet."""
        with apologising():
            return await self._store.status(_key(conversation))

    def tell_news(self, conversation_key: str) -> None:
        """Show the open tabs what was said, by whomever; "" where nobody knows in which conversation."""
        if not conversation_key:
            self._hub.tell_all()
        channel, _, conversation = conversation_key.partition(":")
        if channel == CHANNEL_NAME:
            self._hub.tell_news(conversation)

    def mark_delivered(self, message_ids: Sequence[int]) -> None:
        """The client has these replies."""
        self._receipts.add(message_ids)

    async def _take(self, new: NewText | NewPress) -> Turn:
        with self._room.taken(new.conversation):
            return await self._take_turn(new)

    async def _take_turn(self, new: NewText | NewPress) -> Turn:
        self._hub.tell_typing(new.conversation, is_typing=True)
        try:
            with apologising():
                turn = await self._engine.handle(await self._message(new))
        except BaseException:
            self._hub.tell_typing(new.conversation, is_typing=False)
            raise
        self._hub.tell_news(new.conversation)
        return turn

    async def _message(self, new: NewText | NewPress) -> Message:
        key = _key(new.conversation)
        message = Message(
            channel=CHANNEL_NAME,
            conversation_key=key,
            customer_key=key,
            external_id=new.client_message_id,
            received_at=datetime.now(UTC),
            language=new.language,
        )
        if isinstance(new, NewText):
            return replace(message, text=new.text)
        press = ButtonPress(new.button.message_id, new.button.index)
        buttons = await self._store.buttons_of(press.message_id, conversation_key=key)
        return replace(
            message,
            kind="button",
            button=press,
            external_id=f"press:{press.message_id}:{press.index}:{new.client_message_id}",
            text=buttons[press.index].label if press.index < len(buttons) else "",
        )


def line(message: StoredMessage) -> Line:
    """A message of a transcript for the wire."""
    if message.speaker != "customer":
        return Line(
            id=message.id,
            speaker=message.speaker,
            text=message.text,
            at=message.at,
            buttons=choices(message.buttons),
        )
    found = _PRESS_ID.fullmatch(message.external_id)
    return Line(
        id=message.id,
        speaker="customer",
        text=message.text,
        at=message.at,
        client_message_id=found[3] if found else message.external_id or None,
        pressed=Press(message_id=int(found[1]), index=int(found[2])) if found else None,
    )


def answered(new: NewText | NewPress, turn: Turn) -> Answered:
    """A turn for the wire."""
    decision = turn.decision
    return Answered(
        conversation=new.conversation,
        client_message_id=new.client_message_id,
        message_id=turn.message_id,
        replies=tuple(
            Said(id=reply.message_id, text=reply.text, buttons=choices(reply.buttons))
            for reply in turn.replies
        ),
        decision=None
        if decision is None
        else Decided(
            kind=decision.kind,
            reason=decision.reason,
            intent=decision.intent,
            answer_id=decision.answer_id,
        ),
        status=turn.status,
        is_repeat=turn.is_repeat,
    )


def choices(buttons: Sequence[Button]) -> tuple[Choice, ...]:
    """Buttons for the wire; what they do stays here."""
    return tuple(Choice(label=button.label, kind=_kind(button)) for button in buttons)


def _kind(button: Button) -> ChoiceKind:
    match button.payload:
        case "helpful" | "not_helpful" | "data" as kind:
            return kind
        case _:
            return "choice"


def _key(conversation: str) -> str:
    return f"{CHANNEL_NAME}:{conversation}"
