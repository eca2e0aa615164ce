"""Messages that are nothing but a set phrase, or a title or label of the desk's, mean what these stand for."""

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from bot.dialogue.decide import GOODBYE, GREETING, TALK_TO_PERSON, THANKS
from bot.dialogue.phrases import plain
from bot.messages import Decision
from retrieval.answers import AnswerBook, Phrasing

# Said every day, and to a model of another language all alike: 你好 and 再见 are two unknown words.
SET_PHRASES = {
    GREETING: (
        "hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon", "good evening",
        "你好", "您好", "嗨", "哈喽", "在吗", "你好 在吗", "您好 在吗", "早上好", "下午好", "晚上好",
    ),
    THANKS: (
        "thanks", "thank you", "thx", "cheers", "thanks a lot", "many thanks", "ok", "okay", "ok thanks", "great",
        "谢谢", "谢谢你", "谢谢您", "好的", "好的 谢谢", "多谢", "非常感谢", "👍", "🙏", "👌",
    ),
    GOODBYE: ("bye", "goodbye", "good bye", "bye bye", "see you", "再见", "拜拜"),
    TALK_TO_PERSON: (
        "human", "human please", "agent", "operator", "a person please",
        "人工", "转人工", "人工客服", "转人工客服", "找人工", "找人工客服",
    ),
}  # fmt: skip
# Weak: it must keep no book in memory that was edited since.
_MEANT_IN: WeakKeyDictionary[AnswerBook, Mapping[str, tuple[str, str | None]]] = WeakKeyDictionary()
_MEANT = {phrase: intent for intent, phrases in SET_PHRASES.items() for phrase in phrases}


def meant_by_name(book: AnswerBook, text: str) -> Decision | None:
    """The decision for such a message; None for any other."""
    said = plain(text)
    if (intent := _MEANT.get(said or text.strip(), "")) in book.intents:
        return Decision("answer", "confident", intent, 1.0)
    intent, answer_id = _meant_in(book).get(said, ("", None))
    return Decision("answer", "confident", intent, 1.0, answer_id) if intent else None


def _meant_in(book: AnswerBook) -> Mapping[str, tuple[str, str | None]]:
    """The intent, and the answer where a button leads to one, by a title or label without its signs."""
    if book not in _MEANT_IN:
        meant: dict[str, tuple[str, str | None]] = {}
        for phrasing, intent, answer_id in _names(book):
            for name in map(plain, phrasing.templates):
                if name:
                    meant.setdefault(name, (intent, answer_id))
        _MEANT_IN[book] = meant
    return _MEANT_IN[book]


def _names(book: AnswerBook) -> Iterator[tuple[Phrasing, str, str | None]]:
    """Titles first: a label may be short for something else than what it says."""
    for answer in book.answers:
        yield answer.title, answer.intent, None
    for button in (button for answer in book.answers for button in answer.buttons):
        yield button.label, button.intent or book.get(button.answer or "").intent, button.answer
