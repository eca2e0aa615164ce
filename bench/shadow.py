"""What a release in shadow costs the customers of a busy desk.

    python -m bench.shadow examples/shop

Serves a copy of the workspace and lets clients talk over REST: alone, then with a twin of the current release in shadow
(`kefu releases shadow`), in turns, so that what else the machine does falls on both."""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp
import click

from bench.command import run
from bench.measure import percentiles
from bench.served import KEFU, environment, serving
from bench.swaps import Sent, Watched, copy_workspace, talk
from bot.errors import BotError
from bot.store.store import Store
from training.registry import Registry

BEGIN_S = 10.0  # the first messages meet a cold server
SETTLING_S = 5.0  # after a shadow came or went


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--clients", type=click.IntRange(min=1), default=8)
@click.option("--rounds", type=click.IntRange(min=1), default=3)
@click.option("--seconds", type=click.IntRange(min=1), default=20, help="Of each, with and without.")
@click.option(
    "--new-encoder", is_flag=True, help="The shadow's encoder counts as another, as after a full training."
)
def main(workspace: Path, clients: int, rounds: int, seconds: int, new_encoder: bool) -> None:
    """Measure the desk with and without a shadow."""
    with tempfile.TemporaryDirectory(prefix="kefu-shadow-") as folder:
        copy = copy_workspace(workspace, Path(folder) / "workspace", new_encoder=new_encoder)
        asyncio.run(measure(copy, clients, rounds, seconds))


async def measure(workspace: Path, clients: int, rounds: int, seconds: int) -> None:
    """Serve, send, begin and end shadows."""
    database = f"sqlite:///{workspace / 'shadow.db'}"
    watched = Watched()
    spans: dict[str, list[tuple[float, float]]] = {"alone": [], "with a shadow": []}
    async with serving(workspace, database) as (_, url), aiohttp.ClientSession() as session:
        talking = [asyncio.create_task(talk(session, watched, 0, url)) for _ in range(clients)]
        await asyncio.sleep(BEGIN_S)
        candidate = Registry(workspace).releases()[-1].name
        for _ in range(rounds):
            for name, words in (("alone", ()), ("with a shadow", ("shadow", candidate))):
                if words:
                    await _releases(workspace, database, *words)
                    await asyncio.sleep(SETTLING_S)
                began = time.time()
                await asyncio.sleep(seconds)
                spans[name].append((began, time.time()))
            await _releases(workspace, database, "end-trial")
            await asyncio.sleep(SETTLING_S)
        for task in talking:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*talking, return_exceptions=True)
    async with await Store.open(database) as store:
        for trial in await store.trials.latest(rounds):
            seen = await store.trials.counts(trial.id)
            click.echo(
                f"{trial.kind}: {seen.messages} messages, {seen.agreed} agreed, {trial.dropped} dropped"
            )
    tell(watched, spans)


def tell(watched: Watched, spans: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """The messages that began and ended in each kind of span, and how long their answers took."""
    for name, those in spans.items():
        ms = [sent.ms for sent in watched.sent if _is_in(sent, those)]
        median, p95, p99 = percentiles(ms, 50, 95, 99)
        rate = len(ms) / sum(end - began for began, end in those)
        click.echo(
            f"{name:14} {len(ms)} messages, {rate:.1f} a second, median {median}, p95 {p95}, p99 {p99} ms"
        )


def _is_in(sent: Sent, spans: Sequence[tuple[float, float]]) -> bool:
    return any(began <= sent.began and sent.ended <= end for began, end in spans)


async def _releases(workspace: Path, database: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        KEFU, "releases", *words, "-w", workspace,
        env=environment(database), stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if await process.wait():
        raise BotError(f"`kefu releases {' '.join(words)}` failed")


if __name__ == "__main__":
    run(main)
