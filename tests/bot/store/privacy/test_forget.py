"""Forgetting one person: nothing of them left, nothing of the others gone."""

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from bot.messages import Button, Reply
from bot.store.databases.postgres import PostgresDatabase
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables.schema import metadata
from bot.store.turns.outcome import Outcome
from bot.store.turns.saving import save_turn
from tests.bot.colleagues import add_colleague
from tests.bot.store.told import ANSWER, found, message, somebody_waits, tell, understood

SECRETS = ("Priya Raman", "880077", "priya@raman.example", "AgACAgQAAx", "12 Elm Road", "edited-away")


def everything(connection: Connection) -> str:
    """All rows of all tables as text."""
    rows = [connection.execute(select(table)).all() for table in metadata.sorted_tables]
    return repr(rows)


async def live_a_little(store: Store) -> None:
    """One customer in every table and column, and another one beside her, also in a group with her."""
    payload: dict[str, Any] = {
        "message": {"from": {"id": 880077, "first_name": "Priya Raman"}, "text": "12 Elm Road"}
    }
    other = {"message": {"from": {"id": 5}, "message_id": 880077, "text": "wait for me"}}
    await store.record_updates("telegram", [("1", payload), ("2", payload), ("3", other)])
    who = {"customer_name": "Priya Raman", "customer_key": "telegram:880077"}
    said = message(
        "I am priya@raman.example edited-away", 1, "880077", attachment="AgACAgQAAx", update_id="1", **who
    )
    buttons = (Button("Is it 12 Elm Road?", "slot:address:12 Elm Road"),)
    turn = await tell(
        store,
        said,
        ("Dear Priya Raman", "of 12 Elm Road"),
        entity="priya@raman.example",
        state={"slots": {"email": "priya@raman.example"}},
        buttons=buttons,
    )
    await store.replace_message(
        message("I am priya@raman.example", 2, "880077", kind="edit", replaces="1", **who)
    )
    await store.mark_sending(turn.replies[0].message_id)
    await store.mark_failed(turn.replies[0].message_id, "Forbidden: user 880077")
    await store.set_language("telegram:880077", "zh")
    await store.add_feedback(turn.replies[0].message_id, "helpful", "telegram:880077")
    await store.add_correction("I am priya@raman.example", "identify", "ana", message_id=turn.message_id)
    await store.add_correction(
        "I am priya@raman.example", "identify", "ana", note="typed from Priya Raman's chat"
    )
    await store.undo_correction(
        await store.add_correction("I am priya@raman.example edited-away", "identify", "ana")
    )
    await store.add_correction("where is it", "order_status", "ana")
    await tell(store, message("where is it", 3, "880077", **who))
    await tell(store, message("where is it", 1, "5"), ("Your order is here, Ben",))
    group = {"conversation_key": "telegram:-100", "chat": "5"}
    await tell(store, message("Ben in the group", 1, **group), state={"said": "12 Elm Road"})
    await tell(store, message("12 Elm Road in the group", 2, conversation_key="telegram:-100", **who))


@pytest.mark.usefixtures("now_said")
async def test_nothing_of_a_forgotten_customer_is_in_any_table(store: Store) -> None:
    await live_a_little(store)
    before = await store._database.read(everything)
    assert all(secret in before for secret in SECRETS)
    planned = await store.preview_forget("telegram:880077")
    report = await store.forget("telegram:880077", rewrite=True)
    assert report == planned
    assert (report.conversations, report.messages, report.understandings) == (2, 7, 3)
    assert (report.feedback, report.corrections, report.updates) == (1, 3, 1)
    left = (await store._database.read(everything)).replace("'message_id': 880077", "")
    assert [secret for secret in SECRETS if secret in left] == []
    assert await store.customers.find("telegram:880077") is None
    with pytest.raises(StoreError, match="telegram:880077"):
        await store.forget("telegram:880077")


async def test_others_keep_what_is_theirs_and_corrections_are_unlearned(store: Store) -> None:
    await live_a_little(store)
    last = (await store.corrections_since(0))[-1].id
    await store.forget("telegram:880077")
    assert [line.text for line in await store.transcript("telegram:5")] == [
        "where is it",
        "Your order is here, Ben",
    ]
    assert [line.text for line in await store.transcript("telegram:-100")] == [
        "Ben in the group",
        "It is on its way.",
    ]
    assert [seen.update_id for seen in await store.open_updates("telegram")] == ["3"]
    assert [label.text for label in await store.corrections()] == ["where is it"]
    gone = await store.corrections_since(last)
    assert {label.undoes for label in gone} == {1, 2, 3}
    assert {label.text for label in gone} == {""}
    assert [reply.text for reply in await store.undelivered("telegram")] == [
        "Your order is here, Ben",
        "It is on its way.",
    ]


async def test_whoever_writes_again_after_being_forgotten_starts_anew(store: Store) -> None:
    first = await tell(store, message("hello"))
    await store.forget("telegram:7")
    again = await tell(store, message("hello"))
    assert not again.is_repeat
    assert again.conversation_id != first.conversation_id
    assert len(await store.transcript("telegram:7")) == 2


@pytest.mark.usefixtures("now_said")
async def test_a_turn_under_way_while_its_customer_is_forgotten_is_answered(store: Store) -> None:
    await tell(store, message("hello", 1))
    said = message("still there?", 2)
    before = await store.conversation(said)
    await store.forget("telegram:7")
    nothing: dict[str, Any] = {"understanding": None, "findings": None, "release": "", "timings_ms": {}}
    turn = await store.save_turn(
        said,
        before.id,
        **nothing,
        decision=None,
        replies=(Reply("Yes."),),
        state={"slots": "of before"},
        status="bot",
        met=before.met,
    )
    [reply] = await store.undelivered("telegram")
    assert (reply.text, reply.conversation_key) == ("Yes.", "telegram:7")
    after = await store.conversation(said)
    assert (after.id, after.state) == (turn.conversation_id, {})
    assert after.id != before.id


@pytest.mark.usefixtures("now_said")
@pytest.mark.parametrize("group", ["telegram:7", "telegram:-100"])
async def test_a_turn_that_is_being_written_when_its_customer_is_forgotten_goes_too(
    shared: str, group: str
) -> None:
    async with await Store.open(shared) as store:
        await tell(store, message("hello", conversation_key=group, customer_key="telegram:8"))
        await tell(store, message("hello", 2, conversation_key=group))
        said = message("12 Elm Road", 3, conversation_key=group)
        met = await store.conversation(said)
        outcome = Outcome(
            understanding=understood(said.text, said.text),
            findings=found(),
            decision=ANSWER,
            replies=(Reply("To 12 Elm Road."),),
            state={"slots": {"address": "12 Elm Road"}},
            status="bot",
            met=met.met,
            release="r1",
            timings_ms={},
            moved="",
            draft=None,
        )
        database = store._database
        assert isinstance(database, PostgresDatabase)
        async with database._engine.connect() as writing:
            assert await writing.run_sync(save_turn, said, met.id, outcome) is not None
            forgetting = asyncio.create_task(store.forget("telegram:7"))
            await somebody_waits(store)
            await writing.commit()
            await forgetting
        assert "12 Elm Road" not in await database.read(everything)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lengths=st.lists(st.integers(0, 9000), min_size=1, max_size=12),
    rewrite=st.booleans(),
    beside=st.booleans(),
)
async def test_the_sqlite_files_hold_no_byte_of_a_forgotten_customer(
    tmp_path_factory: pytest.TempPathFactory, empty_log: Path, lengths: list[int], rewrite: bool, beside: bool
) -> None:
    folder = tmp_path_factory.mktemp("raw")
    shutil.copy(empty_log, folder)
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as server:
        await live_a_little(server)
        for number, length in enumerate(lengths, 10):
            await tell(
                server, message("12 Elm Road " + "x" * length, number, "880077"), ("priya@raman.example",)
            )
            await tell(server, message("y" * length, number, "5"), ("z" * length,))
        assert {met for path in folder.iterdir() for met in secrets_in(path)} == set(SECRETS) - {"880077"}
        if beside:  # a tool, while the server has the file open
            async with await Store.open(f"sqlite:///{folder / 'kefu.db'}", exclusive=False) as tool:
                await tool.forget("telegram:880077", rewrite=rewrite)
        else:
            await server.forget("telegram:880077", rewrite=rewrite)
        assert [met for path in folder.iterdir() for met in secrets_in(path)] == []
    with sqlite3.connect(folder / "kefu.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def secrets_in(path: Path) -> list[str]:
    raw = path.read_bytes()
    # Ben's message has her number by chance; his update is not hers to empty.
    return [secret for secret in SECRETS if secret != "880077" and secret.encode() in raw]


async def test_the_audit_log_forgets_what_views_about_a_customer_were_called(store: Store) -> None:
    await live_a_little(store)
    staff = await add_colleague(store, "ben")
    for name in ("Priya Raman again", "lamps"):
        await store.saved_views.save(staff, name, "open", name, (), is_shared=True)
    await store.forget("telegram:880077")
    told = [entry.target for entry in await store.accounts.audit(None, 9) if entry.action == "view_shared"]
    assert told == ["lamps", ""]
