"""What a conversation remembers from one message to the next; kept as JSON with the conversation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

Unsure = Literal["", "uncertain", "out_of_scope"]

REMEMBERED_PRESSES = 60


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A value the customer gave, for which intent, and when (seconds since 1970)."""

    value: str
    intent: str
    at: float


@dataclass(frozen=True, slots=True)
class Form:
    """Something being asked for an intent: a slot, or (slot None) a yes or no before its action.

    `key` tells this question's buttons from those of earlier ones; `asked` counts how often it was put;
    `values` are the slots it has: another order that comes up meanwhile is not the one to be cancelled."""

    intent: str
    slot: str | None
    key: int
    asked: int = 1
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """The last answer: its intent, and the values of the slots it used, by name."""

    intent: str
    answer_id: str
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationState:
    """All of it. `turns` counts the messages; `paused` is a form that was left by asking something else, or that waits for its turn (`asked` 0);
    `unsure` says why the last message was not understood, "" if it was; `offered` are the intents it was
    asked to choose from; `negatives` counts the negative messages in a row, an angry one twice; `shown` counts how often each answer was given, so that its variants take turns; `presses` are the
    "message:index" of buttons already pressed; `question` is what the desk itself waits for: a yes or no before it forgets, a
    word about a rating; `last_external_id` and `media_at` tell of the last words and the last picture or file; `is_held` while nothing but a draft of the bot waits for a person."""

    turns: int = 0
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    form: Form | None = None
    paused: Form | None = None
    given: Given | None = None
    unsure: Unsure = ""
    offered: tuple[str, ...] = ()
    negatives: int = 0
    shown: Mapping[str, int] = field(default_factory=dict)
    presses: tuple[str, ...] = ()
    question: Literal["", "forget", "comment"] = ""
    language: str = ""
    last_external_id: str = ""
    last_word_at: float = 0.0
    media_at: float = 0.0
    asked_to_rate_at: float = 0.0
    is_held: bool = False

    def remember(self, name: str, value: str, *, intent: str, at: float) -> "ConversationState":
        """With a slot's value, in place of an earlier one."""
        return replace(self, slots={**self.slots, name: SlotValue(value, intent, at)})

    def restore(self, values: Mapping[str, str], *, intent: str, at: float) -> "ConversationState":
        """With several slots' values."""
        given = {name: SlotValue(value, intent, at) for name, value in values.items()}
        return replace(self, slots={**self.slots, **given})

    def without(self, slot: str) -> "ConversationState":
        """Without a slot's value."""
        return replace(self, slots={name: value for name, value in self.slots.items() if name != slot})

    def without_old_slots(self, now: float, forget_after_s: float) -> "ConversationState":
        """Without the slots given longer ago than that, and without an answer that used one of them."""
        kept = {name: slot for name, slot in self.slots.items() if now - slot.at <= forget_after_s}
        if len(kept) == len(self.slots):
            return self
        is_over = self.given is not None and any(name not in kept for name in self.given.slots)
        return replace(self, slots=kept, given=None if is_over else self.given)

    def counting(self, answer_id: str) -> "ConversationState":
        """With one more showing of an answer."""
        return replace(self, shown={**self.shown, answer_id: self.shown.get(answer_id, 0) + 1})

    def pressed(self, press: str) -> "ConversationState":
        """With a button marked as used; only the latest are kept."""
        return replace(self, presses=(*self.presses, press)[-REMEMBERED_PRESSES:])

    def to_json(self) -> dict[str, Any]:
        """As JSON's own types."""
        stored = {
            name: getattr(self, name) for name in _FIELDS
        }  # asdict would copy each value, ten times as long
        stored["slots"] = {name: asdict(value) for name, value in self.slots.items()}
        for name in ("form", "paused", "given"):
            stored[name] = asdict(stored[name]) if stored[name] else None
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ConversationState":
        """From what `to_json` gave; {} is a new conversation, and fields of other versions are passed over."""
        known = {name: stored[name] for name in _FIELDS if name in stored}
        known["slots"] = {name: SlotValue(**slot) for name, slot in known.get("slots", {}).items()}
        for name, kind in (("form", Form), ("paused", Form), ("given", Given)):
            known[name] = kind(**known[name]) if known.get(name) else None
        for name in ("presses", "offered"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


_FIELDS = tuple(one.name for one in fields(ConversationState))
