"""The clock of the machine is set forward or back, or messages carry times of another one."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.flood import SWEEP_AT, FloodLimit

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = 3


def flooded() -> FloodLimit:
    """Somebody wrote too much and was told so."""
    flood = FloodLimit(LIMIT)
    assert [flood.judge("anna", NOW) for _ in range(LIMIT + 2)] == ["fine"] * LIMIT + ["tell", "ignore"]
    return flood


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-365), timedelta(hours=1)])
def test_who_wrote_too_much_is_heard_again_whichever_way_the_clock_jumps(jump: timedelta) -> None:
    flood = flooded()

    assert flood.judge("anna", NOW + jump) == "fine"
    later = [flood.judge("anna", NOW + jump + timedelta(seconds=n)) for n in range(LIMIT)]
    assert later == ["fine"] * (LIMIT - 1) + ["tell"]


def test_a_day_old_backlog_is_no_flood_and_opens_no_way_around_the_limit() -> None:
    flood = FloodLimit(LIMIT)
    hours = [NOW - timedelta(hours=hour) for hour in range(24, 0, -1)]

    assert {flood.judge("anna", at) for at in hours for _ in range(LIMIT)} == {"fine"}
    assert [flood.judge("anna", NOW) for _ in range(LIMIT + 1)] == ["fine"] * LIMIT + ["tell"]


def test_customers_of_the_future_are_let_go_too() -> None:
    flood = FloodLimit(LIMIT)
    for number in range(SWEEP_AT):
        flood.judge(f"c{number}", NOW)

    flood.judge("anna", NOW - timedelta(days=1))

    assert len(flood._seen) == 1
