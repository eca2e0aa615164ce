"""All that is stored of one customer, as JSON: a list of rows for each table that holds something of theirs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select

from bot.store.errors import StoreError
from bot.store.privacy.ownership import Owned, corrections_about, find_by_key, owned_by, updates_about
from bot.store.tables.labels import corrections, entity_labels, feedback, reviewed, settled_labels
from bot.store.tables.log import (
    conversations,
    custody_changes,
    customers,
    decisions,
    messages,
    ratings,
    understandings,
    updates,
)
from bot.store.tables.staff_work import drafts, notes, topic_posts, topics
from bot.store.tables.trials import trial_decisions
from bot.store.values import now

FORMAT = "kefu-customer/1"
PER_FETCH = 500  # rows in memory at a time

# What a customer's own copy leaves out: staff's words among themselves, and who of them did what.
OF_STAFF_ALONE = frozenset({notes, drafts, topics, topic_posts, updates})
STAFF_COLUMNS = frozenset({"staff_id", "assignee_id", "by", "sender", "in_hand_by"})

# Tables that hold nothing of a customer, and why not; a test wants every table here or in `_sections`.
NOT_OF_CUSTOMERS = {
    "staff": "accounts of the console",
    "staff_sessions": "who of the staff is signed in",
    "invitations": "links for staff",
    "telegram_codes": "links for staff",
    "sign_ins": "wrong passwords of staff",
    "audit": "what staff did; it names no customer",
    "dismissed_proposals": "numbers of messages only",
    "autonomy": "how far the bot goes for an intent",
    "canned_answers": "the company's texts",
    "saved_views": "what staff search for",
    "answer_changes": "the company's texts",
    "day_figures": "counts of a day",
    "alerts": "shares of all messages",
    "retrainings": "what became of a training",
    "retraining_steps": "what became of a training",
    "retraining_schedule": "when to train",
    "trials": "releases beside each other",
    "drift_days": "counts of a day",
    "drift_warnings": "shares of all messages",
    "sealing_keys": "which keys words are encrypted with",
}


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of a table that are the customer's."""

    table: Table
    where: ColumnElement[bool]


def write_customer_data(
    connection: Connection, customer_key: str, write: Callable[[str], Any], *, is_own_copy: bool
) -> int:
    """Hand the JSON to `write` piece by piece; how many messages are in it. `is_own_copy`: for the customer, without
    what staff said among themselves. Raises StoreError for an unknown customer."""
    customer = find_by_key(connection, customer_key)
    if customer is None:
        raise StoreError(f"customer {customer_key!r} is not stored; wanted a key such as telegram:123")
    owned = owned_by(connection, customer)
    write(f'{{"format": "{FORMAT}",\n"made_at": "{now().isoformat(timespec="seconds")}"')
    n_messages = 0
    for section in sections(connection, owned):
        if is_own_copy and section.table in OF_STAFF_ALONE:
            continue
        write(f',\n"{section.table.name}": [')
        separator = "\n"
        for row in _rows(connection, section, owned, is_own_copy=is_own_copy):
            write(separator + json.dumps(row, ensure_ascii=False, default=_plain))
            separator = ",\n"
            n_messages += section.table is messages
        write("]")
    write("}\n")
    return n_messages


def sections(connection: Connection, owned: Owned) -> tuple[Section, ...]:
    """Every table with something of a customer. Of a group they spoke in: their messages and the replies to them."""
    ids, about = owned.message_ids, corrections_about(connection, owned)
    by_message = (understandings, decisions, entity_labels, reviewed, trial_decisions, drafts)
    by_conversation = (custody_changes, notes, topics, topic_posts)
    return (
        Section(customers, customers.c.id == owned.customer.id),
        Section(conversations, conversations.c.id.in_(owned.alone) | conversations.c.id.in_(owned.spoke_in)),
        Section(messages, owned.messages),
        *(Section(table, table.c.message_id.in_(ids)) for table in by_message),
        *(Section(table, table.c.conversation_id.in_(owned.alone)) for table in by_conversation),
        Section(ratings, ratings.c.conversation_id.in_(owned.alone)),
        Section(feedback, feedback.c.by == owned.customer.key),
        Section(corrections, or_(corrections.c.id.in_(about), corrections.c.undoes.in_(about))),
        Section(settled_labels, settled_labels.c.correction_id.in_(about)),
        Section(updates, updates.c.id.in_(updates_about(connection, owned.customer.key))),
    )


def _rows(
    connection: Connection, section: Section, owned: Owned, *, is_own_copy: bool
) -> Iterator[dict[str, Any]]:
    query = select(section.table).where(section.where).order_by(*section.table.primary_key.columns)
    with connection.execution_options(yield_per=PER_FETCH).execute(query) as result:
        for found in result:
            row = _shown(found, is_own_copy=is_own_copy)
            if section.table is conversations and found.id not in owned.alone:
                row = {name: row[name] for name in ("id", "key", "channel")}  # the rest may tell of others
            yield row


def _shown(row: Row[Any], *, is_own_copy: bool) -> dict[str, Any]:
    values = dict(row._mapping)
    return {name: value for name, value in values.items() if not (is_own_copy and name in STAFF_COLUMNS)}


def _plain(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - all else is JSON already
    return value.isoformat()
