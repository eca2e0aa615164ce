"""`kefu forget`: remove one customer from the log, everywhere."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option

if TYPE_CHECKING:
    from bot.store.records import ForgetReport


@click.command()
@workspace_option
@click.argument("customer")
@click.option("--dry-run", is_flag=True, help="Show what would be removed and remove nothing.")
@click.option("--yes", is_flag=True, help="Don't ask whether to.")
def command(workspace: Path, customer: str, dry_run: bool, yes: bool) -> None:
    """Remove one customer from the log, for good.

    What CUSTOMER wrote and what is known about them goes; how many messages there were and what was decided
    stays. CUSTOMER is a channel's key such as telegram:123, or the id in the database. Works beside a
    running server, which may have to wait while the database file is written anew."""
    asyncio.run(_forget(workspace, customer, is_dry=dry_run, is_sure=yes))


async def _forget(workspace: Path, wanted: str, *, is_dry: bool, is_sure: bool) -> None:
    from bot.commands.customer import customer_of
    from bot.settings import load_settings
    from bot.store.store import Store

    settings = load_settings(workspace)
    async with await Store.open(settings.database_url, exclusive=False) as store:
        customer = await customer_of(store, wanted)
        click.echo(
            _told("Would be removed" if is_dry else "To be removed", await store.preview_forget(customer.key))
        )
        if is_dry:
            return
        if not is_sure:
            click.confirm(f"Remove customer {customer.key} for good?", abort=True)
        click.echo(_told("Removed", await store.forget(customer.key, rewrite=True)))
    click.echo(
        "Kept: how many messages there were and when, and what was decided; none of the customer's words."
    )
    click.echo(
        "Not reached: files exported earlier (`kefu export` writes them anew), releases trained on them, backups."
    )


def _told(verb: str, report: "ForgetReport") -> str:
    counts = {name: number for name, number in asdict(report).items() if name != "customer_id" and number}
    listed = ", ".join(f"{number} {name}" for name, number in counts.items()) or "no messages"
    return f"{verb}, of customer {report.customer_id}: {listed}; name, language, state."
