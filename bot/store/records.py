"""What the store gives back, as plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.messages import Button, ConversationStatus, MessageKind, Met
from nlu.understanding import Sentiment

StoredSpeaker = Literal["customer", "bot", "person"]


@dataclass(frozen=True, slots=True)
class Customer:
    """A person, as one channel knows them."""

    id: int
    key: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A live conversation, as seen by the customer who wrote last.

    `language` is what that customer chose with set_language, "" where they didn't. `status_since` moves
    only when the status changes; `last_at` is the time of the newest stored message, None before the first.
    `state` is the engine's own, given back as it was saved; `assignee_id` is the staff member who has it. `mark` is for
    the turn of the message that was asked with, see Met."""

    id: int
    customer_id: int
    status: ConversationStatus
    status_since: datetime
    state: dict[str, Any]
    assignee_id: int | None
    language: str
    channel: str
    key: str
    last_at: datetime | None = None
    mark: str = ""

    @property
    def met(self) -> Met:
        """As a message meets it now."""
        return Met(self.status, self.state, self.mark)


# superseded: the customer wrote again; dropped: the conversation went back to the bot, or was closed.
Settlement = Literal["sent", "edited", "rejected", "replaced", "superseded", "dropped"]


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft of the bot that waits; `state` is what the conversation remembers once it is sent."""

    id: int
    message_id: int
    text: str
    buttons: tuple[Button, ...]
    intent: str | None
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation at the moment somebody of the staff does something with it.

    `language` is what the customer chose or last wrote in, "" where neither is known; `draft` is what of the bot's
    waits for a person."""

    status: ConversationStatus
    assignee_id: int | None
    state: dict[str, Any]
    language: str
    draft: StoredDraft | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What is said to the customer outside of a turn.

    `attachment` is the channel's own name of what is shown, for a `kind` other than "text"; `external_id` is the
    channel's id of a line it heard from staff: none is said twice; `quotes` is the id of a message, and `answers` of the
    one whose decision it carries out: what customers say of it they say of that."""

    speaker: Literal["bot", "person"]
    text: str
    buttons: tuple[Button, ...] = ()
    kind: MessageKind = "text"
    attachment: str = ""
    external_id: str | None = None
    quotes: int | None = None
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of a conversation: who has it from now on and why, what it remembers, what is said.

    `asks_to_rate`: the last line asks how content the customer is. `settles` is what was made of the draft that
    waits; without it, the draft is overtaken by what is said, or by the conversation's leaving people."""

    status: ConversationStatus
    assignee_id: int | None
    state: dict[str, Any]
    reason: str
    lines: tuple[Line, ...] = ()
    asks_to_rate: bool = False
    settles: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The conversation's key, and the ids of the lines that were said."""

    conversation_key: str
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reworded:
    """Something staff said or noted and then changed: how far it was on its way to the customer, None for a note."""

    conversation_key: str
    message_id: int | None = None
    delivery: str | None = None
    delivered_as: str = ""


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update a channel accepted and has not finished."""

    update_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply that waits to be sent. `attempts` > 0: an earlier try may have arrived.

    `reply_to` is the channel's id of the message it answers, "" where that is unknown; `quotes` that of the message
    its author pointed at; `attachment` what is shown beside the text."""

    message_id: int
    conversation_key: str
    text: str
    buttons: tuple[Button, ...]
    attempts: int
    reply_to: str = ""
    quotes: str = ""
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A line of a transcript; `decision_kind` and `answer_id` are set on replies of the bot.

    `is_waiting`: a reply that no channel has delivered yet."""

    id: int
    speaker: StoredSpeaker
    text: str
    at: datetime
    buttons: tuple[Button, ...] = ()
    decision_kind: str | None = None
    answer_id: str | None = None
    external_id: str = ""
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """A label given by staff, or with `undoes` the id of the one that holds no longer; `answer_id` where they named the
    answer too.

    An undo repeats text and intent of what it undoes, except where the customer was forgotten: then both are ""."""

    id: int
    text: str
    intent: str
    by: str
    at: datetime
    note: str = ""
    message_id: int | None = None
    undoes: int | None = None
    answer_id: str | None = None


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What was removed of a customer, or would be; every field after the first is a number of rows."""

    customer_id: int
    conversations: int
    messages: int
    understandings: int
    feedback: int
    corrections: int
    updates: int


@dataclass(frozen=True, slots=True)
class LoggedEntity:
    """An entity as it was understood; `text` is the span [start, end) of the message."""

    label: str
    start: int
    end: int
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """One thing said. `intent` was confirmed by a person (staff, or the customer who chose it);
    `predicted_intent`, `entities` and `sentiment` are what the release made of it."""

    speaker: StoredSpeaker
    text: str
    at: datetime
    intent: str | None = None
    predicted_intent: str | None = None
    entities: tuple[LoggedEntity, ...] = ()
    sentiment: Sentiment | None = None
    answer_id: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedDialogue:
    """A stretch of a conversation without a long silence. `id` is the same in every export.

    `names` are those of its customers, for masking."""

    id: str
    channel: str
    started_at: datetime
    ended_at: datetime
    outcome: Literal["resolved", "handed_over", "unresolved"] | None
    turns: tuple[LoggedTurn, ...]
    names: tuple[str, ...] = field(default=())
