"""Several things asked in one message: "cancel my order, and where is my refund?".

They are found clause by clause (`clauses`, `apart`), and by a release that was trained on messages with several
intents in the message as a whole (`asked_for`); `answer_all` answers them either way."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.answering import Answering
from bot.dialogue.decide import NOT_IN_SCOPE, SMALL_TALK
from bot.dialogue.forms import fill_slots, known_values, slots_of
from bot.dialogue.phrases import is_bare, n_words
from bot.dialogue.state import Form
from bot.dialogue.talk import Outcome, Talk
from bot.messages import Decision, Reply
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.candidates import Findings

# Where a clause may end: a sentence, a line, and words that add something. In Chinese a comma parts whole sentences.
_BETWEEN = re.compile(
    r"(?<=[.!?;。！？；，])\s*|\n+|,?\s+(?:and also|and then|and|also|plus|but)\s+"
    "|(?=还有|另外|顺便|对了|此外|同时|并且|以及|然后)",
    re.IGNORECASE,
)
MIN_WORDS = 3  # fewer belong to the clause before
MAX_CLAUSES = 2  # that are answered
# An intent this probable in another clause may be what that one meant: "it's late, where is it?" is one request.
# Of 600 questions to a bank (BANKING77's validation texts, ten examples an intent) two in a thousand are then
# taken for two requests, with .3 five.
MAY_BE_MEANT = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked for in a message, or a clause of it: understood, searched for and decided on as if it were all
    that was said."""

    understanding: Understanding
    findings: Findings
    decision: Decision

    @property
    def is_sure(self) -> bool:
        """Whether it can be answered as it stands, and is more than a value ("Order LW-2.") or a "thanks"."""
        is_request = self.decision.reason == "confident" and self.decision.intent not in SMALL_TALK
        return is_request and not is_bare(self.understanding.text, self.understanding.entities)

    def may_mean(self, intent: str | None) -> bool:
        """Whether the clause may be about this intent."""
        return any(one.intent == intent and one.prob >= MAY_BE_MEANT for one in self.findings.intents)

    def within(self, talk: Talk) -> Talk:
        """The talk as if this had been said, with the values it lacks and the rest of the message has, as in
        "cancel it and refund me, it's LW-2"."""
        own = {entity.label for entity in self.understanding.entities}
        more = tuple(entity for entity in talk.entities if entity.label not in own)
        entities = self.understanding.entities + more
        return replace(
            talk, understanding=replace(self.understanding, entities=entities), findings=self.findings
        )


def clauses(text: str) -> tuple[str, ...]:
    """The parts of a message that may ask for something each; () where there is but one."""
    found: list[tuple[int, int]] = []
    start = 0
    for end, after in [*(between.span() for between in _BETWEEN.finditer(text)), (len(text), len(text))]:
        last = text[slice(*found[-1])] if found else ""
        if not text[start:end].strip(" ,，"):
            pass
        elif found and min(n_words(text[start:end]), n_words(last)) < MIN_WORDS:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
        start = after
    return tuple(text[start:end].strip(" ,，") for start, end in found) if len(found) > 1 else ()


def apart(requests: Iterable[Request]) -> tuple[Request, ...]:
    """The first of them that surely ask for different things."""
    kept: list[Request] = []
    for request in (request for request in requests if request.is_sure):
        intent = request.decision.intent
        if not any(one.may_mean(intent) or request.may_mean(one.decision.intent) for one in kept):
            kept.append(request)
    return tuple(kept[:MAX_CLAUSES])


def asked_for(
    talk: Talk, decision: Decision, budget: Budget, answerable: Collection[str]
) -> tuple[Request, ...]:
    """What a message as a whole surely asks for; () where that is one thing, or not all of it can be answered.

    `decision` is that on the message as one request: what is out of scope asks for nothing."""
    understanding, findings = talk.understanding, talk.findings
    if understanding is None or findings is None or findings.is_corrected or decision.reason in NOT_IN_SCOPE:
        return ()
    found = [one for one in understanding.several if one.intent not in SMALL_TALK]
    is_sure = all(one.prob >= budget.several_threshold and one.intent in answerable for one in found)
    if len(found) < 2 or not is_sure:
        return ()
    decisions = (Decision("answer", "confident", one.intent, one.prob) for one in found)
    return tuple(Request(understanding, findings, decision) for decision in decisions)


async def answer_all(talk: Talk, requests: Sequence[Request], answering: Answering) -> Outcome:
    """Answer the requests of one message in one reply: what can be answered at once comes before what must be asked
    for. Of that the first is asked for, the second waits, and more are on buttons."""
    outcomes: list[Outcome] = []
    waiting: list[Request] = []
    before = talk
    for request in requests:
        outcome = await _give(before, request, answering)
        if outcome.talk.state.form is not None:
            waiting.append(request)
            continue
        outcomes.append(outcome)
        before = outcome.talk
        if before.is_with_people:
            return in_one_reply(talk, outcomes, requests)
    if waiting:
        first, *others = waiting
        outcome = await _give(before, first, answering)
        if others:
            outcome = _with_next(outcome, others[0], talk, answering)
        if others[1:]:
            buttons = answering.choices([str(one.decision.intent) for one in others[1:]], talk)
            *replies, last = outcome.replies
            last = replace(last, buttons=(*last.buttons, *buttons))
            outcome = replace(outcome, replies=(*replies, last))
        outcomes.append(outcome)
    return in_one_reply(talk, outcomes, requests)


async def _give(talk: Talk, request: Request, answering: Answering) -> Outcome:
    return await answering.give(request.within(talk), request.decision)


def _with_next(outcome: Outcome, request: Request, whole: Talk, answering: Answering) -> Outcome:
    """With a request, and the values the whole message has for it, to be taken up once this one is through."""
    intent, talk = str(request.decision.intent), outcome.talk
    slots = slots_of(answering.book.of_intent(intent))
    entities = request.within(whole).entities
    state = fill_slots(whole.state, slots, entities, intent=intent, at=talk.now.timestamp())
    form = Form(intent, None, talk.state.turns, asked=0, values=known_values(state, slots, intent))
    talk = replace(talk, state=replace(talk.state, paused=form))
    told = talk.words.say("I'll come to “{title}” in a moment. ", title=answering.title(intent, talk))
    first, *rest = outcome.replies
    return replace(outcome, talk=talk, replies=(replace(first, text=told + first.text), *rest))


def in_one_reply(whole: Talk, outcomes: Sequence[Outcome], requests: Sequence[Request]) -> Outcome:
    """What came of several requests as one reply; the decision is the last's, which may wait for a value."""
    last = outcomes[-1]
    assert last.decision is not None  # noqa: S101 - a request leads to a decision
    replies = [reply for outcome in outcomes for reply in outcome.replies]
    buttons = {button.payload: button for reply in replies for button in reply.buttons}
    text = "\n\n".join(reply.text for reply in replies)
    named = tuple(str(request.decision.intent) for request in requests)
    reason = "several" if last.decision.kind == "answer" else last.decision.reason
    return Outcome(
        replace(last.talk, understanding=whole.understanding, findings=whole.findings),
        replace(last.decision, reason=reason, choices=named),
        (Reply(text, tuple(buttons.values())),),
    )
