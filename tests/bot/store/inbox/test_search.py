"""Words found again among all messages."""

import pytest
from sqlalchemy import text

from bot.messages import Decision
from bot.store.inbox import search
from bot.store.inbox.finding import Asked
from bot.store.records import Line, Move
from bot.store.store import Store
from tests.bot.store.told import START, message, tell

SAID = {
    "1": "Where is my parcel LW-48213?",
    "2": "The Café lamp arrived broken, 2 pieces",
    "3": "我想退货，订单号是LW-48213",
    "4": "parcels are slow",
    "5": 'I\'d like a refund & an apology; DROP TABLE "messages" OR NEAR(x)',
}


async def found(store: Store, asked: str) -> list[str]:
    rows, _ = await store.inbox.search(Asked(asked))
    return [row.text for row in rows]


@pytest.mark.parametrize(
    ("asked", "chats"),
    [
        ("parcel", "41"),
        ("PARCEL lw-48213", "1"),
        ("LW-48213", "31"),
        ("48213", "31"),
        ("LW-482", "31"),
        ("cafe", "2"),
        ("lamp café", "2"),
        ("退货", "3"),
        ("货退", ""),
        ("我想退", "3"),
        ("parcel broken", ""),
        ('"messages" OR', "5"),
        ("NEAR(x)", "5"),
        ("it's* AND (", ""),
        ("a:b & c | !d <-> e'", ""),
        ("", ""),
        ("?!", ""),
    ],
)
async def test_all_words_are_found_however_they_are_written(store: Store, asked: str, chats: str) -> None:
    for chat, said in SAID.items():
        await tell(store, message(said, chat=chat), ())

    assert await found(store, asked) == [SAID[chat] for chat in chats]


async def test_replies_of_the_bot_are_found_too_and_each_conversation_once(store: Store) -> None:
    await tell(store, message("lamp?"), ("The lamp is here.",))
    await tell(store, message("lamp!", 2), ("Still the lamp.",))

    assert await found(store, "lamp") == ["Still the lamp."]


async def test_an_edited_message_is_found_by_its_new_words(store: Store) -> None:
    await tell(store, message("where is my sofa"), ())
    assert await found(store, "sofa") == ["where is my sofa"]
    edit = message("where is my rug", 2, kind="edit", replaces="1")
    await store.replace_message(edit)

    assert await found(store, "sofa") == []
    assert await found(store, "rug") == ["where is my rug"]


async def test_who_is_forgotten_leaves_no_words_in_the_index(store: Store) -> None:
    await tell(store, message("my secret is xylophone"), ())
    assert await found(store, "xylophone") != []
    await store.forget("telegram:7")

    assert await found(store, "xylophone") == []
    count = "SELECT count(*) FROM message_words"
    assert await store._database.read(lambda connection: connection.execute(text(count)).scalar_one()) == 0


async def test_pages_of_a_search_lead_to_the_end(store: Store) -> None:
    for chat in range(5):
        await tell(store, message(f"lamp {chat}", chat=str(chat)), ())
    met, before = [], None
    while True:
        rows, before = await store.inbox.search(Asked("lamp"), before=before, limit=2)
        met += [row.text for row in rows]
        if before is None:
            break
    assert met == [f"lamp {chat}" for chat in reversed(range(5))]


async def test_what_is_not_indexed_yet_is_indexed_in_batches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH", 2)
    for number in range(1, 6):
        await tell(store, message(f"line {number}", number), ())
    assert [await store.inbox.index_messages() for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    ("asked", "chats"),
    [
        (Asked(intent="order_status"), "21"),
        (Asked(intent="refund"), ""),
        (Asked("lamp", intent="order_status"), "1"),
        (Asked(decision="hand_over"), "2"),
        (Asked(answer="order_status_shipped"), "1"),
        (Asked(sentiment="neutral", language="en"), "21"),
        (Asked(sentiment="angry"), ""),
        (Asked(below=0.95), "21"),
        (Asked(below=0.5), ""),
        (Asked(channel="telegram", begins=START), "21"),
        (Asked(channel="web"), ""),
        (Asked(ends=START), ""),
        (Asked(rated=4), "1"),
        (Asked("sofa", rated=4), ""),
        (Asked(handed_over=True), "2"),
        (Asked(handed_over=False), "1"),
    ],
)
async def test_messages_are_found_by_what_was_made_of_them(store: Store, asked: Asked, chats: str) -> None:
    turn = await tell(store, message("the lamp", chat="1"), ())
    other = await tell(store, message("the sofa", chat="2"), (), Decision("hand_over", "angry"))
    wait = Move("waiting", None, {}, "angry", ())
    back = Move("bot", None, {}, "given_back", ())
    await store.inbox.move(other.conversation_id, None, lambda held: wait)
    await store.inbox.move(other.conversation_id, None, lambda held: back)
    question = Line("bot", "How content are you?")
    ask = Move("closed", None, {}, "closed", (question,), asks_to_rate=True)
    moved = await store.inbox.move(turn.conversation_id, None, lambda held: ask)
    assert moved is not None
    await store.inbox.rate(moved.message_ids[0], 4)

    rows, _ = await store.inbox.search(asked)

    assert {row.id for row in rows} == {(await store.conversation(message(chat=chat))).id for chat in chats}
