"""Answers for a group of requests: clusters of what staff replied, each with its most typical reply as a template.

A bot can say again what holds for everybody. It can't look something up or do something, as the person could: where staff
mostly did, the answer hands over, after the question that staff began with."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.mining.proposal import ProposedAnswer, ProposedSlot
from training.mining.replies import Exchange, Said
from training.mining.sentences import promises_person
from training.mining.slots import (
    MARK,
    Corpus,
    as_template,
    constants,
    for_encoder,
    is_personal,
    masked,
    without_marks,
)
from training.mining.templates import Vectors, candidate, clusters, most_typical, share_words, with_variation
from training.mining.wording import passed_on
from training.names import spoken

Encode = Callable[[Sequence[str]], Vectors]  # texts -> rows of unit length

MIN_REPLIES = 3
MIN_SHARE = 0.08  # of a group's exchanges
SURE_SHARE = 0.1  # from here on a bot may say it to everybody
# An answer to a part of the requests only is nearer to these than to the rest: how near to the rest, at the least, in
# parts of how near to its own. Chosen on the demo shop.
GENERAL = 0.72
MAX_COMPARED = 40  # requests of either side
ASKS_SHARE = 0.3
MAX_ANSWERS = 3
MAX_HEARD = 5
FREE_TEXT = "text"
WANTS_MORE = re.compile(r"\b(?:and|or|also|as well|photos?)\b|[,;:].{12}|\?.*\?|和|以及|照片")


def propose_answers(
    exchanges: Sequence[Exchange], corpus: Corpus, encode: Encode
) -> tuple[ProposedAnswer, ...]:
    """The answers of a group, the one to take first; never none, for what can't be said is handed over."""
    found = _statements(exchanges, constants(exchanges, corpus), corpus, encode)
    statements = [one.answer for one in found]
    passed = _asking(exchanges, corpus, encode) or _handing_over(exchanges, corpus)
    is_sure = bool(found) and _is_sure(found[0], passed, exchanges, encode)
    answers = [*statements[:1], passed, *statements[1:]] if is_sure else [passed, *statements]
    return tuple(replace(one, n_exchanges=len(exchanges)) for one in answers[:MAX_ANSWERS])


@dataclass(frozen=True, slots=True)
class _Statement:
    """What staff said to some of the requests; `dialogues` are those it was said in."""

    answer: ProposedAnswer
    dialogues: frozenset[str]


def _is_sure(
    first: _Statement, passed: ProposedAnswer, exchanges: Sequence[Exchange], encode: Encode
) -> bool:
    """Whether a bot may give it to everybody who asks: said often, whole without what only staff knew, and as near to the
    other requests as to those it was an answer to."""
    n_replies = first.answer.n_replies
    if n_replies < SURE_SHARE * len(exchanges) or passed.n_replies > 2 * n_replies:
        return False
    if not without_marks(first.answer.variants[0]):
        return False
    own = [one.request for one in exchanges if one.dialogue in first.dialogues][:MAX_COMPARED]
    others = [one.request for one in exchanges if one.dialogue not in first.dialogues][:MAX_COMPARED]
    if not others:
        return True
    vectors = encode([MARK.sub("", first.answer.variants[0]), *own, *others])
    near = vectors[1:] @ vectors[0]
    return bool(near[len(own) :].mean() >= GENERAL * near[: len(own)].mean())


def _statements(
    exchanges: Sequence[Exchange], constant: frozenset[str], corpus: Corpus, encode: Encode
) -> list[_Statement]:
    """One for each cluster of replies that hold for everybody, the largest first."""
    usable = [one for one in (candidate(exchange, constant, corpus) for exchange in exchanges) if one]
    if len(usable) < MIN_REPLIES:
        return []
    vectors = encode(
        [_shown([said for said in one.exchange.reply if said.use == "statement"], corpus) for one in usable]
    )
    answers = []
    for rows in clusters(vectors):
        members = [usable[row] for row in rows]
        dialogues = frozenset(one.exchange.dialogue for one in members)
        if len(dialogues) < max(MIN_REPLIES, MIN_SHARE * len(exchanges)):
            break
        best = most_typical(members, vectors[list(rows)])
        if best and share_words(best, members):
            heard = tuple(dict.fromkeys(_heard(one.exchange.reply, corpus) for one in members))[:MAX_HEARD]
            text = with_variation(best, members)
            answer = ProposedAnswer((text,), best.slots, promises_person(text), len(dialogues), heard=heard)
            answers.append(_Statement(answer, dialogues))
    return answers


def _asking(exchanges: Sequence[Exchange], corpus: Corpus, encode: Encode) -> ProposedAnswer | None:
    """The question that staff mostly began with, then a person; None where few did."""
    asked = [
        one
        for one in exchanges
        if any(said.use == "question" for said in one.asked or one.reply) and not _tells(one)
    ]
    if len(asked) < max(MIN_REPLIES, ASKS_SHARE * len(exchanges)):
        return None
    first = [_questions(one) for one in asked]
    vectors = encode([_shown(said, corpus) for said in first])
    rows = clusters(vectors)[0]
    if len(rows) < MIN_REPLIES:
        return None
    centre = vectors[list(rows)].mean(axis=0)
    for row in sorted(rows, key=lambda row: -float(vectors[row] @ centre)):
        ask = as_template(" ".join(said.text for said in first[row]), "", frozenset(), corpus)
        if ask and not MARK.search(ask.text):
            slot = _asked_for(ask.text, corpus)
            heard = tuple(dict.fromkeys(_heard(first[one], corpus) for one in rows))[:MAX_HEARD]
            said = passed_on(corpus.language, is_told=True)
            return ProposedAnswer((said,), (slot,), True, len(rows), heard=heard)
    return None


def _asked_for(ask: str, corpus: Corpus) -> ProposedSlot:
    """The slot that a question fills: of an entity type where it wants such a value and nothing else, else the
    customer's words."""
    told = ask.lower()
    for label in corpus.rules.labels:
        name = spoken(label)
        is_meant = name in told or (
            name.endswith(" number") and f"which {name.removesuffix(' number')}" in told
        )
        if is_meant and not WANTS_MORE.search(told) and not is_personal(label):
            return ProposedSlot(label, label, ask)
    return ProposedSlot("details", FREE_TEXT, ask)


def _tells(exchange: Exchange) -> bool:
    return not exchange.asked and any(said.use == "statement" for said in exchange.reply)


def _questions(exchange: Exchange) -> list[Said]:
    return [said for said in (exchange.asked or exchange.reply) if said.use == "question"][:2]


def _handing_over(exchanges: Sequence[Exchange], corpus: Corpus) -> ProposedAnswer:
    heard = tuple(dict.fromkeys(_heard(one.reply, corpus) for one in exchanges if one.reply))[:MAX_HEARD]
    return ProposedAnswer((passed_on(corpus.language),), (), True, heard=heard)


def _heard(reply: Sequence[Said], corpus: Corpus) -> str:
    """A reply to be read by people: personal data masked."""
    text = " ".join(said.text for said in reply)
    for start, end in reversed(corpus.lexicon.names(text)):
        text = f"{text[:start]}<name>{text[end:]}"
    return masked(text, corpus)


def _shown(reply: Sequence[Said], corpus: Corpus) -> str:
    texts = [said.text for said in reply]
    return for_encoder(texts, {text: corpus.values(text) for text in texts})
