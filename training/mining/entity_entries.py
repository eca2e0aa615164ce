"""Proposed entity types at the end of entities.yaml, further names in the lists it has; all else stays as it was."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from nlu.errors import NluError
from nlu.rule_files import load_rules
from training.mining.proposal import ProposalError, ProposedEntity
from training.mining.proposal_yaml import quoted


def entities_with(path: Path, wanted: Sequence[ProposedEntity]) -> tuple[str, tuple[str, ...]]:
    """The text of the file with the types it doesn't have yet, and with further names for those it has; and which types
    these are. Raises ProposalError."""
    text = path.read_text("utf-8") if path.exists() else ""
    known = _labels(text, path)
    new = [one for one in wanted if one.name not in known]
    changed = [one.name for one in new]
    for one in wanted:
        if one.name in known and (longer := _with_names(text, one)) != text:
            text = longer
            changed.append(one.name)
    if new:
        before = f"{text.rstrip()}\n\n" if text.strip() else ""
        text = before + "".join(map(_entry, new))
    if changed:
        _labels(text, path)
    return text, tuple(changed)


def _with_names(text: str, entity: ProposedEntity) -> str:
    """With the names that its gazetteer doesn't have, before those that it has. One written in braces stays as it is."""
    fields = YAML().load(text)[entity.name]
    if not isinstance(fields, CommentedMap) or not fields or fields.fa.flow_style():
        return text
    names = fields.get("gazetteer")
    if names is None:
        line, column, lines = fields.lc.line, fields.lc.col, [" " * fields.lc.col + "gazetteer:\n"]
        column += 2
    elif isinstance(names, CommentedMap) and names and not names.fa.flow_style():
        line, column, lines = names.lc.line, names.lc.col, []
    else:
        return text
    known = {
        str(name).casefold() for value, aliases in (names or {}).items() for name in (value, *(aliases or ()))
    }
    more = [name for name in entity.names if name.casefold() not in known]
    lines += [f"{' ' * column}{quoted(name)}: []\n" for name in more]
    whole = text.splitlines(keepends=True)
    return "".join([*whole[:line], *lines, *whole[line:]]) if more else text


def _labels(text: str, path: Path) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="kefu-entities-") as scratch:
        copy = Path(scratch) / path.name
        copy.write_text(text, "utf-8")
        try:
            return load_rules(copy).labels
        except NluError as error:
            raise ProposalError(str(error).replace(str(copy), str(path))) from error


def _entry(entity: ProposedEntity) -> str:
    lines = [f"{entity.name}:\n"]
    if entity.kind:
        lines.append(f"  kind: {entity.kind}\n")
    if entity.patterns:
        lines.append("  patterns:\n")
        lines += [f"    - {_single_quoted(pattern)}\n" for pattern in entity.patterns]
    if entity.names:
        lines.append("  gazetteer:\n")
        lines += [f"    {quoted(name)}: []\n" for name in entity.names]
    return "".join(lines) if len(lines) > 1 else f"{entity.name}: {{}}\n"


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
