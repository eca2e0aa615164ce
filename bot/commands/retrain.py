"""`kefu retrain`: what was learned since becomes a release, and goes live if it is no worse."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workspace_option
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.candidates.retrainings import Retraining
    from bot.store.store import Store

MARKS = {"done": "✓", "failed": "✗", "running": "…"}


@click.command()
@workspace_option
@click.argument("words", nargs=-1, metavar="[STEP]")
@click.option(
    "--every",
    metavar="WHEN",
    help="Let the desk that serves do it: night at 03:00, monday at 22:30, or never to end that.",
)
@click.option(
    "--speed", type=click.Choice(["fast", "full"]), help="Default: as the current release was trained."
)
@click.option("--base-model", metavar="MODEL", help="Another encoder; default: that of the current release.")
@click.option("--seed", type=int, help="Default: that of the current release.")
@click.option("--list", "is_list", is_flag=True, help="Show the retrainings so far, with their steps.")
@click.option("--stop", "is_stop", is_flag=True, help="End the one that is under way.")
@click.option(
    "--run", type=int, hidden=True, help="Go on with this one, modestly: the desk that serves asks so."
)
def command(
    workspace: Path,
    words: tuple[str, ...],
    every: str | None,
    is_list: bool,
    is_stop: bool,
    run: int | None,
    **choices: Any,
) -> None:
    """Train anew on all that was said and corrected since, and go live only past a gate.

    The steps: export (the log), merge (with the other dialogues), train, evaluate (both releases on dialogues that none
    ever learns from), gate (no worse, or refused with the reasons), shadow (it decides on live messages without answering,
    where kefu.toml asks for that), promote. A retraining that was interrupted goes on
    where it stopped. STEP takes that one step alone.

    kefu retrain --every night at 03:00 sets the schedule of the desk; times are those of its time zone."""
    from bot.settings import load_settings
    from bot.store.candidates.retrainings import STEPS

    settings = load_settings(workspace)
    chosen = {name: value for name, value in choices.items() if value is not None}
    if every is not None:
        asyncio.run(_set_schedule(settings, " ".join((every, *words))))
    elif is_list:
        asyncio.run(_list(settings))
    elif is_stop:
        asyncio.run(_stop(settings))
    else:
        if len(words) > 1 or (words and words[0] not in STEPS):
            raise click.UsageError(
                f"met {' '.join(words)!r}; wanted one of {', '.join(STEPS)}, or none for all"
            )
        _run(settings, words, chosen, run)


def _run(settings: "Settings", steps: tuple[str, ...], choices: dict[str, Any], number: int | None) -> None:
    from bot.commands.train import check_can_train

    check_can_train()
    from rich.console import Console

    from bot.commands.retraining.runner import be_modest
    from bot.progress import Stages

    if number is not None:
        be_modest()
    console = Console(stderr=True)
    with Stages(console) as stages:
        found = asyncio.run(_retrain(settings, steps, choices, number, stages.show))
    _tell(found)


async def _retrain(
    settings: "Settings", steps: tuple[str, ...], choices: dict[str, Any], number: int | None, show: Any
) -> "Retraining":
    from bot.commands.retraining.runner import retrain

    async with await _open(settings) as store:
        found = await store.retrainings.open() if number is None else await store.retrainings.get(number)
        if found is None and number is None:
            number = await store.retrainings.ask(_me(), status="paused")
            found = await store.retrainings.get(number)
        if found is None or not found.is_open:
            raise BotError(f"retraining {number} is over, or never was")
        return await retrain(settings, store, found, steps=steps, choices=choices, show=show)


async def _set_schedule(settings: "Settings", every: str) -> None:
    from bot.timetable import parse_timetable

    table = parse_timetable(every, settings.desk.zone)
    async with await _open(settings) as store:
        await store.retrainings.set_schedule(every if table else "", _me())
    if table is None:
        click.echo("The desk no longer retrains by itself.")
        return
    following = table.next(datetime.now(UTC))
    click.echo(
        f"The desk retrains by itself, the next time on {following:%A %-d %B at %H:%M} ({settings.desk.time_zone})."
    )
    click.echo("`kefu serve` does it; it must run then, or within six hours after.")


async def _list(settings: "Settings") -> None:
    async with await _open(settings) as store:
        found = await store.retrainings.latest()
        schedule = await store.retrainings.schedule()
    for retraining in reversed(found):
        _tell(retraining, at=retraining.asked_at.astimezone(settings.desk.zone))
    if not found:
        click.echo("No retraining yet.")
    if schedule is not None and schedule.every:
        click.echo(f"Every {schedule.every.removeprefix('every ')}, set by {schedule.set_by}.")


async def _stop(settings: "Settings") -> None:
    async with await _open(settings) as store:
        found = await store.retrainings.open()
        if found is None:
            raise BotError("no retraining is under way")
        await store.retrainings.stop(found.id, None, f"stopped by {_me()}")
    click.echo(f"Retraining {found.id} is stopped.")


def _tell(retraining: "Retraining", *, at: datetime | None = None) -> None:
    when = f" {at:%Y-%m-%d %H:%M}" if at else ""
    by = retraining.asked_by or "the schedule"
    status = (
        "interrupted; it goes on by itself where a desk serves" if retraining.is_lost else retraining.status
    )
    click.secho(f"Retraining {retraining.id}{when}, asked for by {by}: {status}", bold=True)
    for step in retraining.steps:
        took = f" ({(step.ended_at - step.started_at).total_seconds():.0f} s)" if step.ended_at else ""
        click.echo(f"  {MARKS[step.status]} {step.name}{took}")
        for line in step.told:
            click.echo(f"      {line}")
    if retraining.status == "shadow":
        click.echo("  It listens beside the current release; `kefu releases trial` shows how it does.")
    if retraining.status == "refused":
        click.secho("  It may not go live; the current release goes on.", fg="yellow")


def _me() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a container
        return "the command line"


async def _open(settings: "Settings") -> "Store":
    from bot.store.store import Store

    return await Store.open(settings.database_url, exclusive=False)
