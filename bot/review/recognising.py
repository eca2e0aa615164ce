"""Answers recognised in what staff wrote: their text is a template's, whatever stands in its gaps."""

import re
from collections.abc import Iterable, Iterator

from bot.dialogue.decide import SMALL_TALK, TALK_TO_PERSON
from bot.store.labels.given import GivenLabel, HandoffReply
from retrieval.answers import Answer, AnswerBook

MIN_LITERAL = 15  # letters of a template outside its gaps: "Yes, {{ name }}." is anybody's
MAX_CHARS = 1500  # of a reply
MAX_GAPS = 8
MIN_WORDS = 2  # of the customer's message: "yes" means nothing by itself

POLITE = SMALL_TALK | {TALK_TO_PERSON}  # said before and after whatever was asked

_GAP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SPACES = re.compile(r"\s+")
VALUE = r"(?:(?![.!?。！？]\s).){0,120}?"  # what stands in a gap is no sentence


class Recogniser:
    """Finds the answer whose template a text fills."""

    def __init__(self, book: AnswerBook) -> None:
        self._patterns = [
            (pattern, answer)
            for answer in book.answers
            if answer.intent not in POLITE
            for template in answer.variants.templates
            if (pattern := _pattern(template)) is not None
        ]

    def find(self, text: str) -> Answer | None:
        """None where no answer says that, or several do."""
        said = _plain(text)
        if len(said) > MAX_CHARS:
            return None
        found = {answer.id: answer for pattern, answer in self._patterns if pattern.fullmatch(said)}
        return next(iter(found.values())) if len(found) == 1 else None

    def labels(self, replies: Iterable[HandoffReply]) -> Iterator[GivenLabel]:
        """What customers' messages mean by the answers that people gave them."""
        for one in replies:
            answer = self.find(one.reply)
            if answer is None or (len(one.text.split()) < MIN_WORDS and one.text.isascii()):
                continue
            yield GivenLabel(
                text=one.text,
                intent=_intent(answer, one.taken_for),
                origin="sent_answer",
                by=one.by,
                at=one.at,
                message_id=one.message_id,
                conversation_id=one.conversation_id,
                answer_id=answer.id,
                taken_for=one.taken_for,
            )


def _intent(answer: Answer, taken_for: str | None) -> str:
    return taken_for if taken_for in answer.also_for and taken_for is not None else answer.intent


def _pattern(template: str) -> re.Pattern[str] | None:
    parts = _GAP.split(template)
    literal = sum(char.isalpha() for part in parts for char in part)
    if literal < MIN_LITERAL or len(parts) - 1 > MAX_GAPS:
        return None
    return re.compile(VALUE.join(re.escape(_SPACES.sub(" ", part)) for part in parts).strip(), re.IGNORECASE)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
