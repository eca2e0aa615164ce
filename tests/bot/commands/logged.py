"""A small desk with a log, and the commands run on it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from bot.cli import kefu
from bot.messages import Message
from bot.store.store import Store
from bot.store.tables.log import messages
from tests.bot.store.told import message, tell

ANSWERS = """
- {id: hello, intent: greeting, title: Hello, variants: ["Hello!", "Hi!"]}
- {id: status, intent: order_status, title: My order, variants: ["On its way.", "Coming."]}
"""
LONG_AGO = datetime.now(UTC) - timedelta(days=3)


def make_desk(folder: Path) -> Path:
    """A workspace with two answers."""
    (folder / "answers").mkdir(parents=True)
    (folder / "kefu.toml").touch()
    (folder / "answers" / "all.yaml").write_text(ANSWERS)
    return folder


def run(workspace: Path, *words: str, **options: Any) -> Result:
    """Run a command; raises what it raises."""
    return CliRunner().invoke(
        kefu, [words[0], "-w", str(workspace), *words[1:]], catch_exceptions=False, **options
    )


def log(workspace: Path, *turns: tuple[Message, tuple[str, ...], str]) -> None:
    """Store turns as if they were said three days ago: message, replies, order number in it or ""."""

    async def write() -> None:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            for said, replies, entity in turns:
                await tell(store, said, replies, entity=entity)
            await store._database.write(lambda c: c.execute(messages.update().values(at=LONG_AGO)))

    asyncio.run(write())


def said(text: str, number: int = 1, **changes: Any) -> Message:
    return message(text, number, received_at=LONG_AGO, **changes)


def log_of_priya(workspace: Path) -> None:
    """She wrote, and the bot answered her by name."""
    text = "Hi, priya here: where is LW-48213? priya@raman.example"
    log(
        workspace,
        (said(text, customer_name="Priya Raman"), ("Dear Priya, LW-48213 is on its way.",), "LW-48213"),
    )
