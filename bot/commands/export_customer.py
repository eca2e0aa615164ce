"""`kefu export-customer`: all that is stored of one customer, as JSON."""

import asyncio
import os
import sys
from pathlib import Path

import click

from bot.cli import workspace_option
from bot.errors import BotError


@click.command()
@workspace_option
@click.argument("customer")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to, a file that is not there yet; else to the screen.",
)
@click.option(
    "--for-customer",
    is_flag=True,
    help="Leave out what staff said among themselves, as /privacy in the chat does.",
)
def command(workspace: Path, customer: str, output: Path | None, for_customer: bool) -> None:
    """Write all that is stored of one customer as JSON.

    CUSTOMER is a channel's key such as telegram:123, or the id in the database. Of a group they spoke in, what they
    said and what was said to them. Works beside a running server."""
    asyncio.run(_export(workspace, customer, output, is_own_copy=for_customer))


async def _export(workspace: Path, wanted: str, output: Path | None, *, is_own_copy: bool) -> None:
    from bot.commands.customer import customer_of
    from bot.settings import load_settings
    from bot.store.store import Store

    settings = load_settings(workspace)
    async with await Store.open(settings.database_url, exclusive=False) as store:
        customer = await customer_of(store, wanted)
        await store.customers.note_export(customer.id)
        if output is None:
            await store.customers.write_data(customer.key, sys.stdout.write, is_own_copy=is_own_copy)
            return
        try:
            # Nobody else on this machine is to read it.
            file = os.fdopen(
                os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            )
        except OSError as error:
            raise BotError(f"{output}: can't be written: {error.strerror}") from error
        with file:
            count = await store.customers.write_data(customer.key, file.write, is_own_copy=is_own_copy)
    click.echo(f"{output}: customer {customer.key}, {count} messages")
