"""What encrypted words cost: turns written and read, and a search that has no index.

    python -m bench.encryption

The store alone, on SQLite, one turn after another; the texts are made up."""

import asyncio
import os
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.command import run
from bot.messages import Decision, Message, Reply
from bot.store.inbox.finding import Asked
from bot.store.sealing.keyring import new_key
from bot.store.store import Store

WORDS = [
    "where",
    "is",
    "my",
    "order",
    "parcel",
    "refund",
    "late",
    "broken",
    "lamp",
    "please",
    "help",
    "thanks",
    "number",
    "address",
    "change",
]
DECISION = Decision("answer", "confident", intent="order_status", prob=0.9, answer_id="order_status")


@click.command()
@click.option("--turns", default=10_000, show_default=True, help="How many, each a message and a reply.")
@click.option("--rounds", default=3, show_default=True, help="Without and with a key in turn.")
def main(turns: int, rounds: int) -> None:
    """Measure with and without a key."""
    for has_key in (False, True) * rounds:
        os.environ.pop("KEFU_ENCRYPTION_KEY", None)
        if has_key:
            os.environ["KEFU_ENCRYPTION_KEY"] = new_key()
        with tempfile.TemporaryDirectory() as folder:
            measured = asyncio.run(_measure(f"sqlite:///{Path(folder) / 'kefu.db'}", turns))
            click.echo(f"{'with' if has_key else 'without'} a key: {measured}")


async def _measure(url: str, turns: int) -> str:
    rng = random.Random(0)
    async with await Store.open(url) as store:
        begun, cpu = time.perf_counter(), time.process_time()
        for number in range(turns):
            await _turn(store, number, " ".join(rng.choices(WORDS, k=12)))
        written_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
        while await store.inbox.index_messages():
            pass
        cpu = time.process_time()
        await store.inbox.search(Asked("apricot"))  # nowhere: all that is looked through is looked through
        searched_s = time.process_time() - cpu
    return (
        f"{turns / written_s:.0f} turns/s, {cpu_s / turns * 1000:.2f} ms of processor time each; "
        f"a search of {2 * turns} messages {searched_s * 1000:.0f} ms of it"
    )


async def _turn(store: Store, number: int, text: str) -> None:
    key = f"bench:{number % 50}"
    message = Message("bench", key, key, str(number), datetime.now(UTC), text=text)
    conversation = await store.conversation(message)
    await store.save_turn(
        message, conversation.id, understanding=None, findings=None, decision=DECISION, replies=(Reply(text),),
        state={"slots": {"order_number": text[:10]}}, status=conversation.status, met=conversation.met,
        release="", timings_ms={},
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
