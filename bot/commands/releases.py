"""`kefu releases`: what was trained, which one serves, and going back."""

from pathlib import Path

import click

from bot.cli import workspace_option


@click.command()
@workspace_option
@click.option("--use", metavar="NAME", help="Make this release current; 'previous' goes back by one.")
def command(workspace: Path, use: str | None) -> None:
    """List the releases of a workspace, or make one of them current."""
    from rich.console import Console
    from rich.table import Table

    from training.errors import TrainingError
    from training.registry import Registry

    registry = Registry(workspace)
    releases = registry.releases()
    current = registry.current()
    if use == "previous":
        names = [release.name for release in releases]
        position = names.index(current.name) if current else 0
        if position == 0:
            raise TrainingError(f"{registry.folder}: no release before the current one")
        use = names[position - 1]
    if use:
        current = registry.promote(use)
    if not releases:
        raise TrainingError(f"{registry.folder}: no release yet; `kefu train -w {workspace}` makes one")
    table = Table("", "release", "intents right", "entities F1", "answered", "wrong", "dialogues", box=None)
    for release in releases:
        metrics = release.manifest["metrics"]
        span = metrics["span_f1"]
        table.add_row(
            "●" if current and release.name == current.name else "",
            release.name,
            f"{metrics['accuracy']:.1%}",
            "" if span is None else f"{span:.1%}",
            f"{metrics['coverage']:.0%}",
            f"{metrics['wrong_answers']:.1%}",
            str(release.manifest["data"]["dialogues"]),
        )
    Console().print(table)
