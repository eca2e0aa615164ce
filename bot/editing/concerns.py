"""What speaks against an answer: nobody gets it, it doesn't help, a language is missing, another one competes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.store.insights.answer_usage import Usage
from bot.wording import LANGUAGES
from retrieval.answers import ANY_LANGUAGE, Answer, AnswerBook

LOOKS_BACK = timedelta(days=30)
LEAST_GIVEN = 20  # for a share of hand-overs to mean anything
HANDED_OVER = 0.2
LEAST_OPINIONS = 10
NOT_HELPFUL = 0.3
ALIKE = 0.9  # cosine of the nearest variants; among the demo shop's answers the nearest two have .86

Kind = Literal["unused", "handed_over", "not_helpful", "language", "hidden", "alike"]


@dataclass(frozen=True, slots=True)
class Concern:
    """One of them; `about` is the language that is missing, or the other answer's id."""

    kind: Kind
    about: str = ""


def concerns_of(
    book: AnswerBook,
    usage: Mapping[str, Usage],
    *,
    log_begins: datetime | None,
    now: datetime,
    alike: Iterable[tuple[str, str]] = (),
) -> dict[str, list[Concern]]:
    """By answer id; `alike` are pairs of answers whose words are nearly the same."""
    found: dict[str, list[Concern]] = defaultdict(list)
    is_old = log_begins is not None and log_begins < now - LOOKS_BACK
    wanted = languages_of(book)
    for answer in book.answers:
        used = usage.get(answer.id, Usage())
        if is_old and not used.given:
            found[answer.id].append(Concern("unused"))
        if used.given >= LEAST_GIVEN and used.handed_over >= HANDED_OVER * used.given:
            found[answer.id].append(Concern("handed_over"))
        if used.opinions >= LEAST_OPINIONS and used.not_helpful >= NOT_HELPFUL * used.opinions:
            found[answer.id].append(Concern("not_helpful"))
        found[answer.id] += [Concern("language", code) for code in wanted if not _speaks(answer, code)]
    for first, second in _hidden(book):
        found[second].append(Concern("hidden", first))
    for one, other in alike:
        if _are_told_apart(book, one, other):
            continue
        found[one].append(Concern("alike", other))
        found[other].append(Concern("alike", one))
    return found


def languages_of(book: AnswerBook) -> tuple[str, ...]:
    """The languages the desk speaks that some answer is written in."""
    written = {code.partition("-")[0] for answer in book.answers for code in answer.variants.by_language}
    return tuple(code for code in LANGUAGES if code in written)


def _speaks(answer: Answer, language: str) -> bool:
    codes = {code.partition("-")[0] for code in answer.variants.by_language}
    return language in codes or ANY_LANGUAGE in codes


def _are_told_apart(book: AnswerBook, one: str, other: str) -> bool:
    """Whether conditions decide between them, or one of them is gone."""
    first, second = book.find(one), book.find(other)
    if first is None or second is None:
        return True
    return first.intent == second.intent and first.conditions != second.conditions


def _hidden(book: AnswerBook) -> list[tuple[str, str]]:
    """Pairs of one intent whose second is never given: the first holds whenever it does."""
    pairs = []
    for intent in book.intents:
        own = [answer for answer in book.of_intent(intent) if answer.intent == intent]
        for place, answer in enumerate(own):
            if _is_plain(answer) and not answer.slots:
                continue  # those that ask nothing are told apart by their words
            for other in own[place + 1 :]:
                if not answer.knowledge and set(answer.conditions) <= set(other.conditions):
                    pairs.append((answer.id, other.id))
                    break
    return pairs


def _is_plain(answer: Answer) -> bool:
    return not (answer.conditions or answer.action or answer.knowledge)
