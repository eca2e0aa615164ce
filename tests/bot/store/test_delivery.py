"""Replies on their way: each once, in order, none forgotten."""

from pathlib import Path

import pytest

from bot.messages import Button
from bot.store.store import Store
from tests.bot.store.told import message, tell


async def texts(store: Store) -> list[str]:
    return [reply.text for reply in await store.undelivered("telegram")]


async def test_a_later_reply_waits_for_the_earlier_one(store: Store) -> None:
    await tell(store, message(number=1), ("a1", "a2"))
    await tell(store, message(number=1, chat="8"), ("b1",))
    await tell(store, message(number=2), ("a3",))
    assert await texts(store) == ["a1", "b1"]
    [first, other] = await store.undelivered("telegram")
    assert (first.conversation_key, first.reply_to, first.attempts) == ("telegram:7", "1", 0)
    assert await store.mark_sending(first.message_id)
    assert await texts(store) == ["b1"]
    await store.mark_delivered(first.message_id, "501")
    assert await texts(store) == ["a2", "b1"]
    await store.mark_failed(other.message_id, "Bad Request: message is too long")
    assert await texts(store) == ["a2"]
    assert await store.undelivered("web") == []
    assert (await store.transcript("telegram:7"))[1].external_id == "501"


async def test_a_reply_is_taken_in_hand_once(store: Store, url: str) -> None:
    turn = await tell(store, message())
    reply_id = turn.replies[0].message_id
    async with await Store.open(url, exclusive=False) as other:
        assert await store.mark_sending(reply_id)
        assert not await other.mark_sending(reply_id)
        assert not await store.mark_sending(reply_id)
        assert await texts(other) == []
    await store.mark_delivered(reply_id)
    assert not await store.mark_sending(reply_id)


async def test_a_reply_is_kept_in_hand_until_it_is_somebody_elses_or_waits_no_longer(
    store: Store, url: str
) -> None:
    turn = await tell(store, message())
    reply_id = turn.replies[0].message_id
    assert not await store.keep_sending(reply_id)
    await store.mark_sending(reply_id)
    async with await Store.open(url, exclusive=False) as other:
        assert not await other.keep_sending(reply_id)
    assert await store.keep_sending(reply_id)
    await store.mark_blocked("telegram:7")
    assert not await store.keep_sending(reply_id)


async def test_what_a_killed_server_was_sending_is_given_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kefu.db'}"
    async with await Store.open(url) as store:
        turn = await tell(store, message(), ("first", "second"))
        await store.mark_sending(turn.replies[0].message_id)
        assert await texts(store) == []
    async with await Store.open(url) as store:
        [again] = await store.undelivered("telegram")
        assert (again.text, again.attempts) == ("first", 1)
        assert await store.mark_sending(again.message_id)
        await store.mark_delivered(again.message_id, "77")
        assert await texts(store) == ["second"]


async def test_nothing_is_sent_to_a_customer_who_blocked_the_bot_until_they_write(store: Store) -> None:
    await tell(store, message(number=1), ("a1", "a2"))
    await tell(store, message(number=1, chat="8"), ("b1",))
    await store.mark_blocked("telegram:7")
    assert await texts(store) == ["b1"]
    await tell(store, message(number=2), ("a3",))
    assert await texts(store) == ["b1", "a3"]


@pytest.mark.parametrize("was_met", [False, True], ids=["new key unknown", "new key met first"])
async def test_a_group_that_became_a_supergroup_goes_on(store: Store, was_met: bool) -> None:
    await tell(store, message("old", number=5, chat="-40"), ("to the group",))
    if was_met:
        await tell(store, message("new", number=6, chat="-10040"), ("to the supergroup",))
    await store.migrate_conversation("telegram:-40", "telegram:-10040")
    await store.migrate_conversation("telegram:-40", "telegram:-10040")
    assert [line.text for line in await store.transcript("telegram:-10040")][:2] == ["old", "to the group"]
    assert await texts(store) == ["to the group"]
    # The supergroup counts its messages anew: its number 5 is another message.
    turn = await tell(store, message("another", number=5, chat="-10040"))
    assert not turn.is_repeat


async def test_buttons_are_those_of_the_conversation_asked_for(store: Store) -> None:
    buttons = (Button("Refund", "intent:refund"),)
    turn = await tell(store, message(), buttons=buttons)
    reply_id = turn.replies[0].message_id
    assert await store.buttons_of(reply_id) == buttons
    assert await store.buttons_of(reply_id, conversation_key="telegram:7") == buttons
    assert await store.buttons_of(reply_id, conversation_key="telegram:8") == ()
    assert await store.buttons_of(10**6) == ()
