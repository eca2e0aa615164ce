"""`kefu drift`: whether customers still write what the release was made for."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option

if TYPE_CHECKING:
    from bot.store.insights.drift import Far
    from bot.watch.drift import Compared
    from bot.watch.drifting import Standing

N_NAMES = 3
N_FARTHEST = 10
NAMES = {
    "length": "length in characters, median",
    "language": "languages",
    "intent": "what is asked",
    "distance": "likeness to the nearest example, median",
    "sure": "sure enough to be answered",
}


@click.command()
@workspace_option
@click.option(
    "--examples", is_flag=True, help="Show the messages farthest from all examples, as customers wrote them."
)
def command(workspace: Path, examples: bool) -> None:
    """Are messages still what the current release was trained for?

    The messages of the last 7 whole days beside those held back at the training: length, language, intents, distance to
    the training set, and how many are sure enough to be answered. A running desk looks by itself and warns in the console."""
    asyncio.run(_show(workspace, examples=examples))


async def _show(workspace: Path, *, examples: bool) -> None:
    from bot.loading import current_release
    from bot.outgoing.webhook import Webhook
    from bot.settings import load_settings
    from bot.store.store import Store
    from bot.watch.drifting import Drifting, farthest, standing

    settings = load_settings(workspace)
    release = current_release(settings.folder).name
    async with await Store.open(settings.database_url, exclusive=False) as store:
        await Drifting(store, settings, Webhook(""), lambda: release, pause_s=0).count()
        found = await standing(store, settings, release)
        _tell(found)
        if examples:
            _tell_farthest(await farthest(store, settings, found, limit=N_FARTHEST))


def _tell(found: "Standing") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    if found.baseline is None:
        console.print(
            f"Release {found.release} has no baseline: it was made with too few messages held back, or by an earlier version."
        )
        return
    console.print(
        f"Release {found.release}: {found.baseline.n:,} messages held back, {found.live.n:,} from {found.first} to {found.last}"
    )
    if not found.measures:
        console.print("Too few messages to say.")
        return
    table = Table("", "at the training", "in the last 7 days", "others", "p", "", box=None)
    for one in found.measures:
        before, now = _shown(one)
        verdict = "[red]moved[/]" if one.is_drift else ""
        table.add_row(NAMES[one.measure], before, now, f"{one.distance:.0%}", f"{one.p:.2g}", verdict)
    console.print(table)


def _shown(one: "Compared") -> tuple[str, str]:
    if one.middles is None:
        most = one.shares[:N_NAMES]
        before, now = (
            ", ".join(f"{share[0] or '-'} {share[which]:.0%}" for share in most) for which in (1, 2)
        )
        return before, now
    form = "{:.0f}" if one.measure == "length" else "{:.0%}" if one.measure == "sure" else "{:.2f}"
    return form.format(one.middles[0]), form.format(one.middles[1])


def _tell_farthest(messages: "list[Far]") -> None:
    for one in messages:
        click.echo(f"{one.nearest:.2f}  {' '.join(one.text.split())}")
