"""Threads that search a memory while others teach it and take back what they taught; it becomes cells meanwhile.

python -m tests.retrieval.memory_stress unsafe   # without the memory's lock: fails, or crashes"""

import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from retrieval import vector_index
from retrieval.memory import Example, Memory

WIDTH = 16
N_KNOWN, N_TEACHERS, N_TAUGHT = 200, 6, 100


def vector_of(text: str) -> NDArray[np.float32]:
    """A direction of its own for each text."""
    found = np.random.default_rng(zlib.crc32(text.encode())).normal(size=WIDTH)
    return (found / np.linalg.norm(found)).astype(np.float32)


class NoLock:
    """Keeps nobody out."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@contextmanager
def hurried(cells_from: int) -> Iterator[None]:
    """Threads take turns as often as they can, and few vectors become cells."""
    interval, usual = sys.getswitchinterval(), vector_index.CELLS_FROM
    sys.setswitchinterval(1e-6)
    vector_index.CELLS_FROM = cells_from
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        vector_index.CELLS_FROM = usual


def stress(*, is_safe: bool = True) -> list[str]:
    """What went wrong."""
    known = [f"known {i}" for i in range(N_KNOWN)]
    taught = [[f"{worker}-{i}" for i in range(N_TAUGHT)] for worker in range(N_TEACHERS)]
    vectors = {text: vector_of(text) for text in chain(known, *taught)}
    memory = Memory([Example(text, "x") for text in known], np.stack([vectors[text] for text in known]))
    if not is_safe:
        memory._lock = memory._index.lock = NoLock()  # type: ignore[assignment]  # it is no lock
    wrong: list[str] = []
    is_over = threading.Event()

    def teach(worker: int) -> None:
        for i, text in enumerate(taught[worker]):
            memory.learn(Example(text, f"intent {worker}", 1000 * worker + i), vectors[text])
            if memory.search(vectors[text], 1)[0][0].text != text:
                wrong.append(f"{text} was not found")
            if i % 2 and not memory.unlearn(1000 * worker + i):
                wrong.append(f"{text} could not be unlearned")

    def look() -> None:
        while not is_over.is_set():
            for text in known[::20]:
                if memory.search(vectors[text], 3)[0][0].text != text:
                    wrong.append(f"{text} got lost")
            memory.word_scores("known 1", memory.intents)

    def noted(work: Callable[..., None], *args: int) -> threading.Thread:
        def run() -> None:
            try:
                work(*args)
            except Exception as error:  # a thread's error is a finding like any other
                wrong.append(repr(error))

        return threading.Thread(target=run, daemon=True)

    lookers = [noted(look) for _ in range(3)]
    teachers = [noted(teach, worker) for worker in range(N_TEACHERS)]
    for thread in (*lookers, *teachers):
        thread.start()
    for thread in teachers:
        thread.join()
    is_over.set()
    for thread in lookers:
        thread.join()
    memory.wait()
    for texts in taught:
        for i, text in enumerate(texts):
            is_there = memory.search(vectors[text], 1)[0][0].text == text
            if is_there == bool(i % 2):
                wrong.append(f"{text} is {'still' if is_there else 'no longer'} there")
    n_left = N_KNOWN + N_TEACHERS * N_TAUGHT // 2
    if len(memory) != n_left:
        wrong.append(f"{len(memory)} examples are left of {n_left}")
    return wrong


if __name__ == "__main__":
    with hurried(cells_from=300):
        found = stress(is_safe=sys.argv[1:] != ["unsafe"])
    print(*found[:5], sep="\n")
    sys.exit(bool(found))
