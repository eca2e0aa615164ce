"""All that is stored of one customer: complete by the schema, and nothing of anybody else's."""

import json
from typing import Any

import pytest
from sqlalchemy import Table

from bot.store.errors import StoreError
from bot.store.privacy.customer_data import (
    NOT_OF_CUSTOMERS,
    OF_STAFF_ALONE,
    STAFF_COLUMNS,
    sections,
)
from bot.store.privacy.ownership import Owned
from bot.store.records import Customer
from bot.store.store import Store
from bot.store.tables.log import conversations, customers, messages
from bot.store.tables.schema import metadata
from tests.bot.store.filled import KEY, fill, mark, marks_of
from tests.bot.store.privacy.test_forget import SECRETS, live_a_little
from tests.bot.store.told import message, tell

NOBODY = Owned(Customer(0, "telegram:0", "", ""), ())


async def data_of(store: Store, key: str, *, is_own_copy: bool = False) -> dict[str, Any]:
    pieces: list[str] = []
    await store.customers.write_data(key, pieces.append, is_own_copy=is_own_copy)
    found: dict[str, Any] = json.loads("".join(pieces))
    return found


async def handed_out(store: Store) -> set[Table]:
    return {section.table for section in await store._database.read(lambda found: sections(found, NOBODY))}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
async def test_every_table_is_handed_out_or_named_as_holding_nothing_of_customers(
    store: Store, table: Table
) -> None:
    assert (table in await handed_out(store)) != (table.name in NOT_OF_CUSTOMERS)


def leads_to_a_customer(table: Table, met: frozenset[Table] = frozenset()) -> bool:
    if table in {customers, conversations, messages}:
        return True
    targets = {key.column.table for key in table.foreign_keys} - met
    return any(leads_to_a_customer(target, met | {table}) for target in targets)


async def test_a_table_that_leads_to_a_customer_is_handed_out(store: Store) -> None:
    leading = {table.name for table in metadata.sorted_tables if leads_to_a_customer(table)}
    # An alert tells between which messages of all customers a share rose.
    assert leading - {table.name for table in await handed_out(store)} == {"alerts"}


async def test_every_column_of_every_table_is_in_the_file(store: Store) -> None:
    await store._database.write(fill)
    found = await data_of(store, KEY)
    assert found["format"] == "kefu-customer/1"
    for table in await handed_out(store):
        assert len(found[table.name]) == 1, table.name
        assert set(found[table.name][0]) == set(table.columns.keys())
        assert all(word in json.dumps(found[table.name]) for word in marks_of(table)), table.name


async def test_the_customers_own_copy_leaves_out_what_staff_said_among_themselves(store: Store) -> None:
    await store._database.write(fill)
    found = await data_of(store, KEY, is_own_copy=True)
    tables = await handed_out(store)
    assert set(found) - {"format", "made_at"} == {table.name for table in tables - OF_STAFF_ALONE}
    told = json.dumps(found)
    assert mark(messages, messages.c.text) in told
    assert not any(f'"{name}"' in told for name in STAFF_COLUMNS)
    assert "mark-notes" not in told


async def test_nothing_of_others_is_in_it_not_even_in_a_group(store: Store) -> None:
    await live_a_little(store)
    found = await data_of(store, "telegram:880077")
    told = json.dumps(found)
    assert [secret for secret in SECRETS if secret not in told] == []
    assert [said for said in ("Ben", "wait for me", "Your order is here") if said in told] == []
    [group] = [one for one in found["conversations"] if one["key"] == "telegram:-100"]
    assert set(group) == {"id", "key", "channel"}
    # Ben's update has her number by chance, as the number of a message.
    other = json.dumps(await data_of(store, "telegram:5")).replace('"message_id": 880077', "")
    assert [secret for secret in SECRETS if secret in other] == []
    assert "Ben in the group" in other


async def test_each_of_many_customers_gets_their_own_words_and_no_others(store: Store) -> None:
    for number in range(12):
        await tell(store, message(f"my word is w{number}w", 1, str(number)), (f"yours is r{number}r",))
    for number in range(12):
        told = json.dumps(await data_of(store, f"telegram:{number}"))
        met = {one for one in range(12) if f"w{one}w" in told or f"r{one}r" in told}
        assert met == {number}


@pytest.mark.parametrize("key", ["telegram:8", "", "telegram:7' OR '1'='1", "7"])
async def test_an_unknown_customer_gets_nothing(store: Store, key: str) -> None:
    await tell(store, message())
    with pytest.raises(StoreError, match="is not stored"):
        await store.customers.write_data(key, lambda piece: None, is_own_copy=True)
