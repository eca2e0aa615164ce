"""WORKSPACE/mined: the proposal as YAML that people can edit, and every request with its group, a line each.

mined/proposal.yaml    intents, their answers, entities
mined/requests.jsonl   {"dialogue": "web-42", "turn": 0, "group": "7", "text": "..."}
mined/dialogues.jsonl  the dialogues that the requests stand in
mined/vectors.npy      the requests' vectors in half precision, rows as in requests.jsonl; may be missing"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from retrieval.answer_files import NAME
from retrieval.errors import RetrievalError
from retrieval.yaml_source import Fields, line_of_key, read_yaml
from training.errors import TrainingError
from training.mining.proposal import (
    STATUSES,
    MinedRequest,
    Proposal,
    ProposalError,
    ProposedAnswer,
    ProposedEntity,
    ProposedIntent,
    ProposedSlot,
    Status,
)
from training.mining.proposal_yaml import as_yaml
from training.text_files import lines_of, open_text
from training.whole_files import write_whole

FOLDER = "mined"
PROPOSAL, REQUESTS, DIALOGUES, VECTORS = "proposal.yaml", "requests.jsonl", "dialogues.jsonl", "vectors.npy"


def mined_folder(workspace: Path) -> Path:
    return workspace / FOLDER


def write_mined(folder: Path, proposal: Proposal, requests: Iterable[MinedRequest]) -> None:
    """Write both files; the proposal last, so that what it names is there. Raises TrainingError where the disk won't take it."""
    write_requests(folder / REQUESTS, requests)
    write_proposal(folder / PROPOSAL, proposal)


def write_proposal(path: Path, proposal: Proposal) -> None:
    """Write it whole or not at all. Raises TrainingError where the disk won't take it."""
    write_whole(path, [as_yaml(proposal)])


def write_requests(path: Path, requests: Iterable[MinedRequest]) -> None:
    """Write them whole or not at all. Raises TrainingError where the disk won't take it."""
    write_whole(path, (request_line(request) for request in requests))


def request_line(request: MinedRequest) -> str:
    row = {"dialogue": request.dialogue, "turn": request.turn, "group": request.group, "text": request.text}
    return json.dumps(row, ensure_ascii=False) + "\n"


def read_proposal(path: Path) -> Proposal:
    """Read it strictly. Raises ProposalError "file:line: ..."."""
    try:
        if not path.is_file():
            raise ProposalError(f"{path}: not found; `kefu mine DIALOGUES` makes one")
        return _proposal(path)
    except RetrievalError as error:
        raise ProposalError(str(error)) from error


def read_requests(path: Path) -> Iterator[MinedRequest]:
    """Read them one by one. Raises ProposalError "file:line: ..."."""
    try:
        with open_text(path, encoding="utf-8") as file:
            for number, line in lines_of(file, path):
                if line.strip():
                    yield read_request(line, f"{path}:{number}")
    except ProposalError:
        raise
    except TrainingError as error:
        raise ProposalError(str(error)) from error


def read_request(line: str, place: str) -> MinedRequest:
    """A request of a line. Raises ProposalError naming the place."""
    try:
        row = json.loads(line)
        found = MinedRequest(row["dialogue"], row["turn"], row["text"], row.get("group") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProposalError(
            f"{place}: met {line.strip()[:60]!r}, wanted an object with dialogue, turn, group and text"
        ) from error
    is_right = isinstance(found.turn, int) and found.turn >= 0 and not isinstance(found.turn, bool)
    if not is_right or not all(isinstance(one, str) for one in (found.dialogue, found.text, found.group)):
        raise ProposalError(f"{place}: met {line.strip()[:60]!r}, wanted a number for turn and texts beside")
    return found


def _proposal(path: Path) -> Proposal:
    known = ("dialogues", "requests", "language", "intents", "entities")
    document = Fields.of(path, read_yaml(path), 1, known=known, what="a proposal")
    intents = tuple(_intent(document, node, line) for node, line in document.items("intents"))
    _check_apart(document, intents)
    return Proposal(
        _count(document, "dialogues"),
        _count(document, "requests"),
        intents,
        tuple(_entity(document, node, line) for node, line in document.items("entities")),
        document.optional_text("language") or "en",
    )


def _intent(document: Fields, node: Any, line: int) -> ProposedIntent:
    known = ("name", "status", "requests", "cohesion", "groups", "near", "examples", "answers")
    fields = Fields.of(document.path, node, line, known=known, what="an intent")
    return ProposedIntent(
        _name(fields, "name"),
        _texts(fields, "groups"),
        _count(fields, "requests"),
        _texts(fields, "examples"),
        _share(fields, "cohesion"),
        _near(fields),
        tuple(_answer(fields, one, at) for one, at in fields.items("answers")),
        _status(fields),
    )


def _answer(intent: Fields, node: Any, line: int) -> ProposedAnswer:
    known = ("variants", "slots", "hand_over", "replies", "exchanges", "heard")
    fields = Fields.of(intent.path, node, line, known=known, what="an answer")
    variants = _texts(fields, "variants")
    if not variants:
        fields.fail("an answer without variants; wanted at least one text")
    slots = tuple(_slot(fields, one, at) for one, at in fields.items("slots"))
    return ProposedAnswer(
        variants, slots, fields.flag("hand_over"), _count(fields, "replies"), _count(fields, "exchanges"), _texts(fields, "heard")
    )  # fmt: skip


def _slot(answer: Fields, node: Any, line: int) -> ProposedSlot:
    fields = Fields.of(answer.path, node, line, known=("name", "entity", "ask"), what="a slot")
    return ProposedSlot(_name(fields, "name"), _name(fields, "entity"), fields.text("ask"))


def _entity(document: Fields, node: Any, line: int) -> ProposedEntity:
    known = ("name", "status", "kind", "patterns", "names", "seen")
    fields = Fields.of(document.path, node, line, known=known, what="an entity")
    return ProposedEntity(
        _name(fields, "name"),
        fields.optional_text("kind") or "",
        _texts(fields, "patterns"),
        _texts(fields, "names"),
        _count(fields, "seen"),
        _status(fields),
    )


def _check_apart(document: Fields, intents: tuple[ProposedIntent, ...]) -> None:
    """Names and groups stand once."""
    names: set[str] = set()
    owners: dict[str, str] = {}
    for intent, (node, line) in zip(intents, document.items("intents"), strict=True):
        fields = Fields(document.path, node, line)
        if intent.name in names:
            fields.fail(f"intent {intent.name!r} stands twice; to merge two, use the console", "name")
        names.add(intent.name)
        for group in intent.groups:
            if owner := owners.get(group):
                fields.fail(f"group {group!r} belongs to {owner!r} already", "groups")
            owners[group] = intent.name


def _name(fields: Fields, key: str) -> str:
    name = fields.text(key)
    if not NAME.fullmatch(name):
        fields.fail(f"{key} is {name[:80]!r}; wanted small letters, digits and _ (such as order_status)", key)
    return name


def _status(fields: Fields) -> Status:
    status = fields.mapping.get("status", "open")
    if status not in STATUSES:
        fields.fail(f"status is {status!r}; wanted one of {', '.join(STATUSES)}", "status")
    return cast(Status, str(status))


def _texts(fields: Fields, key: str) -> tuple[str, ...]:
    found = [node for node, _ in fields.items(key)]
    for node, line in fields.items(key):
        if not isinstance(node, str) or not node.strip():
            raise ProposalError(f"{fields.path}:{line}: {key} holds {node!r}; wanted a text (in quotes)")
    return tuple(map(str, found))


def _count(fields: Fields, key: str) -> int:
    value = fields.mapping.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        fields.fail(f"{key} is {value!r}; wanted a whole number from 0", key)
    return int(value)


def _share(fields: Fields, key: str) -> float:
    value = fields.mapping.get(key, 0.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        fields.fail(f"{key} is {value!r}; wanted a number from 0 to 1", key)
    return float(value)


def _near(fields: Fields) -> Mapping[str, float]:
    node = fields.mapping.get("near", {})
    if not isinstance(node, dict):
        fields.fail(f"near is {node!r}; wanted groups with numbers", "near")
    for group, value in node.items():
        if not isinstance(group, str) or not isinstance(value, int | float) or isinstance(value, bool):
            met = f"{group!r}: {value!r}"
            raise ProposalError(
                f"{fields.path}:{line_of_key(node, group)}: near holds {met}; wanted a group in quotes and a number"
            )
    return {str(group): float(value) for group, value in node.items()}
