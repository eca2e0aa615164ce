"""answers/*.yaml -> answers, each checked alone and then against the others. All that is wrong is told at once."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from retrieval.answer_checks import check_between
from retrieval.answers import ANY_LANGUAGE, Answer, AnswerBook, AnswerButton, Phrasing, Slot
from retrieval.errors import Problems, RetrievalError
from retrieval.templates import CONTEXT_NAMES, TemplateError, condition_names, names_in
from retrieval.yaml_source import Fields, line_of_item, line_of_key, read_yaml, suggestion

ANSWER_KEYS = (
    "id", "intent", "title", "slots", "action", "confirm", "conditions", "variants", "buttons", "hand_over", "knowledge", "also_for",
)  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]+)?")

# What templates may name; None where a file could not be read that may declare more.
Allowed = Collection[str] | None


def load_answers(folder: Path) -> AnswerBook:
    """Read every *.yaml of a folder (in order of their names).

    Raises RetrievalError with a line "file:line: ..." for all that cannot be used: unknown keys, double ids, templates
    that do not compile, names nobody declares, buttons that lead nowhere."""
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not files:
        raise RetrievalError(f"{folder}: no *.yaml here; wanted at least one file with answers")
    problems = Problems()
    read = [problems.attempt(None, _read_file, path, problems) for path in files]
    is_whole = None not in read
    entries = [fields for found in read for fields in found or ()]
    if not entries and not problems.found:
        problems.add(f"{files[0]}:1: no answers; wanted a list of them")
    shared = _slot_names(entries)
    placed = []
    for fields in entries:
        allowed = {*CONTEXT_NAMES, *shared[str(fields.mapping.get("intent"))]} if is_whole else None
        placed.append((_read_answer(fields, allowed, problems), fields))
    if is_whole:
        check_between(placed, problems)
    problems.raise_all()
    return AnswerBook(tuple(answer for answer, _ in placed))


def _read_file(path: Path, problems: Problems) -> list[Fields] | None:
    document = read_yaml(path)
    if document is None:
        return []
    if not isinstance(document, list):
        raise RetrievalError(f"{path}:1: wanted a list of answers (`- id: ...`)")
    found = []
    for index, node in enumerate(document):
        fields = _mapping(path, node, line_of_item(document, index), ANSWER_KEYS, "an answer", problems)
        found += [fields] if fields else []
    return found


def _mapping(
    path: Path, node: Any, line: int, known: Collection[str], what: str, problems: Problems
) -> Fields | None:
    fields = problems.attempt(None, _fields, path, node, line, what)
    if fields is not None:
        problems.attempt(None, fields.check_keys, known, what)
    return fields


def _fields(path: Path, node: Any, line: int, what: str) -> Fields | None:
    return Fields.of_mapping(path, node, line, what=what)


def _slot_names(entries: list[Fields]) -> dict[str, set[str]]:
    """The slots of each intent: what one of its answers asks for, the others may use where it is known."""
    names: dict[str, set[str]] = {}
    for fields in entries:
        slots = fields.mapping.get("slots")
        nodes = [node for node in slots if isinstance(node, dict)] if isinstance(slots, list) else []
        of_intent = names.setdefault(str(fields.mapping.get("intent")), set())
        of_intent.update(str(node.get("name")) for node in nodes)
    return names


def _read_answer(fields: Fields, allowed: Allowed, problems: Problems) -> Answer:
    """What could not be read is left empty, and told."""
    answer_id, attempt = problems.attempt("", _name, fields, "id"), problems.attempt
    title = Phrasing({ANY_LANGUAGE: (answer_id.replace("_", " ").capitalize(),)})
    before_the_result = None if allowed is None else set(allowed) - {"result"}
    slots = [_read_slot(fields, node, line, problems) for node, line in _items(fields, "slots", problems)]
    buttons = [
        _read_button(fields, node, line, problems) for node, line in _items(fields, "buttons", problems)
    ]
    conditions = [
        attempt("", _condition, fields, node, line, allowed)
        for node, line in _items(fields, "conditions", problems)
    ]
    answer = Answer(
        id=answer_id,
        intent=attempt("", _name, fields, "intent"),
        title=_phrasing(fields, "title", (), problems) or title,
        conditions=tuple(conditions),
        variants=_wanted(fields, "variants", allowed, "an answer without variants; wanted at least one text", problems),
        slots=tuple(slot for slot in slots if slot),
        buttons=tuple(button for button in buttons if button),
        action=attempt(None, fields.optional_text, "action"),
        confirm=_phrasing(fields, "confirm", before_the_result, problems),
        hand_over=attempt(False, fields.flag, "hand_over"),
        knowledge=attempt(False, fields.flag, "knowledge"),
        also_for=tuple(str(node) for node, _ in _items(fields, "also_for", problems)),
        place=f"{fields.path}:{fields.line}",
    )  # fmt: skip
    problems.attempt(None, _check_slots, answer, fields)
    problems.attempt(None, _check_confirm, answer, fields)
    return answer


def _items(fields: Fields, key: str, problems: Problems) -> list[tuple[Any, int]]:
    return problems.attempt([], fields.items, key)


def _check_slots(answer: Answer, fields: Fields) -> None:
    names = [slot.name for slot in answer.slots if slot.name]
    if len(set(names)) < len(names):
        fields.fail(f"answer {answer.id!r} has two slots of one name: {', '.join(names)}", "slots")


def _check_confirm(answer: Answer, fields: Fields) -> None:
    if answer.confirm and "action" not in fields.mapping:
        fields.fail(f"answer {answer.id!r} has a confirm but no action to confirm", "confirm")


def _read_slot(fields: Fields, node: Any, line: int, problems: Problems) -> Slot | None:
    slot = _mapping(fields.path, node, line, ("name", "entity", "ask"), "a slot", problems)
    if slot is None:
        return None
    name = problems.attempt("", _slot_name, slot)
    entity = problems.attempt(None, slot.optional_text, "entity")
    ask = _wanted(
        slot,
        "ask",
        CONTEXT_NAMES,
        f"slot {name!r} has no ask; wanted the question that asks the customer for it",
        problems,
    )
    return Slot(name, entity or name, ask)


def _slot_name(slot: Fields) -> str:
    name = _name(slot, "name")
    if name in CONTEXT_NAMES:
        slot.fail(f"a slot cannot be called {name!r}: that name has a meaning of its own", "name")
    return name


def _read_button(fields: Fields, node: Any, line: int, problems: Problems) -> AnswerButton | None:
    button = _mapping(fields.path, node, line, ("label", "intent", "answer"), "a button", problems)
    if button is None:
        return None
    label = _wanted(button, "label", (), "a button without a label", problems)
    intent = problems.attempt(None, button.optional_text, "intent")
    answer = problems.attempt(None, button.optional_text, "answer")
    problems.attempt(None, _check_one_target, button)
    return AnswerButton(label, intent, answer)


def _check_one_target(button: Fields) -> None:
    if ("intent" in button.mapping) == ("answer" in button.mapping):
        button.fail("a button leads to one intent or one answer; wanted exactly one of them")


def _name(fields: Fields, key: str) -> str:
    name = fields.text(key)
    if not NAME.fullmatch(name):
        fields.fail(f"{key} is {name!r}; wanted small letters, digits and _ (such as order_status)", key)
    return name


def _wanted(fields: Fields, key: str, allowed: Allowed, or_else: str, problems: Problems) -> Phrasing:
    """A phrasing that must be there; `or_else` is told where it is not."""
    if key not in fields.mapping:
        problems.add(f"{fields.path}:{fields.line}: {or_else}")
    return _phrasing(fields, key, allowed, problems) or Phrasing({ANY_LANGUAGE: ()})


def _phrasing(fields: Fields, key: str, allowed: Allowed, problems: Problems) -> Phrasing | None:
    """A text, a list of texts, or either by language."""
    if key not in fields.mapping:
        return None
    value, line = fields.mapping[key], fields.line_of(key)
    if not isinstance(value, dict):
        return Phrasing({ANY_LANGUAGE: _texts(fields, key, value, line, allowed, problems)})
    if not value:
        problems.add(f"{fields.path}:{line}: {key} is empty; wanted a text")
    by_language = {}
    for code, texts in value.items():
        at = line_of_key(value, code)
        if not LANGUAGE.fullmatch(str(code)):
            problems.add(f"{fields.path}:{at}: {key} has {code!r}; wanted a language code such as en or zh")
        by_language[str(code)] = _texts(fields, key, texts, at, allowed, problems)
    return Phrasing(by_language)


def _texts(
    fields: Fields, key: str, value: Any, line: int, allowed: Allowed, problems: Problems
) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not items:
        problems.add(f"{fields.path}:{line}: {key} is an empty list; wanted at least one text")
    lines = [line_of_item(value, index) for index in range(len(items))] if isinstance(value, list) else [line]
    return tuple(
        problems.attempt("", _text, fields, key, item, at, allowed)
        for item, at in zip(items, lines, strict=True)
    )


def _text(fields: Fields, key: str, item: Any, line: int, allowed: Allowed) -> str:
    if not isinstance(item, str) or not item.strip():
        raise RetrievalError(f"{fields.path}:{line}: {key} holds {item!r}; wanted a text")
    _check_names(fields, names_in, item, line, allowed)
    return item.strip()


def _condition(fields: Fields, node: Any, line: int, allowed: Allowed) -> str:
    if not isinstance(node, str):
        raise RetrievalError(
            f"{fields.path}:{line}: a condition is {node!r}; wanted a text such as \"result.status == 'open'\""
        )
    _check_names(fields, condition_names, node, line, allowed)
    return str(node)


def _check_names(fields: Fields, names: Any, template: str, line: int, allowed: Allowed) -> None:
    try:
        met = names(template)
    except TemplateError as error:
        raise RetrievalError(f"{fields.path}:{line}: {error}") from error
    problems = Problems()
    for name in sorted(met - set(allowed)) if allowed is not None else ():
        hint = suggestion(name, allowed or ())
        problems.add(f"{fields.path}:{line}: {name!r} is neither a slot here nor known{hint}")
    problems.raise_all()
