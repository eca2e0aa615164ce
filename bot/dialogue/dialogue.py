"""What a customer's words lead to: understood, read against an open question, decided, answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.answering import Answering, person_button
from bot.dialogue.decide import (
    GOODBYE,
    NOT_UNDERSTOOD,
    OUT_OF_SCOPE,
    SMALL_TALK,
    TALK_TO_PERSON,
    decide,
    negatives_after,
)
from bot.dialogue.forms import (
    Reading,
    corrects,
    fill_slots,
    free_text,
    is_free,
    is_lasting,
    keep_lasting,
    known_values,
    new_free_text,
    read_form,
    slots_of,
)
from bot.dialogue.names import meant_by_name
from bot.dialogue.phrases import after_no, is_asking, is_bare, is_dropping, is_other_one
from bot.dialogue.reading import Reads, ReadText, read, read_parts
from bot.dialogue.requests import Request, answer_all, apart, asked_for, clauses
from bot.dialogue.state import Form
from bot.dialogue.talk import Outcome, Talk, moving_on, with_given, with_values, without_form
from bot.messages import Button, Decision, Reply
from nlu.understanding import Understanding
from retrieval.answers import Slot
from retrieval.budget import MAX_CHOICES
from retrieval.candidates import Findings

Clause = tuple[str, ReadText]  # a part of a message, and what it means by itself


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Reads messages with one release and answers them from one book."""

    reader: Reads
    answering: Answering

    def quietly(self) -> "Dialogue":
        """The same with actions that only read."""
        answering = self.answering
        return replace(self, answering=replace(answering, actions=answering.actions.reading()))

    async def hear(self, talk: Talk) -> Outcome:
        """Answer a message in words."""
        if (chosen := self._typed_choice(talk)) is not None:
            return await self.choose(talk, chosen)
        talk, parts = await self._read(talk)
        talk, decision = self._decided(talk)
        if talk.state.form is not None:
            outcome = await self._in_form(talk, talk.state.form, decision)
        elif decision.reason in NOT_UNDERSTOOD and is_dropping(talk.text):
            outcome = await self.leave(talk)
        else:
            outcome = (
                await self._corrected(talk)
                or await self._other_one(talk)
                or self._value_alone(talk)
                or await self._several(talk, decision, parts)
                or await self._carry_out(*self._carried_on(talk, decision))
            )
        return await self._take_up(outcome)

    async def overhear(self, talk: Talk) -> Talk:
        """Understand a message that a person answers, and remember the values it gives."""
        talk = await read(talk, self.reader)
        at = talk.now.timestamp()
        return replace(talk, state=keep_lasting(talk.state, self._lasting, talk.entities, at=at))

    async def is_request(self, talk: Talk) -> bool:
        """Whether a message surely asks for something that is answered."""
        _, decision = self._decided(await read(talk, self.reader))
        return decision.reason in {"confident", "passage"} and decision.intent not in SMALL_TALK

    async def choose(self, talk: Talk, intent: str, answer_id: str | None = None) -> Outcome:
        """Answer an intent the customer picked: there is nothing to doubt."""
        decision = Decision("answer", "chosen", intent, 1.0, answer_id)
        return await self._take_up(await self.answering.give(moving_on(talk, intent), decision))

    async def say_yes(self, talk: Talk, form: Form) -> Outcome:
        """Run what was confirmed."""
        decision = Decision("answer", "confirmed", form.intent, 1.0)
        given = await self.answering.give(with_values(talk, form), decision, is_confirmed=True)
        return await self._take_up(given)

    async def fill(self, talk: Talk, form: Form, slot: str, value: str) -> Outcome:
        """Go on with a value picked for a slot."""
        talk = with_values(talk, replace(form, values={**form.values, slot: value}))
        decision = Decision("answer", "filled", form.intent, 1.0)
        return await self._take_up(await self.answering.give(talk, decision))

    async def leave(self, talk: Talk) -> Outcome:
        """Drop what was being asked."""
        # No question: a "no" to it would be one more message to understand.
        text = talk.words.say("All right, I'll leave it there. Just write if there is anything else.")
        intent = talk.state.form.intent if talk.state.form else None
        talk = replace(talk, state=replace(talk.state, form=None, unsure="", offered=()))
        return await self._take_up(Outcome(talk, Decision("answer", "left", intent, 1.0), (Reply(text),)))

    async def _read(self, talk: Talk) -> tuple[Talk, tuple[Clause, ...]]:
        """The talk with what it means, and its clauses with what they mean by themselves where these may be requests; all in
        one wait."""
        texts = clauses(talk.text) if talk.state.form is None else ()
        whole, *parts = await read_parts(talk, [talk.text, *texts], self.reader)
        talk = replace(talk, understanding=whole.understanding, findings=whole.findings)
        return talk, tuple(zip(texts, parts, strict=True))

    def _decided(self, talk: Talk) -> tuple[Talk, Decision]:
        """The decision on the words alone; what they give for other intents and their mood are remembered."""
        understanding, findings = talk.understanding, talk.findings
        assert understanding is not None and findings is not None  # noqa: S101, PT018 - the message was read
        decision = self._decide(talk, understanding, findings)
        state = keep_lasting(talk.state, self._lasting, understanding.entities, at=talk.now.timestamp())
        if not is_bare(understanding.text, understanding.entities):
            state = replace(state, negatives=negatives_after(understanding, talk.state))
        return replace(talk, state=state), decision

    def _decide(self, talk: Talk, understanding: Understanding, findings: Findings) -> Decision:
        if is_bare(understanding.text, understanding.entities):
            understanding = replace(understanding, sentiment=None)  # a number has no mood
        book, budget = self.answering.book, self.reader.budget
        decision = decide(understanding, findings, budget, state=talk.state, answerable=book.intents)
        if decision.reason in NOT_UNDERSTOOD:
            return meant_by_name(book, understanding.text) or decision
        return decision

    async def _several(self, talk: Talk, decision: Decision, parts: Sequence[Clause]) -> Outcome | None:
        """Answer several requests at once; None where the message doesn't surely make several."""
        if decision.reason == "angry":
            return None
        requests = self._of_clauses(talk, parts)
        if len(requests) < 2:
            requests = asked_for(talk, decision, self.reader.budget, self.answering.book.intents)
        return await answer_all(talk, requests, self.answering) if len(requests) > 1 else None

    def _of_clauses(self, talk: Talk, parts: Sequence[Clause]) -> tuple[Request, ...]:
        return apart(
            [
                Request(
                    part.understanding,
                    part.findings,
                    self._decide(replace(talk, text=text), part.understanding, part.findings),
                )
                for text, part in parts
            ]
        )

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
            buttons = (
                *self.answering.choices(decision.choices, talk),
                Button(words.say("Something else"), "something_else"),
            )
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
            return await self._carry_out(without_form(talk), decision)
        if decision.reason == "angry":
            return await self._carry_out(talk, decision)
        reading = read_form(form, slot, talk.text, talk.entities)
        if is_free(slot) and is_asking(talk.text) and decision.intent != form.intent:
            reading = "unclear"  # "can I have two?" is a value, "how long does it take?" isn't
        if self._is_elsewhere(talk, form, reading, decision):
            return await self._carry_out(moving_on(talk, decision.intent), decision)
        return await self._go_on(talk, form, reading, decision)

    def _is_elsewhere(self, talk: Talk, form: Form, reading: Reading, decision: Decision) -> bool:
        """Whether the message surely asks for something else than what is being filled."""
        if decision.reason not in {"confident", "passage"} or decision.intent == form.intent:
            return False
        if decision.intent == TALK_TO_PERSON:
            return True
        slot = slots_of(self.answering.book.of_intent(form.intent)).get(form.slot or "")
        if is_free(slot):
            return reading == "unclear" and is_asking(talk.text)
        if decision.reason == "passage":
            return reading == "unclear" and "?" in talk.text
        return reading in {"unclear", "filled"} and not is_bare(talk.text, talk.entities)

    async def _go_on(self, talk: Talk, form: Form, reading: Reading, decision: Decision) -> Outcome:
        decision = Decision("answer", reading, form.intent, decision.prob)
        slots = slots_of(self.answering.book.of_intent(form.intent))
        talk = with_values(talk, form)
        is_open = form.slot is None or is_free(slots[form.slot])
        if is_open and (asked := await self._ask_anew(talk, form.intent, form.values)) is not None:
            return asked
        if form.slot is None and (changed := self._changed(talk, form, slots, reading)) is not None:
            return await self.answering.give(changed, replace(decision, reason="corrected"))
        if reading == "yes":
            return await self.say_yes(talk, form)
        if reading in {"no", "left"}:
            return await self.leave(talk)
        if reading == "unclear":
            return self.answering.repeat(talk, form, decision)
        if form.slot and is_free(slots[form.slot]) and not is_about_another(form.slot, slots, talk):
            talk = with_values(talk, replace(form, values={form.slot: free_text(talk.text)}))
        return await self.answering.give(talk, decision)

    @staticmethod
    def _changed(talk: Talk, form: Form, slots: Mapping[str, Slot], reading: Reading) -> Talk | None:
        """For "yes, but LW-2", "no, two mugs" or another address: with the value it changes in what is to be
        confirmed; else None."""
        at, intent = talk.now.timestamp(), form.intent
        state = fill_slots(talk.state, slots, talk.entities, intent=intent, at=at)
        if known_values(state, slots, intent) != form.values:
            return replace(talk, state=state)
        free = [name for name, slot in slots.items() if is_free(slot)]
        given = new_free_text(talk.text) if reading == "unclear" else after_no(talk.text)
        return with_values(talk, replace(form, values={free[0]: given})) if len(free) == 1 and given else None

    def _carried_on(self, talk: Talk, decision: Decision) -> tuple[Talk, Decision]:
        """Read "I mixed them up, it's for LW-2" as the last question once more, where it means nothing by itself."""
        given = talk.state.given
        if given is None or decision.reason not in NOT_UNDERSTOOD:
            return talk, decision
        is_other = decision.reason != OUT_OF_SCOPE and decision.intent not in {None, given.intent}
        changed = corrects(given, slots_of(self.answering.book.of_intent(given.intent)), talk.entities)
        if is_other or not changed:
            return talk, decision
        return with_given(talk, given, changed), Decision("answer", "carried_on", given.intent, decision.prob)

    async def _corrected(self, talk: Talk) -> Outcome | None:
        """Give the last answer again for "sorry, it's LW-22222"; None where nothing is corrected."""
        given = talk.state.given
        if given is None or not is_bare(talk.text, talk.entities):
            return None
        changed = corrects(given, slots_of(self.answering.book.of_intent(given.intent)), talk.entities)
        if not changed:
            return None
        talk = with_given(talk, given, changed)
        return await self.answering.give(talk, Decision("answer", "corrected", given.intent, 1.0))

    async def _other_one(self, talk: Talk) -> Outcome | None:
        """Ask which one for "no, the other order" after an answer."""
        given = talk.state.given
        if given is None:
            return None
        return await self._ask_anew(with_given(talk, given, {}), given.intent, given.slots)

    async def _ask_anew(self, talk: Talk, intent: str, values: Mapping[str, str]) -> Outcome | None:
        """Ask for the lasting one of these slots again where another is meant; None where it isn't clear which slot."""
        slots = slots_of(self.answering.book.of_intent(intent))
        lasting = [name for name in values if name in slots and is_lasting(slots[name])]
        if len(lasting) != 1 or not is_other_one(talk.text):
            return None
        state = talk.state.without(lasting[0])
        return await self.answering.give(
            replace(talk, state=state), Decision("answer", "corrected", intent, 1.0)
        )

    def _value_alone(self, talk: Talk) -> Outcome | None:
        """Ask what a number without a word is about; None where there is more, or nothing to do with it."""
        given = [entity for entity in talk.entities if entity.label in self._lasting]
        if not given or not is_bare(talk.text, talk.entities):
            return None
        book, ranked = self.answering.book, talk.findings.intents if talk.findings else ()
        likely = (*(found.intent for found in ranked), *book.intents)
        takes = (
            intent for intent in dict.fromkeys(likely) if given[0].label in slots_of(book.of_intent(intent))
        )
        choices = tuple(takes)[:MAX_CHOICES]
        text = talk.words.say("Thanks, I've noted {value}. What can I do about it?", value=given[0].value)
        state = replace(talk.state, offered=choices, unsure="")
        return Outcome(
            replace(talk, state=state),
            Decision("ask", "value_alone", choices=choices),
            (Reply(text, self.answering.choices(choices, talk)),),
        )

    async def _take_up(self, outcome: Outcome) -> Outcome:
        """Go back to a form that was left by asking something else, once that is answered."""
        state, paused = outcome.talk.state, outcome.talk.state.paused
        is_done = outcome.decision is not None and outcome.decision.kind == "answer"
        if paused is None or state.form is not None or not is_done or outcome.talk.is_with_people:
            return outcome
        talk = replace(outcome.talk, state=replace(state, paused=None))
        if outcome.decision is not None and outcome.decision.intent in {paused.intent, GOODBYE}:
            return replace(outcome, talk=talk)
        # What was said to the other matter fills nothing here, but for what every intent shares.
        quiet = replace(with_values(talk, paused), understanding=None, findings=None)
        resumed = await self.answering.give(quiet, Decision("answer", "taken_up", paused.intent, 1.0))
        title = self.answering.title(paused.intent, talk)
        preface = (
            talk.words.say("Back to “{title}”: ", title=title)
            if paused.asked
            else talk.words.say("About “{title}”: ", title=title)
        )
        first, *rest = resumed.replies
        replies = (*outcome.replies, replace(first, text=preface + first.text), *rest)
        is_handed_over = resumed.talk.is_with_people
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


def is_about_another(asked: str, slots: Mapping[str, Slot], talk: Talk) -> bool:
    """For "no, the other one, LW-2" to a question for an address: whether it only gives a value of another slot."""
    others = {slot.entity for name, slot in slots.items() if name != asked}
    return is_bare(talk.text, talk.entities) and any(entity.label in others for entity in talk.entities)
