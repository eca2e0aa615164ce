"""A conversation changes its key: a Telegram group became a supergroup."""

from sqlalchemy import Connection, select, update

from bot.store.peers.news import tell
from bot.store.tables.log import conversations, messages
from bot.store.values import storable


def migrate_conversation(connection: Connection, old_key: str, new_key: str) -> None:
    """Give a conversation its new key; nothing happens where the old key is unknown.

    A supergroup numbers its messages from 1 again, so the old numbers are set apart, or a new message would
    pass for a repeat. Where something was said under the new key already, the old messages move over and the
    empty row stays under the old key, for rows are referred to."""
    old_key, new_key = storable(old_key), storable(new_key)
    keys = select(conversations.c.key, conversations.c.id).where(conversations.c.key.in_([old_key, new_key]))
    ids = {row.key: row.id for row in connection.execute(keys)}
    if old_key not in ids or old_key == new_key:
        return
    tell(connection, "conversation", new_key)
    moved = messages.c.conversation_id == ids[old_key]
    apart = update(messages).where(moved, messages.c.external_id.is_not(None))
    connection.execute(apart.values(external_id=old_key + "/" + messages.c.external_id))
    if new_key in ids:
        connection.execute(update(messages).where(moved).values(conversation_id=ids[new_key]))
        return
    rename = update(conversations).where(conversations.c.id == ids[old_key]).values(key=new_key)
    connection.execute(rename)
