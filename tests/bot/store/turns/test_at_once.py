"""Turns that PostgreSQL writes in one statement."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, select, update

from bot.messages import Button, Draft, Reply, Turn
from bot.store.databases.postgres import PostgresDatabase
from bot.store.store import Store
from bot.store.tables.log import conversations, customers, decisions, messages, understandings
from tests.bot.store.told import message, somebody_waits, tell

pytestmark = pytest.mark.usefixtures("now_said")

TABLES = (messages, understandings, decisions, conversations, customers)
OWN = {"id", "key", "external_id", "message_id", "conversation_id", "customer_id", "in_reply_to"}
WITHIN_S = 20.0


@pytest.fixture
async def store(shared: str) -> AsyncIterator[Store]:
    async with await Store.open(shared) as opened:
        yield opened


def statements(store: Store) -> list[str]:
    """What the store sends to PostgreSQL from now on."""
    database, sent = store._database, list[str]()
    assert isinstance(database, PostgresDatabase)

    def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement.split()[0])

    event.listen(database._engine.sync_engine, "before_cursor_execute", note)
    return sent


async def rows(store: Store, table: Table) -> list[dict[str, Any]]:
    query = select(table).order_by(table.primary_key.columns[0])
    found = await store._database.read(lambda connection: connection.execute(query).all())
    return [row._asdict() for row in found]


async def test_a_plain_turn_is_one_statement(store: Store) -> None:
    await store.record_updates("telegram", [("900", {"text": "hi"})])
    await store.conversation(message())
    sent = statements(store)
    turn = await tell(store, message(update_id="900"), state={"turns": 1}, entity="LW-48213")
    assert sent == ["SELECT", "WITH"]
    assert await store.open_updates("telegram") == []

    again = await store.arrival(message())
    assert isinstance(again, Turn)
    assert (again.message_id, again.replies) == (turn.message_id, turn.replies)
    assert (await store.conversation(message(number=2))).state == {"turns": 1}


@pytest.mark.parametrize("replies", [(), ("It is on its way.",), ("One.", "Two.", "Three.")])
@pytest.mark.parametrize("has_decision", [True, False])
async def test_it_leaves_the_same_rows_as_statement_by_statement(
    store: Store, replies: tuple[str, ...], has_decision: bool
) -> None:
    changes: dict[str, Any] = {} if has_decision else {"decision": None, "understanding": None}
    for chat in "78":
        met = (await store.conversation(message(chat=chat))).met
        values = changes | {"met": met if chat == "7" else replace(met, mark="")}
        sent, buttons = statements(store), (Button("Yes", "yes"),)
        await tell(
            store, message(chat=chat), replies, entity="LW-1", state={"a": [1]}, buttons=buttons, **values
        )
        assert (sent.count("WITH"), sent.count("INSERT") > 0) == ((1, False) if chat == "7" else (0, True))
    for table in TABLES:
        found = [
            {
                name: value
                for name, value in row.items()
                if name not in OWN and not isinstance(value, datetime)
            }
            for row in await rows(store, table)
        ]
        assert found[: len(found) // 2] == found[len(found) // 2 :]
        assert found or not has_decision


async def test_replies_have_ids_in_the_order_in_which_they_are_said(store: Store) -> None:
    turn = await tell(store, message(), tuple(str(number) for number in range(9)))
    ids = [reply.message_id for reply in turn.replies]
    assert ids == sorted(ids)
    assert turn.message_id < ids[0]
    assert [line.text for line in (await store.transcript("telegram:7"))[1:]] == [*"012345678"]


async def test_who_wrote_in_a_group_is_the_author(store: Store) -> None:
    group = {"conversation_key": "telegram:-100"}
    await tell(store, message(chat="7", **group))
    await tell(store, message(number=2, chat="8", **group))
    authors = {row["id"]: row["key"] for row in await rows(store, customers)}
    by = [authors[row["customer_id"]] for row in await rows(store, messages)]
    assert by == ["telegram:7", "telegram:7", "telegram:8", "telegram:8"]


async def test_of_two_processes_that_met_the_same_one_writes(store: Store, shared: str) -> None:
    await tell(store, message(number=1), state={"turns": 1})
    async with await Store.open(shared) as other:
        stores = {2: store, 3: other}
        met = {number: await each.conversation(message(number=number)) for number, each in stores.items()}
        values: dict[str, Any] = {"understanding": None, "findings": None, "decision": None, "release": ""}
        values |= {"status": "bot", "timings_ms": {}, "replies": (Reply("Hi."),)}
        turns = await asyncio.gather(
            *(
                each.save_turn(
                    message(number=number),
                    met[number].id,
                    met=met[number].met,
                    state={"turns": number},
                    **values,
                )
                for number, each in stores.items()
            )
        )
    [winner] = [turn for turn in turns if turn is not None]
    assert (await store.conversation(message())).state == {"turns": int(winner.message.external_id)}
    assert len(await store.transcript("telegram:7")) == 4


@pytest.mark.parametrize("is_committed", [True, False])
@pytest.mark.parametrize("change", [{"status": "person"}, {"state": {"form": "another"}}])
async def test_a_conversation_that_was_changed_meanwhile_is_left_as_it_is(
    store: Store, change: dict[str, Any], is_committed: bool
) -> None:
    """Whether that was before the statement or while it ran, and had to wait for it."""
    await store.record_updates("telegram", [("900", {"text": "hi"})])
    met = await store.conversation(message())
    taken = update(conversations).values(change)
    database = store._database
    assert isinstance(database, PostgresDatabase)
    values: dict[str, Any] = {"understanding": None, "findings": None, "decision": None, "release": ""}
    values |= {"state": {}, "status": "bot", "met": met.met, "timings_ms": {}, "replies": (Reply("Hi."),)}
    async with database._engine.connect() as staff:
        await staff.execute(taken)
        if is_committed:
            await staff.commit()
        saving = asyncio.create_task(store.save_turn(message(update_id="900"), met.id, **values))
        if not is_committed:
            await somebody_waits(store)
            await staff.commit()
        async with asyncio.timeout(WITHIN_S):
            assert await saving is None
    assert await store.transcript("telegram:7") == []
    assert [one.update_id for one in await store.open_updates("telegram")] == ["900"]
    [row] = await rows(store, conversations)
    assert {name: row[name] for name in change} == change


async def test_a_customer_who_blocked_the_bot_before_they_wrote_has_not(store: Store) -> None:
    await tell(store, message())
    met = await store.conversation(message(number=2))
    await store.mark_blocked("telegram:7")
    turn = await store.save_turn(
        message(number=2), met.id, understanding=None, findings=None, decision=None, replies=(Reply("Hi."),),
        state={}, status="bot", met=met.met, release="", timings_ms={},
    )  # fmt: skip
    assert turn is not None
    assert [row["blocked_at"] for row in await rows(store, customers)] == [None]
    assert (await store.undelivered("telegram"))[0].text == "Hi."


async def test_a_customer_goes_by_the_name_they_have_now(store: Store) -> None:
    for number, name in enumerate(["Anna", "Anna", "", "Anna B."]):
        await tell(store, message(number=number, customer_name=name))
        assert [row["name"] for row in await rows(store, customers)] == [name or "Anna"]


async def test_what_takes_more_than_a_turn_is_written_statement_by_statement(store: Store) -> None:
    await tell(store, message())
    draft = Draft("Hello.", (), None, None, {})
    sent = statements(store)
    for number, changes in enumerate(({"draft": draft}, {"status": "waiting", "moved": "customer_asked"}), 2):
        await tell(store, message(number=number), **changes)
    await tell(store, message(number=4, quotes="1"))
    await tell(store, message(number=5, received_at=datetime.now(UTC) - timedelta(hours=1)))
    assert "WITH" not in sent
    assert len(await store.transcript("telegram:7")) == 10
