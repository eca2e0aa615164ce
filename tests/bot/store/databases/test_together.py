"""Changes that are carried out together, on both databases."""

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from bot.store.databases.together import Added, Changed, change_together
from bot.store.store import Store
from bot.store.tables.log import conversations, decisions, messages
from bot.store.values import now
from tests.bot.store.told import message, tell

DECIDED = {
    "kind": "answer",
    "reason": "sure",
    "intent": "hours",
    "prob": 0.5,
    "answer_id": None,
    "slot": None,
    "choices": ["a", "é\u2028"],
    "timings_ms": {"total": 1.5},
}


def unanswered(connection: Connection) -> tuple[int, dict[str, object]]:
    """A message of which nothing was decided yet, and a reply to it."""
    said = connection.execute(select(messages).where(messages.c.speaker == "customer")).one()
    values = {name: getattr(said, name) for name in ("conversation_id", "customer_id", "channel", "kind")}
    values |= {"speaker": "customer", "text": "and?", "versions": [], "at": now(), "buttons": []}
    message_id = connection.execute(insert(messages).values(values).returning(messages.c.id)).scalar_one()
    return message_id, values | {"speaker": "bot", "text": "So.", "in_reply_to": message_id}


async def test_all_of_them_are_made_and_the_new_id_is_told(store: Store) -> None:
    turn = await tell(store, message())

    def work(connection: Connection) -> tuple[int, int | None]:
        message_id, reply = unanswered(connection)
        changes = [
            Added(decisions, {"message_id": message_id, **DECIDED}),
            Changed(conversations, turn.conversation_id, {"state": {"turns": 9}, "last_at": now()}),
            Added(messages, reply),
        ]
        return message_id, change_together(connection, changes)

    message_id, reply_id = await store._database.write(work)

    def found(connection: Connection) -> tuple[object, ...]:
        decided = connection.execute(select(decisions).where(decisions.c.message_id == message_id)).one()
        replied = connection.execute(select(messages).where(messages.c.in_reply_to == message_id)).one()
        state = connection.execute(select(conversations.c.state)).scalar_one()
        return decided.choices, decided.timings_ms, replied.id, replied.text, state

    assert await store._database.look(found) == (
        ["a", "é\u2028"],
        {"total": 1.5},
        reply_id,
        "So.",
        {"turns": 9},
    )


async def test_none_has_an_id(store: Store) -> None:
    turn = await tell(store, message())

    def work(connection: Connection) -> int | None:
        return change_together(connection, [Changed(conversations, turn.conversation_id, {"state": {}})])

    assert await store._database.write(work) is None


async def test_where_one_fails_none_is_made(store: Store) -> None:
    turn = await tell(store, message())

    def work(connection: Connection) -> None:
        _, reply = unanswered(connection)
        changed = Changed(conversations, turn.conversation_id, {"state": {"turns": 99}})
        change_together(connection, [changed, Added(messages, reply | {"customer_id": 10**6})])

    with pytest.raises(DBAPIError):
        await store._database.write(work)
    count = select(func.count()).select_from(messages)
    assert await store._database.read(lambda connection: connection.execute(count).scalar_one()) == 2
    state = select(conversations.c.state)
    assert (await store._database.read(lambda connection: connection.execute(state).scalar_one())) != {
        "turns": 99
    }
