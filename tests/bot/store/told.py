"""Messages and turns to tell a store."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text

from bot.messages import Button, Decision, Message, Reply, Turn
from bot.store.store import Store
from nlu.understanding import Entity, IntentProb, Understanding
from retrieval.candidates import Candidate, Findings, RankedIntent

START = datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
ANSWER = Decision("answer", "confident", intent="order_status", prob=0.93, answer_id="order_status_shipped")


def message(text: str = "Where is LW-48213?", number: int = 1, chat: str = "7", **changes: Any) -> Message:
    values: dict[str, Any] = {
        "channel": "telegram",
        "conversation_key": f"telegram:{chat}",
        "customer_key": f"telegram:{chat}",
        "external_id": str(number),
        "received_at": START + timedelta(minutes=number),
        "text": text,
    }
    return Message(**(values | changes))


def understood(text: str, entity: str = "") -> Understanding:
    start = text.find(entity) if entity else 0
    entities = (
        (Entity("order_number", start, start + len(entity), entity, entity, "pattern"),) if entity else ()
    )
    vector = np.ones(4, np.float32) / 2
    intents = (IntentProb("order_status", 0.8), IntentProb("refund_status", 0.1))
    return Understanding(text, text, intents, entities, vector, vector, "en", "neutral")


def found() -> Findings:
    answer = Candidate("order_status_shipped", "answer", "order_status", 0.9, 0.93)
    return Findings((RankedIntent("order_status", 0.93),), 0.93, 0.99, 0.99, (answer,), (), ())


async def tell(
    store: Store,
    said: Message,
    replies: tuple[str, ...] = ("It is on its way.",),
    decision: Decision | None = ANSWER,
    *,
    entity: str = "",
    state: dict[str, Any] | None = None,
    buttons: tuple[Button, ...] = (),
    **changes: Any,
) -> Turn:
    """Save one turn as an engine would."""
    conversation = await store.conversation(said)
    values: dict[str, Any] = {
        "understanding": understood(said.text, entity),
        "findings": found(),
        "decision": decision,
        "replies": tuple(Reply(text, buttons) for text in replies),
        "state": state or {},
        "status": conversation.status,
        "met": conversation.met,
        "release": "r1",
        "timings_ms": {"understand": 2.5},
    }
    turn = await store.save_turn(said, conversation.id, **(values | changes))
    assert turn is not None
    return turn


async def somebody_waits(store: Store, within_s: float = 20.0) -> None:
    """Return when one session of PostgreSQL waits for another's lock."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(within_s):
        while await store._database.read(lambda one: one.execute(query).scalar_one()) == 0:
            await asyncio.sleep(0.005)
