"""A disagreement is settled: one correction takes the place of all that staff said of the words."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from bot.store.audit import write_audit
from bot.store.inbox.search import wording_of
from bot.store.inbox.views import Person
from bot.store.labels.labels import add_correction, standing_corrections, undo_correction
from bot.store.labels.review import pass_over
from bot.store.labels.rules import Conflict
from bot.store.records import Correction
from bot.store.tables.labels import settled_labels
from bot.store.values import now


def settle(connection: Connection, conflict: Conflict, intent: str, by: Person) -> None:
    """Say what the words mean; what was said of them before counts no longer."""
    standing = _take_back(connection, conflict, by)
    kept = next((one for one in reversed(standing) if one.intent == intent), None)
    last = conflict.newest
    answer_id = kept.answer_id if kept else None
    number = add_correction(connection, last.text, intent, by.name, "", last.message_id, answer_id)
    connection.execute(
        insert(settled_labels).values({"correction_id": number, "staff_id": by.id, "at": now()})
    )
    write_audit(connection, by.id, "settled", intent, correction=number)


def drop(connection: Connection, conflict: Conflict, by: Person) -> None:
    """Nothing is to be learned from the words."""
    _take_back(connection, conflict, by)
    numbers = {one.message_id for one in conflict.labels if one.message_id is not None}
    pass_over(connection, sorted(numbers), by)
    write_audit(connection, by.id, "settled", "", messages=len(numbers))


def _take_back(connection: Connection, conflict: Conflict, by: Person) -> Sequence[Correction]:
    """Undo every correction of the words; which these were, the oldest first."""
    wording = wording_of(conflict.text)
    standing = [one for one in standing_corrections(connection, 0) if wording_of(one.text) == wording]
    for one in standing:
        undo_correction(connection, one.id, by.name)
    return standing
