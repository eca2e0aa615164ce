"""`kefu releases`: what was trained, which one serves, and going back."""

from pathlib import Path

import click

from bot.cli import workspace_option


@click.command()
@workspace_option
@click.option(
    "--use", metavar="NAME", help="Make this release current; 'previous' is the one before the current."
)
def command(workspace: Path, use: str | None) -> None:
    """List the releases, or make one of them current.

    The current one is marked. A running server takes over another one without a restart."""
    from rich.console import Console
    from rich.table import Column, Table

    from training.errors import TrainingError
    from training.registry import Registry

    registry = Registry(workspace)
    if use:
        registry.promote(registry.previous().name if use == "previous" else use)
    releases, broken, current = registry.releases(), registry.broken(), registry.current_name()
    if not releases and not broken:
        raise TrainingError(f"{registry.folder}: no release yet; `kefu train -w {workspace}` makes one")
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
        span = metrics["span_f1"]
        table.add_row(
            "●" if release.name == current else "",
            release.name,
            f"{metrics['accuracy']:.1%}",
            "" if span is None else f"{span:.1%}",
            f"{metrics['coverage']:.0%}",
            f"{metrics['wrong_answers']:.1%}",
            str(release.manifest["data"]["dialogues"]),
        )
    Console().print(table)
    for name, reason in broken.items():
        mark = "● " if name == current else ""
        click.secho(f"{mark}{name} can't be used: {reason}", fg="red", err=True)
