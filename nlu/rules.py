"""Entities found exactly: the patterns and gazetteers of entities.yaml, and built-in kinds."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from rapidfuzz import fuzz, process

from nlu.gazetteer import Gazetteer
from nlu.text import narrow
from nlu.understanding import Entity, EntitySource
from nlu.values.kinds import find_values, normalise

MAX_PATTERN_S = 0.25  # one pattern on one text, time spent waiting for other threads included
SURE = 88  # of 100: how alike a model's span and a gazetteer's name must be to mean the same

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression (module `regex`) for a label; a group called "span" is the entity, if there is one.

    `normal` is the normal form, with groups by name ("LW-{digits}"); "" leaves the text as it is."""

    label: str
    compiled: Any
    normal: str = ""

    def value(self, found: Any) -> str:
        groups = {name: text or "" for name, text in found.groupdict().items()}
        return self.normal.format(**groups) if self.normal else self.span_text(found)

    def span(self, found: Any) -> tuple[int, int]:
        start, end = found.span("span" if "span" in self.compiled.groupindex else 0)
        return int(start), int(end)

    def span_text(self, found: Any) -> str:
        start, end = self.span(found)
        return str(found.string[start:end])


class EntityRules:
    """All exact rules of a workspace. Safe to share between threads."""

    def __init__(
        self,
        kinds: Mapping[str, str] | None = None,
        patterns: Iterable[Pattern] = (),
        names: Mapping[str, tuple[str, str]] | None = None,
        *,
        country: str = "US",
        currency: str = "EUR",
        zone: tzinfo = UTC,
    ) -> None:
        """`kinds`: label -> kind (values.KINDS); `names`: a name as written -> (label, value)."""
        self._kinds = dict(kinds or {})
        self._patterns = tuple(patterns)
        self._names = dict(names or {})
        self._gazetteer = Gazetteer(self._names)
        self._taught = Gazetteer({})
        self._country, self._currency, self._zone = country, currency, zone

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types, in file order."""
        return tuple(self._kinds)

    def kind_of(self, label: str) -> str:
        return self._kinds.get(label, "text")

    def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Know these names from now on, besides those of the files: a name as written -> (label, value).

        Types of a kind are left out: "Monday" is another day next week, and a sum is found by its digits."""
        kept = {name: found for name, found in names.items() if self.kind_of(found[0]) == "text"}
        self._taught = Gazetteer(kept)

    def find(self, text: str, *, now: datetime | None = None) -> list[Entity]:
        """Entities by position, none overlapping: the longest wins, then patterns before gazetteers."""
        now = now or datetime.now(UTC)
        plain = narrow(text)
        found = [*self._by_pattern(plain), *self._by_kind(plain, now), *self._by_name(plain)]
        # Sorting is stable, so of two equally long ones the one that was found first stays.
        taken: list[Entity] = []
        for entity in sorted(found, key=lambda entity: entity.start - entity.end):
            if all(entity.end <= other.start or other.end <= entity.start for other in taken):
                taken.append(entity)
        if plain != text:
            taken = [replace(entity, text=text[entity.start : entity.end]) for entity in taken]
        return sorted(taken, key=lambda entity: entity.start)

    def for_encoder(self, text: str) -> str:
        """The text with all but the letters of what patterns find blanked, character for character.

        Which order a message is about is known exactly, and says nothing of what is wanted: its digits
        only pull the message towards others with such a number."""
        shown, plain = list(text), narrow(text)
        for pattern in self._patterns:
            for match in self._matches(pattern, plain):
                for i in range(*pattern.span(match)):
                    shown[i] = shown[i] if shown[i].isalpha() else " "
        return "".join(shown)

    def normalise(self, label: str, text: str, *, now: datetime | None = None) -> str:
        """The normal value of a span that the model found; the text itself where no rule knows it."""
        text = narrow(text)
        for pattern in self._patterns:
            if pattern.label == label:
                for match in self._matches(pattern, text):
                    return pattern.value(match)
        if value := self._named(label, text):
            return value
        when = now or datetime.now(UTC)
        return normalise(self.kind_of(label), text, when, self._zone, self._country, self._currency)

    def _by_pattern(self, text: str) -> Iterator[Entity]:
        for pattern in self._patterns:
            for match in self._matches(pattern, text):
                yield _entity(pattern.label, text, *pattern.span(match), pattern.value(match), "pattern")

    def _by_kind(self, text: str, now: datetime) -> Iterator[Entity]:
        for label, kind in self._kinds.items():
            for start, end, value in find_values(kind, text, now, self._zone, self._country, self._currency):
                yield _entity(label, text, start, end, value, "pattern")

    def _by_name(self, text: str) -> Iterator[Entity]:
        for names in (self._gazetteer, self._taught):
            for start, end, label, value in names.find(text):
                yield _entity(label, text, start, end, value, "gazetteer")

    def _matches(self, pattern: Pattern, text: str) -> Iterator[Any]:
        """Non-empty matches, within MAX_PATTERN_S; a pattern that takes longer finds nothing more."""
        try:
            for match in pattern.compiled.finditer(text, timeout=MAX_PATTERN_S):
                start, end = pattern.span(match)
                if 0 <= start < end:
                    yield match
        except TimeoutError:
            logger.warning(
                "pattern %r of %r gave up after %s s", pattern.compiled.pattern, pattern.label, MAX_PATTERN_S
            )

    def _named(self, label: str, text: str) -> str | None:
        for _, _, found, value in self._gazetteer.find(text):
            if found == label:
                return value
        mine = [name for name, (owner, _) in self._names.items() if owner == label]
        # token_set_ratio: "the green sofa" and "sofa" share a word, and the customer's words may be fewer.
        best = process.extractOne(text.lower(), mine, scorer=fuzz.WRatio, score_cutoff=SURE) if mine else None
        return self._names[best[0]][1] if best else None


def _entity(label: str, text: str, start: int, end: int, value: str, source: EntitySource) -> Entity:
    return Entity(label, start, end, text[start:end], value, source)
