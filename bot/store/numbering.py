"""Messages are numbered in the order they came."""

from datetime import datetime

from sqlalchemy import Connection, select

from bot.store.tables.log import messages


def numbers_since(connection: Connection, since: datetime) -> int | None:
    """The id of the first customer's message of a time; None where nobody wrote since."""
    spoken = select(messages.c.id).where(messages.c.speaker == "customer", messages.c.at >= since)
    return connection.execute(spoken.order_by(messages.c.at).limit(1)).scalar_one_or_none()
