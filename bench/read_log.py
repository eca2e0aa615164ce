"""What a desk's log says of the messages that came in."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from bot.store.databases.database import open_database
from bot.store.tables.log import messages, understandings


@dataclass(frozen=True, slots=True)
class Logged:
    """How often a message is in the log, how many replies it had, and which release understood it, "" for none."""

    times: int
    replies: int
    release: str


async def read_log(url: str) -> dict[str, Logged]:
    """Every customer's message by the id its client gave it."""
    database = await open_database(url, exclusive=False)
    try:
        return await database.read(_read)
    finally:
        await database.close()


def _read(connection: Connection) -> dict[str, Logged]:
    replies = (
        select(messages.c.in_reply_to, func.count().label("n"))
        .where(messages.c.speaker == "bot")
        .group_by(messages.c.in_reply_to)
        .subquery()
    )
    query = (
        select(messages.c.external_id, replies.c.n, understandings.c.release)
        .outerjoin(replies, replies.c.in_reply_to == messages.c.id)
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .where(messages.c.speaker == "customer")
    )
    found: dict[str, Logged] = {}
    for row in connection.execute(query):
        before = found.get(row.external_id, Logged(0, 0, ""))
        found[row.external_id] = Logged(before.times + 1, before.replies + (row.n or 0), row.release or "")
    return found
