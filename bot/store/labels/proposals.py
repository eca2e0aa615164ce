"""Proposed intents that staff would not have, kept as numbers of messages."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from bot.store.audit import write_audit
from bot.store.inbox.views import Person
from bot.store.tables.labels import dismissed_proposals
from bot.store.values import now


def dismiss(connection: Connection, message_ids: Sequence[int], by: Person) -> None:
    """Keep that no intent is to be made of these messages."""
    values = {"message_ids": sorted(set(message_ids)), "staff_id": by.id, "at": now()}
    connection.execute(insert(dismissed_proposals).values(values))
    write_audit(connection, by.id, "proposal_dismissed", "", messages=len(set(message_ids)))


def dismissed(connection: Connection) -> list[frozenset[int]]:
    """The messages of each, the newest first."""
    query = select(dismissed_proposals.c.message_ids).order_by(dismissed_proposals.c.id.desc())
    return [frozenset(ids) for ids in connection.execute(query).scalars()]
