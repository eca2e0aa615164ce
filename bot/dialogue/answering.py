"""An intent becomes its answer: slots asked for, the action confirmed and run, the text rendered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.dialogue import handoff
from bot.dialogue.decide import GREETING, SMALL_TALK, TALK_TO_PERSON
from bot.dialogue.forms import (
    MAX_ASKED,
    Act,
    AskSlot,
    drop_passing,
    fill_slots,
    is_free,
    known_values,
    next_step,
    slots_of,
    values_of,
)
from bot.dialogue.hours import is_open
from bot.dialogue.state import Form, Given
from bot.dialogue.talk import Outcome, Talk, in_custody
from bot.messages import Button, Decision, Reply
from bot.outgoing.actions import ActionFailed, Actions
from bot.settings import Settings
from bot.wording import Wording
from retrieval.answers import Answer, AnswerBook, AnswerButton, MissingSlot, Slot, render, say, say_value
from retrieval.candidates import Candidate, Findings
from retrieval.errors import RetrievalError

MAX_OPENERS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """The answers of a workspace and what it takes to give them. `passage_threshold` is the budget's."""

    book: AnswerBook
    actions: Actions
    settings: Settings
    passage_threshold: float

    async def give(self, talk: Talk, decision: Decision, *, is_confirmed: bool = False) -> Outcome:
        """Answer the decision's intent, or ask for what that takes; `is_confirmed`: the customer said yes."""
        intent = decision.intent or ""
        answers = likeliest_first(self.book.of_intent(intent), talk.findings)
        if wanted := self._wanted(decision, talk.findings, answers):
            answers = (wanted, *(other for other in answers if other is not wanted))
        talk = self._filled(talk, answers, intent)
        context = self._context(talk, answers, intent)
        step = next_step(answers, context)
        if isinstance(step, Act):
            if step.answer.confirm is not None and not is_confirmed:
                return self._ask_to_confirm(talk, step.answer, decision, context)
            try:
                context["result"] = await self._run(talk, step.answer, intent, context)
            except ActionFailed:
                return self.hand_over(talk, replace(decision, kind="hand_over", reason="action_failed"))
            step = next_step(answers, context)
        if isinstance(step, AskSlot):
            return self.ask(talk, step.slot, decision)
        if step is None or isinstance(step, Act):
            return self.hand_over(talk, replace(decision, kind="hand_over", reason="no_answer"))
        return self._give_text(talk, step.answer, decision, context)

    def _wanted(
        self, decision: Decision, findings: Findings | None, answers: Sequence[Answer]
    ) -> Answer | None:
        """The answer that a button leads to, or the one of these that staff named for such a message."""
        if decision.answer_id is not None:
            return self.book.find(decision.answer_id)
        taught = findings.taught_answer if findings else None
        return next((answer for answer in answers if answer.id == taught), None)

    def ask(
        self, talk: Talk, slot: Slot, decision: Decision, *, asked: int = 1, preface: str = ""
    ) -> Outcome:
        """Ask for a slot; after MAX_ASKED times a person takes over."""
        if asked > MAX_ASKED:
            return self.hand_over(
                talk, replace(decision, kind="hand_over", reason="missing_slot", slot=slot.name)
            )
        options = values_of(talk.entities, slot.entity)
        form = self._form(talk, decision, slot.name, asked)
        buttons = tuple(
            Button(
                say_value(value, slot.entity, language=talk.words.language),
                f"slot:{slot.name}:{form.key}:{value}",
            )
            for value in options
            if not is_free(slot)
        )
        question = say(slot.ask, self._base(talk), language=talk.words.language, seed=asked - 1)
        reason = "several_values" if len(options) > 1 else decision.reason if asked > 1 else "missing_slot"
        return Outcome(
            replace(talk, state=replace(talk.state, form=form, unsure="", offered=())),
            replace(decision, kind="ask", reason=reason, slot=slot.name, answer_id=None),
            (Reply(f"{preface}{question}", buttons if len(options) > 1 else ()),),
        )

    def repeat(self, talk: Talk, form: Form, decision: Decision, *, preface: str = "") -> Outcome:
        """Put an open question once more, `form.asked` times so far."""
        answers = self.book.of_intent(form.intent)
        decision = replace(decision, kind="ask", intent=form.intent, reason="asked_again")
        if form.slot is not None and form.slot in (slots := slots_of(answers)):
            return self.ask(talk, slots[form.slot], decision, asked=form.asked + 1, preface=preface)
        if form.asked >= MAX_ASKED:
            return self.hand_over(talk, replace(decision, kind="hand_over", reason="not_confirmed"))
        context = self._context(talk, answers, form.intent)
        asking = next((answer for answer in answers if answer.confirm is not None), None)
        if asking is None:  # the answers were edited meanwhile
            return self.hand_over(talk, replace(decision, kind="hand_over", reason="no_answer"))
        return self._ask_to_confirm(talk, asking, decision, context, asked=form.asked + 1, preface=preface)

    def give_passage(self, talk: Talk, passage: Candidate, decision: Decision) -> Outcome:
        """Answer with a passage of the knowledge articles and where it is from; what else may have been meant is
        on the buttons."""
        source = talk.words.say("From our guide “{title}”", title=passage.title)
        link = f"\n{passage.source}" if passage.source.startswith("https://") else ""
        buttons = self.choices(decision.choices, talk) + self._feedback(talk)
        talk = replace(talk, state=replace(talk.state, unsure="", offered=decision.choices, given=None))
        return Outcome(talk, decision, (Reply(f"{passage.text}\n\n{source}{link}", buttons),))

    def hand_over(self, talk: Talk, decision: Decision, *, after: tuple[Reply, ...] = ()) -> Outcome:
        """A person takes over; `after` is what an answer said before, and then only the hours are added."""
        words, desk = talk.words, self.settings.desk
        talk = in_custody(talk, handoff.hand_over(talk.state, talk.now, decision.reason))
        if not after:
            reason = self._why(talk, decision.reason)
            text = f"{reason}{' ' if reason and words.language == 'en' else ''}{handoff.notice(words, desk, talk.now)}"
            return Outcome(talk, decision, (Reply(text, (handoff.way_back(words),)),))
        if not is_open(desk, talk.now):
            return Outcome(
                talk,
                decision,
                (*after, Reply(handoff.notice(words, desk, talk.now), (handoff.way_back(words),))),
            )
        last = after[-1]
        return Outcome(
            talk, decision, (*after[:-1], replace(last, buttons=(*last.buttons, handoff.way_back(words))))
        )

    def choices(self, intents: Sequence[str], talk: Talk) -> tuple[Button, ...]:
        """A button for each of the intents."""
        return tuple(Button(self.title(intent, talk), f"intent:{intent}") for intent in intents)

    def title(self, intent: str, talk: Talk) -> str:
        """What an intent is called towards customers: the title of its first answer."""
        answers = self.book.of_intent(intent)
        return say(answers[0].title, self._base(talk), language=talk.words.language) if answers else intent

    def openers(self, channel: str, words: Wording, now: datetime) -> tuple[str, ...]:
        """What a customer may begin with: the labels of the buttons under the greeting."""
        opened = is_open(self.settings.desk, now)
        context = {"channel": channel, "customer": "", "is_open": opened, "language": words.language}
        greeting = (button for answer in self.book.of_intent(GREETING) for button in answer.buttons)
        labels = (say(button.label, context, language=words.language) for button in greeting)
        return tuple(dict.fromkeys(labels))[:MAX_OPENERS]

    def _why(self, talk: Talk, reason: str) -> str:
        words = talk.words
        match reason:
            case "angry":
                return words.say("I'm sorry, this has been frustrating.")
            case "action_failed":
                return words.say("I'm sorry, I can't reach our systems at the moment.")
            case "failure" | "no_model":
                return words.say("I'm sorry, something went wrong on my side.")
            case "still_uncertain" | "out_of_scope_twice" | "missing_slot" | "not_confirmed":
                return words.say("I don't want to keep you guessing.")
            case "no_answer":
                return words.say("I'm afraid I can't settle this one myself.")
            case _:
                return ""

    def _ask_to_confirm(
        self,
        talk: Talk,
        answer: Answer,
        decision: Decision,
        context: dict[str, Any],
        *,
        asked: int = 1,
        preface: str = "",
    ) -> Outcome:
        assert answer.confirm is not None  # noqa: S101 - both callers looked
        question = say(answer.confirm, context, language=talk.words.language, seed=asked - 1)
        form = self._form(talk, decision, None, asked)
        buttons = (
            Button(talk.words.say("Yes"), f"yes:{form.key}"),
            Button(talk.words.say("No"), f"no:{form.key}"),
        )
        return Outcome(
            replace(talk, state=replace(talk.state, form=form, unsure="", offered=())),
            replace(decision, kind="ask", reason="confirm" if asked == 1 else "asked_again", answer_id=None),
            (Reply(f"{preface}{question}", buttons),),
        )

    def _form(self, talk: Talk, decision: Decision, slot: str | None, asked: int) -> Form:
        intent = decision.intent or ""
        values = known_values(talk.state, slots_of(self.book.of_intent(intent)), intent)
        return Form(intent, slot, key=talk.state.turns, asked=asked, values=values)

    async def _run(self, talk: Talk, answer: Answer, intent: str, context: dict[str, Any]) -> dict[str, Any]:
        slots = known_values(talk.state, slots_of(self.book.of_intent(intent)), intent)
        key = f"{talk.conversation_id}:{talk.message.external_id}"
        return await self.actions.run(answer.action or "", slots, idempotency_key=key)

    def _give_text(self, talk: Talk, answer: Answer, decision: Decision, context: dict[str, Any]) -> Outcome:
        seed = talk.conversation_id + talk.state.shown.get(answer.id, 0)
        try:
            text = render(answer, context, language=talk.words.language, seed=seed)
        except MissingSlot as hole:
            slots = slots_of(self.book.of_intent(decision.intent or answer.intent))
            if hole.name in slots and not hole.is_final:
                return self.ask(talk, slots[hole.name], decision)
            logger.error("answer %s has no variant without %r", answer.id, hole.name)
            return self.hand_over(
                talk, replace(decision, kind="hand_over", reason="no_answer", answer_id=answer.id)
            )
        except RetrievalError as error:
            logger.error("answer %s: %s", answer.id, error)
            return self.hand_over(
                talk, replace(decision, kind="hand_over", reason="no_answer", answer_id=answer.id)
            )
        talk = self._after(talk, answer, decision.intent or answer.intent, context)
        return self._finish(talk, answer, replace(decision, kind="answer", answer_id=answer.id), text)

    def _finish(self, talk: Talk, answer: Answer, decision: Decision, text: str) -> Outcome:
        buttons = tuple(self._button(button, talk) for button in answer.buttons)
        if answer.hand_over:
            reason = "customer_asked" if answer.intent == TALK_TO_PERSON else "always_a_person"
            return self.hand_over(
                talk, replace(decision, kind="hand_over", reason=reason), after=(Reply(text, buttons),)
            )
        if answer.intent not in SMALL_TALK:
            buttons += self._feedback(talk)
        return Outcome(talk, decision, (Reply(text, buttons),))

    def _after(self, talk: Talk, answer: Answer, intent: str, context: dict[str, Any]) -> Talk:
        """Remember the answer, so that its slots can be corrected, and forget what was for it alone."""
        slots = slots_of(self.book.of_intent(intent))
        # A number the company doesn't know is asked for anew, the next time.
        is_unknown = context.get("result", {}).get("status") == "not_found"
        state = drop_passing(talk.state, slots, also=slots if is_unknown else ())
        if answer.intent not in SMALL_TALK:
            state = replace(state, given=Given(intent, answer.id, known_values(talk.state, slots, intent)))
        return replace(talk, state=replace(state.counting(answer.id), form=None, unsure="", offered=()))

    def _filled(self, talk: Talk, answers: Sequence[Answer], intent: str) -> Talk:
        state = fill_slots(
            talk.state, slots_of(answers), talk.entities, intent=intent, at=talk.now.timestamp()
        )
        return replace(talk, state=replace(state, form=None))

    def _context(self, talk: Talk, answers: Sequence[Answer], intent: str) -> dict[str, Any]:
        """The names that conditions and texts may use; what isn't known yet is left out."""
        context = {**self._base(talk), **known_values(talk.state, slots_of(answers), intent)}
        if talk.understanding is not None and talk.understanding.sentiment is not None:
            context["sentiment"] = talk.understanding.sentiment
        passages = talk.findings.passages if talk.findings else ()
        if passages and passages[0].score >= self.passage_threshold:
            context["passage"] = passages[0]
        return context

    def _base(self, talk: Talk) -> dict[str, Any]:
        return {
            "channel": talk.message.channel.partition(".")[0],
            "customer": talk.message.customer_name,
            "is_open": is_open(self.settings.desk, talk.now),
            "language": talk.words.language,
        }

    def _button(self, button: AnswerButton, talk: Talk) -> Button:
        label = say(button.label, self._base(talk), language=talk.words.language)
        if button.intent == TALK_TO_PERSON:
            return Button(label, "human")
        return Button(label, f"intent:{button.intent}" if button.intent else f"answer:{button.answer}")

    def _feedback(self, talk: Talk) -> tuple[Button, ...]:
        if not self.settings.conversation.feedback_buttons:
            return ()
        words = talk.words
        return (Button(words.say("Helpful"), "helpful"), Button(words.say("Not helpful"), "not_helpful"))


def person_button(talk: Talk) -> Button:
    """The button with which the customer asks for a person."""
    return Button(talk.words.say("Talk to a person"), "human")


def likeliest_first(answers: Sequence[Answer], findings: Findings | None) -> tuple[Answer, ...]:
    """Those that hold for anybody, in the order of how well they fit the words; the others keep their places."""
    rank = {found.id: place for place, found in enumerate(findings.answers)} if findings else {}
    plain = [a for a in answers if not (a.conditions or a.slots or a.action or a.knowledge)]
    ordered = iter(sorted(plain, key=lambda answer: rank.get(answer.id, len(rank))))
    return tuple(next(ordered) if answer in plain else answer for answer in answers)
