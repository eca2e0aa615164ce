"""Dialogues with the intents of an accepted proposal, personal data masked: dialogues/mined.jsonl."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from nlu.rules import EntityRules
from training.dialogue_writing import Writing
from training.dialogues import dialogue_files, read_dialogues
from training.mining.proposal import ProposalError
from training.redact import PERSONAL, find_value, redact
from training.turns import Dialogue, DialogueTurn, EntityLabel

NAME = "mined.jsonl"
Labels = dict[str, dict[int, str]]  # dialogue -> turn -> intent


def write_labelled(
    workspace: Path, mined: Path, labels: Mapping[str, Mapping[int, str]], rules: EntityRules, country: str
) -> tuple[int, tuple[str, ...]]:
    """Write the labelled dialogues; how many there are, and what was left as it is.

    Those that stand in other files of the workspace move here, so that none is there twice; turns that have an intent
    keep it. Raises TrainingError where a file can't be read or written; then all stay as they were."""
    if not mined.is_file():
        raise ProposalError(
            f"{mined}: not found; it holds the dialogues that the requests stand in: mine again"
        )
    target = workspace / "dialogues" / NAME
    others = [path for path in dialogue_files(workspace) if path != target]
    zipped = [path for path in others if path.suffix == ".gz"]
    stays = {dialogue.id for dialogue in read_dialogues(zipped) if dialogue.id in labels}
    notes = (
        [f"{len(stays)} dialogues stand in {zipped[0].name} and were not labelled: unzip it first"]
        if stays
        else []
    )
    moved: set[str] = set()

    def labelled() -> Iterator[Dialogue]:
        for path in others:
            if path not in zipped:
                for dialogue in read_dialogues([path]):
                    if dialogue.id in labels and dialogue.id not in stays:
                        moved.add(dialogue.id)
                        yield _labelled(dialogue, labels[dialogue.id], rules, country)
        for dialogue in read_dialogues([mined]):
            if dialogue.id in labels and dialogue.id not in moved | stays:
                yield _labelled(dialogue, labels[dialogue.id], rules, country)

    with Writing(workspace / "dialogues") as writing:
        count = writing.write(target, labelled())
        for path in others:
            if path not in zipped and any(one.id in moved for one in read_dialogues([path])):
                writing.write(path, (one for one in read_dialogues([path]) if one.id not in moved))
        writing.place()
    return count, tuple(notes)


def _labelled(dialogue: Dialogue, labels: Mapping[int, str], rules: EntityRules, country: str) -> Dialogue:
    known = dict[str, str]()
    for turn in dialogue.turns:
        known |= {turn.text[one.start : one.end]: one.label for one in _entities(turn, rules)}
    personal = {text: label for text, label in known.items() if label in PERSONAL}
    turns = tuple(
        _turn(turn, labels.get(place), personal, rules, country) for place, turn in enumerate(dialogue.turns)
    )
    return replace(dialogue, turns=turns)


def _turn(
    turn: DialogueTurn, intent: str | None, personal: Mapping[str, str], rules: EntityRules, country: str
) -> DialogueTurn:
    """Masked, and with the intent where it has none of its own."""
    found = list(_entities(turn, rules))
    for text, label in personal.items():
        found += [EntityLabel(start, end, label) for start, end in find_value(text, turn.text)]
    masked = redact(turn.text, found, country=country)
    entities = masked.entities if turn.entities else turn.entities
    labelled = (intent,) if intent and not turn.intents and turn.speaker == "customer" else turn.intents
    return replace(turn, text=masked.text, entities=entities, intents=labelled)


def _entities(turn: DialogueTurn, rules: EntityRules) -> Iterator[EntityLabel]:
    if turn.entities:
        yield from turn.entities
    else:
        found = rules.find(turn.text)
        yield from (EntityLabel(one.start, one.end, one.label, one.value) for one in found)
