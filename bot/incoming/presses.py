"""Buttons: what a press means, and whether it still does."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.autonomy import GuardedDialogue
from bot.dialogue import handoff
from bot.dialogue.answering import person_button
from bot.dialogue.decide import TALK_TO_PERSON
from bot.dialogue.talk import Outcome, Talk, reopened
from bot.incoming.customer_commands import DATA, CustomerCommands
from bot.messages import Decision, Reply

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button that was pressed; `was_clarification` where it was a choice the desk had to ask for."""

    payload: str
    message_id: int
    key: str
    was_clarification: bool


@dataclass(frozen=True, slots=True)
class Presses:
    """Answers button presses; every one of them, or the customer would think it broken."""

    dialogue: GuardedDialogue
    commands: CustomerCommands
    store: "Store"

    async def find(self, talk: Talk) -> Pressed | None:
        """The pressed button, None where this conversation has no such button."""
        press = talk.message.button
        if press is None:
            return None
        # Ids are easily guessed: only replies of this very conversation are looked at.
        found = await self.store.transcript(
            talk.message.conversation_key, after=press.message_id - 1, limit=1
        )
        if not found or found[0].id != press.message_id or not 0 <= press.index < len(found[0].buttons):
            return None
        button = found[0].buttons[press.index]
        return Pressed(
            button.payload,
            press.message_id,
            f"{press.message_id}:{press.index}",
            found[0].decision_kind == "clarify",
        )

    async def handle(self, talk: Talk) -> Outcome:
        """Answer a press."""
        pressed = await self.find(talk)
        if pressed is None:
            return self._stale(reopened(talk))
        verb, _, argument = pressed.payload.partition(":")
        if pressed.key in talk.state.presses and verb not in {"human", "bot", DATA, handoff.RATE}:
            text = talk.words.say("You chose that already. What else can I do for you?")
            return Outcome(talk, Decision("answer", "pressed_again"), (Reply(text),))
        talk = replace(talk, state=talk.state.pressed(pressed.key))
        if verb == handoff.RATE:
            return await self._rate(talk, pressed, argument)
        talk = reopened(talk)
        return await self._act(talk, pressed, verb, argument)

    async def _act(self, talk: Talk, pressed: Pressed, verb: str, argument: str) -> Outcome:
        match verb:
            case "intent":
                return await self._choose_intent(talk, pressed, argument)
            case "answer":
                return await self._choose_answer(talk, argument)
            case "yes" | "no" | "slot" | "cancel":
                return await self._fill_form(talk, verb, argument)
            case "human":
                return await self.ask_for_person(talk)
            case "bot":
                return self.commands.give_back(talk)
            case "helpful" | "not_helpful":
                return await self._take_feedback(talk, pressed, verb)
            case "something_else":
                text = talk.words.say("All right. Tell me in your own words what it is about.")
                talk = replace(talk, state=replace(talk.state, offered=()))
                return Outcome(talk, Decision("ask", "rephrase"), (Reply(text, (person_button(talk),)),))
            case "language":
                return await self.commands.set_language(talk, argument)
            case "data":
                return self.commands.send_data(talk)
            case "forget":
                return await self.commands.forget(talk, is_sure=argument == "yes")
            case _:
                return self._stale(talk)

    async def ask_for_person(self, talk: Talk) -> Outcome:
        """A person was asked for by button or command: the answer for it where there is one, else just so."""
        if self.dialogue.answering.book.of_intent(TALK_TO_PERSON):
            outcome = await self.dialogue.choose(talk, TALK_TO_PERSON)
            if outcome.talk.is_with_people:
                return outcome
        decision = Decision("hand_over", "customer_asked", TALK_TO_PERSON, 1.0)
        return self.dialogue.answering.hand_over(talk, decision)

    async def _choose_intent(self, talk: Talk, pressed: Pressed, intent: str) -> Outcome:
        if not self.dialogue.answering.book.of_intent(intent):
            return self._stale(talk)  # the answers were edited meanwhile
        if pressed.was_clarification:  # a label from the one who knows best
            await self.store.add_feedback(pressed.message_id, intent, talk.message.customer_key)
        return await self.dialogue.choose(talk, intent)

    async def _choose_answer(self, talk: Talk, answer_id: str) -> Outcome:
        answer = self.dialogue.answering.book.find(answer_id)
        return (
            self._stale(talk)
            if answer is None
            else await self.dialogue.choose(talk, answer.intent, answer.id)
        )

    async def _fill_form(self, talk: Talk, verb: str, argument: str) -> Outcome:
        """A yes, a no or a value; only for the very question that is open."""
        form = talk.state.form
        slot, _, rest = argument.partition(":")
        key, _, value = rest.partition(":") if verb == "slot" else (argument, "", "")
        if form is None or str(form.key) != key or (verb == "slot" and slot != form.slot):
            return self._stale(talk)
        if verb == "yes":
            return await self.dialogue.say_yes(talk, form)
        if verb == "slot":
            return await self.dialogue.fill(talk, form, slot, value)
        return await self.dialogue.leave(talk)

    async def _rate(self, talk: Talk, pressed: Pressed, score: str) -> Outcome:
        """Thank for a rating, and ask for a word about it; the conversation stays as it is."""
        await self.store.inbox.rate(pressed.message_id, int(score))
        talk = replace(talk, state=replace(talk.state, question="comment"))
        text = talk.words.say("Thank you! Is there anything you would like to add?")
        return Outcome(talk, Decision("answer", "rated"), (Reply(text),))

    async def _take_feedback(self, talk: Talk, pressed: Pressed, value: str) -> Outcome:
        await self.store.add_feedback(pressed.message_id, value, talk.message.customer_key)
        if value == "helpful":
            reply = Reply(talk.words.say("Thank you, good to know."))
        else:
            text = talk.words.say("Thank you for saying so. Would you like to talk to a person?")
            reply = Reply(text, (person_button(talk),))
        return Outcome(talk, Decision("answer", value), (reply,))

    @staticmethod
    def _stale(talk: Talk) -> Outcome:
        text = talk.words.say(
            "That button is from an earlier question and no longer works. What can I do for you now?"
        )
        return Outcome(talk, Decision("answer", "stale_button"), (Reply(text),))


def is_for_the_desk(pressed: Pressed | None) -> bool:
    """Whether a press speaks to the desk itself, also while a person has the conversation."""
    return pressed is not None and (
        pressed.payload in {handoff.BACK_TO_BOT, DATA}
        or pressed.payload.startswith(("forget:", f"{handoff.RATE}:"))
    )
