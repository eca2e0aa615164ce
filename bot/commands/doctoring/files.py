"""What an operator writes into a workspace, and who may read and change it."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.commands.doctoring.findings import Finding, fault, fine, warning
from bot.commands.validate import text_problems
from bot.operation.configuration import read_settings
from bot.secrets.environment import environment_problems
from bot.settings import Settings
from bot.store.databases.database import parse_url

MEND = "mend kefu.toml; docs/configuration.md has every key"
WRITTEN = ("kefu.toml", "entities.yaml", "answers", "knowledge", "releases")


def set_up(settings: Settings | None, workspace: Path) -> Iterator[Finding]:
    """kefu.toml can be read; what is taken from the environment is there, and of the wanted form."""
    _, of_file = read_settings(workspace)
    for problem in of_file:
        yield fault(problem, MEND if settings is not None else f"{MEND}; most other checks need it")
    of_environment = list(environment_problems(settings, workspace))
    for problem in of_environment:
        yield fault(problem, "set the variable as is wanted where kefu is started")
    if not of_file and not of_environment:
        yield fine(f"{workspace / 'kefu.toml'}, and the environment")


def texts(settings: Settings | None, workspace: Path) -> Iterator[Finding]:
    """Answers, entities and articles, read by the code that serves them."""
    wrong = list(text_problems(settings, workspace))
    for problem in wrong:
        yield fault(problem, "mend the file; a running desk keeps the texts it had until then")
    if not wrong:
        n_files = len(list((workspace / "answers").glob("*.yaml")))
        yield fine(f"{n_files} {'file' if n_files == 1 else 'files'} of answers, entities and articles")


def permissions(settings: Settings) -> Iterator[Finding]:
    """Others may not change what the bot says, nor read what customers wrote; the desk itself must write."""
    folder = settings.folder
    found = [
        *_not_writable(folder, settings.database_url),
        *_changed_by_others(path for name in WRITTEN for path in _tree(folder / name)),
        *_read_by_others(folder, settings.database_url),
    ]
    yield from found or [fine("the workspace is the operator's own")]


def _not_writable(folder: Path, url: str) -> Iterator[Finding]:
    parsed = parse_url(url)
    database = Path(str(parsed.database)) if parsed.drivername == "sqlite" else None
    places = [folder, *((database.parent, database) if database is not None else ())]
    for path in dict.fromkeys(place.resolve() for place in places):
        if path.exists() and not os.access(path, os.W_OK):
            yield fault(
                f"{path}: can't be written by the user {os.geteuid()} that runs kefu",
                f"run kefu as its owner, or `chown -R USER {folder}`",
            )


def _changed_by_others(paths: Iterable[Path]) -> Iterator[Finding]:
    open_ = [path for path in paths if path.stat().st_mode & stat.S_IWOTH]
    if open_:
        more = f" and {len(open_) - 1} more" if len(open_) > 1 else ""
        yield fault(
            f"{open_[0]}{more}: every user of this machine may change what the bot says",
            f"chmod -R o-w {open_[0].parent}",
        )


def _read_by_others(folder: Path, url: str) -> Iterator[Finding]:
    parsed = parse_url(url)
    log = Path(str(parsed.database)) if parsed.drivername == "sqlite" else folder / "kefu.db"
    for path in (log, folder / "dialogues" / "log.jsonl"):
        if path.exists() and _is_readable_by_others(path.resolve()):
            yield warning(
                f"{path}: every user of this machine may read what customers wrote",
                f"chmod o-rx {path.parent}",
            )


def _is_readable_by_others(path: Path) -> bool:
    is_reached = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
    return is_reached and bool(path.stat().st_mode & stat.S_IROTH)


def _tree(path: Path) -> Iterator[Path]:
    if path.exists():
        yield path
        yield from sorted(one for one in path.rglob("*") if not one.is_symlink())
