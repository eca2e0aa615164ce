"""Rasa's NLU YAML: the examples of its intents; synonyms, patterns and look-up tables are no dialogues."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from retrieval.yaml_source import DEEP
from training.errors import TrainingError
from training.importers.source import Found, Item, Options, Source
from training.turns import Dialogue, DialogueTurn, EntityLabel

# [text](entity), [text](entity:value), [text]{"entity": "...", "value": "..."}, [text][{...}, {...}]
ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]+?)\]"
    r"(?:\((?P<label>[^:)]+?)(?::(?P<value>[^)]+))?\)|(?P<object>\{[^}]+?\})|(?P<list>\[\s*\{.*?\}\s*\]))"
)
NOT_KEPT = re.compile(r"\{[^}]*\"(role|group)\"\s*:")
NOT_EXAMPLES = {
    "synonym": "synonyms are no dialogues; entities.yaml takes them as a gazetteer",
    "regex": "patterns are no dialogues; entities.yaml takes them",
    "lookup": "look-up tables are no dialogues; entities.yaml takes them as a gazetteer",
}


def read_rasa(source: Source, options: Options) -> Iterator[Item]:
    """Each example of an intent as a dialogue with one turn."""
    document = _document(source)
    for section in document:
        if section not in ("version", "nlu"):
            yield source.skipped(
                document.lc.key(section)[0] + 1, f"section {section!r} holds no dialogues", is_part=True
            )
    entries: Any = document.get("nlu")
    if not isinstance(entries, CommentedSeq):
        raise TrainingError(f"{source.path}: no list under 'nlu:'; met {', '.join(map(str, document))}")
    for index, entry in enumerate(entries):
        yield from _entry(entry, entries.lc.item(index)[0] + 1, source)


def _document(source: Source) -> Any:
    with source.open() as file:
        text = file.read()
    if DEEP.search(text):
        raise TrainingError(f"{source.path}: not YAML: nested too deeply")
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise TrainingError(f"{source.path}:{line}: not YAML: {error.problem or error.context}") from error
    except Exception as error:  # of a value it can't make anything of it raises what comes to it
        raise TrainingError(f"{source.path}: not YAML: {error or type(error).__name__}") from error
    if not isinstance(document, dict):
        raise TrainingError(f"{source.path}: not Rasa's YAML: wanted 'nlu:' with a list of intents")
    return document


def _entry(entry: Any, line: int, source: Source) -> Iterator[Item]:
    if not isinstance(entry, dict):
        yield source.skipped(line, "neither an intent nor anything else of Rasa's", entry)
        return
    for kind, reason in NOT_EXAMPLES.items():
        if kind in entry:
            yield source.skipped(line, reason, entry[kind], is_part=True)
            return
    if not isinstance(entry.get("intent"), str) or "examples" not in entry:
        yield source.skipped(line, "no intent with examples", ", ".join(map(str, entry)))
        return
    for at, example in _examples(entry):
        if not example:
            yield source.skipped(at, "no text", entry["intent"])
            continue
        text, entities = read_annotations(example)
        if isinstance(entities, str):
            yield source.skipped(at, entities, example)
            continue
        if NOT_KEPT.search(example):
            yield source.skipped(at, "roles and groups of entities are not kept", example, is_part=True)
        turn = DialogueTurn("customer", text, intents=_intents(entry["intent"]), entities=entities)
        yield Found(Dialogue("", (turn,)), at)


def _intents(name: str) -> tuple[str, ...]:
    """Rasa writes several intents of a message as one, "cancel_order+refund_status"."""
    return tuple(dict.fromkeys(filter(None, name.split("+")))) or (name,)


def _examples(entry: Any) -> Iterator[tuple[int, str]]:
    """Line and text of each: a block of "- ..." lines, or a list of texts or {text: ...}."""
    examples: Any = entry["examples"]
    line = entry.lc.key("examples")[0] + 1
    if isinstance(examples, str):
        for offset, row in enumerate(examples.split("\n"), 1):
            if row.strip():
                yield line + offset, row.strip().removeprefix("-").strip()
    elif isinstance(examples, CommentedSeq):
        for index, one in enumerate(examples):
            text = one.get("text", "") if isinstance(one, dict) else one
            yield (
                examples.lc.item(index)[0] + 1,
                str(text).strip().removeprefix("- ") if text is not None else "",
            )


def read_annotations(example: str) -> tuple[str, tuple[EntityLabel, ...] | str]:
    """The plain text and its entities, or what is wrong with one."""
    text, entities, end = "", list[EntityLabel](), 0
    for met in ANNOTATION.finditer(example):
        text += example[end : met.start()]
        start, end = len(text), met.end()
        text += met["text"]
        try:
            label, value = _label(met)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return example, 'an entity that isn\'t {"entity": "...", "value": "..."}'
        entities.append(EntityLabel(start, len(text), label, value))
    return text + example[end:], tuple(entities)


def _label(met: re.Match[str]) -> tuple[str, str]:
    """Type and normal form; of several types for one span the first."""
    if met["label"]:
        return met["label"].strip(), (met["value"] or "").strip()
    found = json.loads(met["object"] or met["list"])
    first = found[0] if isinstance(found, list) else found
    if not str(first["entity"]).strip():
        raise ValueError
    return str(first["entity"]), str(first.get("value") or "")
