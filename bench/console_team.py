"""What staff of a busy desk leave behind, for `bench.console`: colleagues, texts, drafts, alerts, the audit log; and the
words of all messages, to be searched."""

import asyncio
import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.store.store import Store

COLLEAGUES = 40
TEXTS = 200
DRAFTS = 20_000
ALERTS = 30
AUDITED = 50_000
ADMIN = 1


def fill_team(path: Path, intents: tuple[str, ...], seed: int = 7) -> None:
    """Into a log that is filled."""
    rng, now = random.Random(seed), datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    with sqlite3.connect(path) as connection:
        messages = connection.execute(
            "SELECT id, conversation_id FROM messages WHERE speaker = 'customer' ORDER BY id DESC LIMIT ?",
            (DRAFTS,),
        ).fetchall()
        connection.executemany(
            "INSERT INTO staff (id, email, name, role, created_at) VALUES (?, ?, ?, 'agent', ?)",
            [(ADMIN + n, f"agent{n}@shop.example", f"Agent {n}", now) for n in range(1, COLLEAGUES)],
        )
        connection.executemany(
            "INSERT INTO canned_answers (shortcut, language, text) VALUES (?, '', ?)",
            [(f"text{n}", "We'll look into it, {name}, and come back to you.") for n in range(TEXTS)],
        )
        connection.executemany(
            "INSERT INTO drafts (conversation_id, message_id, intent, text, buttons, state, created_at, outcome, staff_id,"
            " settled_at) VALUES (?, ?, ?, 'On its way.', '[]', '{}', ?, ?, ?, ?)",
            [(conversation, message, rng.choice(intents), now, rng.choice(("sent", "edited", "rejected")), ADMIN, now)
             for message, conversation in messages],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO alerts (dimension, value, since, noticed_at, baseline, now, n, first_message_id, last_message_id,"
            " resolved_at) VALUES ('intent', ?, ?, ?, 0.1, 0.3, 80, ?, ?, ?)",
            [(rng.choice(intents), at, at, messages[-1][0], messages[0][0], at)
             for at in (now - timedelta(days=day) for day in range(ALERTS))],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO audit (at, staff_id, action, target, details) VALUES (?, ?, 'signed_in', 'a browser', ?)",
            [(now, rng.randrange(ADMIN, COLLEAGUES), json.dumps({})) for _ in range(AUDITED)],
        )
    connection.close()
    asyncio.run(_index(path))


async def _index(path: Path) -> None:
    """The desk does so by itself, a second at a time."""
    async with await Store.open(f"sqlite:///{path}") as store:
        while await store.inbox.index_messages():
            pass
