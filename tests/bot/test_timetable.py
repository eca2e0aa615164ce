"""When the desk does something by itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.timetable import parse_timetable

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment", "last", "following"),
    [
        ("night at 03:00", "2026-03-04 12:00", "2026-03-04 03:00", "2026-03-05 03:00"),
        ("Every night at 3:00", "2026-03-04 03:00", "2026-03-04 03:00", "2026-03-05 03:00"),
        ("day at 22:30", "2026-03-04 12:00", "2026-03-03 22:30", "2026-03-04 22:30"),
        ("monday at 22:30", "2026-03-04 12:00", "2026-03-02 22:30", "2026-03-09 22:30"),
        ("wednesday  at 12:00", "2026-03-04 12:00", "2026-03-04 12:00", "2026-03-11 12:00"),
    ],
)
def test_the_last_and_the_next_time(text: str, moment: str, last: str, following: str) -> None:
    table = parse_timetable(text, BERLIN)
    assert table is not None
    at = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    assert f"{table.last(at):%Y-%m-%d %H:%M}" == last
    assert f"{table.next(at):%Y-%m-%d %H:%M}" == following


@pytest.mark.parametrize("text", ["", "never", " NEVER "])
def test_never(text: str) -> None:
    assert parse_timetable(text, BERLIN) is None


@pytest.mark.parametrize(
    "text", ["night", "night at 25:00", "night at 3", "hour at 03:00", "at 03:00", "x" * 9999]
)
def test_what_is_no_timetable_is_named(text: str) -> None:
    with pytest.raises(BotError, match="wanted night at HH:MM"):
        parse_timetable(text, BERLIN)


@given(st.integers(1_767_225_600, 1_830_297_600))
def test_times_follow_each_other_through_summer_and_winter_time(seconds: int) -> None:
    table = parse_timetable("night at 02:30", BERLIN)
    assert table is not None
    moment = datetime.fromtimestamp(seconds, UTC)
    last, following = table.last(moment), table.next(moment)
    assert last <= moment < following
    assert timedelta(hours=22) < following - last < timedelta(hours=26)
    assert table.last(following) == following
