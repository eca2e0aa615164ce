"""One message on its way through the desk, and what came of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.handoff import Custody
from bot.messages import ConversationStatus, Decision, Message, Reply
from bot.state import ConversationState
from bot.wording import Wording
from nlu.understanding import Entity, Understanding
from retrieval.candidates import Findings


@dataclass(frozen=True, slots=True)
class Talk:
    """A message with its conversation, and what was understood and found so far.

    `text` is what is to be understood: the message's own, cut to what the model reads. `timings_ms` fills up."""

    message: Message
    conversation_id: int
    status: ConversationStatus
    state: ConversationState
    words: Wording
    now: datetime
    text: str = ""
    understanding: Understanding | None = None
    findings: Findings | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.understanding.entities if self.understanding else ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message: the talk as it is now, the decision, the replies."""

    talk: Talk
    decision: Decision | None = None
    replies: tuple[Reply, ...] = ()


def in_custody(talk: Talk, custody: Custody) -> Talk:
    """The talk with its conversation in other hands."""
    return replace(talk, status=custody.status, state=custody.state)
