"""`kefu encrypt`: seal the words that are in the database, with a new key, or with none."""

import asyncio
from pathlib import Path

import click

from bot.cli import workspace_option
from bot.errors import BotError


@click.command()
@workspace_option
@click.option("--new-key", is_flag=True, help="Show a new key, and do nothing else.")
@click.option("--off", is_flag=True, help="Decrypt everything; the keys are needed for it.")
def command(workspace: Path, new_key: bool, off: bool) -> None:
    """Encrypt the customers' words that are in the database.

    A desk that is started with KEFU_ENCRYPTION_KEY encrypts what comes from then on; this does the rest. With
    another key put in front of the old one, everything is encrypted with that one, and the old one is needed no
    longer. Broken off, it goes on when it is run again. Stop the desk for --off."""
    from bot.store.sealing.keyring import new_key as make_key

    if new_key:
        click.echo(make_key())
        return
    asyncio.run(_encrypt(workspace, is_off=off))


async def _encrypt(workspace: Path, *, is_off: bool) -> None:
    from rich.console import Console

    from bot.progress import Stages
    from bot.settings import load_settings
    from bot.store.sealing.resealing import sealed_tables
    from bot.store.store import Store

    settings = load_settings(workspace)
    # A desk that serves would go on encrypting.
    async with await Store.open(settings.database_url, exclusive=is_off) as store:
        key_id = await store.sealing.key_id()
        if key_id is None:
            raise BotError(
                "there is no key; wanted KEFU_ENCRYPTION_KEY, or KEFU_ENCRYPTION_KEY_FILE, with one that "
                "`kefu encrypt --new-key` makes"
            )
        await store.sealing.begin(is_off=is_off)
        n_changed = 0
        with Stages(Console(stderr=True)) as stages:
            for table in sealed_tables():
                total, done, after = await store.sealing.count(table), 0, None
                while (step := await store.sealing.step(table, after)).rows:
                    n_changed, done, after = n_changed + step.changed, done + step.rows, step.after
                    stages.show(table.name, done, max(done, total))
        await store.sealing.end()
    state = "decrypted" if is_off else f"encrypted with key {key_id}"
    click.echo(f"{n_changed} rows {state}; all others were already.")
    click.echo("Unset KEFU_ENCRYPTION_KEY now." if is_off else "Other keys are needed for old backups only.")
