"""Feedback and corrections: the newest word counts, and whoever follows the ids misses nothing."""

import asyncio

import pytest
from sqlalchemy import select

from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables.labels import feedback
from tests.bot.store.told import message, tell


async def test_a_second_opinion_of_one_person_takes_the_place_of_the_first(store: Store) -> None:
    reply_id = (await tell(store, message())).replies[0].message_id
    for value in ("helpful", "not_helpful", "not_helpful"):
        await store.add_feedback(reply_id, value, "telegram:7")
    await store.add_feedback(reply_id, "helpful", "telegram:8")
    query = select(feedback.c.by, feedback.c.value).order_by(feedback.c.id)
    rows = await store._database.read(lambda connection: connection.execute(query).all())
    assert [tuple(row) for row in rows] == [("telegram:7", "not_helpful"), ("telegram:8", "helpful")]
    with pytest.raises(StoreError, match="message 4711 is not stored"):
        await store.add_feedback(4711, "helpful", "telegram:7")


async def test_an_undone_correction_holds_no_longer_and_the_follower_hears_of_it(store: Store) -> None:
    first = await store.add_correction("where parcel", "order_status", "ana")
    second = await store.add_correction("money back pls", "refund_request", "ben", note="seen twice")
    assert [label.id for label in await store.corrections()] == [first, second]
    assert [label.id for label in await store.corrections(first)] == [second]
    undo = await store.undo_correction(first, "ben")
    assert await store.undo_correction(first) == undo
    assert [(label.text, label.note) for label in await store.corrections()] == [
        ("money back pls", "seen twice")
    ]
    [heard] = await store.corrections_since(second)
    assert (heard.id, heard.undoes, heard.text, heard.intent, heard.by) == (
        undo,
        first,
        "where parcel",
        "order_status",
        "ben",
    )
    for unknown in (undo, 4711):
        with pytest.raises(StoreError, match=f"correction {unknown} is not stored"):
            await store.undo_correction(unknown)


async def test_a_follower_of_the_ids_sees_every_correction_once(store: Store, url: str) -> None:
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 20:
            seen.extend(label.id for label in await store.corrections_since(seen[-1] if seen else 0))
            await asyncio.sleep(0)

    async with await Store.open(url, exclusive=False) as other:
        writes = (
            each.add_correction(f"text {n}", "greeting", "ana") for n in range(10) for each in (store, other)
        )
        await asyncio.wait_for(asyncio.gather(follow(), *writes), 20)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    ("text", "intent", "message_id"), [(" ", "greeting", None), ("hi", "", None), ("hi", "x", 9)]
)
async def test_a_correction_of_nothing_is_refused(
    store: Store, text: str, intent: str, message_id: int | None
) -> None:
    with pytest.raises(StoreError):
        await store.add_correction(text, intent, "ana", message_id=message_id)
