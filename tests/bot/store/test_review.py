"""Messages nobody has looked at."""

from datetime import timedelta

from bot.store.store import Store
from tests.bot.store.told import START, message, tell

LONG_AGO = START - timedelta(days=1)


async def test_messages_that_say_the_same_are_one_item_until_labelled(store: Store) -> None:
    first = await tell(store, message("Where's my parcel?!", chat="1"))
    second = await tell(store, message("wheres my PARCEL", chat="2"))
    third = await tell(store, message("Where's  my parcel", chat="3"))
    await store.add_feedback(first.replies[0].message_id, "not_helpful", "telegram:1")

    items = await store.inbox.open_reviews(LONG_AGO)

    assert sorted(one.message_ids for one in items) == [
        (second.message_id,),
        (third.message_id, first.message_id),
    ]
    both = next(one for one in items if len(one.message_ids) == 2)
    assert both.is_unhelpful
    assert (both.intents[0], both.class_intent, both.confidence) == (
        ("order_status", 0.93),
        "order_status",
        0.93,
    )
    for number in both.message_ids:
        await store.add_correction(both.text, "order_status", "ben", message_id=number)
    assert len(await store.inbox.open_reviews(LONG_AGO)) == 1


async def test_what_is_passed_over_comes_back_only_when_it_is_wanted(store: Store) -> None:
    turn = await tell(store, message())
    await store.inbox.pass_over([turn.message_id], None)
    await store.inbox.pass_over([turn.message_id], None)
    assert await store.inbox.open_reviews(LONG_AGO) == []
    await store.inbox.look_again([turn.message_id])
    assert len(await store.inbox.open_reviews(LONG_AGO)) == 1


async def test_presses_commands_and_old_messages_are_not_reviewed(store: Store) -> None:
    await tell(store, message("Helpful", kind="button"))
    await tell(store, message("/help", 2, kind="command", command="help"))
    await tell(store, message("while a person has it", 3), (), None)
    await tell(store, message("old", 4))
    assert [one.text for one in await store.inbox.open_reviews(LONG_AGO)] == ["old"]
    assert await store.inbox.open_reviews(START + timedelta(hours=1)) == []
