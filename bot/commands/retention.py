"""`kefu retention`: remove what is older than the settings keep."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli import workspace_option
from bot.errors import BotError


@click.command()
@workspace_option
@click.option("--dry-run", is_flag=True, help="Show what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Don't ask whether to.")
def command(workspace: Path, dry_run: bool, yes: bool) -> None:
    """Remove what is older than [retention] of kefu.toml keeps.

    A running desk does so by itself every night. Broken off, it goes on at the next time; works beside a
    running server."""
    asyncio.run(_remove(workspace, is_dry=dry_run, is_sure=yes))


async def _remove(workspace: Path, *, is_dry: bool, is_sure: bool) -> None:
    from bot.retaining import Retaining, cutoffs
    from bot.settings import load_settings
    from bot.store.store import Store

    settings = load_settings(workspace)
    moment = datetime.now(UTC)
    before = cutoffs(settings.retention, moment)
    if not before:
        raise BotError(
            f"{workspace / 'kefu.toml'}: [retention] keeps everything; wanted a number of days, e.g. "
            "conversations_days = 730"
        )
    async with await Store.open(settings.database_url, exclusive=False) as store:
        due = await store.retention.preview(before)
        for one in due:
            oldest = f", the oldest of {one.oldest:%Y-%m-%d}" if one.oldest else ""
            click.echo(f"{one.kind:<14}{one.rows:>9} older than {before[one.kind]:%Y-%m-%d}{oldest}")
        if is_dry or not any(one.rows for one in due):
            return
        if not is_sure:
            click.confirm("Remove them for good?", abort=True)
        removed: dict[str, int] = {}
        async for kind, count in Retaining(store, settings).remove(moment):
            removed[kind] = count
        click.echo("Removed: " + ", ".join(f"{count} {kind}" for kind, count in removed.items()))
