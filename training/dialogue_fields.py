"""The fields of a dialogue, checked one by one: what was met, what was wanted, and where."""

import difflib
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast, get_args

from training.turns import Dialogue, DialogueTurn, EntityLabel, Outcome, SentimentLabel, Speaker

DIALOGUE_KEYS = ("id", "channel", "started_at", "ended_at", "outcome", "turns")
TURN_KEYS = ("speaker", "text", "at", "intent", "intents", "entities", "sentiment", "answer")
ENTITY_KEYS = ("start", "end", "label", "value", "text")
MAX_SHOWN = 60


class BadField(Exception):
    """One field is wrong; becomes a BadDialogue where file and line are known."""

    def __init__(self, field: str, met: object, wanted: str) -> None:
        shown = repr(met)
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        super().__init__(f"{field}: met {shown}, wanted {wanted}")


def as_dialogue(row: Any) -> Dialogue:
    """A dialogue from a line's JSON value. Raises BadField."""
    if not isinstance(row, dict):
        raise BadField("line", row, "an object with id and turns")
    _known_keys(row, DIALOGUE_KEYS, "")
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns:
        raise BadField("turns", turns, "a list with at least one turn")
    return Dialogue(
        id=_text(row, "id", "", needed=True),
        turns=tuple(_as_turn(turn, f"turns[{i}]") for i, turn in enumerate(turns)),
        channel=_text(row, "channel", ""),
        started_at=_time(row.get("started_at"), "started_at"),
        ended_at=_time(row.get("ended_at"), "ended_at"),
        outcome=cast(Outcome | None, _one_of(row.get("outcome"), get_args(Outcome), "outcome")),
    )


def _as_turn(row: Any, at: str) -> DialogueTurn:
    if not isinstance(row, dict):
        raise BadField(at, row, "an object with speaker and text")
    _known_keys(row, TURN_KEYS, f"{at}.")
    speaker = _one_of(row.get("speaker"), get_args(Speaker), f"{at}.speaker", needed=True)
    text = row.get("text")
    if not isinstance(text, str):
        raise BadField(f"{at}.text", text, "a string")
    answer = row.get("answer")
    if answer is not None and not isinstance(answer, str):
        raise BadField(f"{at}.answer", answer, "the id of an answer")
    return DialogueTurn(
        speaker=cast(Speaker, speaker),
        text=text,
        at=_time(row.get("at"), f"{at}.at"),
        intents=_intents(row, at),
        entities=_entities(row.get("entities"), text, at),
        sentiment=cast(
            SentimentLabel | None, _one_of(row.get("sentiment"), get_args(SentimentLabel), f"{at}.sentiment")
        ),
        answer=answer or None,
    )


def _intents(row: Mapping[str, Any], at: str) -> tuple[str, ...]:
    if row.get("intent") is not None and row.get("intents") is not None:
        raise BadField(f"{at}.intents", row["intents"], "either intent or intents, not both")
    if row.get("intents") is not None:
        found = row["intents"]
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise BadField(f"{at}.intents", found, "a list of names")
        return tuple(found)
    intent = row.get("intent")
    if intent is None:
        return ()
    if not isinstance(intent, str) or not intent.strip():
        raise BadField(f"{at}.intent", intent, "a name such as order_status, or null")
    return (intent,)


def _entities(rows: Any, text: str, at: str) -> tuple[EntityLabel, ...] | None:
    if rows is None:
        return None
    if not isinstance(rows, list):
        raise BadField(f"{at}.entities", rows, "a list")
    found = sorted(
        (_entity(row, text, f"{at}.entities[{i}]") for i, row in enumerate(rows)), key=lambda e: e.start
    )
    for before, after in itertools.pairwise(found):
        if after.start < before.end:
            met = (text[before.start : before.end], text[after.start : after.end])
            raise BadField(f"{at}.entities", met, "entities that don't overlap")
    return tuple(found)


def _entity(row: Any, text: str, at: str) -> EntityLabel:
    if not isinstance(row, dict):
        raise BadField(at, row, "an object with start, end and label")
    _known_keys(row, ENTITY_KEYS, f"{at}.")
    start = _offset(row.get("start"), 0, len(text) - 1, f"{at}.start")
    end = _offset(row.get("end"), start + 1, len(text), f"{at}.end")
    if row.get("text") is not None and row["text"] != text[start:end]:
        raise BadField(f"{at}.text", row["text"], f"what stands from {start} to {end}: {text[start:end]!r}")
    return EntityLabel(start, end, _text(row, "label", f"{at}.", needed=True), _text(row, "value", f"{at}."))


def _offset(value: Any, least: int, most: int, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadField(field, value, f"a character offset from {least} to {most} (the text's length counts)")
    return value


def _text(row: Mapping[str, Any], key: str, at: str, *, needed: bool = False) -> str:
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadField(f"{at}{key}", value, "a string that isn't empty" if needed else "a string")
    return value


def _one_of(value: Any, allowed: Sequence[str], field: str, *, needed: bool = False) -> str | None:
    if value is None and not needed:
        return None
    if value not in allowed:
        raise BadField(field, value, f"one of {', '.join(allowed)}")
    return str(value)


def _time(value: Any, field: str) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadField(field, value, "a time such as 2026-03-02T09:14:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _known_keys(row: Mapping[str, Any], known: Sequence[str], at: str) -> None:
    for key in row:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadField(f"{at}{key}", key, f"one of {', '.join(known)}{hint}")
