"""Labels that staff give and take back, each with its entry in the audit log; what customers said stays out of that."""

from sqlalchemy import Connection

from bot.store.audit import write_audit
from bot.store.inbox.views import Person
from bot.store.labels.labels import add_correction, label_message, standing_corrections_of, undo_correction


def label(
    connection: Connection,
    said: str,
    intent: str,
    by: Person,
    message_id: int,
    answer_id: str | None = None,
    note: str = "",
) -> int:
    """Give a message its intent, and perhaps its answer, in place of those it had; the correction's id."""
    number = label_message(connection, said, intent, by.name, message_id, answer_id, note)
    write_audit(connection, by.id, "labelled", intent, message=message_id)
    return number


def unlabel(connection: Connection, by: Person, message_id: int) -> None:
    """Take back what a message was labelled."""
    for earlier in standing_corrections_of(connection, [message_id]):
        undo(connection, earlier.id, by)


def undo(connection: Connection, correction_id: int, by: Person) -> int:
    """Take a correction back; the id of the undo."""
    number = undo_correction(connection, correction_id, by.name)
    write_audit(connection, by.id, "label_undone", str(correction_id))
    return number


def correct(
    connection: Connection,
    said: str,
    intent: str,
    by: str,
    note: str,
    message_id: int | None,
    answer_id: str | None = None,
) -> int:
    """A correction of the command line, where `by` is only what somebody calls themselves."""
    number = add_correction(connection, said, intent, by, note, message_id, answer_id)
    write_audit(connection, None, "corrected", intent, correction=number, name=by)
    return number


def take_back(connection: Connection, correction_id: int, by: str) -> int:
    """Undo a correction from the command line."""
    number = undo_correction(connection, correction_id, by)
    write_audit(connection, None, "label_undone", str(correction_id), name=by)
    return number
