"""`kefu retention`: remove what is older than the settings keep."""

import asyncio
from datetime import UTC, datetime, timedelta
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
    from bot.commands.masking import mask_of
    from bot.retaining import Retaining, cutoffs, does_something
    from bot.settings import load_settings
    from bot.store.store import Store

    settings = load_settings(workspace)
    moment = datetime.now(UTC)
    kept = settings.retention
    before = cutoffs(kept, moment)
    if not does_something(kept):
        raise BotError(
            f"{workspace / 'kefu.toml'}: [retention] keeps everything; wanted a number of days, e.g. "
            "conversations_days = 730"
        )
    async with await Store.open(settings.database_url, exclusive=False) as store:
        due = await store.retention.preview(before)
        for one in due:
            oldest = f", the oldest of {one.oldest:%Y-%m-%d}" if one.oldest else ""
            click.echo(f"{one.kind:<14}{one.rows:>9} older than {before[one.kind]:%Y-%m-%d}{oldest}")
        n_masked = await store.masking.count(moment - timedelta(days=kept.mask_days)) if kept.mask_days else 0
        if kept.mask_days:
            click.echo(f"{n_masked} conversations to be masked")
        if is_dry or not (n_masked or any(one.rows for one in due)):
            return
        if not is_sure:
            click.confirm("Remove them for good?", abort=True)
        removed: dict[str, int] = {}
        async for kind, count in Retaining(store, settings, mask_of(settings)).remove(moment):
            removed[kind] = count
        click.echo("Removed: " + ", ".join(f"{count} {kind}" for kind, count in removed.items()))
