"""`kefu restore`: a desk from its backup."""

from pathlib import Path

import click

from bot.cli import workspace_option


@click.command()
@workspace_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(workspace: Path, file: Path) -> None:
    """Make a WORKSPACE, a folder that is new or empty, of the backup FILE.

    Its log goes into kefu.db there, or into the empty database that KEFU_DATABASE_URL names: so a desk moves from SQLite to
    PostgreSQL, or back. Every file is compared with its checksum first; where anything is wrong nothing is changed."""
    from bot.operation.backup import restore

    copied = restore(file, workspace)
    click.echo(f"{workspace}: {sum(copied.rows.values()):,} rows")
