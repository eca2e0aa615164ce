"""What one message costs a desk, stage by stage, one after another.

    python -m bench.turns examples/shop
    python -m bench.turns examples/shop --database postgresql://kefu@localhost/empty

Processor time of all threads and wall time, both in ms a message. Only one message is under way at a time, so that what the
process uses meanwhile is that message's."""

import asyncio
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
from numpy.typing import NDArray

from bench.chats import chats
from bench.command import run
from bench.load import texts_of, texts_of_dialogues
from bench.served import copy_for_clients
from bot.desk import open_desk
from bot.garbage import settle
from bot.reader.reader import Reader
from bot.reader.threaded import ThreadedReader
from bot.settings import load_settings
from bot.store.databases.database import Database, open_database
from bot.store.store import Store
from nlu.understanding import Understanding
from retrieval.candidates import Findings

WARM_UP = 100  # messages


@dataclass
class Stages:
    """Seconds of processor and of wall, by stage."""

    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    wall: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Whatever runs within the block is of that stage."""
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu[stage] += time.process_time() - cpu
            self.wall[stage] += time.perf_counter() - wall


@dataclass(frozen=True)
class TimedUnderstander:
    """An understander whose time is taken."""

    inner: Any
    stages: Stages

    def understand_batch(self, texts: Sequence[str]) -> list[Understanding]:
        """Understand messages."""
        with self.stages.at("understanding"):
            found: list[Understanding] = self.inner.understand_batch(texts)
            return found


@dataclass(frozen=True)
class TimedRetriever:
    """A retriever whose time is taken."""

    inner: Any
    stages: Stages

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def search(self, text: str, vector: NDArray[np.float32], class_probs: NDArray[np.float32]) -> Findings:
        """Find what a message may mean."""
        with self.stages.at("retrieval"):
            found: Findings = self.inner.search(text, vector, class_probs)
            return found


@dataclass(frozen=True)
class TimedDatabase:
    """A database whose transactions are timed."""

    inner: Database
    stages: Stages

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def read(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run it on one snapshot."""
        with self.stages.at("database, read"):
            return await self.inner.read(work, *args, **kwargs)

    async def write(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run it and commit."""
        with self.stages.at("database, written"):
            return await self.inner.write(work, *args, **kwargs)


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--texts",
    "texts_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="As for bench.load.",
)
@click.option("--messages", type=click.IntRange(min=1), default=1000)
@click.option("--database", help="An empty database; SQLite, a file of its own, by default.")
def main(workspace: Path, texts_file: Path | None, messages: int, database: str | None) -> None:
    """Send what the workspace's customers wrote, or others."""
    texts = texts_of(texts_file) if texts_file else texts_of_dialogues(workspace)
    random.Random(0).shuffle(texts)
    with tempfile.TemporaryDirectory(prefix="kefu-turns-") as folder:
        copy = copy_for_clients(workspace, Path(folder) / "workspace")
        asyncio.run(measure(copy, database or f"sqlite:///{copy / 'turns.db'}", texts, messages))


async def measure(workspace: Path, url: str, texts: Sequence[str], messages: int) -> None:
    """Take so many turns and say what they cost."""
    stages = Stages()
    timed_log = TimedDatabase(await open_database(url, exclusive=True), stages)
    log = Store(cast(Database, timed_log))  # the rest it passes on
    async with log, open_desk(load_settings(workspace), store=log) as desk:
        settle()
        engine, inner = desk.engine, desk.engine.dialogue
        reader = cast(ThreadedReader, inner.reader).reader
        understander: Any = TimedUnderstander(reader.understander, stages)
        retriever: Any = TimedRetriever(reader.retriever, stages)  # the rest it passes on
        engine.take_over(
            replace(inner, reader=ThreadedReader(Reader(understander, retriever))), engine.release
        )
        for number, message in enumerate(chats(texts, WARM_UP + messages)):
            if number == WARM_UP:
                stages.cpu.clear()
                stages.wall.clear()
            with stages.at("in all"):
                await engine.handle(message)
    tell(stages, messages)


def tell(stages: Stages, messages: int) -> None:
    """A line for each stage; what is left is the dialogue itself."""
    for times in (stages.cpu, stages.wall):
        times["the rest"] = 2 * times["in all"] - sum(times.values())
    click.echo(f"{'ms a message':20} {'processor':>9} {'wall':>7}")
    for stage in ("understanding", "retrieval", "database, read", "database, written", "the rest", "in all"):
        cpu, wall = (1000 * times[stage] / messages for times in (stages.cpu, stages.wall))
        click.echo(f"{stage:20} {cpu:9.2f} {wall:7.2f}")


if __name__ == "__main__":
    run(main)
