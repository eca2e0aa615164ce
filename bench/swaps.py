"""Releases taken over under load: how long customers wait meanwhile, and what becomes of memory.

    python -m bench.swaps examples/shop
    python -m bench.swaps examples/shop --swaps 20 --processes 2 --database postgresql://kefu@localhost/empty

Serves a copy of the workspace, lets clients talk over REST, and goes to and fro between its two newest releases with
`kefu releases promote` and `kefu releases rollback`; of a single release a twin is made. Several processes take PostgreSQL,
an empty database that is left full."""

import asyncio
import json
import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import click
import psutil

from bench.chats import MESSAGES_EACH
from bench.command import run
from bench.measure import desk_rss_mb, percentiles
from bench.read_log import Logged, read_log
from bench.served import KEFU, copy_for_clients, link_or_copy, serving
from bench.served import TEXTS as SAID
from bot.errors import BotError
from training.registry import Registry, Release, file_digest

EVERY_S = 6.0  # from one swap to the next
SETTLING_S = 1.5  # after all changed: the old model is given back then
PAUSE_S = 0.1  # of a client, after an answer
BEGIN_S = 10.0  # without a swap first
TEXTS = [text for text in SAID if "person" not in text]  # who has a person is not answered by the bot


@dataclass(frozen=True, slots=True)
class Sent:
    """A message with what the client saw: seconds of the clock, number of replies."""

    id: str
    process: int
    began: float
    ended: float
    replies: int

    @property
    def ms(self) -> float:
        return 1000 * (self.ended - self.began)


@dataclass(frozen=True, slots=True)
class Swap:
    """A change of the current release: when the command began, when the pointer had changed, and to which release."""

    began: float
    changed: float
    release: str


@dataclass
class Watched:
    """All that was seen from outside."""

    sent: list[Sent] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    swaps: list[Swap] = field(default_factory=list)
    rss_mb: list[list[float]] = field(default_factory=list)  # after each swap, of each process


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--swaps", type=click.IntRange(min=2), default=10)
@click.option("--clients", type=click.IntRange(min=1), default=8)
@click.option("--processes", type=click.IntRange(min=1), default=1)
@click.option(
    "--new-encoder", is_flag=True, help="The twin's encoder counts as another, as after a full training."
)
@click.option("--database", help="An empty database; SQLite, a file of its own, by default.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    workspace: Path,
    swaps: int,
    clients: int,
    processes: int,
    new_encoder: bool,
    database: str | None,
    json_path: Path | None,
) -> None:
    """Swap releases under load and say what customers noticed."""
    with tempfile.TemporaryDirectory(prefix="kefu-swaps-") as folder:
        copy = copy_workspace(workspace, Path(folder) / "workspace", new_encoder=new_encoder)
        url = database or f"sqlite:///{copy / 'swaps.db'}"
        watched = asyncio.run(measure(copy, url, swaps, clients, processes))
        figures = summary(watched, asyncio.run(read_log(url)), processes)
    for name, value in figures.items():
        click.echo(f"{name:44} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def copy_workspace(workspace: Path, target: Path, *, new_encoder: bool) -> Path:
    """The workspace with two releases at least, the older current, for clients that ask more than customers do."""
    copy_for_clients(workspace, target)
    registry = Registry(target)
    releases = registry.releases()
    if not releases:
        raise BotError(f"{workspace}: no release; `kefu train -w {workspace}` makes one")
    if len(releases) == 1 or new_encoder:
        _add_twin(releases[-1], new_encoder=new_encoder)
    registry.promote(registry.releases()[-2].name)
    return target


def _add_twin(release: Release, *, new_encoder: bool) -> None:
    """The same once more as the newest."""
    twin = Path(shutil.copytree(release.folder, f"{release.folder}-twin", copy_function=link_or_copy))
    made_at = datetime.fromisoformat(release.manifest["created_at"]) + timedelta(microseconds=1)
    files = dict(release.manifest["files"])
    if new_encoder:  # its files then differ from those in use, so that nothing is shared
        tokenizer = twin / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text("utf-8") + "\n", "utf-8")
        files["tokenizer.json"] = file_digest(tokenizer)
    manifest = release.manifest | {"created_at": made_at.isoformat(timespec="microseconds"), "files": files}
    (twin / "manifest.json").write_text(json.dumps(manifest), "utf-8")


async def measure(workspace: Path, database: str, swaps: int, clients: int, processes: int) -> Watched:
    """Serve, send, swap."""
    watched = Watched()
    async with AsyncExitStack() as stack:
        served = []
        for _ in range(processes):
            served.append(await stack.enter_async_context(serving(workspace, database)))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        talking = [
            asyncio.create_task(talk(session, watched, number % processes, served[number % processes][1]))
            for number in range(clients)
        ]
        await asyncio.sleep(BEGIN_S)
        await _swap(workspace, watched, swaps, [psutil.Process(pid) for pid, _ in served])
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
    return watched


async def talk(session: aiohttp.ClientSession, watched: Watched, process: int, url: str) -> None:
    """Say one thing after another, in conversations of a few messages, to one process."""
    number = 0
    conversation = ""
    while True:
        if number % MESSAGES_EACH == 0:
            conversation = f"bench-{uuid.uuid4().hex}"
        message = uuid.uuid4().hex
        body = {
            "conversation": conversation,
            "client_message_id": message,
            "text": TEXTS[number % len(TEXTS)],
        }
        number += 1
        began = time.time()
        try:
            async with session.post(f"{url}api/v1/messages", json=body) as response:
                answer = await response.json()
        except aiohttp.ClientError as error:
            watched.failed[type(error).__name__] += 1
            continue
        if response.status != 200:
            watched.failed[f"{response.status} {response.reason}"] += 1
        else:
            watched.sent.append(Sent(message, process, began, time.time(), len(answer["replies"])))
        await asyncio.sleep(PAUSE_S)


async def _swap(workspace: Path, watched: Watched, swaps: int, servers: Sequence[psutil.Process]) -> None:
    names = [release.name for release in Registry(workspace).releases()[-2:]]
    for number in range(swaps):
        words = ("rollback",) if number % 2 else ("promote", names[1])
        began = time.time()
        command = await asyncio.create_subprocess_exec(
            KEFU, "releases", *words, "-w", workspace, stdout=asyncio.subprocess.DEVNULL
        )
        if await command.wait():
            raise BotError(f"`kefu releases {' '.join(words)}` failed")
        changed = (workspace / "releases" / "current").stat().st_mtime
        watched.swaps.append(Swap(began, changed, names[(number + 1) % 2]))
        await asyncio.sleep(max(0.0, changed + EVERY_S - time.time()))
        watched.rss_mb.append([round(desk_rss_mb(server), 1) for server in servers])


def summary(watched: Watched, logged: dict[str, Logged], processes: int) -> dict[str, object]:
    """What customers noticed, in ms where not said otherwise."""
    changes = [
        [_changed_after(watched, logged, swap, process) for process in range(processes)]
        for swap in watched.swaps
    ]
    begin = watched.swaps[0].began - BEGIN_S / 2  # the first messages meet a cold server
    ms: dict[str, list[float]] = {"outside": [], "while the command runs": [], "while it is taken over": []}
    for sent in watched.sent:
        if sent.ended >= begin:
            ms[_when(sent, watched.swaps, [max(took) for took in changes])].append(sent.ms)
    usual = percentiles(ms["outside"], 50)[0]
    wrong = sum(sent.id not in logged or logged[sent.id].replies != sent.replies for sent in watched.sent)
    rss = watched.rss_mb
    return {
        "messages": len(watched.sent),
        "failed": watched.failed.total(),
        "not answered exactly once": wrong + sum(one.times != 1 for one in logged.values()),
        "swaps": len(watched.swaps),
        "longest until all changed, s": round(max(max(took) for took in changes), 2),
        **{
            f"{when}: messages, median, p99, worst": (len(some), *percentiles(some, 50, 99, 100))
            for when, some in ms.items()
        },
        "worst of a swap beyond the median outside": round(
            max(*ms["while the command runs"], *ms["while it is taken over"]) - usual, 1
        ),
        "RSS after 2 swaps, MB": rss[1],
        f"RSS after {len(rss)} swaps, MB": rss[-1],
        "change, %": [
            round(100 * (last / first - 1), 1) for first, last in zip(rss[1], rss[-1], strict=True)
        ],
        "RSS, MB": rss,
    }


def _when(sent: Sent, swaps: Sequence[Swap], took: Sequence[float]) -> str:
    """Whether any of a message's time falls into a swap."""
    for swap, seconds in zip(swaps, took, strict=True):
        if sent.began < swap.changed + seconds + SETTLING_S and sent.ended > swap.changed:
            return "while it is taken over"
        if sent.began < swap.changed and sent.ended > swap.began:
            return "while the command runs"
    return "outside"


def _changed_after(watched: Watched, logged: dict[str, Logged], swap: Swap, process: int) -> float:
    """Seconds until the last message that a process answered with the release before was sent."""
    following = [one.began for one in watched.swaps if one.began > swap.began]
    until = min(following, default=float("inf"))
    late = [
        sent.began - swap.changed
        for sent in watched.sent
        if sent.process == process and swap.changed < sent.began < until
        and sent.id in logged and logged[sent.id].release not in {"", swap.release}
    ]  # fmt: skip
    return max(late, default=0.0)


if __name__ == "__main__":
    run(main)
