"""All checks of a workspace, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.cli import our_errors
from bot.commands.doctoring import database, files, machine, release, telegram, traces
from bot.commands.doctoring.findings import Finding, fault
from bot.settings import Settings, SettingsError, load_settings

Check = Callable[[Settings], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "settings": files.environment,
    "answers": files.texts,
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
    try:
        settings = load_settings(workspace)
    except SettingsError as error:
        remedy = "mend the file; the other checks need it. docs/configuration.md has every key"
        yield Examined("settings", tuple(fault(line, remedy) for line in str(error).splitlines()))
        settings = Settings(folder=workspace)
        for name in WITHOUT_SETTINGS:
            yield _examined(name, settings)
        return
    for name in CHECKS:
        yield _examined(name, settings)


def _examined(name: str, settings: Settings) -> Examined:
    try:
        return Examined(name, tuple(CHECKS[name](settings)))
    except our_errors() as error:
        return Examined(name, (fault(str(error), "mend what the line names"),))
