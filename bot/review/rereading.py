"""A logged message read once more, for staff: why it is answered as it is, and what might be said to it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.dialogue.decide import OUT_OF_SCOPE, TALK_TO_PERSON
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.reading import read
from bot.dialogue.state import ConversationState, SlotValue
from bot.dialogue.talk import Outcome, Talk
from bot.messages import Decision, Message
from bot.settings import Settings
from bot.store.inbox.views import Case, Spoken
from bot.wording import LANGUAGES, wording
from nlu.understanding import Understanding
from retrieval.answers import Answer, say
from retrieval.budget import Budget
from retrieval.candidates import Findings

MAX_SUGGESTIONS = 3
N_LIKELY = 3
LEAST_PROB = 0.03  # of an intent, for its answer to be worth reading


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that could be sent as it is; `source` is the id of the answer or passage, "" for a question the bot
    would ask; `prob` that of its intent, or of the passage."""

    title: str
    text: str
    source: str
    prob: float


@dataclass(frozen=True, slots=True)
class Reread:
    """What the desk makes of a message today, and what it is compared with."""

    understanding: Understanding
    findings: Findings
    budget: Budget
    decision: Decision
    replies: tuple[str, ...]

    @property
    def likely(self) -> tuple[str, ...]:
        """What it most probably means, out of scope last."""
        best = (one.intent for one in self.findings.intents[:N_LIKELY])
        return (*best, OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Rereading:
    """Reads with the dialogue of the moment; nothing is logged, and no action that changes anything is called."""

    dialogue: Dialogue
    settings: Settings

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message may mean, by name."""
        known = {*self.dialogue.answering.book.intents, *self.dialogue.reader.intents, OUT_OF_SCOPE}
        return tuple(sorted(known))

    @property
    def entity_types(self) -> tuple[str, ...]:
        """All that may be marked in a message."""
        return self.dialogue.reader.entity_types

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """All that may be said, by id, with what it is called."""
        return tuple((one.id, one.title.first) for one in self.dialogue.answering.book.answers)

    def find_answer(self, answer_id: str) -> Answer | None:
        """The answer of that id."""
        return self.dialogue.answering.book.find(answer_id)

    @property
    def answerable(self) -> tuple[str, ...]:
        """All that there is an answer to, but for who asks for a person."""
        return tuple(sorted(set(self.dialogue.answering.book.intents) - {TALK_TO_PERSON}))

    def title(self, intent: str, language: str) -> str:
        """What an intent is called towards customers, itself where it has no title."""
        answers = self.dialogue.answering.book.of_intent(intent)
        return (say(answers[0].title, {}, language=language) if answers else "") or intent

    async def suggest(self, case: Case) -> tuple[Suggestion, ...]:
        """The best answers to what the customer said last, MAX_SUGGESTIONS at most."""
        last = next(
            (one for one in reversed(case.entries) if isinstance(one, Spoken) and one.speaker == "customer"),
            None,
        )
        if last is None or not last.text.strip():
            return ()
        talk = await read(self._talk(case, last.text), self.dialogue.reader)
        assert talk.findings is not None  # noqa: S101 - the message was read
        suggested = await self._of_intents(talk, talk.findings) + self._of_passages(talk, talk.findings)
        best = sorted(suggested, key=lambda one: -one.prob)
        return tuple({one.text: one for one in reversed(best)}.values())[::-1][:MAX_SUGGESTIONS]

    async def reread(self, case: Case, text: str) -> Reread:
        """How a text would be read and answered now, at the beginning of a conversation."""
        outcome = await self.dialogue.quietly().hear(self._talk(replace(case, slots={}), text))
        understanding, findings = outcome.talk.understanding, outcome.talk.findings
        assert understanding is not None and findings is not None  # noqa: S101, PT018 - the message was read
        return Reread(
            understanding,
            findings,
            self.dialogue.reader.budget,
            outcome.decision or Decision("clarify", "uncertain"),
            tuple(reply.text for reply in outcome.replies),
        )

    def _talk(self, case: Case, text: str) -> Talk:
        """The text as a message of the conversation, answered by the bot."""
        now = datetime.now(UTC)
        language = case.language if case.language in LANGUAGES else self.settings.desk.language
        slots = {name: SlotValue(value, "", now.timestamp()) for name, value in case.slots.items()}
        message = Message(
            case.channel, case.key, case.key, "reread", now, text=text, customer_name=case.customer
        )
        state = ConversationState(slots=slots, language=language)
        text = text[: self.settings.understanding.max_chars]
        return Talk(message, case.id, "bot", state, wording(language), now, text)

    async def _of_intents(self, talk: Talk, findings: Findings) -> list[Suggestion]:
        suggested = []
        answering = self.dialogue.quietly().answering
        for ranked in findings.intents:
            if ranked.prob >= LEAST_PROB and answering.book.of_intent(ranked.intent):
                decision = Decision("answer", "confident", ranked.intent, ranked.prob)
                outcome = await answering.give(talk, decision)
                given = outcome.decision
                if given is not None and given.kind != "hand_over":
                    title = answering.title(ranked.intent, talk)
                    suggested.append(Suggestion(title, _text(outcome), given.answer_id or "", ranked.prob))
        return suggested

    def _of_passages(self, talk: Talk, findings: Findings) -> list[Suggestion]:
        answering = self.dialogue.answering
        return [
            Suggestion(
                found.title,
                _text(answering.give_passage(talk, found, Decision("answer", "passage"))),
                found.id,
                found.prob,
            )
            for found in findings.passages[:MAX_SUGGESTIONS]
            if found.score >= answering.passage_threshold
        ]


def _text(outcome: Outcome) -> str:
    return "\n\n".join(reply.text for reply in outcome.replies)
