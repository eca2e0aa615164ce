"""`kefu validate`: everything that is wrong with a workspace or with files of dialogues, at once."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import our_errors, workspace_option
from bot.dialogue.forms import FREE_TEXT
from bot.settings import Settings, SettingsError, load_settings

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
@click.option(
    "--no-environment",
    is_flag=True,
    help="Leave out environment variables: where files are checked and the desk's secrets are not at hand.",
)
def command(files: tuple[Path, ...], workspace: Path, most: int, no_environment: bool) -> None:
    """Check FILES of dialogues (*.jsonl, *.jsonl.gz) or whole workspaces; without FILES, the WORKSPACE.

    Of a workspace: kefu.toml, the environment variables of a desk, entities.yaml, answers, articles, dialogues. Exit
    status 1 if anything is wrong."""
    from rich.console import Console

    from bot.progress import LateBar

    _warn(files or (workspace,))
    with LateBar(Console(stderr=True)) as bar:
        found = _problems(files or (workspace,), bar.show, with_environment=not no_environment)
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


def _problems(
    places: tuple[Path, ...], watch: Callable[[Path, float], None], *, with_environment: bool
) -> Iterator[str]:
    from training.dialogues import dialogue_files, problems

    for folder in (place for place in places if place.is_dir()):
        yield from workspace_problems(folder, with_environment=with_environment)
        yield from problems(dialogue_files(folder), watch)
    yield from problems([place for place in places if not place.is_dir()], watch)


def workspace_problems(folder: Path, *, with_environment: bool) -> Iterator[str]:
    """What is wrong beside the dialogues; each file is read by the code that will serve it."""
    from bot.operation.configuration import read_settings
    from bot.secrets.environment import environment_problems

    settings, wrong = read_settings(folder)
    yield from wrong
    if with_environment:
        yield from environment_problems(settings, folder)
    yield from text_problems(settings, folder)


def text_problems(settings: Settings | None, folder: Path) -> Iterator[str]:
    """What is wrong with answers, entities and articles; `settings` are None where kefu.toml can't be read."""
    from bot.operation.configuration import texts_of

    texts = texts_of(settings, folder)
    yield from texts.problems
    if texts.book is not None and texts.rules is not None:
        yield from _slot_problems(texts.book, texts.rules.labels, folder)


def _slot_problems(book: "AnswerBook", labels: Collection[str], folder: Path) -> Iterator[str]:
    """Of slots that nothing can fill: no rule finds their entity type, no dialogue teaches it."""
    wanted = [(answer, slot.entity) for answer in book.answers for slot in answer.slots]
    if {entity for _, entity in wanted} <= {FREE_TEXT, *labels}:
        return
    if (taught := _labels_of_dialogues(folder)) is None:
        return
    types = {FREE_TEXT, *labels, *taught}
    for answer, entity in wanted:
        if entity not in types:
            met = f"{answer.place}: answer {answer.id!r} has a slot for entity type {entity!r}"
            known = ", ".join(sorted(types))
            yield f"{met}, which is neither in entities.yaml nor in the dialogues; there is: {known}"


def _labels_of_dialogues(folder: Path) -> frozenset[str] | None:
    """The entity types that dialogues have labels of; None where they can't be read, which is told by itself."""
    from training.dialogues import dialogue_files, read_dialogues

    try:
        turns = (turn for dialogue in read_dialogues(dialogue_files(folder)) for turn in dialogue.turns)
        return frozenset(label.label for turn in turns for label in turn.entities or ())
    except our_errors():
        return None
