"""A release that sees live messages beside the one that answers, and says nothing."""

import asyncio
import logging
from dataclasses import dataclass, replace

from bot.autonomy import GuardedDialogue, Levels
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.talk import Outcome, Talk
from bot.messages import Decision, Turn
from bot.store.candidates.records import ShadowDecision
from bot.store.store import Store
from bot.trial.retold_actions import RecordingActions, Results, RetoldActions

MAX_WAITING = 64  # messages; more are dropped and counted, so that nobody waits for a shadow
BATCH = 16  # decisions written at once

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that the serving release decided on: the talk as it met it, and what its actions said."""

    message_id: int
    talk: Talk
    levels: Levels
    live: Decision
    results: Results


class Shadow:
    """Decides in the background what was decided before, with actions that only repeat what was said then.

    Nothing is sent, called or saved but the decision."""

    def __init__(self, trial_id: int, dialogue: Dialogue, store: Store) -> None:
        self.trial_id = trial_id
        self.dialogue = dialogue
        self._store = store
        self._waiting: asyncio.Queue[Heard] = asyncio.Queue(MAX_WAITING)
        self._dropped = 0

    def listen(self, dialogue: Dialogue, levels: Levels) -> "Listening":
        """What one turn is watched with, which that dialogue answers."""
        return Listening(self, dialogue, levels)

    def offer(self, heard: Heard) -> None:
        """Take a message in, unless too many wait."""
        try:
            self._waiting.put_nowait(heard)
        except asyncio.QueueFull:
            self._dropped += 1

    async def run(self) -> None:
        """Decide on what is heard, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            dropped, self._dropped = self._dropped, 0
            try:
                decided = [await self.decide(heard) for heard in batch]
                await self._store.trials.record(self.trial_id, decided, dropped=dropped)
            except Exception as error:  # the database may be away for a moment; the shadow goes on
                self._dropped += dropped + len(batch)
                logger.warning("a shadow's decisions could not be kept: %s", type(error).__name__)

    async def decide(self, heard: Heard) -> ShadowDecision:
        """What it would have done; a failure of its own is a decision too, as customers would have met it."""
        actions = RetoldActions(heard.results)
        answering = replace(self.dialogue.answering, actions=actions)
        guarded = GuardedDialogue(replace(self.dialogue, answering=answering), heard.levels)
        try:
            outcome = await guarded.hear(replace(heard.talk, timings_ms={}))
        except Exception as error:
            # Without its text, which may quote the customer.
            logger.error("the shadow of message %d: %s", heard.message_id, type(error).__name__)
            outcome = Outcome(heard.talk, Decision("hand_over", "failure"))
        decision = outcome.decision or Decision("hand_over", "failure")
        if decision.reason == "action_failed" and actions.is_more_asked:
            decision = replace(decision, kind="answer", reason="would_act", answer_id=None)
        findings = outcome.talk.findings
        return ShadowDecision(
            heard.message_id,
            decision.intent,
            findings.confidence if findings else None,
            decision.kind,
            decision.reason,
            decision.answer_id,
            agree(heard.live, decision),
        )


class Listening:
    """One turn on its way: keeps what the serving dialogue met and was told. `dialogue` is that one, listened to."""

    def __init__(self, shadow: Shadow, dialogue: Dialogue, levels: Levels) -> None:
        self._shadow = shadow
        self._levels = levels
        self._talk: Talk | None = None
        self._results: Results = {}
        actions = RecordingActions(dialogue.answering.actions, self._results)
        recorded = replace(dialogue, answering=replace(dialogue.answering, actions=actions))
        self.dialogue = GuardedDialogue(recorded, levels, self._hear)

    def _hear(self, talk: Talk) -> None:
        """The talk that words are answered in; the last one counts where a turn is taken anew."""
        self._talk = talk

    def end(self, turn: Turn) -> None:
        """Hand the turn to the shadow, where it was one of words that something was decided about."""
        decision = turn.decision
        if self._talk is None or turn.is_repeat or decision is None or decision.reason == "failure":
            return
        self._shadow.offer(Heard(turn.message_id, self._talk, self._levels, decision, self._results))


def agree(live: Decision, other: Decision) -> bool:
    """Whether customers would notice no difference: the same is done, and where something is said or drafted, the same answer
    to the same intent. Which choices are offered, or why a person takes over, makes none."""
    if live.kind != other.kind:
        return False
    drafted = "drafted" in {live.reason, other.reason}
    if live.kind == "clarify" or (live.kind == "hand_over" and not drafted):
        return True
    same = (live.intent, live.answer_id, live.slot) == (other.intent, other.answer_id, other.slot)
    return same and (live.reason == "drafted") == (other.reason == "drafted")
