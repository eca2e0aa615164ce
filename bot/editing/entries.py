"""Where each answer stands in the text of a file, so that one can be replaced and the rest stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.tokens import (
    AliasToken,
    AnchorToken,
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    ScalarToken,
    Token,
)

from bot.editing.errors import EditRefused

OPENS = (BlockSequenceStartToken, BlockMappingStartToken, FlowSequenceStartToken, FlowMappingStartToken)
CLOSES = (BlockEndToken, FlowSequenceEndToken, FlowMappingEndToken)
BLOCK_STYLES = ("|", ">")


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer's lines in a file, from its dash to its last line: text[start:end], without the line break.

    `anchors` are the names (&order) it gives to parts of it, `aliases` those (*order) it takes from others."""

    id: str
    start: int
    end: int
    text: str
    anchors: frozenset[str]
    aliases: frozenset[str]


@dataclass
class _Span:
    start: int
    column: int
    last: Token
    anchors: set[str]
    aliases: set[str]


@lru_cache(maxsize=64)
def entries_of(text: str) -> tuple[Entry, ...]:
    """The answers of a file in order. Raises EditRefused where the file isn't a list with one answer a dash."""
    try:
        ids = [_id_of(node) for node in root_of(text).value]
        spans = list(_spans(text))
    except YAMLError as error:
        told = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise EditRefused(f"not YAML: {told}") from error
    if len(ids) != len(spans):
        raise EditRefused("wanted a list of answers, each after a dash of its own (`- id: ...`)")
    return tuple(_entry(text, span, found) for span, found in zip(spans, ids, strict=True))


@lru_cache(maxsize=16)
def root_of(text: str) -> SequenceNode:
    """The list of answers as nodes that know where they stand; nobody changes them. Raises EditRefused, YAMLError."""
    root = YAML(typ="safe", pure=True).compose(text)
    if root is None:
        return SequenceNode("", [], None, None)
    if not isinstance(root, SequenceNode):
        raise EditRefused("wanted a list of answers (`- id: ...`)")
    return root


def replace_entry(text: str, index: int, new: str) -> str:
    """The file with other words for one answer."""
    entry = entries_of(text)[index]
    new = new.replace("\r\n", "\n").strip("\n").rstrip()
    return text[: entry.start] + new.replace("\n", newline_of(text)) + text[entry.end :]


def remove_entry(text: str, index: int) -> str:
    """The file without an answer; one empty line stays between its neighbours."""
    found = entries_of(text)
    entry, newline = found[index], newline_of(text)
    before, after = text[: entry.start], text[entry.end :].removeprefix(newline)
    while after.startswith(newline) and (not before or before.endswith(2 * newline)):
        after = after.removeprefix(newline)
    return before.rstrip() + newline if not after.strip() and before.strip() else before + after


def append_entry(text: str, new: str) -> str:
    """The file with one more answer at its end, after an empty line."""
    newline = newline_of(text)
    before = text.rstrip()
    new = new.replace("\r\n", "\n").strip("\n").rstrip().replace("\n", newline)
    return (f"{before}{2 * newline}" if before else "") + new + newline


def newline_of(text: str) -> str:
    """How the file ends its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def content_end(text: str, end: int, style: str | None = None) -> int:
    """Where the line with the last character before `end` is over; `style` is that of a scalar that ends there."""
    if style in BLOCK_STYLES:  # reaches down to what follows it
        return len(text[:end].rstrip())
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    return line_end - 1 if text[line_end - 1 : line_end] == "\r" else line_end


def line_start(text: str, at: int) -> int:
    """Where the line begins that a character stands in."""
    return text.rfind("\n", 0, at) + 1


def _spans(text: str) -> Iterator[_Span]:
    depth, span = 0, None
    for token in YAML(typ="safe", pure=True).scan(text):
        if isinstance(token, BlockEntryToken) and depth == 1:
            if span is not None:
                yield span
            mark = token.start_mark
            span = _Span(line_start(text, mark.index), mark.column, token, set(), set())
        depth += isinstance(token, OPENS)
        depth -= isinstance(token, CLOSES)
        if span is None:
            continue
        if depth == 0:
            yield span
            return
        if not isinstance(token, BlockEndToken):
            span.last = token
        if isinstance(token, AnchorToken):
            span.anchors.add(token.value)
        if isinstance(token, AliasToken):
            span.aliases.add(token.value)


def _entry(text: str, span: _Span, answer_id: str) -> Entry:
    style = span.last.style if isinstance(span.last, ScalarToken) else None
    end = content_end(text, span.last.end_mark.index, style)
    end = _with_comments(text, end, span.column)
    anchors, aliases = frozenset(span.anchors), frozenset(span.aliases)
    return Entry(answer_id, span.start, end, text[span.start : end], anchors, aliases)


def _with_comments(text: str, end: int, column: int) -> int:
    """Comments below that are set in further than the dash belong to the answer."""
    at, reached = end, end
    while at < len(text):
        line_end = text.find("\n", at + 1)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at:line_end].strip("\r\n")
        if line.strip() and not (line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > column):
            break
        reached = content_end(text, line_end) if line.strip() else reached
        at = line_end
    return reached


def _id_of(node: Any) -> str:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == "id" and isinstance(value, ScalarNode):
                return str(value.value).strip()
    return ""
