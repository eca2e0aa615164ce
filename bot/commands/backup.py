"""`kefu backup`: a desk as one file."""

from pathlib import Path

import click

from bot.cli import workspace_option


@click.command()
@workspace_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--releases", is_flag=True, help="With the releases; else they are trained again.")
def command(workspace: Path, file: Path, releases: bool) -> None:
    """Write the log and the workspace's files into FILE, which must not be there yet.

    Works beside a running server: the log is that of one moment. Settings, answers, entities, articles, dialogues and
    regression cases; all rows of the database, SQLite or PostgreSQL. Only its owner may read the file."""
    from bot.operation.backup import back_up
    from bot.settings import load_settings

    copied = back_up(load_settings(workspace), file, with_releases=releases)
    click.echo(f"{file}: {sum(copied.rows.values()):,} rows, {file.stat().st_size / 1e6:,.1f} MB")
