"""What has served its time goes, in steps; what is younger, or in people's hands, stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.store.databases.postgres import PostgresDatabase
from bot.store.privacy import retention
from bot.store.privacy.retention import KINDS, Kind
from bot.store.store import Store
from bot.store.tables.accounts import audit
from bot.store.tables.figures import alerts
from bot.store.tables.log import conversations, customers, messages, ratings, updates
from bot.store.tables.schema import metadata
from bot.store.tables.staff_work import drafts, notes, topic_posts
from tests.bot.store.filled import fill, mark
from tests.bot.store.log import Log
from tests.bot.store.privacy.test_forget import everything
from tests.bot.store.told import message, somebody_waits, tell

NOW = datetime.now(UTC)
OLD, YOUNG = NOW - timedelta(days=400), NOW - timedelta(days=10)
BEFORE = NOW - timedelta(days=100)
ALL: tuple[Kind, ...] = ("messages", "notes", "conversations", "customers")


async def remove(store: Store, *kinds: Kind) -> dict[Kind, int]:
    removed = {}
    for kind in kinds:
        removed[kind] = 0
        while n_rows := await store.retention.step(kind, BEFORE):
            removed[kind] += n_rows
    await store.retention.end(removed)
    return removed


async def set_last(store: Store, chat: str, at: datetime, **values: Any) -> None:
    changed = update(conversations).where(conversations.c.key == f"telegram:{chat}")
    await store._database.write(lambda found: found.execute(changed.values(last_at=at, **values)))


async def age_customers(store: Store) -> None:
    await store._database.write(lambda found: found.execute(update(customers).values(created_at=OLD)))


async def test_what_was_said_long_ago_goes_and_what_is_younger_stays(store: Store) -> None:
    log = Log(store)
    await log.say(OLD, "7", "my address is 12 Elm Road", product="lamp")
    await log.say(OLD, "8", "twelve pineapples")
    await log.say(YOUNG, "8", "where is it")
    await age_customers(store)
    await set_last(store, "7", OLD)
    await store.inbox.index_messages()
    planned = await store.retention.preview(dict.fromkeys(ALL, BEFORE))
    assert {one.kind: one.rows for one in planned} == {
        "messages": 2, "notes": 0, "conversations": 1, "customers": 1
    }  # fmt: skip
    assert planned[0].oldest == OLD
    assert await remove(store, *ALL) == {one.kind: one.rows for one in planned}
    left = await store._database.read(everything)
    assert [said for said in ("Elm", "lamp", "pineapples", "telegram:7") if said in left] == []
    assert [line.text for line in await store.transcript("telegram:8")] == ["where is it"]
    assert await store.customers.find("telegram:8") is not None
    assert sum((await remove(store, *ALL)).values()) == 0


@pytest.mark.parametrize("status", ["waiting", "person"])
async def test_what_people_have_in_hand_stays(store: Store, status: str) -> None:
    await Log(store).say(OLD, "7", "my address is 12 Elm Road")
    await age_customers(store)
    await set_last(store, "7", OLD, status=status)
    assert sum((await remove(store, *ALL)).values()) == 0
    assert [line.text for line in await store.transcript("telegram:7")] == ["my address is 12 Elm Road"]


async def test_nothing_of_an_old_customer_is_left_by_the_schema(store: Store) -> None:
    await store._database.write(fill)
    tables = [table for table in metadata.sorted_tables if "at" in table.columns]
    for table in tables:
        await store._database.write(lambda found, table=table: found.execute(update(table).values(at=OLD)))
    await age_customers(store)
    await set_last(store, "880077", OLD, status="closed")
    await remove(store, *ALL)
    left = await store._database.read(everything)
    for table in (messages, notes, drafts, topic_posts):
        assert f"mark-{table.name}".replace("_", "-") not in left.replace(mark(messages, messages.c.kind), "")
    for column in (customers.c.name, conversations.c.state, ratings.c.comment):
        assert mark(column.table, column) not in left
    assert "telegram:880077" not in left


async def test_steps_are_small_and_may_be_broken_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    log = Log(store)
    for _ in range(8):
        await log.say(OLD, "7", "12 Elm Road")
    assert [await store.retention.step("messages", BEFORE) for _ in range(2)] == [3, 3]
    [due] = await store.retention.preview({"messages": BEFORE})
    assert due.rows == 2
    assert [await store.retention.step("messages", BEFORE) for _ in range(2)] == [2, 0]


async def test_each_kind_goes_by_itself(store: Store) -> None:
    log = Log(store)
    number = await log.say(OLD, "7", "12 Elm Road", attachment="AgACAg")
    await store.add_correction("12 Elm Road", "identify", "ana", message_id=number)
    alert: dict[str, Any] = {
        "dimension": "all", "value": "", "since": OLD, "noticed_at": OLD, "baseline": 0.1, "now": 0.2, "n": 9,
        "first_message_id": number, "last_message_id": number,
    }  # fmt: skip
    rows: list[tuple[Any, dict[str, Any]]] = [
        (alerts, alert | {"resolved_at": OLD}),
        (alerts, alert | {"open_as": "all:"}),
        (updates, {"channel": "telegram", "update_id": "1", "received_at": OLD, "finished_at": OLD}),
        (updates, {"channel": "telegram", "update_id": "2", "received_at": OLD, "payload": {"text": "hi"}}),
        (audit, {"at": OLD, "action": "added", "details": {}}),
    ]
    for table, values in rows:
        await store._database.write(
            lambda found, table=table, values=values: found.execute(insert(table).values(values))
        )
    assert await remove(store, "attachments", "updates", "alerts", "audit") == {
        "attachments": 1, "updates": 1, "alerts": 1, "audit": 1
    }  # fmt: skip
    assert [one.update_id for one in await store.open_updates("telegram")] == ["2"]
    assert [line.text for line in await store.transcript("telegram:7")] == ["12 Elm Road"]
    assert len(await store.corrections()) == 1


async def test_old_labels_are_unlearned_by_running_desks(store: Store) -> None:
    first = await store.add_correction("12 Elm Road", "identify", "ana")
    await store._database.write(
        lambda found: found.execute(update(metadata.tables["corrections"]).values(at=OLD))
    )
    assert await remove(store, "labels") == {"labels": 1}
    assert [(one.undoes, one.text) for one in await store.corrections_since(first)] == [(first, "")]
    assert await remove(store, "labels") == {"labels": 0}


async def test_a_run_is_noted_with_its_counts_and_known_again(store: Store) -> None:
    assert await store.retention.last_run() is None
    await Log(store).say(OLD, "7")
    await remove(store, "messages")
    [entry] = await store.accounts.audit(None, 5)
    assert (entry.action, entry.by, entry.details) == ("retention", "", {"messages": 1})
    assert await store.retention.last_run() == entry.at
    await store._database.write(lambda found: found.execute(update(audit).values(at=OLD)))
    assert await remove(store, "audit") == {"audit": 0}  # that is how the desk knows when it was done last


async def test_whoever_writes_again_starts_anew(store: Store) -> None:
    await Log(store).say(OLD, "7", "12 Elm Road")
    await age_customers(store)
    await set_last(store, "7", OLD)
    await remove(store, *ALL)
    await tell(store, message("hello", 5))
    assert [line.text for line in await store.transcript("telegram:7")] == ["hello", "It is on its way."]


def test_every_kind_has_its_place() -> None:
    assert set(KINDS) == set(retention._WAYS)


async def test_a_conversation_that_goes_on_at_that_moment_stays(shared: str) -> None:
    async with await Store.open(shared) as store:
        await Log(store).say(OLD, "7", "my address is 12 Elm Road")
        await remove(store, "messages")
        database = store._database
        assert isinstance(database, PostgresDatabase)
        async with database._engine.connect() as writing:
            await writing.execute(update(conversations).values(last_at=NOW))
            removing = asyncio.create_task(remove(store, "conversations"))
            await somebody_waits(store)
            await writing.commit()
            assert await removing == {"conversations": 0}
        assert await store.status("telegram:7") == "bot"


async def test_all_messages_of_a_shared_conversation_are_looked_at_by_their_own_age(store: Store) -> None:
    log = Log(store)
    await log.say(OLD, "-100", "old words")
    await log.say(YOUNG, "-100", "young words")
    await remove(store, *ALL)
    rows = await store._database.read(
        lambda found: found.execute(select(messages.c.text).order_by(messages.c.id)).scalars().all()
    )
    assert rows == ["", "young words"]
