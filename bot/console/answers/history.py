"""The versions of an answer, each with what it changed."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Literal

from bot.editing.editor import fingerprint
from bot.store.inbox.views import Person
from bot.store.insights.answers import AnswerChange

Side = Literal["before", "after"]
CONTEXT = 2  # lines around a change


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line with its sign: "+" is new, "-" is gone, " " stays, "…" stands for lines left out."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """What an answer was from a change on; `text` None: it was deleted. `side` "before" is one that was made by hand,
    known from the change that came next."""

    change_id: int
    side: Side
    at: datetime
    by: Person | None
    text: str | None
    diff: tuple[DiffLine, ...]
    is_current: bool


def versions(changes: Sequence[AnswerChange], current: str | None) -> list[Version]:
    """The newest first; `changes` are given so too."""
    found = []
    for change, older in zip_longest(changes, changes[1:]):
        found.append(_version(change, "after", change.after, change.before, current))
        known = older.after if older is not None else None
        if change.before is not None and not _is_same(change.before, known):
            found.append(_version(change, "before", change.before, known, current))
    return found


def is_changed_by_hand(changes: Sequence[AnswerChange], current: str | None) -> bool:
    """Whether the files hold something else than what was written last here."""
    return bool(changes) and not _is_same(changes[0].after, current)


def diff_of(before: str | None, after: str | None) -> tuple[DiffLine, ...]:
    """Line by line."""
    one, other = (before or "").splitlines(), (after or "").splitlines()
    lines = list(difflib.unified_diff(one, other, n=CONTEXT, lineterm=""))[2:]
    return tuple(
        DiffLine("…", "") if line.startswith("@@") else DiffLine(line[0], line[1:]) for line in lines
    )


def _version(
    change: AnswerChange, side: Side, text: str | None, before: str | None, current: str | None
) -> Version:
    by = change.by if side == "after" else None
    return Version(
        change.id, side, change.at, by, text, diff_of(before, text), is_current=_is_same(text, current)
    )


def _is_same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return fingerprint(one) == fingerprint(other)
