"""Proposed entity types at the end of entities.yaml, which stays as it was before them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from nlu.errors import NluError
from nlu.rule_files import load_rules
from training.mining.proposal import ProposalError, ProposedEntity
from training.mining.proposal_yaml import quoted


def entities_with(path: Path, wanted: Sequence[ProposedEntity]) -> tuple[str, tuple[str, ...]]:
    """The text of the file with the types it doesn't have yet, and which these are. Raises ProposalError."""
    text = path.read_text("utf-8") if path.exists() else ""
    known = _labels(text, path)
    new = [one for one in wanted if one.name not in known]
    if not new:
        return text, ()
    before = f"{text.rstrip()}\n\n" if text.strip() else ""
    whole = before + "".join(map(_entry, new))
    _labels(whole, path)
    return whole, tuple(one.name for one in new)


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
