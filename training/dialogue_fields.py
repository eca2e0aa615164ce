"""The fields of a dialogue, checked one by one: what was met, what was wanted, and where."""

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast, get_args

from training.turns import Dialogue, DialogueTurn, EntityLabel, Outcome, SentimentLabel, Speaker

DIALOGUE_KEYS = ("id", "channel", "started_at", "ended_at", "outcome", "turns")
TURN_KEYS = ("speaker", "text", "at", "intent", "intents", "entities", "sentiment", "answer")
ENTITY_KEYS = ("start", "end", "label", "value", "text")
MAX_SHOWN = 60

TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can hold half a character; UTF-8 can't


class Problems:
    """What is wrong with one line, collected, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, field: str, met: object, wanted: str) -> None:
        shown = repr(met)
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        self.found.append(f"{field}: met {shown}, wanted {wanted}")


def as_dialogue(row: Any, wrong: Problems) -> Dialogue | None:
    """A dialogue from a line's JSON value; None, with the reasons in `wrong`, where it isn't one."""
    if not isinstance(row, dict):
        wrong.add("line", row, "an object with id and turns")
        return None
    _known_keys(row, DIALOGUE_KEYS, "", wrong)
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns:
        wrong.add("turns", turns, "a list with at least one turn")
        turns = []
    made = [as_turn(turn, f"turns[{i}]", wrong) for i, turn in enumerate(turns)]
    dialogue = Dialogue(
        id=_text(row, "id", "", wrong, needed=True),
        turns=tuple(turn for turn in made if turn is not None),
        channel=_text(row, "channel", "", wrong),
        started_at=_time(row.get("started_at"), "started_at", wrong),
        ended_at=_time(row.get("ended_at"), "ended_at", wrong),
        outcome=cast(Outcome | None, _one_of(row.get("outcome"), get_args(Outcome), "outcome", wrong)),
    )
    return None if wrong.found else dialogue


def as_turn(row: Any, at: str, wrong: Problems) -> DialogueTurn | None:
    """A turn; None, with the reasons in `wrong`, where it isn't one. `at` names it: "turns[2]"."""
    if not isinstance(row, dict):
        wrong.add(at, row, "an object with speaker and text")
        return None
    n_before = len(wrong.found)
    _known_keys(row, TURN_KEYS, f"{at}.", wrong)
    speaker = _one_of(row.get("speaker"), get_args(Speaker), f"{at}.speaker", wrong, is_needed=True)
    text = _whole(row.get("text"), f"{at}.text", wrong)
    turn = DialogueTurn(
        speaker=cast(Speaker, speaker),
        text=text or "",
        at=_time(row.get("at"), f"{at}.at", wrong),
        intents=tuple(_intents(row, at, wrong)),
        entities=_entities(row.get("entities"), text, at, wrong),
        sentiment=cast(
            SentimentLabel | None,
            _one_of(row.get("sentiment"), get_args(SentimentLabel), f"{at}.sentiment", wrong),
        ),
        answer=_text(row, "answer", f"{at}.", wrong) or None,
    )
    return turn if len(wrong.found) == n_before else None


def _whole(text: Any, field: str, wrong: Problems) -> str | None:
    """A text that UTF-8 can hold."""
    if not isinstance(text, str):
        wrong.add(field, text, "a string")
        return None
    if half := LONE_SURROGATE.search(text):
        wrong.add(field, half.group(), f"whole characters (half of one stands at {half.start()})")
        return None
    return text


def _intents(row: Mapping[str, Any], at: str, wrong: Problems) -> Iterator[str]:
    one, several = row.get("intent"), row.get("intents")
    if one is not None and several is not None:
        wrong.add(f"{at}.intents", several, "either intent or intents, not both")
    if several is not None and not isinstance(several, list):
        wrong.add(f"{at}.intents", several, "a list of names")
        several = None
    named = [(f"{at}.intent", one)] if one is not None else []
    named += [(f"{at}.intents[{i}]", intent) for i, intent in enumerate(several or ())]
    for i, (field, intent) in enumerate(named):
        if not isinstance(intent, str) or not intent.strip():
            wrong.add(field, intent, "a name such as order_status")
        elif intent in (other for _, other in named[:i]):
            wrong.add(field, intent, "each intent once")
        elif _whole(intent, field, wrong):
            yield intent


def _entities(rows: Any, text: str | None, at: str, wrong: Problems) -> tuple[EntityLabel, ...] | None:
    if rows is None:
        return None
    if not isinstance(rows, list):
        wrong.add(f"{at}.entities", rows, "a list")
        return None
    if text is None:
        return None
    made = [_entity(row, text, f"{at}.entities[{i}]", wrong) for i, row in enumerate(rows)]
    found = sorted((entity for entity in made if entity is not None), key=lambda e: e.start)
    for before, after in itertools.pairwise(found):
        if after.start < before.end:
            met = (text[before.start : before.end], text[after.start : after.end])
            wrong.add(f"{at}.entities", met, "entities that don't overlap")
    return tuple(found)


def _entity(row: Any, text: str, at: str, wrong: Problems) -> EntityLabel | None:
    if not isinstance(row, dict):
        wrong.add(at, row, "an object with start, end and label")
        return None
    _known_keys(row, ENTITY_KEYS, f"{at}.", wrong)
    label = _text(row, "label", f"{at}.", wrong, needed=True)
    value = _text(row, "value", f"{at}.", wrong)
    start = _offset(row.get("start"), 0, len(text) - 1, f"{at}.start", wrong)
    if start is None:
        return None
    end = _offset(row.get("end"), start + 1, len(text), f"{at}.end", wrong)
    if end is None:
        return None
    if row.get("text") is not None and row["text"] != text[start:end]:
        wrong.add(f"{at}.text", row["text"], f"what stands from {start} to {end}: {text[start:end]!r}")
    return EntityLabel(start, end, label, value)


def _offset(value: Any, least: int, most: int, field: str, wrong: Problems) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    wanted = f"a character offset from {least} to {most}" if most >= least else "no entity in an empty text"
    wrong.add(field, value, wanted)
    return None


def _text(row: Mapping[str, Any], key: str, at: str, wrong: Problems, *, needed: bool = False) -> str:
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        wrong.add(f"{at}{key}", value, "a string that isn't empty" if needed else "a string")
        return ""
    return _whole(value, f"{at}{key}", wrong) or ""


def _one_of(
    value: Any, allowed: Sequence[str], field: str, wrong: Problems, *, is_needed: bool = False
) -> str | None:
    if value is None and not is_needed:
        return None
    if value not in allowed:
        wrong.add(field, value, f"one of {', '.join(allowed)}")
        return None
    return str(value)


def _time(value: Any, field: str, wrong: Problems) -> datetime | None:
    if value is None:
        return None
    try:
        if not TIME.fullmatch(value):
            raise ValueError
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        wrong.add(field, value, "a time such as 2026-03-02T09:14:00+00:00")
        return None


def _known_keys(row: Mapping[str, Any], known: Sequence[str], at: str, wrong: Problems) -> None:
    for key in row:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            wrong.add(f"{at}{key}", key, f"one of {', '.join(known)}{hint}")
