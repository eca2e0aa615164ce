"""answer | ask | clarify | hand over: a pure function of what was understood, found and said before."""

from collections.abc import Collection
from dataclasses import replace

from bot.dialogue.phrases import is_question
from bot.dialogue.state import ConversationState
from bot.messages import Decision
from nlu.understanding import Understanding
from retrieval.budget import MAX_CHOICES, Budget
from retrieval.candidates import Findings

OUT_OF_SCOPE = "out_of_scope"
TALK_TO_PERSON = "talk_to_person"
GREETING = "greeting"
THANKS = "thanks"
GOODBYE = "goodbye"
PATIENCE = 2  # negative messages in a row that are still answered: two broken things are no quarrel yet
DISPLEASURE = {"negative": 1, "angry": 2}  # an insult counts as two problems
NOT_IN_SCOPE = frozenset({OUT_OF_SCOPE, "out_of_scope_twice"})  # reasons
NOT_UNDERSTOOD = frozenset({"uncertain", "still_uncertain", *NOT_IN_SCOPE})
SMALL_TALK = frozenset({GREETING, THANKS, GOODBYE})


def decide(
    understanding: Understanding,
    findings: Findings,
    budget: Budget,
    *,
    state: ConversationState,
    answerable: Collection[str],
) -> Decision:
    """What to do about a message, against the wrong-answer budget.

    "answer" names the intent (its slots may still have to be asked for) or, with reason "passage", the
    passage in `answer_id`, and in `choices` what else a question may have meant. `answerable` are the intents with an answer; only they are offered as choices."""
    decision = _on_words(understanding, findings, budget, state, answerable)
    # Nobody who is angry wants to say it in other words; an open question may still be answered in anger.
    is_lost = understanding.sentiment == "angry" and decision.kind == "clarify" and state.form is None
    if is_lost or negatives_after(understanding, state) > PATIENCE:
        return Decision("hand_over", "angry", decision.intent, findings.confidence)
    return decision


def negatives_after(understanding: Understanding, state: ConversationState) -> int:
    """How many negative messages in a row there are with this one, 0 if it isn't; one that is angry counts twice."""
    weight = DISPLEASURE.get(understanding.sentiment or "", 0)
    return state.negatives + weight if weight else 0


def _on_words(
    understanding: Understanding,
    findings: Findings,
    budget: Budget,
    state: ConversationState,
    answerable: Collection[str],
) -> Decision:
    best = findings.intents[0].intent if findings.intents else None
    if best == OUT_OF_SCOPE:
        return _outside(findings, budget, state)
    if best is not None and findings.confidence >= budget.answer_threshold:
        return Decision("answer", "confident", best, findings.confidence)
    choices = _choices(understanding, findings, answerable)
    if choices and findings.choice_prob >= budget.clarify_threshold:
        if is_question(understanding.text) and (passage := _passage(findings, budget)):
            return replace(passage, choices=choices)
        if state.unsure:
            return Decision("hand_over", "still_uncertain", best, findings.confidence)
        return Decision("clarify", "uncertain", best, findings.confidence, choices=choices)
    return _outside(findings, budget, state)


def _choices(
    understanding: Understanding, findings: Findings, answerable: Collection[str]
) -> tuple[str, ...]:
    likely = [one.intent for one in understanding.several] + [one.intent for one in findings.intents]
    offered = [intent for intent in dict.fromkeys(likely) if intent in answerable]
    # "Did you mean hello?" helps nobody; a person is offered anyway.
    return tuple(intent for intent in offered if intent not in SMALL_TALK)[:MAX_CHOICES]


def _outside(findings: Findings, budget: Budget, state: ConversationState) -> Decision:
    if passage := _passage(findings, budget):
        return passage
    if state.unsure == "uncertain":
        return Decision("hand_over", "still_uncertain", prob=findings.confidence)
    if state.unsure == "out_of_scope":
        return Decision("hand_over", "out_of_scope_twice", prob=findings.confidence)
    return Decision("clarify", "out_of_scope", prob=findings.confidence)


def _passage(findings: Findings, budget: Budget) -> Decision | None:
    """The answer from the articles, where one is near enough."""
    passage = findings.passages[0] if findings.passages else None
    if passage is None or passage.score < budget.passage_threshold:
        return None
    return Decision("answer", "passage", prob=passage.prob, answer_id=passage.id)
