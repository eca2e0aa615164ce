"""All checks of a workspace, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.cli import our_errors
from bot.commands.doctoring import database, files, machine, release, telegram, traces
from bot.commands.doctoring.findings import Finding, fault
from bot.operation.configuration import read_settings
from bot.settings import Settings

Check = Callable[[Settings], Iterator[Finding]]

# These also say what is wrong where kefu.toml can't be read.
FIRST: dict[str, Callable[[Settings | None, Path], Iterator[Finding]]] = {
    "settings": files.set_up,
    "answers": files.texts,
}
CHECKS: dict[str, Check] = {
    "permissions": files.permissions,
    "database": database.database,
    "release": release.files,
    "index": release.index,
    "telegram": telegram.bot,
    "traces": traces.collector,
    "clock": database.clock,
    "disk": machine.disk,
    "port": machine.port,
    "threads": machine.threads,
    "versions": machine.versions,
}
WITHOUT_SETTINGS = ("versions",)


@dataclass(frozen=True, slots=True)
class Examined:
    """A check with what it found."""

    name: str
    findings: tuple[Finding, ...]


def examine(workspace: Path) -> Iterator[Examined]:
    """Run the checks in turn. Without settings that can be read, only those that need none."""
    settings, _ = read_settings(workspace)
    for name, first in FIRST.items():
        yield _examined(name, partial(first, settings, workspace))
    for name, check in CHECKS.items():
        if settings is not None or name in WITHOUT_SETTINGS:
            yield _examined(name, partial(check, settings or Settings(folder=workspace)))


def _examined(name: str, check: Callable[[], Iterator[Finding]]) -> Examined:
    try:
        return Examined(name, tuple(check()))
    except our_errors() as error:
        return Examined(name, (fault(str(error), "mend what the line names"),))
