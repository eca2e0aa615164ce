"""`kefu releases shadow | canary | trial | end-trial`: a release is tried beside the one that serves."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bot.cli import workspace_option
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.candidates.records import Deed, Disagreement, Mean, Rate, ReleaseRates, Trial
    from bot.store.store import Store

MOST = 10  # intents
MAX_TEXT = 200  # characters


@click.command()
@workspace_option
@click.argument("name")
def shadow(workspace: Path, name: str) -> None:
    """Let the release NAME see live messages without answering them.

    The running server loads it within seconds and decides with it what the current release decided. Nothing of that is said,
    and your system is not asked. `kefu releases trial` shows where the two differ."""
    release = _start(workspace, "shadow", name, None)
    click.echo(f"{release} watches. `kefu releases trial` says how it does.")


@click.command()
@workspace_option
@click.argument("name")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.1,
    show_default=True,
    help="Of the conversations.",
)
def canary(workspace: Path, name: str, share: float) -> None:
    """Let the release NAME answer a share of the conversations.

    Which ones is settled by their ids, so that each stays with one release. `kefu releases trial` compares the two."""
    release = _start(workspace, "canary", name, share)
    click.echo(f"{release} answers {share:.0%} of the conversations. `kefu releases trial` says how it does.")


@click.command()
@workspace_option
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many differences to list."
)
@click.option("--intent", help="Only differences where the current release met this intent.")
@click.option(
    "--messages",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="How many a shadow must have seen to be judged.",
)
@click.option(
    "--agreement",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="What share of them the two must agree on.",
)
def trial(workspace: Path, limit: int, intent: str | None, messages: int, agreement: float) -> None:
    """How the release on trial does, or how the last one did.

    A shadow: on how many messages the two agree, and those where they don't, with what each would do. A canary: the rates of
    both releases. Intervals are those of 95 %."""
    settings = _settings(workspace)
    asyncio.run(_show(settings, limit, intent, messages, agreement))


@click.command("end-trial")
@workspace_option
def end_trial(workspace: Path) -> None:
    """End the trial; the current release goes on alone."""

    async def end(store: "Store") -> "Trial":
        found = await store.trials.open()
        if found is None:
            raise BotError("no release is on trial")
        await store.trials.end(found.id)
        return found

    over: Trial = asyncio.run(_with_store(_settings(workspace), end))
    click.echo(f"{over.release} is no longer on trial.")


COMMANDS = (shadow, canary, trial, end_trial)


def _start(workspace: Path, kind: Literal["shadow", "canary"], name: str, share: float | None) -> str:
    """Begin a trial; the release's name."""
    from training.registry import Registry

    settings, registry = _settings(workspace), Registry(workspace)
    current, release = registry.find("current"), registry.find(name)
    if release.name == current.name:
        raise BotError(f"{release.name} is current already; a trial wants another release")
    release.verify()

    async def start(store: "Store") -> "Trial":
        return await store.trials.start(kind, release.name, current.name, share=share)

    asyncio.run(_with_store(settings, start))
    return release.name


def _settings(workspace: Path) -> "Settings":
    from bot.settings import load_settings

    return load_settings(workspace)


async def _with_store(settings: "Settings", work: Any) -> Any:
    from bot.store.store import Store

    async with await Store.open(settings.database_url, exclusive=False) as store:
        done: Coroutine[Any, Any, Any] = work(store)
        return await done


async def _show(
    settings: "Settings", limit: int, intent: str | None, messages: int, agreement: float
) -> None:
    async def show(store: "Store") -> None:
        latest = await store.trials.latest()
        if not latest:
            raise BotError("no release was ever on trial; `kefu releases shadow NAME` begins")
        [found] = latest
        _print_heading(found, settings)
        if found.kind == "canary":
            _print_rates(await store.trials.rates(found))
            return
        await _print_shadow(store, found, messages, agreement)
        differences = await store.trials.disagreements(found.id, limit=limit, intent=intent)
        _print_differences(differences, settings)

    await _with_store(settings, show)


def _print_heading(trial: "Trial", settings: "Settings") -> None:
    share = f", {trial.share:.0%} of the conversations" if trial.share is not None else ""
    click.echo(f"{trial.release} as a {trial.kind} beside {trial.beside}{share}")
    by = f" by {trial.by}" if trial.by else ""
    click.echo(f"since {_moment(trial.started_at, settings)}{by}")
    if trial.ended_at is not None:
        why = f": {trial.reason}" if trial.reason else ""
        click.echo(f"ended {_moment(trial.ended_at, settings)}, {trial.outcome}{why}")


async def _print_shadow(store: "Store", trial: "Trial", messages: int, agreement: float) -> None:
    from bot.store.candidates.records import Rate
    from bot.store.candidates.verdict import verdict

    counts = await store.trials.counts(trial.id)
    dropped = f", {trial.dropped:,} more not looked at under load" if trial.dropped else ""
    click.echo(f"{counts.messages:,} messages{dropped}\n")
    n = counts.messages
    for title, live, its in (
        ("answered", counts.live_answered, counts.shadow_answered),
        ("handed over", counts.live_handed_over, counts.shadow_handed_over),
    ):
        click.echo(f"{title:14} {_rate(Rate(its, n))}; the current release {_rate(Rate(live, n))}")
    click.echo(f"{'agreement':14} {_rate(counts.agreement)}")
    found = verdict(counts, messages=messages, agreement=agreement)
    click.echo(f"{'so':14} {found.word}: {found.reason}")
    differing = [(name, rate) for name, rate in counts.by_intent.items() if rate.count < rate.of]
    if differing:
        click.echo("\nAgreement by intent, where they differ most:")
    for name, rate in sorted(differing, key=lambda one: one[1].count - one[1].of)[:MOST]:
        click.echo(f"  {name or '(none)':30} {rate.count:,} of {rate.of:,}")
    if len(differing) > MOST:
        click.echo(f"  and {len(differing) - MOST} more")


def _print_differences(found: "list[Disagreement]", settings: "Settings") -> None:
    if found:
        click.echo("\nWhere they differ, the newest first:")
    for one in found:
        text = " ".join(one.text.split())
        shown = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
        click.echo(f"  {_moment(one.at, settings)}  {shown}")
        click.echo(f"    {_deed(one.live)}; it would: {_deed(one.shadow)}")


def _print_rates(found: "tuple[ReleaseRates, ReleaseRates]") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table("", *(Column(one.release, justify="right") for one in found), box=None)
    table.add_row("messages", *(f"{one.messages:,}" for one in found))
    table.add_row("answered", *(_rate(one.answered) for one in found))
    table.add_row("asked", *(_rate(one.asked) for one in found))
    table.add_row("handed over", *(_rate(one.handed_over) for one in found))
    table.add_row("found not helpful", *(_rate(one.not_helpful) for one in found))
    table.add_row("rating", *(_mean(one.rating) for one in found))
    Console().print(table)


def _deed(deed: "Deed") -> str:
    about = f" {deed.intent}" if deed.intent else ""
    answer = f" ({deed.answer_id})" if deed.answer_id else ""
    return f"{deed.kind.replace('_', ' ')}{about}{answer}, {deed.reason}"


def _rate(rate: "Rate") -> str:
    if rate.share is None:
        return "-"
    low, high = rate.interval
    return f"{rate.share:.1%} ({low:.1%} to {high:.1%})"


def _mean(mean: "Mean") -> str:
    if mean.mean is None:
        return "-"
    interval = f" ({mean.interval[0]:.1f} to {mean.interval[1]:.1f})" if mean.interval else ""
    return f"{mean.mean:.1f}{interval} of {mean.n}"


def _moment(at: datetime, settings: "Settings") -> str:
    return f"{at.astimezone(settings.desk.zone):%Y-%m-%d %H:%M}"
