"""`kefu demo`: train a workspace where that is needed, start its order system, serve it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.settings import Settings

ORDER_SYSTEM = "order_system.py"
STARTS_WITHIN_S = 15.0


@click.command()
@workspace_option
def command(workspace: Path) -> None:
    """Train a workspace where needed, then serve it.

    It is trained if it has no release yet or its dialogues changed since. A file order_system.py in the
    workspace is run beside the server and plays the company's own system."""
    from bot.commands.serve import run
    from bot.monitoring.logs import set_up_logging
    from bot.operation.configuration import checked_settings

    settings = checked_settings(workspace)
    set_up_logging(quiet=True)
    if not is_trained(workspace):
        from bot.commands.train import train_workspace

        click.echo(f"Training {settings.desk.name} from {workspace / 'dialogues'} ...")
        train_workspace(workspace)
    with order_system(settings):
        run(settings)


def is_trained(workspace: Path) -> bool:
    """Whether the current release is as new as the newest dialogue file."""
    from training.dialogues import dialogue_files

    pointer = workspace / "releases" / "current"
    if not pointer.is_file():
        return False
    trained_at = pointer.stat().st_mtime
    return all(path.stat().st_mtime <= trained_at for path in dialogue_files(workspace))


@contextmanager
def order_system(settings: "Settings") -> Iterator[None]:
    """Run the workspace's order_system.py, if it has one, on the port its actions point to."""
    program = settings.folder / ORDER_SYSTEM
    ports = {port for action in settings.actions.values() if (port := _local_port(action.url))}
    if not program.is_file() or not ports:
        yield
        return
    port = min(ports)
    if _is_open(port):
        raise BotError(
            f"port {port} is taken, where {program} is to listen; stop what uses it (another demo?), "
            f"or change the port of the actions in {settings.folder / 'kefu.toml'}"
        )
    process = subprocess.Popen([sys.executable, str(program), "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        _wait_until_open(process, program, port)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_open(process: "subprocess.Popen[bytes]", program: Path, port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not _is_open(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise BotError(f"{program} did not start to listen on port {port}; its own words stand above")
        time.sleep(0.05)


def _local_port(url: str) -> int | None:
    from yarl import URL

    parsed = URL(url.split("{", 1)[0])
    return parsed.port if parsed.host in {"127.0.0.1", "localhost"} else None


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
