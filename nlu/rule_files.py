"""entities.yaml -> kinds, patterns and names, with the line of whatever is wrong.

order_number:
  patterns: [{regex: 'LW-?(?P<digits>[0-9]{5})', normal: 'LW-{digits}'}]
product:
  gazetteer: {Pip lamp: [pip light, bedside lamp]}
date: {kind: date}"""

import re
import string
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, NoReturn

import regex
from rapidfuzz import process
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from nlu.errors import NluError, Problems
from nlu.rules import MAX_PATTERN_S, EntityRules, Pattern
from nlu.values.kinds import KINDS

TYPE_KEYS = ("kind", "patterns", "gazetteer")
PATTERN_KEYS = ("regex", "normal", "ignore_case")
# Texts on which a pattern that backtracks without end shows it.
PROBES = (
    "a" * 3000 + "!",
    "1" * 3000 + "!",
    "a " * 1500 + "!",
    "A1-" * 1000 + "!",
    " " * 3000 + "!",
    "x.y@" * 700,
)

Rules = tuple[dict[str, str], list[Pattern], dict[str, tuple[str, str]]]

# ruamel takes minutes for thousands of brackets within one another.
DEEP = re.compile(r"(?:[\[{]\s*){64}")


def load_rules(path: Path, *, country: str = "US", currency: str = "EUR", zone: tzinfo = UTC) -> EntityRules:
    """Read entities.yaml; a workspace without one has no rules.

    Raises NluError with a line "file:line: ..." for each unknown key and kind, broken pattern, name given twice."""
    kinds, patterns, names = read_rules(path) if path.exists() else ({}, [], {})
    return EntityRules(kinds, patterns, names, country=country, currency=currency, zone=zone)


def read_rules(path: Path) -> Rules:
    """(label -> kind, patterns, name -> (label, value)) of a file.

    Raises NluError with a line "file:line: ..." for all that is wrong."""
    document = _document(path)
    problems = Problems()
    kinds: dict[str, str] = {}
    patterns: list[Pattern] = []
    names: dict[str, tuple[str, str]] = {}
    for label, node in (document or {}).items():
        line, what = _key_line(document, label), f"entity type {label!r}"
        fields = problems.attempt({}, _mapping, path, node if node is not None else {}, line, what)
        problems.attempt(None, _check_keys, path, fields, TYPE_KEYS, what)
        kinds[str(label)] = problems.attempt("text", _kind, path, fields)
        for index, item in enumerate(problems.attempt([], _list, path, fields, "patterns", line)):
            at = fields["patterns"].lc.item(index)[0] + 1
            pattern = problems.attempt(None, _pattern, path, str(label), item, at)
            patterns += [pattern] if pattern else []
        gazetteer = problems.attempt({}, _gazetteer, path, str(label), fields, line)
        for value in gazetteer:
            problems.attempt(None, _add_names, path, str(label), gazetteer, value, names)
    problems.raise_all()
    return kinds, patterns, names


def _document(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _fail(path, 1, f"not YAML in UTF-8: {error}", error)
    if DEEP.search(text):
        _fail(path, 1, "not YAML: nested too deeply")
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _fail(path, mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}", error)
    except Exception as error:  # of a value it can't make anything of it raises what comes to it
        told = " ".join(str(error).split()) or type(error).__name__
        _fail(path, 1, f"not YAML: {told}", error)
    if document is not None and not isinstance(document, dict):
        _fail(path, 1, "wanted entity types by name (`order_number: ...`)")
    return document


def _fail(path: Path, line: int, message: str, cause: Exception | None = None) -> NoReturn:
    raise NluError(f"{path}:{line}: {message}") from cause


def _key_line(mapping: Any, key: Any) -> int:
    return int(mapping.lc.key(key)[0]) + 1


def _mapping(path: Path, node: Any, line: int, what: str) -> Any:
    if not isinstance(node, dict):
        _fail(path, line, f"{what} is {node!r}; wanted keys and values")
    return node


def _check_keys(path: Path, node: Any, known: tuple[str, ...], what: str) -> None:
    problems = Problems()
    for key in node:
        if key not in known:
            problems.attempt(None, _refuse_key, path, node, key, known, what)
    problems.raise_all()


def _refuse_key(path: Path, node: Any, key: Any, known: tuple[str, ...], what: str) -> NoReturn:
    best = process.extractOne(str(key), known, score_cutoff=60)
    hint = f"did you mean {best[0]!r}?" if best else f"known: {', '.join(known)}"
    _fail(path, _key_line(node, key), f"unknown key {key!r} in {what}; {hint}")


def _kind(path: Path, fields: Any) -> str:
    kind = fields.get("kind", "text")
    if kind not in KINDS:
        _fail(path, _key_line(fields, "kind"), f"kind is {kind!r}; wanted one of {', '.join(KINDS)}")
    return str(kind)


def _list(path: Path, fields: Any, key: str, line: int) -> list[Any]:
    value = fields.get(key, [])
    if not isinstance(value, list):
        _fail(path, line, f"{key} is {value!r}; wanted a list")
    return value


def _pattern(path: Path, label: str, node: Any, line: int) -> Pattern | None:
    what = f"a pattern of {label!r}"
    if isinstance(node, str):
        node = {"regex": node}
    else:
        _check_keys(path, _mapping(path, node, line, what), PATTERN_KEYS, what)
    source, normal = node.get("regex"), node.get("normal", "")
    if not isinstance(source, str) or not isinstance(normal, str):
        _fail(path, line, f"{what} is {node!r}; wanted `regex: ...` and maybe `normal: ...`")
    try:
        compiled = regex.compile(source, 0 if node.get("ignore_case") is False else regex.IGNORECASE)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        _fail(path, line, f"not a regular expression: {error}: {source!r}", error)
    _check_pattern(path, line, compiled, normal)
    return Pattern(label, compiled, normal)


def _check_pattern(path: Path, line: int, compiled: Any, normal: str) -> None:
    if compiled.fullmatch("") is not None:
        _fail(path, line, f"pattern {compiled.pattern!r} matches the empty text; wanted at least a character")
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(normal) if name is not None]
    except ValueError as error:
        _fail(path, line, f"normal is {normal!r}: {error}", error)
    for name in fields:
        if name not in compiled.groupindex:
            _fail(
                path, line, f"normal uses {{{name}}}, but {compiled.pattern!r} has no group (?P<{name}>...)"
            )
    for probe in PROBES:
        try:
            compiled.search(probe, timeout=MAX_PATTERN_S)
        except TimeoutError as error:
            _fail(
                path, line, f"pattern {compiled.pattern!r} takes too long on {len(probe)} characters", error
            )


def _gazetteer(path: Path, label: str, fields: Any, line: int) -> Any:
    node = fields.get("gazetteer") or {}
    if not isinstance(node, dict):
        _fail(path, line, f"gazetteer of {label!r} is {node!r}; wanted values with lists of names")
    return node


def _add_names(path: Path, label: str, node: Any, value: Any, names: dict[str, tuple[str, str]]) -> None:
    at, synonyms = _key_line(node, value), node[value]
    if synonyms is not None and not isinstance(synonyms, list):
        _fail(path, at, f"{value!r} has {synonyms!r}; wanted a list of names")
    for name in dict.fromkeys(str(name).strip().lower() for name in (value, *(synonyms or []))):
        if not name:
            _fail(path, at, f"{value!r} has an empty name")
        if taken := names.get(name):
            _fail(path, at, f"name {name!r} stands for {taken[1]!r} already")
        names[name] = (label, str(value))
