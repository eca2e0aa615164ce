"""A log of many conversations, written fast: what `bench.console` measures the console on."""

import asyncio
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.console_team import fill_team
from bot.store.store import Store
from retrieval.answer_files import load_answers

DAYS = 180
TURNS = 4  # customer's messages in a conversation, on average
BATCH = 20_000
INTENTS = tuple(f"{deed}_{thing}" for deed in ("find", "change", "cancel", "return", "pay") for thing in (
    "order", "delivery", "invoice", "product", "account"))  # fmt: skip
TEXTS = ("where is my parcel", "I want to send it back", "my lamp arrived broken", "how do I pay by card",
         "the discount code doesn't work", "change the address please", "do you ship to Iceland")  # fmt: skip
SENTIMENTS = ("neutral", "positive", "negative", "angry")
PRODUCTS = ("lamp", "sofa", "rug", "mirror", "desk")
FATES = ("closed", "person", "waiting", "bot")
KINDS = ("answer", "ask", "clarify", "hand_over")
REASONS = {
    "answer": "confident",
    "ask": "missing_slot",
    "clarify": "uncertain",
    "hand_over": "customer_asked",
}
# Those of the demo shop, which the console is shown with.
WORKSPACE = Path(__file__).parent.parent / "examples" / "shop"
ANSWERS = tuple(answer.id for answer in load_answers(WORKSPACE / "answers").answers)
BY_HOUR = np.array(
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 17, 17, 18, 18, 17, 15, 13, 12, 11, 8, 4, 2], float
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A customer's message and the reply to it; `turn` counts within the conversation."""

    conversation: int
    turn: int
    at: datetime


def fill(path: Path, n_messages: int, seed: int = 7) -> None:
    """Write so many messages, half of them replies, over DAYS days that end now."""
    asyncio.run(_make_tables(path))
    rng = np.random.default_rng(seed)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    writer = _Writer(connection, random.Random(seed), max(1, n_messages // (2 * TURNS)))
    writer.write(_spoken(rng, n_messages // 2, writer.n_conversations))
    connection.execute("COMMIT")
    fill_team(path, INTENTS)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _make_tables(path: Path) -> None:
    async with await Store.open(f"sqlite:///{path}"):
        pass


def _spoken(rng: np.random.Generator, n_turns: int, n_conversations: int) -> Iterator[Spoken]:
    """In the order of time: more at noon than at night, fewer on Sundays."""
    now = datetime.now(UTC).replace(microsecond=0)
    first = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0)
    weekday = np.array(
        [0.6 if (first + timedelta(days=day)).weekday() == 6 else 1 for day in range(DAYS + 1)]
    )
    days = rng.choice(DAYS + 1, n_conversations, p=weekday / weekday.sum())
    hours = rng.choice(24, n_conversations, p=BY_HOUR / BY_HOUR.sum())
    starts = days * 86400 + hours * 3600 + rng.integers(0, 3600, n_conversations)
    conversation = np.concatenate(
        [np.arange(n_conversations), rng.integers(0, n_conversations, n_turns - n_conversations)]
    )
    conversation.sort()
    turn = np.arange(n_turns) - np.searchsorted(conversation, conversation)
    at = starts[conversation] + turn * 45 + rng.integers(0, 40, n_turns)
    last = int((now - first).total_seconds()) - 60
    for place in np.argsort(at, kind="stable"):
        if at[place] < last:
            moment = first + timedelta(seconds=int(at[place]))
            yield Spoken(int(conversation[place]) + 1, int(turn[place]), moment)


class _Writer:
    """Rows in batches, the ids counted here."""

    def __init__(self, connection: sqlite3.Connection, rng: random.Random, n_conversations: int) -> None:
        self.connection, self.rng, self.n_conversations = connection, rng, n_conversations
        self.message_id = 0
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.began: dict[int, str] = {}
        self.last: dict[int, str] = {}
        self.handed_over: dict[int, datetime] = {}
        self.answered: dict[int, str] = {}

    def write(self, spoken: Iterable[Spoken]) -> None:
        self._add("staff", (1, "ben@shop.example", "Ben", "admin", _written(datetime.now(UTC))))
        conversations = range(1, self.n_conversations + 1)
        moment = _written(datetime.now(UTC))
        # Links are not looked at here: conversations and customers follow when it is known how they ended.
        for number, one in enumerate(spoken):
            self._turn(one)
            if number % BATCH == BATCH - 1:
                self._flush()
        fates = self.rng.choices(FATES, (2, 1, 1, 96), k=self.n_conversations)
        for number in conversations:
            fate = fates[number - 1] if number in self.began else "bot"
            began, last = self.began.get(number, moment), self.last.get(number)
            self._end(number, fate)
            self._add("customers", (number, f"web:{number}", f"Customer {number}", began))
            assignee = 1 if fate in {"closed", "person"} else None
            self._add("conversations", (number, f"web:{number}", "telegram" if number % 3 else "web", number, fate,
                                        last or began, assignee, "{}", began, last))  # fmt: skip
        self._flush()

    def _turn(self, one: Spoken) -> None:
        rng, at = self.rng, _written(one.at)
        channel = "telegram" if one.conversation % 3 else "web"
        intent = INTENTS[min(int(rng.expovariate(1 / 6)), len(INTENTS) - 1)]
        kind = rng.choices(KINDS, (72, 14, 11, 3))[0]
        reason = rng.choice(("out_of_scope", "uncertain")) if kind == "clarify" else REASONS[kind]
        text = f"{rng.choice(TEXTS)} {rng.randrange(1000)}"
        sentiment = rng.choices(SENTIMENTS, (78, 10, 9, 3))[0]
        product = rng.choice(PRODUCTS) if rng.random() < 0.15 else ""
        entity = {
            "label": "product",
            "start": 0,
            "end": 4,
            "text": product,
            "value": product,
            "source": "model",
        }
        self.message_id += 1
        asked = self.message_id
        self._say(asked, one.conversation, channel, "customer", text, at, None)
        ranked = json.dumps([[name, 0.2] for name in (intent, *INTENTS[:4])])
        self._add("understandings", (asked, "r1", intent, 0.9, ranked, ranked, 0.9, 0.9, json.dumps([["answer_1", 0.9]]),
                                     json.dumps([entity] if product else []), sentiment, "en"))  # fmt: skip
        known = None if kind == "clarify" else intent
        answer = ANSWERS[min(int(rng.expovariate(1 / 8)), len(ANSWERS) - 1)] if kind == "answer" else None
        self._add("decisions", (asked, kind, reason, known, 0.9, answer, None, "[]", '{"total": 4.2}'))
        if answer is not None:
            self.answered[one.conversation] = answer
        later = one.at + timedelta(seconds=1)
        self.message_id += 1
        self._say(
            self.message_id,
            one.conversation,
            channel,
            "bot",
            "Here is what we know of it.",
            _written(later),
            asked,
        )
        if rng.random() < 0.08:
            value = "helpful" if rng.random() < 0.8 else "not_helpful"
            self._add("feedback", (self.message_id, value, f"c{self.message_id}", _written(later)))
        if kind == "hand_over" and one.conversation not in self.handed_over:
            self.handed_over[one.conversation] = later
            given = self.answered.get(one.conversation)
            self._add(
                "custody_changes", (one.conversation, "waiting", reason, None, None, _written(later), given)
            )
        self.began.setdefault(one.conversation, at)
        self.last[one.conversation] = _written(later)

    def _end(self, number: int, fate: str) -> None:
        """What people did with a conversation that was handed over, and how it stands."""
        since = self.handed_over.get(number)
        if since is None or fate == "waiting":
            return
        replied = since + timedelta(seconds=int(self.rng.lognormvariate(6, 1)))
        self._add("custody_changes", (number, "person", "taken", 1, 1, _written(replied), None))
        self.message_id += 1
        channel = "telegram" if number % 3 else "web"
        self._say(self.message_id, number, channel, "person", "Ben here.", _written(replied), None)
        done = replied + timedelta(seconds=int(self.rng.lognormvariate(6, 1)))
        if fate == "closed":
            self._add("custody_changes", (number, "closed", "closed", 1, 1, _written(done), None))
            score = self.rng.randint(1, 5) if self.rng.random() < 0.5 else None
            self._add("ratings", (number, self.message_id, 1, _written(done), score))
        elif fate == "bot":
            self._add("custody_changes", (number, "bot", "given_back", 1, None, _written(done), None))

    def _say(
        self, number: int, conversation: int, channel: str, speaker: str, text: str, at: str, to: int | None
    ) -> None:
        external = str(number) if speaker == "customer" else None
        delivery = None if speaker == "customer" else "delivered"
        self._add("messages", (number, conversation, conversation, channel, speaker, "text", text, "[]", at, external, to,
                               "[]", delivery))  # fmt: skip

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        self.rows.setdefault(table, []).append(row)

    def _flush(self) -> None:
        for table, rows in self.rows.items():
            columns = COLUMNS[table].split()
            marks = ", ".join("?" for _ in columns)
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names written here
            self.connection.executemany(statement, rows)
        self.rows = {}


COLUMNS = {
    "staff": "id email name role created_at",
    "customers": "id key name created_at",
    "conversations": "id key channel customer_id status status_since assignee_id state created_at last_at",
    "custody_changes": "conversation_id status reason staff_id assignee_id at after_answer",
    "ratings": "conversation_id message_id staff_id asked_at score",
    "messages": "id conversation_id customer_id channel speaker kind text versions at external_id in_reply_to buttons delivery",
    "understandings": "message_id release intent prob intents class_intents confidence scope_prob candidates entities "
    "sentiment language",
    "decisions": "message_id kind reason intent prob answer_id slot choices timings_ms",
    "feedback": "message_id value by at",
}  # fmt: skip


def _written(at: datetime) -> str:
    """As SQLAlchemy writes it into SQLite."""
    return at.strftime("%Y-%m-%d %H:%M:%S.000000")
