"""An answer's texts filled as a customer might get them, with made-up values."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from retrieval.answers import Answer, AnswerBook
from retrieval.errors import RetrievalError
from retrieval.templates import CONTEXT_NAMES, MissingSlot, TemplateError, fill, names_in
from retrieval.yaml_source import suggestion

_COMPARED = re.compile(r"result\.(\w+)\s*(?:==|in)\s*\[?\s*(['\"])(.*?)\2")
_DATED = re.compile(r"([\w.]+)\s*\|\s*date\b")
_PRICED = re.compile(r"([\w.]+)\s*\|\s*money\b")
AMOUNT = "39.00 GBP"


@dataclass(frozen=True, slots=True)
class Filled:
    """A text as it would be sent; `problem` says why it can't be, `note` why not with made-up values."""

    text: str = ""
    problem: str = ""
    note: str = ""


class Known(Mapping[str, Any]):
    """A value of the company's system that has every field: each is called by its name."""

    def __init__(self, name: str, fields: Mapping[str, Any]) -> None:
        self._name = name
        self._fields = fields

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str)

    def __getitem__(self, key: str) -> Any:
        path = f"{self._name}.{key}"
        return self._fields.get(path, Known(path, self._fields))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1  # it counts as something

    def __str__(self) -> str:
        return f"‹{self._name.rpartition('.')[2].replace('_', ' ')}›"


def fill_all(
    texts: Sequence[str], answer: Answer | None, intent: str, book: AnswerBook | None, *, language: str
) -> list[Filled]:
    """Each of the texts; `answer` is where they come from, None for a new one, `intent` lends its slots."""
    known = book.of_intent(intent) if book is not None else ()
    slots = {slot.name: slot.entity for one in known for slot in one.slots}
    context = _context(texts, answer, slots, language)
    return [_filled(text, context, {*CONTEXT_NAMES, *slots}) for text in texts]


def _filled(text: str, context: Mapping[str, Any], allowed: Collection[str]) -> Filled:
    try:
        unknown = sorted(names_in(text) - set(allowed))
    except TemplateError as error:
        return Filled(problem=str(error))
    if unknown:
        return Filled(
            problem=f"{unknown[0]!r} is neither a slot here nor known{suggestion(unknown[0], allowed)}"
        )
    try:
        return Filled(fill(text, context))
    except MissingSlot as hole:
        return Filled(note=str(hole))
    except RetrievalError as error:
        return Filled(note=str(error))


def _context(
    texts: Sequence[str], answer: Answer | None, slots: Mapping[str, str], language: str
) -> dict[str, Any]:
    day = (date.today() + timedelta(days=3)).isoformat()  # noqa: DTZ011 - any day will do
    fields: dict[str, Any] = {}
    for text in texts:
        fields |= {match[1]: day for match in _DATED.finditer(text)}
        fields |= {match[1]: AMOUNT for match in _PRICED.finditer(text)}
    for condition in answer.conditions if answer is not None else ():
        fields |= {f"result.{match[1]}": match[3] for match in _COMPARED.finditer(condition)}
    values = {"date": day, "amount": AMOUNT, "email": "anna@example.org", "time": "14:00"}
    filled = {
        name: fields.get(name) or values.get(entity) or f"‹{name.replace('_', ' ')}›"
        for name, entity in slots.items()
    }
    return filled | {
        "result": Known("result", fields),
        "passage": Known("passage", fields),
        "customer": "Anna",
        "channel": "web",
        "is_open": True,
        "sentiment": "neutral",
        "language": language,
    }
