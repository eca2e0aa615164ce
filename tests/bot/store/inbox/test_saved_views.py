"""Lists and searches kept under a name, on both databases."""

import pytest

from bot.store.errors import StoreError
from bot.store.inbox.finding import Asked
from bot.store.inbox.saved_views import MAX_VIEWS
from bot.store.store import Store
from tests.bot.colleagues import add_colleague
from tests.bot.store.told import message, tell


async def keep(
    store: Store, staff_id: int, name: str, asked: str = "", *, is_shared: bool = False
) -> int | None:
    return await store.saved_views.save(staff_id, name, "open", asked, (), is_shared=is_shared)


async def test_own_ones_come_first_then_those_of_others_by_name(store: Store) -> None:
    ben, cora = await add_colleague(store, "ben"), await add_colleague(store, "cora")
    for name in ("b", "A"):
        await keep(store, ben, name)
    await keep(store, cora, "0", is_shared=True)
    await keep(store, cora, "hers")
    assert [(one.name, one.is_shared) for one in await store.saved_views.of(ben)] == [
        ("A", False),
        ("b", False),
        ("0", True),
    ]
    assert await keep(store, ben, "b") is None
    assert await keep(store, cora, "b") is not None


async def test_a_name_stays_one_persons_only_one(store: Store) -> None:
    ben = await add_colleague(store, "ben")
    for name in ("a", "b"):
        await keep(store, ben, name)
    first, _ = await store.saved_views.of(ben)
    assert not await store.saved_views.rename(first, "b", ben)
    assert await store.saved_views.rename(first, "a", ben)
    assert await store.saved_views.rename(first, "c", ben)
    await store.saved_views.delete(first, ben)
    assert [one.name for one in await store.saved_views.of(ben)] == ["b"]


async def test_there_are_only_so_many(store: Store) -> None:
    ben = await add_colleague(store, "ben")
    for number in range(MAX_VIEWS):
        await keep(store, ben, str(number))
    with pytest.raises(StoreError, match=str(MAX_VIEWS)):
        await keep(store, ben, "more")


async def test_conversations_are_counted_up_to_a_limit(store: Store) -> None:
    for chat in "123":
        await tell(store, message("the lamp", chat=chat))
        await tell(store, message("the lamp again", 2, chat))
    await store.inbox.index_messages()
    count = store.saved_views.count
    assert [await count("open", 1, None, limit=limit) for limit in (2, 9)] == [2, 3]
    assert [await count("open", 1, Asked("lamp"), limit=limit) for limit in (2, 9)] == [2, 3]
    assert await count("closed", 1, None, limit=9) == 0
    assert await count("open", 1, Asked("sofa"), limit=9) == 0


async def test_those_that_tell_of_a_forgotten_customer_go(store: Store) -> None:
    ben = await add_colleague(store, "ben")
    await tell(store, message("my zebra lamp", chat="1"))
    await tell(store, message("my lamp", chat="2"))
    await store.inbox.index_messages()
    for asked in ("zebra", "lamp", ""):
        await keep(store, ben, f"about {asked}", asked)
    await store.forget("telegram:1")
    assert [one.asked for one in await store.saved_views.of(ben)] == ["", "lamp"]
