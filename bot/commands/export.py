"""`kefu export`: the log as dialogues to train on, personal data masked."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.store.records import LoggedDialogue, LoggedEntity, LoggedTurn, StoredSpeaker
from nlu.rules import EntityRules
from training.dialogues import (
    Dialogue,
    DialogueTurn,
    EntityLabel,
    dialogue_files,
    read_dialogues,
    write_dialogues,
)
from training.redact import find_value, redact
from training.turns import Speaker

if TYPE_CHECKING:
    from bot.settings import Settings

SPEAKERS: dict[StoredSpeaker, Speaker] = {"customer": "customer", "person": "agent", "bot": "bot"}
PERSON = "person"  # the entity type of names


@dataclass(frozen=True, slots=True)
class Masking:
    """`country`: whose phone numbers need no prefix; `types`: entity types that are personal beside the usual."""

    country: str
    types: Collection[str] = ()


@click.command()
@workspace_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="DATE",
    help="Only what ended on that day or later; needs --output.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to; else WORKSPACE/dialogues/log.jsonl.",
)
@click.option(
    "--with-predictions",
    is_flag=True,
    help="Also what the release understood; to look at, not to learn from; needs --output.",
)
@click.option(
    "--mask",
    multiple=True,
    metavar="TYPE",
    help="An entity type of yours that is personal, too; may be repeated.",
)
@click.option("--raw", is_flag=True, help="Leave personal data in.")
def command(
    workspace: Path,
    since: datetime | None,
    output: Path | None,
    with_predictions: bool,
    mask: tuple[str, ...],
    raw: bool,
) -> None:
    """Write finished dialogues of the log in the format `kefu train` reads.

    A dialogue is finished after an hour without a word. Intents are those that staff gave, those that their own
    replies show, and of what customers chose when they were asked what can't turn an answer. Every export writes the file anew; what stands in another file of
    WORKSPACE/dialogues, perhaps with its labels mended, is not written again."""
    from rich.console import Console

    from bot.progress import LateBar
    from bot.settings import load_settings

    if since is not None and output is None:
        raise click.UsageError("--since needs --output: dialogues/log.jsonl holds the whole log")
    if with_predictions and output is None:
        raise click.UsageError("--with-predictions needs --output: dialogues/log.jsonl is learned from")
    if raw and mask:
        raise click.UsageError("--raw leaves everything in; --mask has nothing to mask")
    settings = load_settings(workspace)
    path = output or log_file(settings)
    desk = settings.desk
    moment = since.replace(tzinfo=desk.zone) if since is not None else None
    masking = None if raw else Masking(desk.country, mask)
    met: set[str] = set()
    with LateBar(Console(stderr=True)) as bar:

        def watch(found: Collection[str]) -> None:
            bar.show(path, None)
            met.update(found)

        exporting = export_log(
            settings, path, since=moment, masking=masking, has_predictions=with_predictions,
            watch=watch,
        )  # fmt: skip
        count = asyncio.run(exporting)
    click.echo(f"{path}: {count} dialogues")
    for name in sorted(set(mask) - met):
        click.echo(
            f"--mask {name}: no entity of this type is in them; met {', '.join(sorted(met)) or 'none'}",
            err=True,
        )
    if raw:
        click.echo("They hold personal data: names, addresses, numbers as customers wrote them.", err=True)


def log_file(settings: "Settings") -> Path:
    """Where training finds the log."""
    return settings.folder / "dialogues" / "log.jsonl"


async def export_log(
    settings: "Settings",
    path: Path,
    *,
    since: datetime | None = None,
    masking: Masking | None,
    has_predictions: bool = False,
    watch: Callable[[Collection[str]], None] | None = None,
) -> int:
    """Write the finished dialogues of the log that stand in no other file of the workspace; how many there were.

    `watch` is told the entity types of each dialogue. Raises TrainingError where the file can't be written."""
    from bot.texts import entity_rules

    rules, elsewhere = entity_rules(settings), _ids_beside(path, settings.folder)

    def written(logged: LoggedDialogue) -> Dialogue | None:
        logged = replace(logged, turns=tuple(read_exactly(turn, rules) for turn in logged.turns))
        if watch is not None:
            watch({entity.label for turn in logged.turns for entity in turn.entities})
        dialogue = as_dialogue(logged, masking, has_predictions=has_predictions)
        return dialogue if dialogue.id not in elsewhere else None

    return await _export(settings, since, path, written)


def _ids_beside(path: Path, workspace: Path) -> frozenset[str]:
    """The ids of the dialogues in the workspace's other files, if the path is among them."""
    files = [file.resolve() for file in dialogue_files(workspace)]
    if path.resolve().parent != (workspace / "dialogues").resolve():
        return frozenset()
    return frozenset(dialogue.id for dialogue in read_dialogues(f for f in files if f != path.resolve()))


async def _export(
    settings: "Settings",
    since: datetime | None,
    path: Path,
    written: Callable[[LoggedDialogue], Dialogue | None],
) -> int:
    """Write dialogue by dialogue, so that the log may be larger than the memory; how many there were."""
    from bot.review.recognising import Recogniser
    from bot.store.store import Store
    from retrieval.answer_files import load_answers

    loop = asyncio.get_running_loop()
    async with await Store.open(settings.database_url, exclusive=False) as store:
        recogniser = await asyncio.to_thread(lambda: Recogniser(load_answers(settings.folder / "answers")))
        sent = recogniser.labels(await store.labels.handoff_replies())
        found = store.conversations_for_export(since, sent=list(sent))

        async def read_one() -> LoggedDialogue | None:
            return await anext(found, None)

        def dialogues() -> Iterator[Dialogue]:
            while (logged := asyncio.run_coroutine_threadsafe(read_one(), loop).result()) is not None:
                if (dialogue := written(logged)) is not None:
                    yield dialogue

        return await asyncio.to_thread(write_dialogues, path, dialogues())


def read_exactly(turn: LoggedTurn, rules: EntityRules) -> LoggedTurn:
    """With what entities.yaml finds where no release read it: said to or by a person, or edited since."""
    if turn.entities or turn.speaker == "bot":
        return turn
    found = rules.find(turn.text, now=turn.at)
    entities = tuple(LoggedEntity(e.label, e.start, e.end, e.text, e.value) for e in found)
    return replace(turn, entities=entities)


def as_dialogue(
    logged: LoggedDialogue, masking: Masking | None, *, has_predictions: bool = False
) -> Dialogue:
    """A dialogue of the log in the import format; its id is one of its own beside other desks' logs, too."""
    known = known_values(logged)
    turns = []
    for turn in logged.turns:
        text, entities = _plain(turn) if masking is None else _masked(turn, known, masking)
        intent = turn.intent or (turn.predicted_intent if has_predictions else None)
        is_understood = has_predictions and turn.speaker == "customer"
        made = DialogueTurn(
            speaker=SPEAKERS[turn.speaker],
            text=text,
            at=turn.at,
            intents=(intent,) if intent else (),
            entities=entities if is_understood else None,
            sentiment=turn.sentiment if is_understood else None,
            answer=turn.answer_id,
        )
        turns.append(made)
    return Dialogue(
        f"{logged.id}-{logged.started_at.astimezone(UTC):%y%m%d%H%M%S}",
        tuple(turns),
        logged.channel,
        logged.started_at,
        logged.ended_at,
        logged.outcome,
    )


def known_values(logged: LoggedDialogue) -> dict[str, str]:
    """What is known to be personal in a dialogue, text -> entity type; the bot repeats what customers say."""
    known = {entity.text: entity.label for turn in logged.turns for entity in turn.entities}
    for name in logged.names:
        known |= dict.fromkeys((name, *name.split()), PERSON)
    return known


def spans(text: str, known: Mapping[str, str], taken: Sequence[EntityLabel]) -> Iterator[EntityLabel]:
    """Where known values stand in a text, apart from what is taken; longer ones first."""
    free = [True] * len(text)
    for entity in taken:
        free[entity.start : entity.end] = [False] * (entity.end - entity.start)
    for value in sorted(known, key=len, reverse=True):
        for start, end in find_value(value, text):
            if all(free[start:end]):
                free[start:end] = [False] * (end - start)
                yield EntityLabel(start, end, known[value])


def _plain(turn: LoggedTurn) -> tuple[str, tuple[EntityLabel, ...]]:
    return turn.text, tuple(EntityLabel(e.start, e.end, e.label, e.value) for e in turn.entities)


def _masked(
    turn: LoggedTurn, known: Mapping[str, str], masking: Masking
) -> tuple[str, tuple[EntityLabel, ...]]:
    text, understood = _plain(turn)
    spoken_of = [*understood, *spans(text, known, understood)]
    redacted = redact(text, spoken_of, country=masking.country, also=masking.types)
    return redacted.text, redacted.entities
