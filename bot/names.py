"""What the desk calls things: a title or a button's label that is typed means what it stands for."""

from collections.abc import Iterator

from bot.messages import Decision
from bot.phrases import plain, set_phrase
from retrieval.answers import AnswerBook, Phrasing


def meant_by_name(book: AnswerBook, text: str) -> Decision | None:
    """The decision for a message that is nothing but a set phrase, a title or a label; None for any other."""
    said = plain(text)
    if (intent := set_phrase(text)) in book.intents:
        return Decision("answer", "confident", intent, 1.0)
    for phrasing, intent, answer_id in _names(book):
        if said and said in map(plain, phrasing.templates):
            return Decision("answer", "confident", intent, 1.0, answer_id)
    return None


def _names(book: AnswerBook) -> Iterator[tuple[Phrasing, str, str | None]]:
    """Titles first: a label may be short for something else than what it says."""
    for answer in book.answers:
        yield answer.title, answer.intent, None
    for button in (button for answer in book.answers for button in answer.buttons):
        yield button.label, button.intent or book.get(button.answer or "").intent, button.answer
