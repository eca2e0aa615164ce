"""YAML read with the line of every key, so that an error can say where it is."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rapidfuzz import process
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from retrieval.errors import Problems, RetrievalError

# ruamel takes minutes for thousands of brackets within one another.
DEEP = re.compile(r"(?:[\[{]\s*){64}")


def suggestion(met: str, known: Collection[str]) -> str:
    """ "; did you mean 'x'?" where something known is close, else the known ones when they are few."""
    if best := process.extractOne(met, list(known), score_cutoff=70):
        return f"; did you mean {best[0]!r}?"
    return f"; known: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def read_yaml(path: Path) -> Any:
    """The document of a file, as ruamel's mappings and lists that know their lines.

    Raises RetrievalError "file:line: ..." where it is no YAML or not UTF-8."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RetrievalError(f"{path}:1: not YAML in UTF-8: {error}") from error
    if DEEP.search(text):
        raise RetrievalError(f"{path}:1: not YAML: nested too deeply")
    try:
        return YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise RetrievalError(f"{path}:{line}: not YAML: {error.problem or error.context}") from error
    except Exception as error:  # of a value it can't make anything of it raises what comes to it
        told = " ".join(str(error).split()) or type(error).__name__
        raise RetrievalError(f"{path}:1: not YAML: {told}") from error


def line_of_key(mapping: Any, key: Any) -> int:
    return int(mapping.lc.key(key)[0]) + 1


def line_of_item(items: Any, index: int) -> int:
    return int(items.lc.item(index)[0]) + 1


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of a file, read field by field; whatever is wrong is raised with file and line."""

    path: Path
    mapping: Any
    line: int

    @classmethod
    def of(cls, path: Path, node: Any, line: int, *, known: Collection[str], what: str) -> "Fields":
        """Check that `node` is a mapping with known keys only."""
        fields = cls.of_mapping(path, node, line, what=what)
        fields.check_keys(known, what)
        return fields

    @classmethod
    def of_mapping(cls, path: Path, node: Any, line: int, *, what: str) -> "Fields":
        """Check that `node` is a mapping, of whatever keys."""
        fields = cls(path, node, line)
        if not isinstance(node, dict):
            fields.fail(f"{what} is {node!r}; wanted keys and values")
        return fields

    def check_keys(self, known: Collection[str], what: str) -> None:
        """Raise RetrievalError for all keys that are not known."""
        problems = Problems()
        for key in self.mapping:
            if key not in known:
                hint = suggestion(str(key), known)
                problems.add(f"{self.path}:{self.line_of(key)}: unknown key {key!r} in {what}{hint}")
        problems.raise_all()

    def fail(self, message: str, key: str | None = None) -> NoReturn:
        raise RetrievalError(f"{self.path}:{self.line_of(key)}: {message}")

    def line_of(self, key: str | None) -> int:
        if key is not None and key in self.mapping:
            return line_of_key(self.mapping, key)
        return self.line

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.mapping.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(f"{key} is {value!r}; wanted a text", key)
        return str(value).strip()

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self.mapping else None

    def flag(self, key: str) -> bool:
        value = self.mapping.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} is {value!r}; wanted true or false", key)
        return value

    def items(self, key: str) -> list[tuple[Any, int]]:
        """The items of a list with their lines; empty where the key is absent."""
        value = self.mapping.get(key, [])
        if not isinstance(value, list):
            self.fail(f"{key} is {value!r}; wanted a list", key)
        return [(item, line_of_item(value, index)) for index, item in enumerate(value)]
