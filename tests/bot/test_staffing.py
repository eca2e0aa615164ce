"""People and the bot take turns in a conversation, and never speak at once."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.messages import WITH_PEOPLE, ButtonPress, Turn
from bot.staffing import NoConversation, Staffing, TakenByOther
from bot.store.store import Store
from bot.store.tables.log import custody_changes, ratings
from bot.store.tables.staff_work import notes
from tests.bot.colleagues import add_colleague
from tests.bot.fakes import Customer, Make, fake_reader


@dataclass
class Floor:
    """A customer, the desk, and two of the staff."""

    anna: Customer
    store: Store
    staffing: Staffing
    ben: int
    cora: int

    async def id(self) -> int:
        return (await self.store.conversation(self.anna.message())).id

    async def status(self) -> str:
        return (await self.store.conversation(self.anna.message())).status

    async def said(self) -> list[tuple[str, str]]:
        return [(line.speaker, line.text) for line in await self.store.transcript(self.anna.key)]

    async def moves(self) -> list[tuple[str, str, int | None]]:
        query = select(custody_changes).order_by(custody_changes.c.id)
        rows = await self.store._database.read(lambda connection: connection.execute(query).all())
        return [(row.status, row.reason, row.staff_id) for row in rows]


@pytest.fixture
async def floor(customer: Make, log: Store, tmp_path: Path) -> Floor:
    anna = customer()
    staffing = Staffing(log, anna.engine.settings, anna.engine.news)
    return Floor(anna, log, staffing, await add_colleague(log, "ben"), await add_colleague(log, "cora"))


async def test_a_person_takes_over_answers_and_gives_back(floor: Floor) -> None:
    anna, ben = floor.anna, floor.ben
    await anna.say("a human please")
    assert await floor.status() == "waiting"
    number = await floor.id()
    assert await anna.say("are you there?") == ("silent", None)

    await floor.staffing.say(number, ben, "Hello, Ben here.")
    assert await floor.status() == "person"
    assert await anna.say("where is LW-11111") == ("silent", None)
    await floor.staffing.give_back(number, ben)

    assert await anna.say("Where is my parcel?") == ("answer", "order_shipped")  # the number is known
    assert ("person", "Hello, Ben here.") in await floor.said()
    assert await floor.moves() == [
        ("waiting", "customer_asked", None),
        ("person", "taken", ben),
        ("bot", "given_back", ben),
    ]


async def test_of_two_who_answer_one_conversation_the_second_is_told(floor: Floor) -> None:
    await floor.anna.say("a human please")
    number = await floor.id()

    answered = await asyncio.gather(
        floor.staffing.say(number, floor.ben, "Ben here."),
        floor.staffing.say(number, floor.cora, "Cora here."),
        return_exceptions=True,
    )

    [refused] = [one for one in answered if isinstance(one, TakenByOther)]
    assert refused.assignee_id in {floor.ben, floor.cora}
    assert len([line for line in await floor.said() if line[0] == "person"]) == 1


async def test_a_conversation_can_be_taken_from_a_colleague_and_given_to_one(floor: Floor) -> None:
    await floor.anna.say("a human please")
    number = await floor.id()
    await floor.staffing.take(number, floor.ben)

    with pytest.raises(TakenByOther):
        await floor.staffing.take(number, floor.cora)
    await floor.staffing.take(number, floor.cora, from_other=True)
    await floor.staffing.say(number, floor.cora, "Cora here.")
    await floor.staffing.assign(number, floor.cora, floor.ben)
    await floor.staffing.assign(number, floor.ben, None)

    assert await floor.status() == "waiting"
    assert [(status, reason) for status, reason, _ in await floor.moves()][1:] == [
        ("person", "taken"),
        ("person", "taken"),
        ("person", "assigned"),
        ("waiting", "unassigned"),
    ]


async def test_a_reply_under_way_is_dropped_when_a_person_takes_over_meanwhile(floor: Floor) -> None:
    await floor.anna.say("hi")
    number = await floor.id()
    understander = fake_reader(floor.anna.engine.dialogue).understander
    understander.meanwhile = lambda: floor.staffing.say(number, floor.ben, "I'm on it.")

    turn = await floor.anna.send("where is LW-11111")

    assert (turn.replies, turn.decision) == ((), None)
    assert turn.understanding is not None  # for the suggestions
    # Ben's line was committed while the message was still being read, so it comes before it.
    assert (await floor.said())[-2:] == [("person", "I'm on it."), ("customer", "where is LW-11111")]


async def test_a_message_read_while_it_is_given_back_is_answered(floor: Floor) -> None:
    await floor.anna.say("a human please")
    number = await floor.id()
    understander = fake_reader(floor.anna.engine.dialogue).understander
    understander.meanwhile = lambda: floor.staffing.give_back(number, floor.ben)

    assert await floor.anna.say("where is LW-11111") == ("answer", "order_shipped")


async def test_who_closes_asks_once_a_day_how_content_the_customer_is(floor: Floor) -> None:
    anna, number = floor.anna, 0
    await anna.say("a human please")
    number = await floor.id()
    await floor.staffing.say(number, floor.ben, "All done.")
    await floor.staffing.close(number, floor.ben)
    question = (await floor.store.transcript(anna.key))[-1]
    assert [button.label for button in question.buttons] == ["1", "2", "3", "4", "5"]

    pressed = await anna.send("4", kind="button", button=ButtonPress(question.id, 3))
    assert pressed.decision is not None
    assert pressed.decision.reason == "rated"
    assert await anna.say("quick and kind") == ("answer", None)
    assert await floor.status() == "closed"
    row = await floor.store._database.read(lambda connection: connection.execute(select(ratings)).one())
    assert (row.score, row.comment, row.staff_id) == (4, "quick and kind", floor.ben)

    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await floor.status() == "bot"
    await floor.staffing.close(number, floor.ben)
    assert (await floor.store.transcript(anna.key))[-1].text != question.text


async def test_a_request_after_the_rating_is_no_comment(floor: Floor) -> None:
    await floor.anna.say("hi")
    number = await floor.id()
    await floor.staffing.close(number, floor.ben)
    question = (await floor.store.transcript(floor.anna.key))[-1]
    await floor.anna.send("1", kind="button", button=ButtonPress(question.id, 0))

    assert await floor.anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await floor.status() == "bot"


async def test_notes_stay_among_staff(floor: Floor) -> None:
    await floor.anna.say("hi")
    await floor.staffing.note(await floor.id(), floor.ben, "Careful, third complaint.")

    assert "Careful" not in str(await floor.said())
    await floor.store.forget(floor.anna.key)
    assert await floor.store._database.read(lambda connection: connection.execute(select(notes)).all()) == []


async def test_who_floods_a_person_costs_no_understanding(customer: Make, log: Store) -> None:
    anna = customer(messages_per_minute=3)
    await anna.say("a human please")
    understander = fake_reader(anna.engine.dialogue).understander
    understander.read.clear()

    for number in range(6):
        assert await anna.say(f"hello {number}?") == ("silent", None)

    assert understander.read == ["hello 0?", "hello 1?"]
    lines = [line.text for line in await log.transcript(anna.key) if line.speaker == "customer"]
    assert len(lines) == 7  # nothing is lost


async def test_what_is_not_there_cannot_be_taken(floor: Floor) -> None:
    await floor.anna.say("hi")
    number = await floor.id()
    await floor.store.forget(floor.anna.key)
    for missing in (number, number + 999):
        with pytest.raises(NoConversation):
            await floor.staffing.take(missing, floor.ben)


SAID = ["hi", "where is LW-11111", "a human please", "crash", "", "/bot", "/human"]
DONE = ["take", "say", "give back", "close", "assign", "unassign"]
KEYS = itertools.count()


@given(
    steps=st.lists(st.tuples(st.sampled_from(SAID), st.sampled_from(["", *DONE]), st.booleans()), max_size=8)
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_bot_never_speaks_while_people_have_the_conversation(
    floor: Floor, steps: list[tuple[str, str, bool]]
) -> None:
    """Invariant 3: whatever staff do before, or while, a message is read, there is a reply exactly where the bot
    has the conversation when the turn is written."""
    anna = floor.anna
    anna.key = f"web:{next(KEYS)}"
    await anna.say("hi")
    number = await floor.id()
    understander = fake_reader(anna.engine.dialogue).understander
    for line, deed, is_meanwhile in steps:
        anna.now += timedelta(seconds=30)
        if deed and is_meanwhile:
            understander.meanwhile = lambda deed=deed: _do(floor, deed, number)  # type: ignore[misc]
        elif deed:
            await _do(floor, deed, number)
        turn = await anna.send(line)
        understander.meanwhile = None
        if line == "/bot":
            assert turn.replies
        elif await floor.status() in WITH_PEOPLE and not _hands_over(turn):
            assert (turn.replies, turn.decision) == ((), None)
        else:
            assert turn.replies


def _hands_over(turn: Turn) -> bool:
    return turn.decision is not None and turn.decision.kind == "hand_over"


async def _do(floor: Floor, deed: str, number: int) -> None:
    match deed:
        case "take":
            await floor.staffing.take(number, floor.ben, from_other=True)
        case "say":
            await floor.staffing.assign(number, floor.ben, floor.ben)
            await floor.staffing.say(number, floor.ben, "Ben here.")
        case "give back":
            await floor.staffing.give_back(number, floor.ben)
        case "close":
            await floor.staffing.close(number, floor.ben)
        case "assign":
            await floor.staffing.assign(number, floor.ben, floor.cora)
        case "unassign":
            await floor.staffing.assign(number, floor.ben, None)
