"""`kefu mine`: transcripts without labels become a proposal of intents and answers."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workspace_option
from bot.commands.source_options import format_option, source_options
from bot.errors import BotError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from training.mining.mining import Workers
    from training.mining.proposal import Proposal

SHOWN = 12  # intents


@click.command()
@click.argument(
    "dialogues", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@workspace_option
@click.option(
    "--accept-all",
    is_flag=True,
    help="Take the whole proposal unseen, and train and promote a release of it at once.",
)
@click.option("--replace", is_flag=True, help="Make a new proposal in place of one that was reviewed.")
@click.option(
    "--base-model",
    metavar="MODEL",
    help="Before the first release: an encoder in place of all-MiniLM-L6-v2, as for `kefu train`.",
)
@click.option(
    "--ray",
    "address",
    metavar="ADDRESS",
    help="Encode and group on the Ray cluster there, such as head:6379; needs kefu[cluster].",
)
@format_option
@source_options
def command(
    dialogues: tuple[Path, ...],
    workspace: Path,
    accept_all: bool,
    replace: bool,
    base_model: str | None,
    address: str | None,
    form: str | None,
    **options: Any,
) -> None:
    """Find intents, examples and answers in DIALOGUES, any files that `kefu import` reads.

    Customers' requests are put together by what they mean; what staff usually answered becomes answers. All of it is a
    proposal in WORKSPACE/mined, to be reviewed in the console. An interrupted mining goes on where it stopped."""
    if find_spec("torch") is None:
        raise BotError("mining needs more than serving does; pip install 'kefu[train]' brings it")
    from rich.console import Console

    from bot.progress import Stages
    from training.base_model import DEFAULT
    from training.importers.source import Options as SourceOptions
    from training.mining.mining import Options, mine
    from training.mining.transcripts import Reading

    desk = load_settings(workspace).desk
    reading = Reading(SourceOptions(**options), form, desk.country, desk.currency)
    workers = _workers(address) if address else None
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Stages(console) as stages:
        proposal = mine(
            dialogues,
            workspace,
            Options(reading, desk.language, base_model or DEFAULT, replace=replace),
            workers=workers,
            progress=stages.show,
        )
    _tell(proposal, workspace, console, accept_all=accept_all)
    if accept_all:
        _accept(workspace, base_model)


def _workers(address: str) -> "Workers":
    from training.mining.cluster import connect

    return connect(address)


def _accept(workspace: Path, base_model: str | None) -> None:
    """Write the whole proposal into the workspace and train on it."""
    from bot.commands.train import train_workspace
    from training.mining.accepting import accept

    settings: Settings = load_settings(workspace)
    accept(workspace, everything=True, country=settings.desk.country, currency=settings.desk.currency)
    train_workspace(workspace, base_model=base_model)
    click.echo(f"Try it: kefu serve -w {workspace}")


def _tell(proposal: "Proposal", workspace: Path, console: "Console", *, accept_all: bool) -> None:
    from rich.markup import escape

    from training.registry import Registry

    n_intents = len(proposal.intents)
    console.print(
        f"{proposal.n_requests:,} requests in {proposal.n_dialogues:,} dialogues: [bold]{n_intents} intents[/] "
        f"with {proposal.coverage:.0%} of the requests, {len(proposal.entities)} entity types"
    )
    for intent in proposal.intents[:SHOWN]:
        example = " ".join(intent.examples[0].split())[:70] if intent.examples else ""
        console.print(f"  {intent.n_requests:>7,}  [bold]{intent.name}[/]  [dim]{escape(example)}[/]")
    if n_intents > SHOWN:
        console.print(f"           and {n_intents - SHOWN} more")
    folder = escape(str(workspace))
    console.print(f"written: {escape(str(workspace / 'mined'))}")
    if not accept_all:
        first = "" if Registry(workspace).current_name() else f"`kefu train -w {folder}`, then "
        console.print(f"to review it in the console: {first}`kefu serve -w {folder}`")
