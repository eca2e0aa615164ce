"""Past dialogues go through the engine: what the desk would have done about each of the customer's turns.

A person answered then. So before each turn the conversation is as it was: the desk remembers what the customer gave, and
nothing of what it would have said or asked itself. Nothing is stored, and no system of the company is called."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.dialogue.answering import Answering
from bot.dialogue.decide import NOT_UNDERSTOOD, SMALL_TALK
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.phrases import is_bare, is_leaving, is_no, is_yes
from bot.dialogue.state import ConversationState
from bot.dialogue.talk import Outcome, Talk
from bot.engine import Engine
from bot.messages import Decision, Message, Reply, Turn
from bot.outgoing.actions import ActionFailed, Actions
from bot.reader.reader import Reader
from bot.reader.threaded import ThreadedReader
from bot.reader.threads import reading_threads
from bot.settings import Settings
from bot.store.peers.peers import NoPeers
from bot.store.records import Conversation
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.answers import AnswerBook
from retrieval.candidates import Findings
from retrieval.retriever import Retriever

if TYPE_CHECKING:
    from bot.store.store import Store

PACE = timedelta(minutes=1)  # between turns that tell no time
LONG_AGO = datetime(2000, 1, 3, 12, tzinfo=UTC)  # for dialogues that tell no time; a Monday
NO_LIMIT = 1 << 30
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """A customer's turn of a past dialogue; `at` is None where nobody knows when it was."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the desk does about a turn: its outcome, and what it would say at its best guess where it says nothing of its own
    for not being sure."""

    outcome: Outcome
    guess: Outcome | None = None

    @property
    def decision(self) -> Decision:
        return self.outcome.decision or Decision("hand_over", "failure")

    @property
    def findings(self) -> Findings | None:
        return self.outcome.talk.findings

    @property
    def needs_system(self) -> bool:
        """Whether the answer, or the guess, is what a system of the company would have said."""
        best = self.guess or self.outcome
        return best.decision is not None and best.decision.reason == "action_failed"

    @property
    def is_answered(self) -> bool:
        """Whether the desk goes on by itself: answers, asks for what the answer takes, or calls a system."""
        return self.decision.kind in {"answer", "ask"} or self.decision.reason == "action_failed"

    @property
    def is_request(self) -> bool:
        """Whether the turn asks for something: no small talk, no yes or no, no mere value, no empty message."""
        talk, decision = self.outcome.talk, self.decision
        if talk.understanding is None or decision.reason in {"value_alone", "left"}:
            return False
        best = talk.findings.intents[0] if talk.findings and talk.findings.intents else None
        if best is not None and best.intent in SMALL_TALK and best.prob >= LIKELY:
            return False
        is_reply = is_yes(talk.text) or is_no(talk.text) or is_leaving(talk.text)
        is_value = is_bare(talk.text, talk.entities)
        return self.is_answered or not (is_reply or is_value)


class AbsentActions(Actions):
    """The actions of a workspace whose systems are all away."""

    def __init__(self, names: Iterable[str]) -> None:
        self._all_names = tuple(names)

    @property
    def names(self) -> tuple[str, ...]:
        return self._all_names

    def reading(self) -> "Actions":
        """The same."""
        return self

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        """Raises ActionFailed."""
        raise ActionFailed(f"action {name!r}: nothing is called for a past dialogue")


class PastReader(Reader):
    """A reader on a day of the past: "tomorrow" is the day after."""

    def __init__(self, understander: Understander, retriever: Retriever, log: "PastLog") -> None:
        super().__init__(understander, retriever)
        self._log = log

    def understand(self, text: str) -> Understanding:
        return self.understander.understand_batch([text], now=self._log.now)[0]


@dataclass
class PastLog:
    """One conversation, kept for as long as it is replayed: what the engine needs of a store."""

    now: datetime
    state: dict[str, Any] = field(default_factory=dict)
    peers: NoPeers = field(default_factory=NoPeers)

    async def arrival(self, message: Message) -> Conversation:
        """The conversation as a person has kept it so far; each turn is met once."""
        return await self.conversation(message)

    async def conversation(self, message: Message) -> Conversation:
        """The conversation as a person has kept it so far."""
        return Conversation(1, 1, "bot", self.now, self.state, None, "", message.channel, "")

    async def save_turn(
        self,
        message: Message,
        conversation_id: int,
        *,
        decision: Decision | None,
        replies: Sequence[Reply],
        state: dict[str, Any],
        **_: Any,
    ) -> Turn:
        """Remember what the customer gave, and none of what the bot would have said or asked."""
        kept = ConversationState.from_json(state)
        kept = replace(kept, form=None, paused=None, given=None, unsure="", offered=(), question="")
        self.state = kept.to_json()
        return Turn(message, conversation_id, 0, tuple(replies), decision)


@dataclass(frozen=True)
class OpenDialogue(Dialogue):
    """A dialogue whose outcomes are looked at: `heard` is filled up."""

    heard: list[Heard] = field(default_factory=list)

    async def hear(self, talk: Talk) -> Outcome:
        """Answer a message in words."""
        outcome = await super().hear(talk)
        self.heard.append(Heard(outcome, await self._guess(talk, outcome)))
        return outcome

    async def _guess(self, talk: Talk, outcome: Outcome) -> Outcome | None:
        findings, decision = outcome.talk.findings, outcome.decision
        if decision is None or decision.reason not in NOT_UNDERSTOOD or not findings or not findings.intents:
            return None
        best = findings.intents[0].intent
        if best not in self.answering.book.intents:
            return None
        talk = replace(talk, understanding=outcome.talk.understanding, findings=findings)
        return await self.answering.give(talk, Decision("answer", "chosen", best, findings.confidence))


@dataclass(frozen=True, slots=True)
class PastDesk:
    """A release and the answers of a workspace, for past dialogues."""

    settings: Settings
    release: str
    book: AnswerBook
    understander: Understander
    retriever: Retriever
    _threads: ThreadPoolExecutor = field(default_factory=reading_threads)

    def hear(self, dialogues: Sequence[Sequence[Said]]) -> list[list[Heard | None]]:
        """What becomes of the customers' turns of each dialogue, None for those without words. Runs an event loop."""
        return asyncio.run(self._hear(dialogues))

    async def _hear(self, dialogues: Sequence[Sequence[Said]]) -> list[list[Heard | None]]:
        return list(await asyncio.gather(*map(self._hear_one, dialogues)))

    async def _hear_one(self, turns: Sequence[Said]) -> list[Heard | None]:
        log = PastLog(LONG_AGO)
        options = self.settings.conversation.model_copy(update={"messages_per_minute": NO_LIMIT})
        settings = self.settings.model_copy(update={"conversation": options})
        actions = AbsentActions(settings.actions)
        answering = Answering(self.book, actions, settings, self.retriever.budget.passage_threshold)
        reader = ThreadedReader(PastReader(self.understander, self.retriever, log), self._threads)
        dialogue = OpenDialogue(reader, answering)
        engine = Engine(settings, cast("Store", log), dialogue, self.release)
        found: list[Heard | None] = []
        for number, turn in enumerate(turns):
            dialogue.heard.clear()
            log.now = turn.at or (log.now + PACE)
            if turn.text.strip():
                await engine.handle(_message(turn.text, number, log.now))
            found.append(dialogue.heard[-1] if dialogue.heard else None)
        return found


def _message(text: str, number: int, at: datetime) -> Message:
    return Message("replay", "replay:1", "replay:1", str(number), at, text=text)
