"""How far the bot may go by itself, for each intent: answer, draft what a person sends, or nothing.

A guarded dialogue first answers quietly, with actions that only read. Where the intent may be answered, that is the answer,
or an action that changes something is then called; else a person has the conversation, with what would have been said as
a draft."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.dialogue.answering import Answering
from bot.dialogue.decide import TALK_TO_PERSON
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.state import Form
from bot.dialogue.talk import Outcome, Talk
from bot.messages import AUTONOMY_LEVELS, AutonomyLevel, Decision, Draft

TOLD_FOR_S = 1800.0  # a customer who waits for one draft after another isn't told each time


@dataclass(frozen=True, slots=True)
class Levels:
    """By intent; `default` is for all others, for questions back, and for passages of articles."""

    default: AutonomyLevel = "auto"
    by_intent: Mapping[str, AutonomyLevel] = field(default_factory=dict)

    @property
    def are_all_auto(self) -> bool:
        return self.default == "auto" and all(level == "auto" for level in self.by_intent.values())

    def of(self, decision: Decision) -> AutonomyLevel:
        """The most cautious of the intents that a decision is about; who is handed over is with people anyway."""
        is_left = decision.kind == "hand_over" and decision.reason != "action_failed"
        if is_left or decision.intent == TALK_TO_PERSON:
            return "auto"
        intents: tuple[str, ...] = (decision.intent or "",)
        if decision.kind == "clarify" or decision.reason == "passage":
            intents = ("",)
        elif decision.intent is not None and decision.choices:
            intents = decision.choices  # several requests of one message
        levels = [self.by_intent.get(intent, self.default) for intent in intents]
        return min(levels, key=AUTONOMY_LEVELS.index)


def levels_of(stored: Mapping[str, AutonomyLevel]) -> Levels:
    """From what is stored by intent, "" for all others."""
    return Levels(stored.get("", "auto"), {intent: level for intent, level in stored.items() if intent})


@dataclass(frozen=True, slots=True)
class GuardedDialogue:
    """A dialogue that goes no further than it may. `listener` is told the talks in which words are answered."""

    dialogue: Dialogue
    levels: Levels
    listener: Callable[[Talk], None] | None = None

    @property
    def answering(self) -> Answering:
        return self.dialogue.answering

    async def hear(self, talk: Talk) -> Outcome:
        """Answer a message in words."""
        if self.listener is not None:
            self.listener(talk)
        return await self._guard(talk, lambda dialogue: dialogue.hear(talk))

    async def choose(self, talk: Talk, intent: str, answer_id: str | None = None) -> Outcome:
        """Answer an intent the customer picked."""
        return await self._guard(talk, lambda dialogue: dialogue.choose(talk, intent, answer_id))

    async def say_yes(self, talk: Talk, form: Form) -> Outcome:
        """Run what was confirmed."""
        return await self._guard(talk, lambda dialogue: dialogue.say_yes(talk, form))

    async def fill(self, talk: Talk, form: Form, slot: str, value: str) -> Outcome:
        """Go on with a value picked for a slot."""
        return await self._guard(talk, lambda dialogue: dialogue.fill(talk, form, slot, value))

    async def leave(self, talk: Talk) -> Outcome:
        """Drop what was being asked."""
        return await self._guard(talk, lambda dialogue: dialogue.leave(talk))

    async def overhear(self, talk: Talk) -> Talk:
        """Understand a message that a person answers."""
        return await self.dialogue.overhear(talk)

    async def is_request(self, talk: Talk) -> bool:
        """Whether a message surely asks for something that is answered."""
        return await self.dialogue.is_request(talk)

    async def draft(self, talk: Talk) -> Outcome:
        """What the bot would say to one more message while an earlier draft waits; nothing is said by itself."""
        quiet = await self.dialogue.quietly().hear(replace(talk, status="bot"))
        decision = quiet.decision
        if decision is None or decision.kind == "hand_over":
            return _told_once(
                talk, self._hand_over(talk, quiet, decision or Decision("hand_over", "drafted"))
            )
        return self._hold(talk, quiet, decision)

    async def _guard(self, talk: Talk, answer: Callable[[Dialogue], Awaitable[Outcome]]) -> Outcome:
        if self.levels.are_all_auto:
            return await answer(self.dialogue)
        quiet = await answer(self.dialogue.quietly())
        decision = quiet.decision
        if decision is None or self.levels.of(decision) == "auto":
            # Only an action that changes something makes a difference: quietly it fails.
            has_acted = decision is None or decision.reason != "action_failed"
            return quiet if has_acted else await answer(self.dialogue)
        if self.levels.of(decision) == "suggest" and decision.kind != "hand_over":
            return self._hold(talk, quiet, decision)
        return self._hand_over(talk, quiet, replace(decision, kind="hand_over", reason="off"))

    def _hold(self, talk: Talk, quiet: Outcome, decision: Decision) -> Outcome:
        """A person looks at it first."""
        handed = self._hand_over(talk, quiet, replace(decision, kind="hand_over", reason="drafted"))
        held = _told_once(talk, handed)
        state = replace(held.talk.state, is_held=True)
        text = "\n\n".join(reply.text for reply in quiet.replies)
        buttons = tuple(button for reply in quiet.replies for button in reply.buttons)
        draft = Draft(text, buttons, decision.intent, decision.answer_id, quiet.talk.state.to_json())
        return replace(held, talk=replace(held.talk, state=state), draft=draft)

    def _hand_over(self, talk: Talk, quiet: Outcome, decision: Decision) -> Outcome:
        """With what was understood, and what the customer gave."""
        read = replace(
            talk, understanding=quiet.talk.understanding, findings=quiet.talk.findings, state=quiet.talk.state
        )
        return self.answering.hand_over(read, decision)


def _told_once(talk: Talk, outcome: Outcome) -> Outcome:
    """Without a word where the customer heard of late that somebody looks at it."""
    was_told = talk.now.timestamp() - talk.state.last_word_at < TOLD_FOR_S
    return replace(outcome, replies=()) if was_told else outcome
