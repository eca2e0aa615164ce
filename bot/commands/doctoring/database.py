"""The log's database: reached, whole, of the right version, and of the same time."""

import asyncio
from collections.abc import Iterator

from bot.commands.doctoring.findings import Finding, fault, fine, warning
from bot.settings import Settings
from bot.store.databases.condition import clock_of, look_at
from bot.store.databases.database import parse_url
from bot.store.errors import StoreError

LATE_S, TOO_LATE_S = 2.0, 20.0  # codes of a second factor are good for 30 s

FROM_BACKUP = "stop kefu and put the last backup in its place"


def database(settings: Settings) -> Iterator[Finding]:
    """Reached, whole, and with tables that this kefu knows."""
    try:
        found = asyncio.run(look_at(settings.database_url))
    except StoreError as error:
        yield fault(str(error), _remedy(settings.database_url, str(error)))
        return
    if found is None:
        yield fine("no log yet; the first command that needs it makes it")
    elif found.damage:
        yield fault(f"the file is damaged: {found.damage}", FROM_BACKUP)
    elif found.is_newer:
        yield fault(
            f"its tables are of version {found.version}, this kefu knows up to {found.wanted}",
            "install the kefu that wrote them, or restore a backup made before",
        )
    elif found.version != found.wanted:
        yield warning(
            f"its tables are of version {found.version or 'none'}, this kefu works with {found.wanted}",
            "make a backup, then start kefu: it brings them up to date",
        )
    else:
        yield fine(f"{found.program}, tables of version {found.version}")


def _remedy(url: str, told: str) -> str:
    if "the driver is missing" in told:
        return "pip install 'kefu[postgres]'"
    try:
        kind = parse_url(url).drivername
    except StoreError:
        return "mend KEFU_DATABASE_URL, or unset it for kefu.db in the workspace"
    if "malformed" in told:
        return FROM_BACKUP
    if kind == "sqlite":
        return "check that it is a SQLite file, its owner and its folder"
    return "check that the server runs and KEFU_DATABASE_URL names host, user, password and database"


def clock(settings: Settings) -> Iterator[Finding]:
    """Ours beside that of PostgreSQL; SQLite has ours."""
    try:
        ahead_s = asyncio.run(clock_of(settings.database_url))
    except StoreError:
        return  # `database` tells it
    if ahead_s is not None:
        yield beside(ahead_s, "the database's")


def beside(ahead_s: float, whose: str) -> Finding:
    """What a clock so many seconds ahead of ours means."""
    apart_s = abs(ahead_s)
    if apart_s < LATE_S:
        return fine(f"within {LATE_S:g} s of {whose}")
    text = f"this machine's is {apart_s:.0f} s {'behind' if ahead_s > 0 else 'ahead of'} {whose}"
    remedy = "let NTP set both (`timedatectl set-ntp true`)"
    return fault(text, remedy) if apart_s >= TOO_LATE_S else warning(text, remedy)
