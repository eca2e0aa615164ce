"""A model in threads of this process."""

import asyncio
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from bot.loading import load_reader
from bot.reader.threaded import ThreadedReader
from bot.reader.threads import NICENESS, n_cores, reading_threads
from bot.settings import load_settings

pytestmark = pytest.mark.slow


@pytest.fixture
def reader(trained: Path) -> ThreadedReader:
    return ThreadedReader(load_reader(load_settings(trained)).reader)


async def test_messages_that_arrive_together_are_read_as_each_alone(reader: ThreadedReader) -> None:
    texts = [f"{word} {i}" for i, word in enumerate(["cancel", "open", "money", "lamp", "joke"] * 8)]
    alone = await reader.read(texts)
    together = [one for [one] in await asyncio.gather(*(reader.read([text]) for text in texts))]
    assert [one.understanding.text for one in together] == texts
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.understanding.vector, other.understanding.vector)
        assert one.understanding.intents == other.understanding.intents
        assert one.findings == other.findings


async def test_the_nearest_example_of_each_vector_is_told(reader: ThreadedReader) -> None:
    [example] = (await reader.read(["are you open today"]))[0].findings.neighbours[:1]
    vectors = [(await reader.understand(text)).vector for text in (example.text, "zzz qqq")]
    nearest = await reader.nearness(np.stack(vectors))
    assert nearest[0] == pytest.approx(1.0, abs=1e-3)
    assert nearest[1] < nearest[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads with a niceness of their own")
def test_threads_in_the_background_give_way() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with reading_threads(in_background=True) as behind, reading_threads() as before:
        assert before.submit(niceness).result() == niceness()
        assert behind.submit(niceness).result() == max(NICENESS, niceness())
        assert behind._max_workers == 1
        assert before._max_workers == n_cores()
