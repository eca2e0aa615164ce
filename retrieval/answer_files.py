"""answers/*.yaml -> answers, each checked alone and then against the others."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from retrieval.answers import ANY_LANGUAGE, Answer, AnswerButton, Phrasing, Slot
from retrieval.errors import RetrievalError
from retrieval.templates import CONTEXT_NAMES, TemplateError, condition_names, names_in
from retrieval.yaml_source import Fields, line_of_item, line_of_key, read_yaml, suggestion

ANSWER_KEYS = (
    "id", "intent", "title", "slots", "action", "confirm", "conditions", "variants", "buttons", "hand_over", "knowledge", "also_for",
)  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]+)?")

# An answer with where it stands: what the checks between answers report.
Placed = tuple[Answer, Fields]


def read_answers(folder: Path) -> tuple[Answer, ...]:
    """Read and check all answers of a folder. Raises RetrievalError "file:line: ..."."""
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not files:
        raise RetrievalError(f"{folder}: no *.yaml here; wanted at least one file with answers")
    entries = [fields for path in files for fields in _read_file(path)]
    if not entries:
        raise RetrievalError(f"{files[0]}:1: no answers; wanted a list of them")
    shared = _slot_names(entries)
    placed = [(_read_answer(fields, shared), fields) for fields in entries]
    _check_between(placed)
    return tuple(answer for answer, _ in placed)


def _read_file(path: Path) -> Iterator[Fields]:
    document = read_yaml(path)
    if document is None:
        return
    if not isinstance(document, list):
        raise RetrievalError(f"{path}:1: wanted a list of answers (`- id: ...`)")
    for index, node in enumerate(document):
        yield Fields.of(path, node, line_of_item(document, index), known=ANSWER_KEYS, what="an answer")


def _slot_names(entries: list[Fields]) -> dict[str, set[str]]:
    """The slots of each intent: what one of its answers asks for, the others may use where it is known."""
    names: dict[str, set[str]] = {}
    for fields in entries:
        slots = [node.get("name") for node, _ in fields.items("slots") if isinstance(node, dict)]
        names.setdefault(str(fields.mapping.get("intent")), set()).update(map(str, slots))
    return names


def _read_answer(fields: Fields, shared: Mapping[str, Collection[str]]) -> Answer:
    answer_id, intent = _name(fields, "id"), _name(fields, "intent")
    slots = tuple(_read_slot(fields, node, line) for node, line in fields.items("slots"))
    allowed = {*CONTEXT_NAMES, *shared[intent]}
    answer = Answer(
        id=answer_id,
        intent=intent,
        title=_phrasing(fields, "title", ())
        or Phrasing({ANY_LANGUAGE: (answer_id.replace("_", " ").capitalize(),)}),
        conditions=tuple(
            _condition(fields, node, line, allowed) for node, line in fields.items("conditions")
        ),
        variants=_variants(fields, allowed),
        slots=slots,
        buttons=tuple(_read_button(fields, node, line) for node, line in fields.items("buttons")),
        action=fields.optional_text("action"),
        confirm=_phrasing(fields, "confirm", allowed - {"result"}),
        hand_over=fields.flag("hand_over"),
        knowledge=fields.flag("knowledge"),
        also_for=tuple(str(node) for node, _ in fields.items("also_for")),
    )
    _check_answer(answer, fields)
    return answer


def _check_answer(answer: Answer, fields: Fields) -> None:
    names = [slot.name for slot in answer.slots]
    if len(set(names)) < len(names):
        fields.fail(f"answer {answer.id!r} has two slots of one name: {', '.join(names)}", "slots")
    if answer.confirm and not answer.action:
        fields.fail(f"answer {answer.id!r} has a confirm but no action to confirm", "confirm")


def _read_slot(fields: Fields, node: Any, line: int) -> Slot:
    slot = Fields.of(fields.path, node, line, known=("name", "entity", "ask"), what="a slot")
    name = _name(slot, "name")
    if name in CONTEXT_NAMES:
        slot.fail(f"a slot cannot be called {name!r}: that name has a meaning of its own", "name")
    ask = _phrasing(slot, "ask", CONTEXT_NAMES)
    if ask is None:
        slot.fail(f"slot {name!r} has no ask; wanted the question that asks the customer for it")
    return Slot(name, slot.text("entity") if "entity" in slot.mapping else name, ask)


def _read_button(fields: Fields, node: Any, line: int) -> AnswerButton:
    button = Fields.of(fields.path, node, line, known=("label", "intent", "answer"), what="a button")
    label = _phrasing(button, "label", ())
    if label is None:
        button.fail("a button without a label")
    intent, answer = button.optional_text("intent"), button.optional_text("answer")
    if (intent is None) == (answer is None):
        button.fail("a button leads to one intent or one answer; wanted exactly one of them")
    return AnswerButton(label, intent, answer)


def _name(fields: Fields, key: str) -> str:
    name = fields.text(key)
    if not NAME.fullmatch(name):
        fields.fail(f"{key} is {name!r}; wanted small letters, digits and _ (such as order_status)", key)
    return name


def _variants(fields: Fields, allowed: Collection[str]) -> Phrasing:
    variants = _phrasing(fields, "variants", allowed)
    if variants is None:
        fields.fail("an answer without variants; wanted at least one text")
    return variants


def _phrasing(fields: Fields, key: str, allowed: Collection[str]) -> Phrasing | None:
    """A text, a list of texts, or either by language."""
    if key not in fields.mapping:
        return None
    value, line = fields.mapping[key], fields.line_of(key)
    if not isinstance(value, dict):
        return Phrasing({ANY_LANGUAGE: _texts(fields, key, value, line, allowed)})
    if not value:
        fields.fail(f"{key} is empty; wanted a text", key)
    by_language = {}
    for code, texts in value.items():
        if not LANGUAGE.fullmatch(str(code)):
            fields.fail(f"{key} has {code!r}; wanted a language code such as en or zh", key)
        by_language[str(code)] = _texts(fields, key, texts, line_of_key(value, code), allowed)
    return Phrasing(by_language)


def _texts(fields: Fields, key: str, value: Any, line: int, allowed: Collection[str]) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not items:
        fields.fail(f"{key} is an empty list; wanted at least one text", key)
    lines = [line_of_item(value, index) for index in range(len(items))] if isinstance(value, list) else [line]
    for item, at in zip(items, lines, strict=True):
        if not isinstance(item, str) or not item.strip():
            raise RetrievalError(f"{fields.path}:{at}: {key} holds {item!r}; wanted a text")
        _check_names(fields, names_in, item, at, allowed)
    return tuple(str(item).strip() for item in items)


def _condition(fields: Fields, node: Any, line: int, allowed: Collection[str]) -> str:
    if not isinstance(node, str):
        raise RetrievalError(
            f"{fields.path}:{line}: a condition is {node!r}; wanted a text such as \"result.status == 'open'\""
        )
    _check_names(fields, condition_names, node, line, allowed)
    return str(node)


def _check_names(fields: Fields, names: Any, template: str, line: int, allowed: Collection[str]) -> None:
    try:
        unknown = sorted(names(template) - set(allowed))
    except TemplateError as error:
        raise RetrievalError(f"{fields.path}:{line}: {error}") from error
    if unknown:
        hint = suggestion(unknown[0], allowed)
        raise RetrievalError(f"{fields.path}:{line}: {unknown[0]!r} is neither a slot here nor known{hint}")


def _check_between(placed: list[Placed]) -> None:
    """Ids are unique, actions agree within an intent, and buttons lead somewhere."""
    first: dict[str, Fields] = {}
    actions: dict[str, str] = {}
    for answer, fields in placed:
        if before := first.get(answer.id):
            fields.fail(
                f"answer id {answer.id!r} is taken already, at {before.path}:{before.line_of('id')}", "id"
            )
        first[answer.id] = fields
        if answer.action and actions.setdefault(answer.intent, answer.action) != answer.action:
            fields.fail(
                f"action is {answer.action!r}, but another answer of {answer.intent!r} calls "
                f"{actions[answer.intent]!r}; wanted one action an intent", "action"
            )  # fmt: skip
    intents = {answer.intent for answer, _ in placed}
    for answer, fields in placed:
        has_result = answer.intent in actions or any(intent in actions for intent in answer.also_for)
        if not has_result and any("result" in names_in(text) for text in answer.variants.templates):
            fields.fail(f"answer {answer.id!r} uses result; wanted an action that gives one", "variants")
        for button in answer.buttons:
            _check_target(fields, "buttons", "answer", button.answer, first)
            _check_target(fields, "buttons", "intent", button.intent, intents)
        for intent in answer.also_for:
            _check_target(fields, "also_for", "intent", intent, intents)


def _check_target(fields: Fields, key: str, kind: str, target: str | None, known: Collection[str]) -> None:
    if target is not None and target not in known:
        fields.fail(f"{key}: {kind} {target!r} has no answer{suggestion(target, known)}", key)
