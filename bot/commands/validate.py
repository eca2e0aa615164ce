"""`kefu validate`: everything that is wrong with a workspace or with files of dialogues, at once."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import our_errors, workspace_option
from bot.dialogue.forms import FREE_TEXT
from bot.errors import BotError
from bot.settings import Desk, SettingsError, load_settings

if TYPE_CHECKING:
    from retrieval.answers import AnswerBook


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@workspace_option
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Problems to list; the rest is counted.",
)
def command(files: tuple[Path, ...], workspace: Path, most: int) -> None:
    """Check FILES of dialogues (*.jsonl, *.jsonl.gz) or whole workspaces; without FILES, the WORKSPACE.

    Of a workspace: kefu.toml, entities.yaml, answers, articles, dialogues. Exit status 1 if anything is wrong."""
    from rich.console import Console

    from bot.progress import LateBar

    _warn(files or (workspace,))
    with LateBar(Console(stderr=True)) as bar:
        found = _problems(files or (workspace,), bar.show)
        listed = list(islice(found, most))
        rest = sum(1 for _ in found)
    for problem in listed:
        click.echo(problem)
    if not listed:
        click.echo("Nothing is wrong.", err=True)
        return
    more = f"; {rest} more are not listed (--most)" if rest else ""
    click.echo(f"{len(listed) + rest} problem{'s' if len(listed) + rest > 1 else ''}{more}", err=True)
    sys.exit(1)


def _warn(places: tuple[Path, ...]) -> None:
    """Tell of what works and isn't wise."""
    from bot.secrets.warnings import secret_warnings

    for folder in (place for place in places if place.is_dir()):
        with suppress(SettingsError):
            for warning in secret_warnings(load_settings(folder)):
                click.echo(f"{folder / 'kefu.toml'}: warning: {warning}", err=True)


def _problems(places: tuple[Path, ...], watch: Callable[[Path, float], None]) -> Iterator[str]:
    from training.dialogues import dialogue_files, problems

    for folder in (place for place in places if place.is_dir()):
        yield from workspace_problems(folder)
        yield from problems(dialogue_files(folder), watch)
    yield from problems([place for place in places if not place.is_dir()], watch)


def workspace_problems(folder: Path) -> Iterator[str]:
    """What is wrong beside the dialogues; each file is read by the code that will serve it."""
    from nlu.rules import load_rules
    from retrieval.articles import load_articles

    desk, actions = Desk(), None  # None: not known, for kefu.toml can't be read
    try:
        settings = load_settings(folder)
        desk, actions = settings.desk, settings.actions
    except SettingsError as error:
        yield from str(error).splitlines()
    yield from _error_of(
        lambda: load_rules(
            folder / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone
        )
    )
    yield from _error_of(lambda: _check_answers(folder, actions))
    yield from _error_of(lambda: load_articles(folder / "knowledge"))


def _check_answers(folder: Path, actions: Collection[str] | None) -> None:
    from bot.loading import check_actions
    from retrieval.answers import load_answers

    book = load_answers(folder / "answers")
    if actions is not None:
        check_actions(book, actions)
    _check_slots(book, folder)


def _check_slots(book: "AnswerBook", folder: Path) -> None:
    """Raise BotError for a slot that nothing can fill: no rule finds its entity type, no dialogue teaches it."""
    wanted = {slot.entity: answer.id for answer in book.answers for slot in answer.slots}
    missing = wanted.keys() - {FREE_TEXT}
    if missing and (types := _entity_types(folder)) is not None:
        for entity in sorted(missing - types):
            met = f"answer {wanted[entity]!r} has a slot for entity type {entity!r}"
            known = ", ".join(sorted({FREE_TEXT, *types}))
            raise BotError(
                f"{met}, which is neither in entities.yaml nor in the dialogues; there is: {known}"
            )


def _entity_types(folder: Path) -> frozenset[str] | None:
    """Those of entities.yaml and of the labels in dialogues; None where one of them can't be read, which is
    told by itself."""
    from nlu.rules import load_rules
    from training.dialogues import dialogue_files, read_dialogues

    try:
        rules = load_rules(folder / "entities.yaml")
        turns = (turn for dialogue in read_dialogues(dialogue_files(folder)) for turn in dialogue.turns)
        return frozenset(rules.labels).union(label.label for turn in turns for label in turn.entities or ())
    except our_errors():
        return None


def _error_of(load: Callable[[], Any]) -> Iterator[str]:
    try:
        load()
    except our_errors() as error:
        yield str(error)
