"""All that came of one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import ConversationStatus, Decision, Draft, Message, Met, Reply, Turn
from nlu.understanding import Understanding
from retrieval.candidates import Findings


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ready to be saved; `decision` is None while a person has the conversation."""

    understanding: Understanding | None
    findings: Findings | None
    decision: Decision | None
    replies: Sequence[Reply]
    state: dict[str, Any]
    status: ConversationStatus
    met: Met
    release: str
    timings_ms: Mapping[str, float]
    moved: str
    draft: Draft | None

    def turn(self, message: Message, conversation_id: int, message_id: int, reply_ids: Sequence[int]) -> Turn:
        """As it was saved, with the ids of its rows."""
        replies = (replace(reply, message_id=one) for reply, one in zip(self.replies, reply_ids, strict=True))
        return Turn(
            message=message,
            conversation_id=conversation_id,
            message_id=message_id,
            replies=tuple(replies),
            decision=self.decision,
            status=self.status,
            understanding=self.understanding,
            findings=self.findings,
            timings_ms=dict(self.timings_ms),
        )
