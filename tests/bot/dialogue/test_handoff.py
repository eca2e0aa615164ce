"""Who has the conversation, from when to when, and what the customer is told about it."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.dialogue.handoff import close, give_back, hand_over, hear, is_given_up, notice, take
from bot.dialogue.hours import is_open, next_opening
from bot.dialogue.state import ConversationState, Form, SlotValue
from bot.settings import Desk
from bot.wording import wording

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
SHOP = Desk(
    time_zone="Europe/London", opens=time(8), closes=time(18), days=("mon", "tue", "wed", "thu", "fri", "sat")
)
BUSY = ConversationState(
    form=Form("x", None, key=1), paused=Form("y", "z", key=2), unsure="uncertain", question="forget", negatives=1,
    slots={"order_number": SlotValue("LW-1", "x", 0.0)},
)  # fmt: skip


def test_a_handoff_leaves_nothing_open_but_keeps_what_is_known() -> None:
    moves = (hand_over(BUSY, WEDNESDAY, "angry"), take(BUSY, WEDNESDAY, 1), give_back(BUSY), close(BUSY, 1))
    for custody in moves:
        state = custody.state
        assert (state.form, state.paused, state.unsure, state.question, state.negatives) == (
            None,
            None,
            "",
            "",
            0,
        )
        assert state.slots == BUSY.slots


def test_a_word_starts_the_silence_again() -> None:
    handed = hand_over(ConversationState(), WEDNESDAY, "angry")
    heard = hear(handed.state, WEDNESDAY + timedelta(hours=20))
    later = WEDNESDAY + timedelta(hours=25)

    assert is_given_up(handed.state, WEDNESDAY, later, 86400)
    assert not is_given_up(heard, WEDNESDAY, later, 86400)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 3, 4, 12, tzinfo=UTC), None),
        (datetime(2026, 3, 4, 18, tzinfo=UTC), "Thursday 08:00"),
        (datetime(2026, 3, 4, 7, 59, tzinfo=UTC), "Wednesday 08:00"),
        (datetime(2026, 3, 7, 19, tzinfo=UTC), "Monday 08:00"),
        (datetime(2026, 7, 1, 7, 30, tzinfo=UTC), None),  # summer time: it is 8:30 in London
    ],
)
def test_outside_business_hours_the_customer_is_told_when_someone_is_there(
    now: datetime, opens: str | None
) -> None:
    told = notice(wording("en"), SHOP, now)

    assert is_open(SHOP, now) == (opens is None)
    assert opens is None or opens in told


def test_hours_may_pass_midnight() -> None:
    night = Desk(opens=time(22), closes=time(6), days=("fri",))

    assert is_open(night, datetime(2026, 3, 7, 5, tzinfo=UTC))
    assert not is_open(night, datetime(2026, 3, 8, 5, tzinfo=UTC))
    assert not is_open(night, datetime(2026, 3, 7, 23, tzinfo=UTC))


def test_a_desk_without_hours_is_always_open() -> None:
    assert is_open(Desk(), WEDNESDAY)
    assert next_opening(Desk(), WEDNESDAY) is None


def test_state_survives_the_log() -> None:
    assert ConversationState.from_json(BUSY.to_json()) == BUSY
    assert ConversationState.from_json({}) == ConversationState()
    assert ConversationState.from_json({"a_later_field": 1}) == ConversationState()
