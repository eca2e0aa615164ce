"""Messages as they come in chats, for benches that hand them to an engine."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.messages import Message

MESSAGES_EACH = 8  # in one conversation; below what a desk takes from one customer in a minute


def chats(texts: Sequence[str], messages: int) -> Iterator[Message]:
    """So many, a few to a conversation; texts begin anew where they end. Each is made when it is asked for."""
    for number in range(messages):
        if number % MESSAGES_EACH == 0:
            conversation = f"web:bench-{uuid.uuid4().hex}"
        yield Message(
            channel="web",
            conversation_key=conversation,
            customer_key=conversation,
            external_id=uuid.uuid4().hex,
            received_at=datetime.now(UTC),
            text=texts[number % len(texts)],
        )
