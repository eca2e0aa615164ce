"""What was typed into the search: words, and filters such as intent:order_status."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from bot.store.inbox.finding import Asked

SENTIMENTS = {"angry", "negative", "neutral", "positive"}
DECISIONS = {"answer", "ask", "clarify", "hand_over"}
# How each filter is written, for the help beside the search.
FILTERS = (
    "intent:order_status",
    "confidence:<0.6",
    "sentiment:angry",
    "decision:hand_over",
    "answer:order_shipped",
    "channel:telegram",
    "language:zh",
    "rated:1",
    "handed_over:yes",
    "from:2026-11-01",
    "to:2026-11-30",
)


def read_asked(text: str, zone: tzinfo) -> Asked:
    """Filters are read where they can be; anything else is words. Days are whole ones of that zone."""
    asked, words = Asked(), []
    for part in text.split():
        found = _read(part, zone)
        if found:
            asked = replace(asked, **found)
        else:
            words.append(part)
    return replace(asked, words=" ".join(words))


def filters_in(text: str) -> tuple[str, ...]:
    """The parts that are read as filters, as they were written."""
    return tuple(part for part in text.split() if _read(part, UTC))


def _read(part: str, zone: tzinfo) -> dict[str, Any]:
    """The fields that a part of what was typed sets; none where it is a word."""
    name, _, value = part.partition(":")
    read = _READERS.get(name.lower()) if value else None
    return read(value, zone) if read else {}


def _named(field: str, among: set[str] | None = None) -> Callable[[str, tzinfo], dict[str, Any]]:
    def read(value: str, zone: tzinfo) -> dict[str, Any]:
        return {field: value} if among is None or value in among else {}

    return read


def _confidence(value: str, zone: tzinfo) -> dict[str, Any]:
    try:
        below = float(value.removeprefix("<"))
    except ValueError:
        return {}
    return {"below": below} if 0 <= below <= 1 else {}


def _rated(value: str, zone: tzinfo) -> dict[str, Any]:
    return {"rated": int(value)} if value in {"1", "2", "3", "4", "5"} else {}


def _handed_over(value: str, zone: tzinfo) -> dict[str, Any]:
    return {"handed_over": value == "yes"} if value in {"yes", "no"} else {}


def _day(field: str, later: timedelta) -> Callable[[str, tzinfo], dict[str, Any]]:
    def read(value: str, zone: tzinfo) -> dict[str, Any]:
        try:
            day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=zone)
        except ValueError:
            return {}
        return {field: day + later}

    return read


_READERS: dict[str, Callable[[str, tzinfo], dict[str, Any]]] = {
    "intent": _named("intent"),
    "confidence": _confidence,
    "sentiment": _named("sentiment", SENTIMENTS),
    "decision": _named("decision", DECISIONS),
    "answer": _named("answer"),
    "channel": _named("channel"),
    "language": _named("language"),
    "rated": _rated,
    "handed_over": _handed_over,
    "from": _day("begins", timedelta()),
    "to": _day("ends", timedelta(days=1)),
}
