"""Messages nobody has looked at."""

from datetime import timedelta

from bot.store.inbox.views import Person
from bot.store.store import Store
from tests.bot.colleagues import add_colleague
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
    ben = Person(await add_colleague(store, "ben"), "ben")
    await store.inbox.label_items([both], "order_status", ben)
    assert len(await store.inbox.open_reviews(LONG_AGO)) == 1
    assert [one.message_id for one in await store.corrections()] == [both.message_ids[0]]
    await store.inbox.undo_review(both.message_ids, ben)
    assert len(await store.inbox.open_reviews(LONG_AGO)) == 2
    assert await store.corrections() == []


async def test_what_is_passed_over_comes_back_only_when_it_is_wanted(store: Store) -> None:
    await tell(store, message())
    ben = Person(await add_colleague(store, "ben"), "ben")
    [item] = await store.inbox.open_reviews(LONG_AGO)
    await store.inbox.pass_over([item], ben)
    await store.inbox.pass_over([item], ben)
    assert await store.inbox.open_reviews(LONG_AGO) == []
    await store.inbox.undo_review(item.message_ids, Person(ben.id + 1, "cora"))
    assert await store.inbox.open_reviews(LONG_AGO) == []
    await store.inbox.undo_review(item.message_ids, ben)
    assert len(await store.inbox.open_reviews(LONG_AGO)) == 1


async def test_a_message_has_one_label(store: Store) -> None:
    turn = await tell(store, message())
    ben, cora = [Person(await add_colleague(store, name), name) for name in ("ben", "cora")]
    for intent in ("refund", "order_status"):
        await store.inbox.label("Where is it", intent, ben, turn.message_id)
    assert [one.intent for one in await store.corrections()] == ["order_status"]
    await store.inbox.unlabel(cora, turn.message_id)
    assert await store.corrections() == []
    told = [(one.action, one.target, one.by) for one in await store.accounts.audit()]
    assert told == [
        ("label_undone", "3", "cora@shop.example"),
        ("labelled", "order_status", "ben@shop.example"),
        ("labelled", "refund", "ben@shop.example"),
    ]


async def test_presses_commands_and_old_messages_are_not_reviewed(store: Store) -> None:
    await tell(store, message("Helpful", kind="button"))
    await tell(store, message("/help", 2, kind="command", command="help"))
    await tell(store, message("while a person has it", 3), (), None)
    await tell(store, message("old", 4))
    assert [one.text for one in await store.inbox.open_reviews(LONG_AGO)] == ["old"]
    assert await store.inbox.open_reviews(START + timedelta(hours=1)) == []


async def test_many_are_labelled_at_once_but_for_those_somebody_looked_at(store: Store) -> None:
    texts = ("by voucher?", "By  VOUCHER", "a gift card", "something else")
    told = [await tell(store, message(text, chat=str(number))) for number, text in enumerate(texts)]
    first, second, third, other = (one.message_id for one in told)
    ben = Person(await add_colleague(store, "ben"), "ben")
    cora = Person(await add_colleague(store, "cora"), "cora")
    await store.inbox.label(texts[2], "order_status", cora, third)

    wanted = [first, second, third, told[0].replies[0].message_id, 999_999]
    done = await store.inbox.label_messages(wanted, "voucher", ben)

    assert done == (second, first)
    given = {(one.message_id, one.intent, one.by) for one in await store.corrections()}
    assert given == {(second, "voucher", "ben"), (third, "order_status", "cora")}
    assert [one.text for one in await store.inbox.open_reviews(LONG_AGO)] == ["something else"]
    [entry] = [one for one in await store.accounts.audit() if one.action == "labelled_together"]
    assert (entry.target, entry.details) == ("voucher", {"messages": 2})
    assert await store.inbox.label_messages([first], "voucher", ben) == ()

    await store.inbox.undo_review(done, ben)
    assert len(await store.corrections()) == 1
    assert other not in done
