"""What a customer's words lead to: understood, read against an open question, decided, answered."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.answering import Answering, person_button
from bot.decide import GOODBYE, OUT_OF_SCOPE, SMALL_TALK, TALK_TO_PERSON, decide
from bot.forms import (
    FREE_TEXT,
    Reading,
    corrects,
    fill_slots,
    is_lasting,
    keep_lasting,
    known_values,
    read_form,
    slots_of,
)
from bot.messages import Button, Decision, Reply
from bot.phrases import after_greeting, is_bare
from bot.state import Form
from bot.talk import Outcome, Talk
from nlu.understanding import Understanding
from retrieval.answers import Slot
from retrieval.budget import Budget
from retrieval.candidates import Findings


class Understands(Protocol):
    """nlu's Understander, as far as the desk needs it."""

    async def understand(self, text: str) -> Understanding:
        """Understand one message."""


class Searches(Protocol):
    """retrieval's Retriever, as far as the desk needs it."""

    @property
    def budget(self) -> Budget:
        """The thresholds of the release."""

    def search(
        self, text: str, vector: NDArray[np.float32], class_probs: NDArray[np.float32], *, top: int = 5
    ) -> Findings:
        """Find intents, answers and passages for a message."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Reads messages with one release and answers them from one book."""

    understander: Understands
    retriever: Searches
    answering: Answering

    async def hear(self, talk: Talk) -> Outcome:
        """Answer a message in words."""
        if (chosen := self._typed_choice(talk)) is not None:
            return await self.choose(talk, chosen)
        talk = await self._understood(talk)
        talk, decision = await self._decided(talk)
        if talk.state.form is not None:
            outcome = await self._in_form(talk, talk.state.form, decision)
        else:
            outcome = await self._corrected(talk) or await self._carry_out(talk, decision)
        return await self._take_up(outcome)

    async def choose(self, talk: Talk, intent: str, answer_id: str | None = None) -> Outcome:
        """Answer an intent the customer picked: there is nothing to doubt."""
        decision = Decision("answer", "chosen", intent, 1.0, answer_id)
        return await self._take_up(await self.answering.give(_moving_on(talk, intent), decision))

    async def say_yes(self, talk: Talk, form: Form) -> Outcome:
        """Run what was confirmed."""
        decision = Decision("answer", "confirmed", form.intent, 1.0)
        return await self._take_up(await self.answering.give(talk, decision, is_confirmed=True))

    async def fill(self, talk: Talk, form: Form, slot: str, value: str) -> Outcome:
        """Go on with a value picked for a slot."""
        state = talk.state.remember(slot, value, intent=form.intent, at=talk.now.timestamp())
        decision = Decision("answer", "filled", form.intent, 1.0)
        return await self._take_up(await self.answering.give(replace(talk, state=state), decision))

    async def leave(self, talk: Talk, form: Form) -> Outcome:
        """Drop what was being asked."""
        text = talk.words.say("All right, I'll leave it there. Is there anything else I can do?")
        talk = replace(talk, state=replace(talk.state, form=None))
        return await self._take_up(
            Outcome(talk, Decision("answer", "left", form.intent, 1.0), (Reply(text),))
        )

    async def _understood(self, talk: Talk) -> Talk:
        started = perf_counter()
        understanding = await self.understander.understand(talk.text)
        searching = perf_counter()
        findings = await self._search(understanding)
        talk.timings_ms["understand"] = (searching - started) * 1000
        talk.timings_ms["search"] = (perf_counter() - searching) * 1000
        return replace(talk, understanding=understanding, findings=findings)

    async def _search(self, understanding: Understanding) -> Findings:
        search = self.retriever.search
        return await asyncio.to_thread(
            search, understanding.text, understanding.vector, understanding.class_probs
        )

    async def _decided(self, talk: Talk) -> tuple[Talk, Decision]:
        """The decision on the words alone; what they give for other intents and their mood are remembered."""
        understanding, findings = talk.understanding, talk.findings
        assert understanding is not None and findings is not None  # noqa: S101, PT018 - _understood set them
        if findings.intents and findings.intents[0].intent in SMALL_TALK:
            findings = await self._request_after_greeting(understanding, findings)
        decision = self._decide(talk, understanding, findings)
        state = keep_lasting(talk.state, self._lasting, understanding.entities, at=talk.now.timestamp())
        if not is_bare(understanding.text, understanding.entities):
            negatives = state.negatives + 1 if understanding.sentiment == "negative" else 0
            state = replace(state, negatives=negatives)
        return replace(talk, state=state, findings=findings), decision

    async def _request_after_greeting(self, understanding: Understanding, findings: Findings) -> Findings:
        """For "hi, where is my order": the findings of the request, where there is one."""
        rest = after_greeting(understanding.text)
        if not rest:
            return findings
        found = await self._search(await self.understander.understand(rest))
        is_request = found.intents and found.intents[0].intent not in {*SMALL_TALK, OUT_OF_SCOPE}
        return (
            found if is_request and found.confidence >= self.retriever.budget.clarify_threshold else findings
        )

    def _decide(self, talk: Talk, understanding: Understanding, findings: Findings) -> Decision:
        if is_bare(understanding.text, understanding.entities):
            understanding = replace(understanding, sentiment=None)  # a number has no mood
        answerable = self.answering.book.intents
        return decide(understanding, findings, self.retriever.budget, state=talk.state, answerable=answerable)

    async def _carry_out(self, talk: Talk, decision: Decision) -> Outcome:
        if decision.kind == "hand_over":
            return self.answering.hand_over(talk, decision)
        if decision.kind == "clarify":
            return self._clarify(talk, decision)
        if decision.reason == "passage":
            assert talk.findings is not None  # noqa: S101 - a passage was found
            return self.answering.give_passage(talk, talk.findings.passages[0], decision)
        return await self.answering.give(talk, decision)

    def _clarify(self, talk: Talk, decision: Decision) -> Outcome:
        words = talk.words
        if decision.choices:
            state = replace(talk.state, unsure="uncertain", offered=decision.choices)
            text = words.say("I want to get this right. What is it about?")
            chosen = (
                Button(self.answering.title(intent, talk), f"intent:{intent}") for intent in decision.choices
            )
            buttons = (*chosen, Button(words.say("Something else"), "something_else"))
        else:
            state = replace(talk.state, unsure="out_of_scope", offered=())
            text = words.say(
                "I'm not sure I can help with that. Could you say it in other words, or would you like to talk to a person?"
            )
            buttons = (person_button(talk),)
        return Outcome(replace(talk, state=state), decision, (Reply(text, buttons),))

    async def _in_form(self, talk: Talk, form: Form, decision: Decision) -> Outcome:
        slots = slots_of(self.answering.book.of_intent(form.intent))
        slot = slots.get(form.slot) if form.slot else None
        if form.slot and slot is None:  # the answers were edited meanwhile
            return await self._carry_out(_without_form(talk), decision)
        if decision.reason == "angry":
            return await self._carry_out(talk, decision)
        reading = read_form(form, slot, talk.text, talk.entities)
        if self._is_elsewhere(talk, form, reading, decision):
            return await self._carry_out(_moving_on(talk, decision.intent), decision)
        return await self._go_on(talk, form, reading, decision)

    def _is_elsewhere(self, talk: Talk, form: Form, reading: Reading, decision: Decision) -> bool:
        """Whether the message surely asks for something else than what is being filled."""
        if decision.reason not in {"confident", "passage"} or decision.intent == form.intent:
            return False
        if decision.intent == TALK_TO_PERSON:
            return True
        slot = slots_of(self.answering.book.of_intent(form.intent)).get(form.slot or "")
        if slot is not None and slot.entity == FREE_TEXT:
            return False  # whatever is written is the value
        if decision.reason == "passage":
            return reading == "unclear" and "?" in talk.text
        return reading in {"unclear", "filled"} and not is_bare(talk.text, talk.entities)

    async def _go_on(self, talk: Talk, form: Form, reading: Reading, decision: Decision) -> Outcome:
        decision = Decision("answer", reading, form.intent, decision.prob)
        slots = slots_of(self.answering.book.of_intent(form.intent))
        if form.slot is None and self._changes_a_value(talk, slots, form):
            return await self.answering.give(talk, replace(decision, reason="corrected"))
        if reading == "yes":
            return await self.say_yes(talk, form)
        if reading in {"no", "left"}:
            return await self.leave(talk, form)
        if reading == "filled":
            if form.slot and slots[form.slot].entity == FREE_TEXT:
                state = talk.state.remember(
                    form.slot, talk.text.strip(), intent=form.intent, at=talk.now.timestamp()
                )
                talk = replace(talk, state=state)
            return await self.answering.give(talk, decision)
        return self.answering.repeat(talk, form, decision)

    @staticmethod
    def _changes_a_value(talk: Talk, slots: Mapping[str, Slot], form: Form) -> bool:
        """Whether "yes, but for LW-2" brings another value than what is to be confirmed."""
        at = talk.now.timestamp()
        changed = fill_slots(talk.state, slots, talk.entities, intent=form.intent, at=at)
        return known_values(changed, slots, form.intent) != known_values(talk.state, slots, form.intent)

    async def _corrected(self, talk: Talk) -> Outcome | None:
        """Give the last answer again for "sorry, it's LW-22222"; None where nothing is corrected."""
        given = talk.state.given
        if given is None:
            return None
        slots = slots_of(self.answering.book.of_intent(given.intent))
        changed = corrects(given, slots, talk.text, talk.entities)
        if not changed:
            return None
        state = talk.state
        for name, value in {**given.slots, **changed}.items():
            state = state.remember(name, value, intent=given.intent, at=talk.now.timestamp())
        return await self.answering.give(
            replace(talk, state=state), Decision("answer", "corrected", given.intent, 1.0)
        )

    async def _take_up(self, outcome: Outcome) -> Outcome:
        """Go back to a form that was left by asking something else, once that is answered."""
        state, paused = outcome.talk.state, outcome.talk.state.paused
        is_done = outcome.decision is not None and outcome.decision.kind == "answer"
        if paused is None or state.form is not None or not is_done or outcome.talk.status == "person":
            return outcome
        talk = replace(outcome.talk, state=replace(state, paused=None))
        if outcome.decision is not None and outcome.decision.intent in {paused.intent, GOODBYE}:
            return replace(outcome, talk=talk)
        # What was said to the other matter fills nothing here, but for what every intent shares.
        quiet = replace(talk, understanding=None, findings=None)
        resumed = await self.answering.give(quiet, Decision("answer", "taken_up", paused.intent, 1.0))
        preface = talk.words.say("Back to “{title}”: ", title=self.answering.title(paused.intent, talk))
        first, *rest = resumed.replies
        replies = (*outcome.replies, replace(first, text=preface + first.text), *rest)
        is_handed_over = resumed.talk.status == "person"
        final = replace(resumed.talk, understanding=talk.understanding, findings=talk.findings)
        return Outcome(final, resumed.decision if is_handed_over else outcome.decision, replies)

    def _typed_choice(self, talk: Talk) -> str | None:
        """The offered intent whose number or title was typed instead of pressed."""
        typed = talk.text.strip().casefold().rstrip(".)")
        for number, intent in enumerate(talk.state.offered, start=1):
            if typed in {str(number), self.answering.title(intent, talk).casefold()}:
                return intent
        return None

    @property
    def _lasting(self) -> frozenset[str]:
        slots = (slot for answer in self.answering.book.answers for slot in answer.slots)
        return frozenset(slot.name for slot in slots if is_lasting(slot))


def _without_form(talk: Talk) -> Talk:
    return replace(talk, state=replace(talk.state, form=None))


def _moving_on(talk: Talk, intent: str | None) -> Talk:
    """With the open form put aside for later, unless this is about the same."""
    form = talk.state.form
    if form is None:
        return talk
    paused = talk.state.paused if form.intent == intent else form
    return replace(talk, state=replace(talk.state, form=None, paused=paused))
