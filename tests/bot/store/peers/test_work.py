"""Work that one process does: begun when it is ours, ended when it is another's."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from bot.store.peers import work as work_module
from bot.store.peers.peers import NoPeers
from bot.store.peers.work import Work


@dataclass
class Asked(NoPeers):
    """Answers whether work is ours as the test says."""

    is_ours: bool | None = False
    n_asked: int = 0
    let_go_of: list[str] = field(default_factory=list)

    async def take(self, work: str) -> bool | None:
        self.n_asked += 1
        return self.is_ours

    def let_go(self, work: str) -> None:
        self.let_go_of.append(work)

    async def says(self, is_ours: bool | None) -> None:
        """Answer so, and be asked twice."""
        self.is_ours, asked = is_ours, self.n_asked
        async with asyncio.timeout(10):
            while self.n_asked < asked + 2:
                await asyncio.sleep(0.001)


async def test_work_is_done_while_it_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    async def do() -> None:
        done.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            done.append("ended")

    peers = Asked()
    work = Work(peers, "upkeep", do, look_every_s=0.001)
    running = asyncio.create_task(work.run())
    await peers.says(False)
    assert (done, work.is_ours) == ([], False)
    await peers.says(True)
    assert (done, work.is_ours) == (["begun"], True)
    await peers.says(None)  # nobody knows, and nobody else can have it yet
    assert done == ["begun"]
    await peers.says(False)
    assert (done, work.is_ours) == (["begun", "ended"], False)

    await peers.says(True)
    monkeypatch.setattr(work_module, "GRACE_S", 0.0)
    await peers.says(None)
    assert done == ["begun", "ended"] * 2

    await peers.says(True)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert done == ["begun", "ended"] * 3
    assert peers.let_go_of == ["upkeep"]


async def test_what_work_raises_is_raised() -> None:
    async def do() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Work(Asked(is_ours=True), "upkeep", do).run()
