"""What in the log is one customer's own: forgetting and handing out go by the same."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from bot.store.records import Customer
from bot.store.sealing.columns import keyring_of
from bot.store.tables.labels import corrections
from bot.store.tables.log import conversations, customers, messages, updates
from bot.store.values import storable

LARGEST_ID = 2**31 - 1
ID_NAMES = ("id", "user_id", "chat_id")


@dataclass(frozen=True, slots=True)
class Owned:
    """A customer, and the conversations they began in which no other customer spoke."""

    customer: Customer
    alone: tuple[int, ...]

    @property
    def messages(self) -> ColumnElement[bool]:
        """Which messages: what they said and what was said to them; a group's other members keep theirs."""
        return or_(messages.c.customer_id == self.customer.id, messages.c.conversation_id.in_(self.alone))

    @property
    def message_ids(self) -> Select[Any]:
        return select(messages.c.id).where(self.messages)

    @property
    def spoke_in(self) -> Select[Any]:
        return spoken_in(self.customer)


def spoken_in(customer: Customer) -> Select[Any]:
    """Ids of the conversations with a message of theirs, groups included."""
    return select(messages.c.conversation_id).where(messages.c.customer_id == customer.id)


def find_customer(connection: Connection, customer: str) -> Customer | None:
    """By key ("telegram:123") or, where it is all digits, by database id."""
    found = find_by_key(connection, customer)
    if found is None and customer.isascii() and customer.isdigit() and int(customer) <= LARGEST_ID:
        return _customer(connection, customers.c.id == int(customer))
    return found


def find_by_key(connection: Connection, key: str) -> Customer | None:
    return _customer(connection, customers.c.key == storable(key))


def owned_by(connection: Connection, customer: Customer) -> Owned:
    other = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.customer_id != customer.id
    )
    query = select(conversations.c.id).where(conversations.c.customer_id == customer.id, ~other)
    return Owned(customer, tuple(connection.execute(query).scalars()))


def corrections_about(connection: Connection, owned: Owned) -> list[int]:
    """Those made from the customer's messages, also where staff typed the words: unless others wrote them too."""
    texts = _texts_of(connection, owned)
    query = select(corrections.c.id, corrections.c.text, corrections.c.message_id)
    ids = set(connection.execute(owned.message_ids).scalars())
    rows = connection.execute(query.where(corrections.c.undoes.is_(None))).all()
    typed = {row.id: row.text for row in rows if row.message_id is None and _in_one_line(row.text) in texts}
    common = _said_by_others(connection, owned, set(typed.values()))
    return [row.id for row in rows if row.message_id in ids or (row.id in typed and row.text not in common)]


def updates_about(connection: Connection, customer_key: str) -> list[int]:
    """Unfinished updates that name the customer anywhere; finished ones are empty already."""
    channel, _, own_id = customer_key.partition(":")
    query = select(updates.c.id, updates.c.payload).where(
        updates.c.channel == channel, updates.c.payload.is_not(None)
    )
    return [row.id for row in connection.execute(query) if _mentions(row.payload, own_id)]


def _customer(connection: Connection, which: ColumnElement[bool]) -> Customer | None:
    row = connection.execute(select(customers).where(which)).one_or_none()
    return None if row is None else Customer(row.id, row.key, row.name, row.language)


def _texts_of(connection: Connection, owned: Owned) -> set[str]:
    query = select(messages.c.text, messages.c.versions).where(
        owned.messages, messages.c.speaker == "customer"
    )
    texts = set()
    for row in connection.execute(query):
        texts |= {_in_one_line(said) for said in (row.text, *(version["text"] for version in row.versions))}
    return texts - {""}


def _said_by_others(connection: Connection, owned: Owned, texts: set[str]) -> set[str]:
    """Those of these texts that another customer wrote as well. Sealed ones can't be compared by the database."""
    if not texts:
        return set()
    query = select(messages.c.text).where(~owned.messages, messages.c.speaker == "customer")
    if keyring_of(connection.dialect) is None:
        query = query.where(messages.c.text.in_(texts))
    return {said for said in connection.execute(query).scalars() if said in texts}


def _in_one_line(text: str) -> str:
    """As staff may have put it into a field of one line."""
    return " ".join(text.split())


def _mentions(payload: Any, own_id: str) -> bool:
    """Whether the id stands where channels put a person's or a chat's; message numbers can be equal by chance."""
    if isinstance(payload, dict):
        named = (str(payload[name]) == own_id for name in ID_NAMES if name in payload)
        return any(named) or any(_mentions(value, own_id) for value in payload.values())
    return isinstance(payload, list) and any(_mentions(value, own_id) for value in payload)
