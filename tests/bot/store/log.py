"""A log written by hand, row by row, with the times a test needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.store.insights.answer_usage import answer_before
from bot.store.store import Store
from bot.store.tables.labels import feedback
from bot.store.tables.log import conversations, custody_changes, decisions, messages, ratings, understandings
from bot.store.values import now
from tests.bot.store.told import message


@dataclass
class Log:
    """Writes into a store; `chat` names a conversation, which is made where it is new."""

    store: Store
    count: int = 0

    async def say(
        self,
        at: datetime,
        chat: str = "7",
        text: str = "hello",
        *,
        kind: str | None = "answer",
        reason: str = "confident",
        intent: str | None = "order_status",
        sentiment: str | None = "neutral",
        product: str = "",
        release: str = "r1",
        **row: Any,
    ) -> int:
        """A customer's message with what was made of it; without `kind` the bot decided nothing."""
        conversation = await self.store.conversation(message(chat=chat))
        self.count += 1
        said = _message(conversation.id, conversation.customer_id, at, text) | {
            "speaker": "customer", "external_id": str(self.count),
        } | row  # fmt: skip
        entity = {"label": "product", "start": 0, "end": 1, "text": product, "value": product}
        understood = {
            "release": release, "intent": intent, "intents": [], "class_intents": [], "candidates": [],
            "entities": [entity] if product else [], "sentiment": sentiment,
        }  # fmt: skip
        decided = {
            "kind": kind,
            "reason": reason,
            "intent": intent,
            "prob": 0.9,
            "choices": [],
            "timings_ms": {},
        }

        def write(connection: Connection) -> int:
            number = int(
                connection.execute(insert(messages).values(said).returning(messages.c.id)).scalar_one()
            )
            connection.execute(insert(understandings).values(understood | {"message_id": number}))
            if kind is not None:
                connection.execute(insert(decisions).values(decided | {"message_id": number}))
            seen = update(conversations).where(conversations.c.id == conversation.id).values(last_at=at)
            connection.execute(seen)
            return number

        return await self.store._database.write(write)

    async def reply(
        self, at: datetime, chat: str = "7", speaker: str = "person", *, in_reply_to: int | None = None
    ) -> int:
        """A message of a person or of the bot."""
        conversation = await self.store.conversation(message(chat=chat))
        said = _message(conversation.id, conversation.customer_id, at, "Ben here.") | {
            "speaker": speaker, "in_reply_to": in_reply_to,
        }  # fmt: skip

        def write(connection: Connection) -> int:
            return int(
                connection.execute(insert(messages).values(said).returning(messages.c.id)).scalar_one()
            )

        return await self.store._database.write(write)

    async def move(self, at: datetime, status: str, chat: str = "7", reason: str = "customer_asked") -> None:
        """A conversation changes hands."""
        conversation = await self.store.conversation(message(chat=chat))
        values = {"conversation_id": conversation.id, "status": status, "reason": reason, "at": at}
        after = await self.store._database.read(answer_before, conversation.id, at)
        await self._insert(custody_changes, values | {"after_answer": after if status == "waiting" else None})

    async def opine(self, at: datetime, message_id: int, value: str) -> None:
        self.count += 1
        await self._insert(
            feedback, {"message_id": message_id, "value": value, "by": str(self.count), "at": at}
        )

    async def rate(self, at: datetime, message_id: int, score: int | None) -> None:
        """Asked at a time, and answered, or not."""

        def write(connection: Connection) -> None:
            of = select(messages.c.conversation_id).where(messages.c.id == message_id)
            number = connection.execute(of).scalar_one()
            values = {"conversation_id": number, "message_id": message_id, "asked_at": at, "score": score}
            connection.execute(insert(ratings).values(values | {"rated_at": now() if score else None}))

        await self.store._database.write(write)

    async def _insert(self, table: Any, values: dict[str, Any]) -> None:
        await self.store._database.write(lambda connection: connection.execute(insert(table).values(values)))


def _message(conversation_id: int, customer_id: int, at: datetime, text: str) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id, "customer_id": customer_id, "channel": "telegram", "kind": "text",
        "text": text, "versions": [], "at": at, "buttons": [],
    }  # fmt: skip
