"""Answer templates: read from a workspace's answers/*.yaml, checked, rendered."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from retrieval.errors import RetrievalError
from retrieval.templates import MissingSlot, check, fill
from retrieval.yaml_source import suggestion

__all__ = [
    "Answer",
    "AnswerBook",
    "AnswerButton",
    "MissingSlot",
    "Phrasing",
    "Slot",
    "check",
    "render",
    "say",
]

ANY_LANGUAGE = ""


@dataclass(frozen=True, slots=True)
class Phrasing:
    """Templates that say one thing, by language code; ANY_LANGUAGE holds those without one."""

    by_language: Mapping[str, tuple[str, ...]]

    def in_language(self, language: str) -> tuple[str, ...]:
        """Those of the language ("zh-Hans" finds "zh"), else without one, else English, else the first."""
        for code in (language, language.partition("-")[0], ANY_LANGUAGE, "en"):
            if code in self.by_language:
                return self.by_language[code]
        return next(iter(self.by_language.values()))

    @property
    def first(self) -> str:
        """The first template of the first language."""
        return next(iter(self.by_language.values()))[0]

    @property
    def templates(self) -> tuple[str, ...]:
        return tuple(template for templates in self.by_language.values() for template in templates)


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that an answer needs; `entity` is the entity type that fills it, `ask` the question."""

    name: str
    entity: str
    ask: Phrasing


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """A button under an answer; a press is answered with that intent, or with that very answer."""

    label: Phrasing
    intent: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer template; all `conditions` must hold for it to be given.

    `also_for` names further intents it is offered to, after their own answers. `knowledge`: its text
    is filled with `passage`, the best passage found. `place` is "file:line"."""

    id: str
    intent: str
    variants: Phrasing
    title: Phrasing
    conditions: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    buttons: tuple[AnswerButton, ...] = ()
    action: str | None = None
    confirm: Phrasing | None = None
    hand_over: bool = False
    knowledge: bool = False
    also_for: tuple[str, ...] = ()
    place: str = field(default="", compare=False, repr=False)


class AnswerBook:
    """All answers of a workspace, in file order. Never changes; edited files make a new one."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._by_id = {answer.id: answer for answer in answers}
        by_intent: dict[str, list[Answer]] = {}
        for answer in self._by_id.values():
            by_intent.setdefault(answer.intent, []).append(answer)
        for answer in self._by_id.values():
            for intent in answer.also_for:
                by_intent.setdefault(intent, []).append(answer)
        self._by_intent = MappingProxyType({intent: tuple(found) for intent, found in by_intent.items()})

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(self._by_id.values())

    @property
    def intents(self) -> tuple[str, ...]:
        """Intents with an answer, in file order."""
        return tuple(self._by_intent)

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the actions that answers call, in file order."""
        return tuple(dict.fromkeys(answer.action for answer in self.answers if answer.action))

    def find(self, answer_id: str) -> Answer | None:
        return self._by_id.get(answer_id)

    def get(self, answer_id: str) -> Answer:
        """The answer with that id. Raises RetrievalError where there is none."""
        if answer_id not in self._by_id:
            raise RetrievalError(
                f"answer {answer_id!r} is not among the {len(self)} known{suggestion(answer_id, self._by_id)}"
            )
        return self._by_id[answer_id]

    def of_intent(self, intent: str) -> tuple[Answer, ...]:
        """The answers of an intent in file order, then those that are `also_for` it; maybe none."""
        return self._by_intent.get(intent, ())


def say_value(value: str, entity: str, *, language: str) -> str:
    """An entity's value as customers read it: "2026-03-14" of a date -> "Saturday 14 March"."""
    return fill("{{ value | date }}", {"value": value, "language": language}) if entity == "date" else value


def say(phrasing: Phrasing, context: Mapping[str, Any], *, language: str, seed: int | str = 0) -> str:
    """Fill one of the phrasing's variants; the seed picks it, one that would print a hole is passed over.

    Raises MissingSlot where every variant would."""
    templates = phrasing.in_language(language)
    first = (zlib.crc32(seed.encode()) if isinstance(seed, str) else seed) % len(templates)
    missed: MissingSlot | None = None
    for template in templates[first:] + templates[:first]:
        try:
            return fill(template, {**context, "language": language})
        except MissingSlot as hole:
            missed = missed or hole
    raise missed or RetrievalError("a phrasing without variants")


def render(answer: Answer, context: Mapping[str, Any], *, language: str, seed: int | str = 0) -> str:
    """The answer's text. `context` holds its slots by name and what templates.CONTEXT_NAMES lists.

    Raises MissingSlot (with `name`) where a value is unknown: ask for it, never print a hole."""
    return say(answer.variants, context, language=language, seed=seed)
