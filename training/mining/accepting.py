"""An accepted proposal becomes files of the workspace: labelled dialogues, answers, entity types.

Written so that it can be done again: what an earlier time wrote is put in its place, what people wrote stays. Each file
is written whole; until the last is in place, the workspace is one that `kefu validate` passes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nlu.errors import NluError
from nlu.rule_files import Rules, read_rules
from nlu.rules import EntityRules
from training.mining.answer_entries import plan_answers
from training.mining.entity_entries import entities_with
from training.mining.labelling import Labels, write_labelled
from training.mining.only_writer import only_writer
from training.mining.proposal import Proposal, ProposalError, ProposedIntent
from training.mining.proposal_files import (
    DIALOGUES,
    PROPOSAL,
    REQUESTS,
    mined_folder,
    read_proposal,
    read_requests,
)
from training.redact import FOUND, PERSONAL
from training.whole_files import write_whole

LOCK = ".accepting"  # one at a time
WRITTEN = "written.json"  # the answers an earlier time wrote, as hashes: those that people changed since stay


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was written. `notes` are what was left as it was, and why."""

    intents: tuple[str, ...]
    n_texts: int
    n_dialogues: int
    answers: tuple[str, ...]
    entities: tuple[str, ...]
    notes: tuple[str, ...] = ()


def accept(
    workspace: Path, *, everything: bool = False, country: str = "US", currency: str = "EUR"
) -> Accepted:
    """Write what was accepted, or `everything` but what was dropped, into the workspace.

    Raises ProposalError where nothing was, or where a file of the workspace can't be used; then nothing is written."""
    folder = mined_folder(workspace)
    with only_writer(folder, LOCK):
        with only_writer(folder):  # no longer than to read: the review goes on
            proposal = read_proposal(folder / PROPOSAL)
            chosen = _chosen(proposal, everything=everything)
            labels = _labels(folder, proposal, chosen)
        entities = workspace / "entities.yaml"
        wanted = [
            one
            for one in proposal.entities
            if one.status == "accepted" or (everything and one.status == "open")
        ]
        text, added = entities_with(entities, wanted)
        personal = _personal(entities, country, currency)
        types = {*_types(entities), *added}
        plan = plan_answers(workspace, chosen, proposal.language, _earlier(folder / WRITTEN), types)
        if added:
            write_whole(entities, [text])
        if plan.is_changed:
            write_whole(plan.path, [plan.text])
        write_whole(folder / WRITTEN, [json.dumps(dict(plan.hashes), indent=1) + "\n"])
        n_dialogues, notes = write_labelled(workspace, folder / DIALOGUES, labels, personal, country)
    n_texts = sum(map(len, labels.values()))
    names = tuple(intent.name for intent in chosen)
    return Accepted(names, n_texts, n_dialogues, plan.written, added, (*plan.notes, *notes))


def _chosen(proposal: Proposal, *, everything: bool) -> tuple[ProposedIntent, ...]:
    chosen = [one for one in proposal.kept if everything or one.status == "accepted"]
    if not chosen:
        met = f"{len(proposal.intents)} intents, none accepted"
        raise ProposalError(
            f"{PROPOSAL}: met {met}; wanted one at least: review them, or take all with --accept-all"
        )
    return tuple(chosen)


def _labels(folder: Path, proposal: Proposal, chosen: Iterable[ProposedIntent]) -> Labels:
    """The intent of each labelled turn, by dialogue."""
    kept = {intent.name for intent in chosen}
    owners: dict[str, str | None] = {"": None}
    labels: Labels = {}
    for request in read_requests(folder / REQUESTS):
        if request.group not in owners:
            owner = proposal.owner_of(request.group)
            owners[request.group] = owner.name if owner is not None and owner.name in kept else None
        intent = owners[request.group]
        if intent is not None:
            labels.setdefault(request.dialogue, {})[request.turn] = intent
    if not labels:
        raise ProposalError(f"{folder / REQUESTS}: no request of the accepted intents in it; mine again")
    return labels


def _types(path: Path) -> tuple[str, ...]:
    return tuple(_read(path)[0])


def _personal(path: Path, country: str, currency: str) -> EntityRules:
    """The rules for personal data that only this workspace has; those for all are in training/redact.py."""
    kinds, patterns, names = _read(path)
    return EntityRules(
        {label: kind for label, kind in kinds.items() if label in PERSONAL and kind not in FOUND},
        [one for one in patterns if one.label in PERSONAL],
        {name: value for name, value in names.items() if value[0] in PERSONAL},
        country=country,
        currency=currency,
    )


def _read(path: Path) -> Rules:
    try:
        return read_rules(path) if path.exists() else ({}, [], {})
    except NluError as error:
        raise ProposalError(str(error)) from error


def _earlier(path: Path) -> dict[str, str]:
    try:
        met = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in met.items()} if isinstance(met, dict) else {}
