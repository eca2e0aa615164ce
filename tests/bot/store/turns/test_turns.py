"""Turns: saved once, given back whole."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from bot.messages import Button, Decision, Turn
from bot.store.errors import StoreError
from bot.store.records import Conversation
from bot.store.store import Store
from bot.store.tables.log import messages, understandings
from tests.bot.store.told import ANSWER, message, tell

pytestmark = pytest.mark.usefixtures("long_ago_and_now")


async def test_a_repeated_message_gets_the_replies_it_had(store: Store) -> None:
    buttons = (Button("Helpful", "feedback:helpful"), Button("Not", "feedback:not_helpful"))
    first = await tell(store, message(), ("It is on its way.", "Anything else?"), buttons=buttons)
    again = await store.arrival(message())
    assert isinstance(again, Turn)
    assert again.is_repeat
    assert again.replies == first.replies
    assert all(reply.message_id > 0 and reply.buttons == buttons for reply in again.replies)
    assert again.decision == ANSWER
    assert again.timings_ms == {"understand": 2.5}
    assert (again.message_id, again.conversation_id) == (first.message_id, first.conversation_id)
    assert isinstance(await store.arrival(message(number=2)), Conversation)
    assert isinstance(await store.arrival(message(chat="8")), Conversation)


async def test_saving_a_message_many_times_at_once_makes_one_turn(store: Store, url: str) -> None:
    async with await Store.open(url, exclusive=False) as other:
        await store.conversation(message())
        turns = await asyncio.gather(
            *(tell(each, message(), (f"{i}",)) for i in range(10) for each in (store, other))
        )
    assert sum(not turn.is_repeat for turn in turns) == 1
    assert len({turn.replies for turn in turns}) == 1
    assert [line.speaker for line in await store.transcript("telegram:7")] == ["customer", "bot"]


async def test_a_new_conversation_met_by_two_at_once_is_made_once(store: Store, url: str) -> None:
    async with await Store.open(url, exclusive=False) as other:
        made = await asyncio.gather(*(each.conversation(message()) for each in (store, other) * 5))
    assert len({conversation.id for conversation in made}) == 1


async def test_state_and_status_come_back_as_saved(store: Store) -> None:
    state = {"slots": {"order_number": "LW-1"}, "asked": ["数量", None, 2]}
    before = await store.conversation(message())
    assert (before.state, before.status, before.last_at) == ({}, "bot", None)
    await tell(store, message(), state=state)
    still_bot = await store.conversation(message())
    assert still_bot.state == state
    assert still_bot.status_since == before.status_since
    await tell(store, message(number=2), (), None, status="person")
    person = await store.conversation(message())
    assert (person.status, person.state) == ("person", {})
    assert person.status_since > before.status_since
    turn = await store.arrival(message(number=2))
    assert isinstance(turn, Turn)
    assert (turn.replies, turn.decision, turn.status) == ((), None, "person")


async def test_a_turn_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    await store.record_updates("telegram", [("900", {"text": "hi"})])
    said = message(update_id="900")
    with pytest.raises(StatementError, match="not JSON serializable"):
        await tell(store, said, state={"not JSON": object()})
    assert await store.transcript("telegram:7") == []
    assert [seen.update_id for seen in await store.open_updates("telegram")] == ["900"]
    await tell(store, said)
    assert await store.open_updates("telegram") == []


async def test_what_was_understood_is_kept_without_vectors(store: Store) -> None:
    turn = await tell(store, message(), entity="LW-48213")
    row = await store._database.read(lambda connection: connection.execute(select(understandings)).one())
    assert row.message_id == turn.message_id
    assert (row.intent, row.prob, row.release, row.sentiment) == ("order_status", 0.93, "r1", "neutral")
    assert row.class_intents == [["order_status", 0.8], ["refund_status", 0.1]]
    assert row.candidates == [["order_status_shipped", 0.93]]
    assert row.entities[0]["text"] == "LW-48213"
    assert "vector" not in understandings.c


@pytest.mark.parametrize(
    "text", ["", "NUL \0 and \ud83d alone", "x" * 100_000, "退款 🙂", "'; DROP TABLE messages; --"]
)
async def test_any_text_is_stored(store: Store, text: str) -> None:
    await tell(store, message(text), (text,))
    [said, answered] = await store.transcript("telegram:7")
    assert said.text == answered.text == text.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")
    assert len(said.text) == len(text)


async def test_an_edit_keeps_the_old_text(store: Store) -> None:
    turn = await tell(store, message("Where is LW-1?"))
    edit = message("Where is LW-2?", 2, kind="edit", replaces="1")
    assert await store.replace_message(edit) == turn.message_id
    assert await store.replace_message(edit) == turn.message_id
    assert (await store.transcript("telegram:7"))[0].text == "Where is LW-2?"
    query = select(messages.c.versions).where(messages.c.id == turn.message_id)
    versions = await store._database.read(lambda connection: connection.execute(query).scalar_one())
    assert [version["text"] for version in versions] == ["Where is LW-1?"]
    assert await store.replace_message(message("?", 3, kind="edit", replaces="99")) is None


async def test_turns_of_many_conversations_run_side_by_side(store: Store) -> None:
    await asyncio.gather(
        *(tell(store, message(number=n, chat=str(chat))) for chat in range(8) for n in range(3))
    )
    query = select(func.count()).select_from(messages)
    count = await store._database.read(lambda connection: connection.execute(query).scalar_one())
    assert count == 8 * 3 * 2


async def test_the_transcript_is_read_in_pieces(store: Store) -> None:
    for number in range(5):
        await tell(store, message(f"message {number}", number), (f"reply {number}",))
    first = await store.transcript("telegram:7", limit=3)
    rest = await store.transcript("telegram:7", after=first[-1].id)
    assert [line.text for line in first] == ["message 0", "reply 0", "message 1"]
    assert len(rest) == 7
    assert (rest[0].decision_kind, rest[0].answer_id) == ("answer", "order_status_shipped")
    assert rest[1].external_id == "2"


async def test_the_chosen_language_is_the_customers_everywhere(store: Store) -> None:
    await store.set_language("telegram:7", "zh")
    assert (await store.conversation(message())).language == "zh"
    group = message(conversation_key="telegram:-100")
    assert (await store.conversation(group)).language == "zh"
    assert (
        await store.conversation(message(conversation_key="telegram:-100", customer_key="telegram:8"))
    ).language == ""


async def test_a_message_without_an_id_of_its_own_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="external_id"):
        await tell(store, message(external_id=""), decision=Decision("clarify", "uncertain"))
