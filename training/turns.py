"""What a dialogue is made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OUT_OF_SCOPE = "out_of_scope"  # the intent of messages the desk isn't for

Speaker = Literal["customer", "agent", "bot"]
Outcome = Literal["resolved", "handed_over", "unresolved"]
SentimentLabel = Literal["negative", "neutral", "positive", "angry"]


@dataclass(frozen=True, slots=True)
class EntityLabel:
    """A labelled span: character offsets in the turn's text, end exclusive; `value` is a normal form or ""."""

    start: int
    end: int
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class DialogueTurn:
    """One thing said. `entities` is None where nobody looked for any, () where somebody did and found none."""

    speaker: Speaker
    text: str
    at: datetime | None = None
    intents: tuple[str, ...] = ()
    entities: tuple[EntityLabel, ...] | None = None
    sentiment: SentimentLabel | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A finished or imported conversation, its turns in order. Times carry a zone."""

    id: str
    turns: tuple[DialogueTurn, ...]
    channel: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
