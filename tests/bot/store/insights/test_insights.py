"""Figures of a log written by hand: every number here was counted by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from bot.store.inbox.views import Person
from bot.store.insights.figures import Figures, Mood
from bot.store.store import Store
from bot.store.tables.figures import day_figures
from tests.bot.colleagues import add_colleague
from tests.bot.store.log import Log
from tests.bot.store.told import message, tell

UTC_ZONE = ZoneInfo("UTC")
DAY = date(2026, 3, 2)  # a Monday


def at(clock: str, day: int = 2, second: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


async def of_day(store: Store, day: date = DAY, zone: str = "UTC") -> Figures:
    return (await store.insights.days([day], ZoneInfo(zone)))[day]


async def test_a_day_in_figures(store: Store) -> None:
    log = Log(store)
    # One the bot answers, one it does not: 7 is content, 8 gets a person after 10 minutes, 9 found it not helpful.
    await log.say(at("9:00"), "7")
    await log.say(at("9:05"), "7", kind="ask", reason="missing_slot")
    await log.say(at("10:00"), "8", kind="clarify", reason="uncertain", intent=None)
    await log.say(at("10:01"), "8", kind="hand_over", reason="still_uncertain", sentiment="negative")
    await log.move(at("10:01"), "waiting", "8")
    await log.say(at("10:05"), "8", kind=None, sentiment="angry", intent="refund")
    await log.move(at("10:11"), "person", "8", "taken")
    await log.reply(at("10:11"), "8")
    await log.reply(at("10:20"), "8")
    await log.move(at("10:31"), "closed", "8", "closed")
    await log.say(at("23:59"), "9", kind="clarify", reason="out_of_scope", intent=None, sentiment=None)
    disliked = await log.reply(at("23:59"), "9", "bot")
    await log.opine(at("23:59"), disliked, "not_helpful")
    await log.opine(at("23:59"), disliked, "helpful")
    # The next day has its own: midnight belongs to it. The last was more of an album.
    await log.say(at("0:00", 3), "7")
    await log.say(at("12:00"), "7", kind=None, sentiment=None, external_id="edit")

    figures = await of_day(store)

    assert (figures.messages, figures.conversations) == (7, 3)
    assert figures.resolved == 2  # 7, and 8 which staff closed
    assert figures.outcomes == Counter(answer=1, ask=1, clarify=2, hand_over=1, person=1, none=1)
    assert figures.unanswered == Counter(uncertain=1, still_uncertain=1, out_of_scope=1)
    assert figures.intents == Counter(order_status=2, refund=1)
    assert (figures.handovers, figures.waits_s, figures.closings_s) == (1, (600.0,), (1800.0,))
    assert (figures.helpful, figures.not_helpful) == (1, 1)
    assert {hour: n for hour, n in enumerate(figures.hours) if n} == {9: 2, 10: 3, 12: 1, 23: 1}
    # Of 5 with a sentiment 2 are unhappy; the second is of a customer who was unhappy already.
    assert figures.mood() == Mood(5, 2, 4, 1)
    assert figures.mood(("intent", "refund")) == Mood(1, 1, 0, 0)
    assert (await of_day(store, DAY + timedelta(days=1))).messages == 1


async def test_edits_do_not_count(store: Store) -> None:
    log = Log(store)
    await log.say(at("9:00"))
    await log.say(at("9:01"), kind=None)

    def edit(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE messages SET kind = 'edit' WHERE external_id = '2'")

    await store._database.write(edit)
    assert (await of_day(store)).messages == 1


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", 2, {0: 1, 15: 1, 23: 1}),
        ("Asia/Shanghai", 2, {8: 1, 23: 1}),
        ("Asia/Shanghai", 3, {7: 1}),
        ("Asia/Kathmandu", 2, {5: 1, 21: 1}),  # 5:45 ahead
        ("America/New_York", 1, {19: 1}),
    ],
)
async def test_days_and_hours_are_those_of_the_zone(
    store: Store, zone: str, day: int, hours: dict[int, int]
) -> None:
    log = Log(store)
    for clock in ("0:00", "15:59", "23:59"):
        await log.say(at(clock))
    figures = await of_day(store, date(2026, 3, day), zone)
    assert {hour: n for hour, n in enumerate(figures.hours) if n} == hours


async def test_the_day_on_which_clocks_change_has_all_its_hours(store: Store) -> None:
    """In London 2026-03-29 begins at 0:00 UTC, has no hour 1, and ends at 23:00 UTC."""
    log = Log(store)
    for clock in ("0:30", "1:30", "22:59", "23:00"):
        await log.say(at(clock, 29))
    figures = await of_day(store, date(2026, 3, 29), "Europe/London")
    assert {hour: n for hour, n in enumerate(figures.hours) if n} == {0: 1, 2: 1, 23: 1}


async def test_a_day_is_counted_once_until_something_of_it_comes_late(store: Store) -> None:
    log = Log(store)
    await log.say(at("9:00"))
    assert (await of_day(store)).messages == 1
    await log.say(at("9:01"))
    assert (await of_day(store)).messages == 1  # as it was kept
    await tell(store, message("late", chat="9", received_at=at("9:02")))
    assert (await of_day(store)).messages == 3


async def test_days_are_counted_newest_first_while_somebody_waits(store: Store) -> None:
    log, wanted = Log(store), [date(2026, 2, 20) + timedelta(days=off) for off in range(11)]
    for day in (1, 2):
        await log.say(at("9:00", day), "7")

    first = await store.insights.days(wanted, UTC_ZONE, patience_s=0)

    assert first.keys() == {DAY, *(day for day in wanted if day < date(2026, 3, 1))}
    assert sum(figures.messages for figures in first.values()) == 1
    assert len(await store.insights.days(wanted, UTC_ZONE, patience_s=0)) == len(wanted)


async def test_all_days_are_counted_once_in_steps(store: Store) -> None:
    log = Log(store)
    begin = datetime.now(UTC) - timedelta(days=3)
    assert not await store.insights.count_next(UTC_ZONE)
    await log.say(begin, "7")

    n_steps = 0
    while await store.insights.count_next(UTC_ZONE):
        n_steps += 1

    n_kept = select(func.count()).select_from(day_figures)
    assert await store._database.read(lambda connection: connection.execute(n_kept).scalar_one()) == n_steps
    assert n_steps in (2, 3), "yesterday isn't settled in the first half hour of a day"
    [figures] = (await store.insights.days([begin.date()], UTC_ZONE)).values()
    assert figures.messages == 1


async def test_who_is_forgotten_leaves_the_days(store: Store) -> None:
    log = Log(store)
    await log.say(at("9:00"), "7", product="Priya's lamp")
    await of_day(store)
    await store.forget("telegram:7")

    def kept(connection: Connection) -> int:
        return int(connection.execute(select(func.count()).select_from(day_figures)).scalar_one())

    assert await store._database.read(kept) == 0
    figures = await of_day(store)
    assert (figures.messages, dict(figures.intents), figures.moods) == (1, {"order_status": 1}, {})


async def test_products_have_moods_of_their_own(store: Store) -> None:
    log = Log(store)
    await log.say(at("9:00"), product="lamp", sentiment="angry")
    await log.say(at("9:01"), product="sofa")
    figures = await of_day(store)
    assert figures.mood(("product", "lamp")) == Mood(1, 1, 1, 1)
    assert figures.mood(("product", "sofa")) == Mood(1, 0, 0, 0)


async def test_given_back_to_the_team_is_no_hand_over_and_taken_unasked_no_wait(store: Store) -> None:
    log = Log(store)
    await log.say(at("9:00"))
    await log.move(at("9:01"), "person", reason="taken")
    await log.reply(at("9:01"))
    await log.move(at("9:02"), "waiting", reason="unassigned")
    await log.reply(at("9:09"))
    await log.move(at("9:31"), "closed")
    figures = await of_day(store)
    assert (figures.handovers, figures.waits_s, figures.closings_s) == (0, (), (1800.0,))
    assert figures.resolved == 1


async def test_ratings_are_those_asked_for_in_the_time(store: Store) -> None:
    log = Log(store)
    for minute, score in enumerate((5, 5, 2, None)):
        number = await log.reply(at(f"9:0{minute}"))
        await log.rate(at(f"9:0{minute}"), number, score)
    await log.rate(at("9:00", 3), await log.reply(at("9:00", 3)), 1)

    found = await store.insights.ratings(at("0:00"), at("0:00", 3))

    assert (found.asked, found.answered, found.scores) == (4, 3, (0, 1, 0, 0, 2))
    assert (found.mean, found.answered_share) == (4.0, 0.75)


async def test_questions_without_an_answer_newest_first(store: Store) -> None:
    log = Log(store)
    for minute, (reason, text) in enumerate(
        (("out_of_scope", "a"), ("confident", "b"), ("no_answer", "c"), ("uncertain", ""), ("uncertain", "d"))
    ):
        await log.say(at(f"9:0{minute}"), text=text, reason=reason)
    await log.say(at("9:00", 3), text="later", reason="uncertain")
    found = await store.insights.unanswered(at("0:00"), at("0:00", 3), limit=10)
    assert [one.text for one in found] == ["d", "c", "a"]
    assert [one.text for one in await store.insights.unanswered(at("0:00"), at("0:00", 3), limit=1)] == ["d"]


async def test_questions_that_staff_looked_at_are_no_longer_open(store: Store) -> None:
    log = Log(store)
    numbers = [await log.say(at(f"9:0{n}"), text=text, reason="uncertain") for n, text in enumerate("abc")]
    ben = Person(await add_colleague(store, "ben"), "ben")
    await store.inbox.label_messages(numbers[:1], "refund", ben)
    found = await store.insights.unanswered(at("0:00"), at("0:00", 3), limit=10, only_open=True)
    assert [(one.text, one.intent) for one in found] == [("c", "order_status"), ("b", "order_status")]
    assert len({one.customer_id for one in found}) == 1
    assert len(await store.insights.unanswered(at("0:00"), at("0:00", 3), limit=10)) == 3


async def test_an_empty_log_has_empty_figures(store: Store) -> None:
    assert await of_day(store) == Figures()
    assert await store.insights.unanswered(at("0:00"), at("0:00", 3), limit=10) == []
    assert (await store.insights.ratings(at("0:00"), at("0:00", 3))).mean is None
