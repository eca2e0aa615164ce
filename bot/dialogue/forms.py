"""Slots to fill before an answer or an action: from what was said now, or earlier in the conversation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.dialogue.phrases import (
    after_no,
    instead,
    is_asking,
    is_dropping,
    is_leaving,
    is_no,
    is_unknowing,
    is_yes,
)
from bot.dialogue.state import ConversationState, Form, Given
from nlu.understanding import Entity
from retrieval.answers import Answer, Slot, check

MAX_ASKED = 2
MAX_DOUBT_WORDS = 2  # "hmm", "not really"
FREE_TEXT = "text"  # the entity type of a slot that takes any words
# Said of one thing only: the day a parcel was due is not the day another one shall come.
FLEETING = frozenset({"date", "amount", "time", FREE_TEXT})


@dataclass(frozen=True, slots=True)
class AskSlot:
    """The answer needs a value first."""

    answer: Answer
    slot: Slot


@dataclass(frozen=True, slots=True)
class Act:
    """The answer's action comes next; its result decides which answer is given."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Give:
    """This answer holds, and all it needs is known."""

    answer: Answer


Step = AskSlot | Act | Give
Reading = Literal["filled", "yes", "no", "left", "unclear"]


def next_step(answers: Sequence[Answer], context: Mapping[str, Any]) -> Step | None:
    """The next step towards the first answer whose conditions hold; None where none of them does.

    `context` holds the slots known, and "result" and "passage" once there are any."""
    for answer in answers:
        verdicts = [check(condition, context) for condition in answer.conditions]
        if False in verdicts or (answer.knowledge and "passage" not in context):
            continue
        for slot in answer.slots:
            if slot.name not in context:
                return AskSlot(answer, slot)
        if answer.action and "result" not in context:
            return Act(answer)
        if None not in verdicts:
            return Give(answer)
    return None


def slots_of(answers: Iterable[Answer]) -> dict[str, Slot]:
    """The slots of an intent's answers by name, in the order they are asked."""
    return {slot.name: slot for answer in reversed(tuple(answers)) for slot in reversed(answer.slots)}


def is_free(slot: Slot | None) -> bool:
    """Whether a slot takes whatever is written."""
    return slot is not None and slot.entity == FREE_TEXT


def is_lasting(slot: Slot) -> bool:
    """Whether a value serves other intents too: an order number does; a date, or a new postcode, does not."""
    return slot.name == slot.entity and slot.entity not in FLEETING


def known_values(state: ConversationState, slots: Mapping[str, Slot], intent: str) -> dict[str, str]:
    """What is remembered of these slots and holds for this intent."""
    return {
        name: state.slots[name].value
        for name, slot in slots.items()
        if name in state.slots and (is_lasting(slot) or state.slots[name].intent == intent)
    }


def values_of(entities: Iterable[Entity], label: str) -> tuple[str, ...]:
    """The different values of a type in one message, in order."""
    return tuple(dict.fromkeys(entity.value for entity in entities if entity.label == label))


def fill_slots(
    state: ConversationState, slots: Mapping[str, Slot], entities: Sequence[Entity], *, intent: str, at: float
) -> ConversationState:
    """Remember what a message gives for these slots.

    Of two values of one type the one that is new corrects the one that is known ("not LW-1, LW-2");
    otherwise they fill the open slots of that type in order, or stay open to be asked about."""
    known = known_values(state, slots, intent)
    for label in dict.fromkeys(slot.entity for slot in slots.values()):
        names = [name for name, slot in slots.items() if slot.entity == label]
        asked = state.form.slot if state.form and state.form.intent == intent else None
        for name, value in _assign(names, asked, values_of(entities, label), known).items():
            state = state.remember(name, value, intent=intent, at=at)
    return state


def _assign(
    names: Sequence[str], asked: str | None, values: Sequence[str], known: Mapping[str, str]
) -> dict[str, str]:
    new = [value for value in values if value not in {known.get(name) for name in names}]
    if not new:
        return {}
    if len(names) == 1:
        return {names[0]: new[0]} if len(new) == 1 else {}
    if asked is not None and asked in names and len(new) == 1:
        return {asked: new[0]}
    wanted = [name for name in names if name not in known] or list(names)
    return dict(zip(wanted, new, strict=False))


def keep_lasting(
    state: ConversationState, lasting: Iterable[str], entities: Sequence[Entity], *, at: float
) -> ConversationState:
    """Remember what other intents may need later: "hi, LW-48213 here" and then "where is it?"."""
    for label in lasting:
        values = values_of(entities, label)
        if len(values) == 1:
            state = state.remember(label, values[0], intent="", at=at)
    return state


def drop_passing(
    state: ConversationState, slots: Mapping[str, Slot], *, also: Iterable[str] = ()
) -> ConversationState:
    """Forget what was said for one answer only, once it is given; `also` names further slots to ask anew."""
    gone = {name for name, slot in slots.items() if not is_lasting(slot)} | set(also)
    return replace(state, slots={name: value for name, value in state.slots.items() if name not in gone})


def read_form(form: Form, slot: Slot | None, text: str, entities: Sequence[Entity]) -> Reading:
    """What a message says to an open question; `slot` is the one asked for, None for a yes or no."""
    if slot is None:
        # "cancel" to "Shall I cancel it?" may mean either: asked again rather than guessed.
        return "yes" if is_yes(text) else "no" if is_no(text) or is_dropping(text) else "unclear"
    if values_of(entities, slot.entity):
        return "filled"
    if is_leaving(text):
        return "left"
    return "filled" if is_free(slot) and free_text(text) else "unclear"


def free_text(text: str) -> str:
    """What a message gives for a slot that takes any words; "" where it only says yes, no, or that it isn't known."""
    given = after_no(text) or ("" if is_no(text) else instead(text))
    return "" if is_yes(text) or is_unknowing(text) else given


def new_free_text(text: str) -> str:
    """What shall stand in place of words to be confirmed; "" for a question, or a word or two of doubt."""
    given = free_text(text)
    says_enough = len(given.split()) > MAX_DOUBT_WORDS or any(sign.isdigit() for sign in given)
    return given if says_enough and not is_asking(text) else ""


def corrects(given: Given, slots: Mapping[str, Slot], entities: Sequence[Entity]) -> dict[str, str]:
    """The new values a message brings for the last answer's slots, one each; maybe none."""
    changed = {}
    for name, used in given.slots.items():
        new = (
            [value for value in values_of(entities, slots[name].entity) if value != used]
            if name in slots
            else []
        )
        if len(new) == 1:
            changed[name] = new[0]
    return changed
