"""One message on its way through the desk, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.dialogue import handoff
from bot.dialogue.handoff import Custody
from bot.dialogue.state import ConversationState, Form, Given
from bot.messages import WITH_PEOPLE, ConversationStatus, Decision, Draft, Message, Met, Reply
from bot.wording import Wording
from nlu.understanding import Entity, Understanding
from retrieval.candidates import Findings


@dataclass(frozen=True, slots=True)
class Talk:
    """A message with its conversation, and what was understood and found so far.

    `text` is what is to be understood: the message's own, cut to what the model reads. `timings_ms` fills up.
    `moved` says why `status` is another than the one that was `met`, "" where nobody moved it."""

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
    met: Met = field(default_factory=Met)
    moved: str = ""

    @property
    def is_with_people(self) -> bool:
        """Whether a person has the conversation or shall have it."""
        return self.status in WITH_PEOPLE

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.understanding.entities if self.understanding else ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message: the talk as it is now, the decision, the replies, and what a person is to look at
    before it is said."""

    talk: Talk
    decision: Decision | None = None
    replies: tuple[Reply, ...] = ()
    draft: Draft | None = None


def reopened(talk: Talk) -> Talk:
    """The talk with the bot, where it was closed before."""
    if talk.status != "closed":
        return talk
    return in_custody(talk, handoff.give_back(talk.state, "customer_wrote"))


def in_custody(talk: Talk, custody: Custody) -> Talk:
    """The talk with its conversation in other hands."""
    moved = custody.reason if custody.status != talk.met.status else ""
    return replace(talk, status=custody.status, state=custody.state, moved=moved)


def with_values(talk: Talk, form: Form) -> Talk:
    """With the slots as the form has them, whatever else was mentioned since."""
    at = talk.now.timestamp()
    return replace(talk, state=talk.state.restore(form.values, intent=form.intent, at=at))


def with_given(talk: Talk, given: Given, changed: Mapping[str, str]) -> Talk:
    """With the slots of the last answer as they were but for what changed."""
    values, at = {**given.slots, **changed}, talk.now.timestamp()
    return replace(talk, state=talk.state.restore(values, intent=given.intent, at=at))


def without_form(talk: Talk) -> Talk:
    """With nothing being asked."""
    return replace(talk, state=replace(talk.state, form=None))


def moving_on(talk: Talk, intent: str | None) -> Talk:
    """With the open form put aside for later, unless this is about the same."""
    form = talk.state.form
    if form is None:
        return talk
    paused = talk.state.paused if form.intent == intent else form
    return replace(talk, state=replace(talk.state, form=None, paused=paused))
