"""What must hold between answers: ids are unique, actions agree within an intent, and buttons lead somewhere."""

from collections.abc import Collection, Iterator

from retrieval.answers import Answer
from retrieval.errors import Problems
from retrieval.templates import names_in
from retrieval.yaml_source import Fields, suggestion

# An answer with where it stands.
Placed = tuple[Answer, Fields]


def check_between(placed: Collection[Placed], problems: Problems) -> None:
    """Tell all that does not hold. What an answer says wrongly of itself is told elsewhere, and not once more here."""
    _check_ids(placed, problems)
    _check_actions(placed, problems)
    ids = {str(fields.mapping.get("id")) for _, fields in placed}
    intents = {str(fields.mapping.get("intent")) for _, fields in placed}
    for answer, fields in placed:
        for button in answer.buttons:
            problems.attempt(None, _check_target, fields, "buttons", "answer", button.answer, ids)
            problems.attempt(None, _check_target, fields, "buttons", "intent", button.intent, intents)
        for intent in answer.also_for:
            problems.attempt(None, _check_target, fields, "also_for", "intent", intent, intents)


def _check_ids(placed: Collection[Placed], problems: Problems) -> None:
    first: dict[str, Fields] = {}
    for answer, fields in placed:
        before = first.setdefault(answer.id, fields)
        if answer.id and before is not fields:
            where = f"{before.path}:{before.line_of('id')}"
            problems.add(
                f"{fields.path}:{fields.line_of('id')}: answer id {answer.id!r} is taken already, at {where}"
            )


def _check_actions(placed: Collection[Placed], problems: Problems) -> None:
    actions: dict[str, str] = {}
    for answer, fields in placed:
        if (
            answer.action
            and answer.intent
            and actions.setdefault(answer.intent, answer.action) != answer.action
        ):
            problems.add(
                f"{fields.path}:{fields.line_of('action')}: action is {answer.action!r}, but another answer of "
                f"{answer.intent!r} calls {actions[answer.intent]!r}; wanted one action an intent"
            )
    with_result = {str(fields.mapping.get("intent")) for _, fields in placed if "action" in fields.mapping}
    for answer, fields in placed:
        if with_result.isdisjoint(_intents_of(answer, fields)) and _uses_result(answer):
            problems.add(
                f"{fields.path}:{fields.line_of('variants')}: answer {answer.id!r} uses result; "
                "wanted an action that gives one"
            )


def _intents_of(answer: Answer, fields: Fields) -> Iterator[str]:
    yield str(fields.mapping.get("intent"))
    yield from answer.also_for


def _uses_result(answer: Answer) -> bool:
    return any("result" in names_in(text) for text in answer.variants.templates)


def _check_target(fields: Fields, key: str, kind: str, target: str | None, known: Collection[str]) -> None:
    if target is not None and target not in known:
        fields.fail(f"{key}: {kind} {target!r} has no answer{suggestion(target, known)}", key)
