"""Columns of words: sealed on their way into the database and opened on their way out, where it has keys."""

import json
from typing import Any

from sqlalchemy import JSON, Column, Dialect, Engine, Text, TypeDecorator

from bot.store.errors import StoreError
from bot.store.sealing.keyring import PLAIN, SEALED, Keyring


def use_keys(engine: Engine, keyring: Keyring | None) -> None:
    """Seal and open with these from now on; of this database alone."""
    # The dialect is all that a column's type is given of its database.
    engine.dialect.kefu_keyring = keyring  # type: ignore[attr-defined]


def keyring_of(dialect: Dialect) -> Keyring | None:
    found: Keyring | None = getattr(dialect, "kefu_keyring", None)
    return found


def opened(value: str, place: str, dialect: Dialect) -> str:
    """What a stored text says."""
    if value.startswith(PLAIN):
        return value.removeprefix(PLAIN)
    if not value.startswith(SEALED):
        return value
    keyring = keyring_of(dialect)
    if keyring is None:
        raise StoreError(f"{place}: a value is sealed, and there is no key; wanted KEFU_ENCRYPTION_KEY")
    return keyring.open(value, place)


class SealedText(TypeDecorator[str]):
    """A text of customers' words; "" stays as it is, so that it can be asked for."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return value
        keyring = keyring_of(dialect)
        if keyring is not None and keyring.seals:
            return keyring.seal(value, self.place)
        # What a customer types must not pass for sealed.
        return PLAIN + value if value.startswith((SEALED, PLAIN)) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return opened(value, self.place, dialect) if value else value


class SealedJson(TypeDecorator[Any]):
    """A list or an object that holds customers' words; sealed it is a JSON string. Empty ones stay as they are."""

    impl = JSON
    cache_ok = True

    def __init__(self, place: str, *, none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        keyring = keyring_of(dialect)
        if keyring is None or not keyring.seals or not value:
            return value
        return keyring.seal(json.dumps(value, ensure_ascii=False), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if isinstance(value, str) and value.startswith(SEALED):
            return json.loads(opened(value, self.place, dialect))
        return value


class OpenedJsonText(TypeDecorator[str]):
    """The JSON of a SealedJson column as the text it is, for those who look into it before they read it."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and value.startswith(f'"{SEALED}'):
            return opened(json.loads(value), self.place, dialect)
        return value


def sealed_text(place: str) -> Column[str]:
    """The column "name" of the place "table.name"."""
    return Column(place.partition(".")[2], SealedText(place), nullable=False, server_default="")


def sealed_json(place: str) -> Column[Any]:
    return Column(place.partition(".")[2], SealedJson(place), nullable=False)
