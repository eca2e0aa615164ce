"""How far the bot may go, as staff set it, and what became of its drafts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import AutonomyLevel
from bot.store.audit import write_audit
from bot.store.peers.news import tell
from bot.store.records import Settlement
from bot.store.tables.staff_work import autonomy, drafts

EVERYTHING = ""  # stands for all intents without a level of their own


@dataclass(frozen=True, slots=True)
class DraftCounts:
    """What became of an intent's drafts: sent as they were, changed first, or not used."""

    sent: int = 0
    edited: int = 0
    unused: int = 0


def levels(connection: Connection) -> dict[str, AutonomyLevel]:
    """What is set, by intent; EVERYTHING is the default."""
    rows = connection.execute(select(autonomy.c.intent, autonomy.c.level))
    return {row.intent: row.level for row in rows}


def set_level(connection: Connection, intent: str, level: AutonomyLevel | None, by: int | None) -> None:
    """Let the bot go so far; None takes the default again."""
    if level is None:
        connection.execute(delete(autonomy).where(autonomy.c.intent == intent))
    else:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        statement = insert(autonomy).values(intent=intent, level=level)
        connection.execute(statement.on_conflict_do_update(index_elements=["intent"], set_={"level": level}))
    tell(connection, "levels")
    write_audit(connection, by, "autonomy_changed", intent, level=level or "default")


def draft_counts(connection: Connection, since: datetime) -> dict[str, DraftCounts]:
    """Of drafts settled since then, by intent."""
    query = (
        select(drafts.c.intent, drafts.c.outcome, func.count())
        .where(drafts.c.settled_at >= since, drafts.c.intent.is_not(None))
        .group_by(drafts.c.intent, drafts.c.outcome)
    )
    found: dict[str, dict[str, int]] = {}
    for intent, outcome, n in connection.execute(query):
        found.setdefault(intent, {})[outcome] = n
    unused: tuple[Settlement, ...] = ("rejected", "replaced")
    return {
        intent: DraftCounts(
            counts.get("sent", 0), counts.get("edited", 0), sum(counts.get(outcome, 0) for outcome in unused)
        )
        for intent, counts in found.items()
    }
