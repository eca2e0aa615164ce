"""Telegram's limits are kept: overall, in a chat, in a group; one chat's wait is nobody else's."""

import asyncio
import time

import pytest

from bot.channels.telegram.pace import SWEEP_AT, Pace, Window
from bot.channels.telegram.tempo import Tempo


async def times_of(pace: Pace, chats: list[int]) -> dict[int, list[float]]:
    """Send to these chats at once; when each got its messages, in seconds from now."""
    started, found = time.monotonic(), {chat: list[float]() for chat in chats}

    async def send(chat: int) -> None:
        await pace.wait(chat)
        found[chat].append(time.monotonic() - started)

    await asyncio.gather(*(send(chat) for chat in chats))
    return found


def test_a_window_counts_what_lies_in_it() -> None:
    window = Window(2, 60.0)
    assert window.free_at() <= 0
    window.count(100.0)
    window.count(130.0)
    assert window.free_at() == 160.0
    window.count(160.0)
    assert window.free_at() == 190.0


async def test_messages_to_one_chat_keep_their_distance() -> None:
    times = await times_of(Pace(Tempo(chat_s=0.1)), [7, 7, 7, 8])

    assert times[8][0] < times[7][1]
    gaps = [later - earlier for earlier, later in zip(times[7], times[7][1:], strict=False)]
    assert all(gap >= 0.095 for gap in gaps)


async def test_all_chats_together_keep_a_limit() -> None:
    times = await times_of(Pace(Tempo(messages_per_second=5)), list(range(1, 9)))

    late = [moments[0] for moments in times.values() if moments[0] >= 0.95]
    assert len(late) == 3


async def test_a_group_has_a_limit_by_the_minute_and_a_person_has_none() -> None:
    pace = Pace(Tempo(chat_s=0.0, group_messages_per_minute=2))

    await asyncio.wait_for(times_of(pace, [7, 7, 7]), 0.5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(times_of(pace, [-7, -7, -7]), 0.2)


async def test_a_chat_on_hold_holds_up_no_other() -> None:
    pace = Pace(Tempo())
    pace.hold(7, 0.2)
    pace.hold(7, 0.1)

    times = await times_of(pace, [7, 8])

    assert times[8][0] < times[7][0]
    assert times[7][0] >= 0.19


async def test_chats_long_silent_are_forgotten() -> None:
    pace = Pace(Tempo(chat_s=0.0, messages_per_second=10**6))
    await times_of(pace, list(range(1, SWEEP_AT + 1)))
    pace.hold(1, 60.0)
    await times_of(pace, [SWEEP_AT + 1])

    assert set(pace._chats) == {1, SWEEP_AT + 1}
