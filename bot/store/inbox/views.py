"""What the console shows of the log, as plain values."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.messages import ConversationStatus, Decision
from bot.store.records import LoggedEntity, StoredSpeaker

View = Literal["waiting", "mine", "open", "closed"]


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A conversation in a list. `text` is what was said last, or found, by `speaker`; `reason` why it is with whom it is, ""
    where it never changed hands; intent, confidence and sentiment are those of the customer's last message."""

    id: int
    customer: str
    channel: str
    status: ConversationStatus
    since: datetime
    assignee: Person | None
    reason: str
    last_at: datetime
    speaker: StoredSpeaker
    text: str
    intent: str | None = None
    confidence: float | None = None
    sentiment: str | None = None
    message_id: int = 0  # of that text


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How many conversations each view has; `open` is all that are not closed."""

    waiting: int
    mine: int
    open: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What a release made of a message; see the table `understandings`."""

    release: str
    intents: tuple[tuple[str, float], ...]
    class_intents: tuple[tuple[str, float], ...]
    confidence: float | None
    scope_prob: float | None
    candidates: tuple[tuple[str, float], ...]
    entities: tuple[LoggedEntity, ...]
    sentiment: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """The intent staff gave a message, and the answer where they named it."""

    correction_id: int
    intent: str
    by: str
    answer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message of the transcript with all that came of it. `person` is who wrote it for the desk; `opinions` are
    what customers said of a reply; `was_edited` where the customer changed it later. `external_id` is the channel's
    id of what came in, `quotes` the message that its author pointed at; `marked` are the right entities where staff said so."""

    id: int
    at: datetime
    speaker: StoredSpeaker
    kind: str
    text: str
    person: Person | None = None
    buttons: tuple[str, ...] = ()
    delivery: str | None = None
    failure: str = ""
    was_edited: bool = False
    understood: Understood | None = None
    decision: Decision | None = None
    labelled: Labelled | None = None
    opinions: tuple[str, ...] = ()
    external_id: str = ""
    quotes: int | None = None
    marked: tuple[LoggedEntity, ...] | None = None
    marked_by: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """What staff told each other."""

    id: int
    at: datetime
    person: Person | None
    text: str
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The conversation changed hands; `by` None where it was the customer, the bot, or silence."""

    id: int
    at: datetime
    status: ConversationStatus
    reason: str
    by: Person | None
    assignee: Person | None


Entry = Spoken | Noted | Changed


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation as staff see it: who it is with, and a stretch of what happened, oldest first.

    `slots` are the values the customer gave; `is_cut` where there is more before the first entry; `rating` is the
    last one, 1 to 5."""

    id: int
    key: str
    customer: str
    channel: str
    status: ConversationStatus
    since: datetime
    assignee: Person | None
    language: str
    created_at: datetime
    slots: dict[str, str]
    entries: tuple[Entry, ...]
    is_cut: bool
    rating: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Something customers said, in all the messages that say the same, newest first, and what was made of the newest.

    `intent` is what it was taken for, `ranked` the JSON of the best, read for the few that are shown, `class_intent` what
    the classifier alone took it for; `is_unhelpful` where a customer called an answer to it so; `chosen` are the intents
    that customers picked where the desk asked back."""

    message_ids: tuple[int, ...]
    conversation_id: int
    text: str
    at: datetime
    intent: str | None
    ranked: str
    class_intent: str | None
    confidence: float
    decision: str
    reason: str
    is_unhelpful: bool
    entities: tuple[LoggedEntity, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def intents(self) -> tuple[tuple[str, float], ...]:
        """The best with their probability."""
        return tuple((intent, prob) for intent, prob in json.loads(self.ranked))
