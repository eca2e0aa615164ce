"""`kefu chat`: talk to the desk in the terminal."""

import asyncio
from pathlib import Path

import click

from bot.cli import workspace_option


@click.command()
@workspace_option
@click.option("--explain", is_flag=True, help="Show what was understood, found and decided, and why.")
def command(workspace: Path, explain: bool) -> None:
    """Talk to the desk here in the terminal.

    It needs a release (`kefu train`), but no server. A pipe may do the talking, one message a line. What is
    said goes to the workspace's log, as on any channel."""
    asyncio.run(_chat(workspace, explain=explain))


async def _chat(workspace: Path, *, explain: bool) -> None:
    from rich.console import Console

    from bot.channels.terminal import Terminal, lines_of_stdin, table_of_commands
    from bot.desk import open_desk
    from bot.loading import current_release
    from bot.settings import load_settings
    from bot.store.store import Store

    settings, console = load_settings(workspace), Console(soft_wrap=True)
    current_release(settings.folder)  # before a log is made for nothing
    # A running `kefu serve` keeps the log for itself as a server; beside it, a chat may write.
    async with (
        await Store.open(settings.database_url, exclusive=False) as store,
        open_desk(settings, store=store) as desk,
    ):
        if console.is_terminal:
            console.print(f"[bold]{settings.desk.name}[/bold], release {desk.engine.release}")
            console.print(table_of_commands())
        await Terminal(desk.engine, console, lines_of_stdin(console), explain=explain).run()
