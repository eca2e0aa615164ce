"""`kefu releases`: what was trained, how two of them differ, which one serves, trying another, and going back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workspace_option
from bot.commands import trials

if TYPE_CHECKING:
    from training.comparing import Comparison
    from training.registry import Registry

MOST = 10  # intents of a comparison


@click.group(invoke_without_command=True)
@workspace_option
@click.pass_context
def command(context: click.Context, workspace: Path) -> None:
    """List the releases; show, compare and promote them.

    Without a command: all of them, oldest first, the current one marked. A running server takes over another one
    without a restart."""
    if context.invoked_subcommand is None:
        _list(_registry(workspace))


@command.command("list")
@workspace_option
def list_(workspace: Path) -> None:
    """All releases, oldest first; the current one is marked."""
    _list(_registry(workspace))


@command.command()
@workspace_option
@click.argument("name", default="current")
def show(workspace: Path, name: str) -> None:
    """What a release was made of and what it can do. NAME is that of a release, current, or previous."""
    from training.turns import OUT_OF_SCOPE

    release = _registry(workspace).find(name)
    made, metrics, budget = release.manifest, release.manifest["metrics"], release.manifest["budget"]
    data, encoder = made["data"], made["encoder"]
    size = sum(path.stat().st_size for path in release.folder.iterdir())
    for title, value in (
        ("release", release.name),
        ("made", str(made["created_at"])[:16].replace("T", " ")),
        ("training", f"{made['speed']}, seed {made['options']['seed']}"),
        ("base model", encoder["base_model"]),
        ("learned from", _data(data)),
        ("intents", str(len(data["intents"].keys() - {OUT_OF_SCOPE}))),
        ("data", data["fingerprint"]),
        ("made with", _versions(made.get("versions", {}))),
        ("intents right", f"{metrics['accuracy']:.1%} ({_measured(metrics)})"),
        ("entities F1", _percent(metrics["span_f1"])),
        ("answers from", f"confidence {budget['answer_threshold']:.2f}, asks from {budget['clarify_threshold']:.2f}"),
        (
            "answered",
            f"{metrics['coverage']:.0%} of messages, {metrics['wrong_answers']:.1%} of those wrong (budget {budget['max_wrong_answers']:.0%})",
        ),
        ("size", f"{size / 1e6:,.0f} MB"),
        ("report", str(release.folder / "report.html")),
        *_gate(release.folder),
    ):  # fmt: skip
        click.echo(f"{title:14} {value}")


@command.command()
@workspace_option
@click.argument("one")
@click.argument("other", default="current")
def compare(workspace: Path, one: str, other: str) -> None:
    """What changed from ONE to OTHER, in figures and intent by intent.

    Each is the name of a release, current, or previous."""
    from training.comparing import compare as compare_releases

    registry = _registry(workspace)
    found = compare_releases(registry.find(one), registry.find(other))
    _print_figures(found)
    _print_intents(found)


@command.command()
@workspace_option
@click.argument("name")
@click.option("--despite-gate", is_flag=True, help="Though the gate of a retraining refused it.")
def promote(workspace: Path, name: str, despite_gate: bool) -> None:
    """Make the release NAME current, if every file of it is as it was written and no gate refused it.

    Where it brings another encoder, the answers are encoded with it first, so that a running server takes it over in a
    moment."""
    from bot.loading import prepare
    from bot.settings import load_settings

    registry = _registry(workspace)
    release = registry.open(name)
    prepare(load_settings(workspace), release.name)
    click.echo(f"{registry.promote(name, despite_gate=despite_gate).name} is current.")


@command.command()
@workspace_option
def rollback(workspace: Path) -> None:
    """Make the release before the current one current again."""
    registry = _registry(workspace)
    click.echo(f"{registry.promote(registry.previous().name).name} is current.")


for one in trials.COMMANDS:
    command.add_command(one)


def _data(data: dict[str, Any]) -> str:
    """How much it was made of; after a retraining, how much of that is the test part."""
    told = f"{data['dialogues']:,} dialogues, {sum(data['intents'].values()):,} labelled messages"
    frozen = data.get("frozen")
    return f"{told}, but for the {frozen:,} dialogues of the test part" if frozen else told


def _registry(workspace: Path) -> "Registry":
    from training.registry import Registry

    return Registry(workspace)


def _list(registry: "Registry") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from training.errors import TrainingError

    releases, broken, current = registry.releases(), registry.broken(), registry.current_name()
    if not releases and not broken:
        raise TrainingError(
            f"{registry.folder}: no release yet; `kefu train -w {registry.folder.parent}` makes one"
        )
    table = Table(
        "",
        Column("release", no_wrap=True),
        "intents right",
        "entities F1",
        "answered",
        "wrong",
        "dialogues",
        box=None,
    )
    for release in releases:
        metrics = release.manifest["metrics"]
        table.add_row(
            "●" if release.name == current else "",
            release.name,
            f"{metrics['accuracy']:.1%}",
            _percent(metrics["span_f1"]),
            f"{metrics['coverage']:.0%}",
            f"{metrics['wrong_answers']:.1%}",
            str(release.manifest["data"]["dialogues"]),
        )
    Console().print(table)
    for name, reason in broken.items():
        mark = "● " if name == current else ""
        click.secho(f"{mark}{name} can't be used: {reason}", fg="red", err=True)


def _print_figures(found: "Comparison") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table("", *(Column(name, justify="right") for name in (*found.names, "change")), box=None)
    for figure in found.figures:
        before, after = (_percent(value) for value in (figure.before, figure.after))
        change = "" if figure.change is None else f"{100 * figure.change:+.1f}"
        table.add_row(figure.name, before, after, change)
    Console().print(table)
    if not found.is_same_data:
        click.echo(
            "They learned from other dialogues and were measured on other ones held back: a point or two is chance."
        )


def _print_intents(found: "Comparison") -> None:
    for title, names in (("New intents", found.added), ("Intents that are gone", found.gone)):
        if names:
            click.echo(f"{title}: {', '.join(names)}")
    moved = [intent for intent in found.intents if intent.change]
    for title, some in (
        ("Better", sorted((one for one in moved if one.change > 0), key=lambda one: -one.change)),
        ("Worse", sorted((one for one in moved if one.change < 0), key=lambda one: one.change)),
    ):
        if some:
            click.echo(f"{title}, by F1:")
        for one in some[:MOST]:
            click.echo(f"  {one.name:30} {one.before:.0%} to {one.after:.0%} ({one.n_messages} messages)")
        if len(some) > MOST:
            click.echo(f"  and {len(some) - MOST} more")


def _gate(release: Path) -> list[tuple[str, str]]:
    """What the gate said, where it was asked."""
    from training.gate.verdict import read_verdict

    verdict = read_verdict(release)
    if verdict is None:
        return []
    beside = f" beside {verdict.against}" if verdict.against else ""
    passed = "passed" if verdict.has_passed else "refused"
    return [("gate", f"{passed}{beside}"), *(("", reason) for reason in verdict.reasons)]


def _versions(versions: dict[str, str]) -> str:
    """The code of kefu first; "" for a release made before that was noted."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _measured(metrics: dict[str, Any]) -> str:
    return "held-back dialogues" if metrics["is_held_out"] else "cross-validation"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
