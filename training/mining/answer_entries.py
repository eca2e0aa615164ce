"""Proposed answers as entries of answers/mined.yaml, beside what people wrote there and in other files."""

import hashlib
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.answer_files import load_answers
from retrieval.errors import RetrievalError
from training.mining.proposal import ProposalError, ProposedAnswer, ProposedIntent, ProposedSlot
from training.mining.proposal_yaml import quoted
from training.mining.slots import without_marks
from training.mining.wording import passed_on

NAME = "mined.yaml"
FREE_TEXT = "text"
HEAD = "# Proposed by `kefu mine` and accepted. Entries you change are left alone from then on.\n"
ENTRY = re.compile(r"^- ", re.MULTILINE)
ID = re.compile(r"\bid:\s*[\"']?([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What answers/mined.yaml is to hold; `written` are the ids of the proposed entries, `hashes` those of their texts."""

    path: Path
    text: str
    is_changed: bool
    written: tuple[str, ...]
    hashes: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Standing:
    """The entries of mined.yaml that people wrote or changed, and what stands in the other files."""

    head: str
    kept: dict[str, str] = field(default_factory=dict)
    intents: dict[str, str] = field(default_factory=dict)  # intent -> where it is answered
    ids: dict[str, str] = field(default_factory=dict)  # answer id -> its file


def plan_answers(
    workspace: Path,
    intents: Sequence[ProposedIntent],
    language: str,
    earlier: Mapping[str, str],
    entity_types: Collection[str],
) -> AnswerPlan:
    """An entry for each intent that has no answer yet; `earlier` are the hashes of the last time, `entity_types` those
    that slots can be filled from.

    Raises ProposalError where the answers as they'd be can't be used: with file and line."""
    path = workspace / "answers" / NAME
    before = path.read_text("utf-8") if path.exists() else ""
    standing = _standing(path, before, earlier)
    entries, notes = dict[str, str](), list[str]()
    for intent in intents:
        if place := standing.intents.get(intent.name):
            notes.append(f"intent {intent.name!r} is answered already, in {place}; that answer stays")
        elif place := standing.ids.get(intent.name):
            notes.append(f"answer id {intent.name!r} is taken already, in {place}; that answer stays")
        else:
            entries[intent.name] = entry_of(intent, language, entity_types)
    text = standing.head + "\n" + "\n".join([*standing.kept.values(), *entries.values()])
    is_changed = text != before and bool(entries or standing.kept or before)
    if is_changed:
        _check(path, text)
    hashes = {name: digest(entry) for name, entry in entries.items()}
    return AnswerPlan(path, text, is_changed, tuple(entries), hashes, tuple(notes))


def entry_of(intent: ProposedIntent, language: str, entity_types: Collection[str]) -> str:
    """The entry of its first answer, without what can't be said; where nothing is left a person takes over."""
    answer = intent.answers[0] if intent.answers else ProposedAnswer((), hand_over=True)
    answer = sayable(answer, language)
    texts = [f"    - {quoted(text)}\n" for text in answer.variants]
    lines = [f"- id: {intent.name}\n", f"  intent: {intent.name}\n"]
    if answer.slots:
        lines += ["  slots:\n", *(line for slot in answer.slots for line in _slot_lines(slot, entity_types))]
    lines += ["  variants:\n", *texts]
    return "".join([*lines, "  hand_over: true\n" if answer.hand_over else ""])


def sayable(answer: ProposedAnswer, language: str) -> ProposedAnswer:
    """What of an answer a bot may say: no sentence with a mark, and no slot that nothing needs."""
    said = tuple(dict.fromkeys(filter(None, map(without_marks, answer.variants))))
    if not said:
        return ProposedAnswer(
            (passed_on(language),), (), True, answer.n_replies, answer.n_exchanges, answer.heard
        )
    needed = tuple(
        slot for slot in answer.slots if answer.hand_over or any(_names(text, slot.name) for text in said)
    )
    return ProposedAnswer(said, needed, answer.hand_over, answer.n_replies, answer.n_exchanges, answer.heard)


def digest(entry: str) -> str:
    return hashlib.sha256(entry.strip().encode()).hexdigest()[:32]


def _slot_lines(slot: ProposedSlot, entity_types: Collection[str]) -> Iterator[str]:
    entity = slot.entity if slot.entity in entity_types else FREE_TEXT
    yield f"    - name: {slot.name}\n"
    if entity != slot.name:
        yield f"      entity: {entity}\n"
    yield f"      ask: {quoted(slot.ask)}\n"


def _names(text: str, slot: str) -> bool:
    return re.search(rf"\{{[{{%][^}}]*\b{re.escape(slot)}\b", text) is not None


def _standing(path: Path, text: str, earlier: Mapping[str, str]) -> _Standing:
    head, entries = _entries(text)
    standing = _Standing(head or HEAD)
    for entry in entries:
        met = ID.search(entry)
        name = met[1] if met else ""
        if earlier.get(name) != digest(entry):
            standing.kept[name] = entry
    for place, answers in _read_others(path, text, standing):
        for answer_id, intent in answers:
            standing.ids.setdefault(answer_id, place)
            standing.intents.setdefault(intent, place)
    return standing


def _entries(text: str) -> tuple[str, list[str]]:
    """What stands before the first entry, and the entries, each with its line end."""
    starts = [met.start() for met in ENTRY.finditer(text)]
    if not starts:
        return text.rstrip() + "\n" if text.strip() else "", []
    ends = [*starts[1:], len(text)]
    head = text[: starts[0]].rstrip()
    return f"{head}\n" if head else "", [text[a:b].rstrip() + "\n" for a, b in zip(starts, ends, strict=True)]


def _read_others(
    path: Path, text: str, standing: _Standing
) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    """Ids and intents of the answers that stay, by the file they are in."""
    texts = _texts_beside(path)
    every = texts | ({path.name: text} if ENTRY.search(text) else {})
    intents = _load(every, path.parent) if every else {}
    for name, one in {**texts, path.name: "\n".join(standing.kept.values())}.items():
        met = {found[1] for found in ID.finditer(one)}
        yield (
            f"answers/{name}",
            [(answer_id, intents[answer_id]) for answer_id in intents if answer_id in met],
        )


def _texts_beside(path: Path) -> dict[str, str]:
    found = sorted(path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    return {one.name: one.read_text("utf-8") for one in found if one.name != path.name}


def _load(texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The intent of each answer, by its id. Raises ProposalError naming the file and line as it stands in `folder`."""
    with tempfile.TemporaryDirectory(prefix="kefu-answers-") as scratch:
        for name, text in texts.items():
            (Path(scratch) / name).write_text(text, "utf-8")
        try:
            return {answer.id: answer.intent for answer in load_answers(Path(scratch)).answers}
        except RetrievalError as error:
            raise ProposalError(str(error).replace(scratch, str(folder))) from error


def _check(path: Path, text: str) -> None:
    texts = _texts_beside(path) | ({path.name: text} if ENTRY.search(text) else {})
    if texts:
        _load(texts, path.parent)
