"""The keys a database was sealed with: without them it isn't opened."""

from sqlalchemy import Connection, delete, select

from bot.store.databases.upsert import insert_if_new
from bot.store.errors import StoreError
from bot.store.sealing.keyring import Keyring
from bot.store.tables.sealing import sealing_keys
from bot.store.values import now


def check_keys(connection: Connection, keyring: Keyring | None) -> None:
    """Note the key that words are sealed with from now on. Raises StoreError where one is missing that others are
    sealed with."""
    in_use = set(connection.execute(select(sealing_keys.c.key_id)).scalars())
    met = keyring.ids if keyring else ()
    if missing := sorted(in_use - set(met)):
        raise StoreError(
            f"customers' words are encrypted with key {', '.join(missing)}; met {', '.join(met) or 'no key'}: put it "
            "into KEFU_ENCRYPTION_KEY, or into the file that KEFU_ENCRYPTION_KEY_FILE names"
        )
    if keyring is not None and met[0] not in in_use:
        values = {"key_id": met[0], "since": now()}
        insert_if_new(connection, sealing_keys, values, ("key_id",))


def keep_only(connection: Connection, key_id: str | None) -> None:
    """All is sealed with this key, or nothing is: others aren't needed any more."""
    others = delete(sealing_keys)
    connection.execute(others if key_id is None else others.where(sealing_keys.c.key_id != key_id))
