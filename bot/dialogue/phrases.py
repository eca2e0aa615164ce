"""Short phrases with a fixed meaning in a conversation: yes, no, never mind, a greeting before the request."""

import re
from collections.abc import Iterable
from typing import Protocol

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_QUESTION = re.compile(r"[?\uff1f]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


MAX_REPLY_WORDS = 8  # a longer text says more than yes or no
_YES = frozenset(_words("yes yess y yea yeah yep yup sure"))
_CONSENT = _YES | frozenset(_words("ok okay correct right exactly definitely absolutely confirm confirmed"))
_AROUND_CONSENT = _CONSENT | frozenset(
    _words("please do it go ahead thanks thank you that's thats that is fine")
)
_CONSENT_PHRASES = frozenset({"go ahead", "do it", "please do", "go on"})
# "yes but ..." is no yes to be acted on.
_DOUBTS = frozenset(
    _words("but not no nope don't dont wait actually except however instead unless only first")
)
_NO = frozenset(_words("no n nope nah don't dont stop"))
_KEEPING = frozenset(
    _words("keep leave don't dont cancel nothing thanks thank mind forget stop never changed")
)
_NO_COMMA = re.compile(r"\s*(?:no|nope|nah)\b[\s,.!;:-]*", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\s*(?:(?:oh|oops|sorry|wait|hang on|hold on|actually|rather|i meant|i mean|make (?:it|that))\b[\s,.!;:-]*)*",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\s*(?:what|when|where|how|why|who|which|is|are|do|does|did|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_UNKNOWING = re.compile(
    r"\b(?:don['’]?t know|no idea|no clue|not sure|unsure)\b|不知道|不清楚", re.IGNORECASE
)
# The whole of what is said, for "好像" is no "好", and "嗯，我想想" no yes to be acted on.
_YES_ZH = re.compile(
    r"(?:(?:可以|行|好|是|对|嗯|要|没错|没问题|当然|确认|确定)[的吧啊呀哦]*)+"
    r"(?:(?:请|就|帮我|麻烦[你您]?)*(?:取消|改|换|退|送|寄)(?:订单)?[了吧]*)?(?:谢谢|多谢)?[你您]?"
)
_NO_ZH = re.compile(
    r"(?:那|就|还是|先)*(?:不是|不对|不行|没有|否|(?:不|不用|不要|不必|不需要|不想|别)再?(?:要|取消|改|换|退|送|寄)?)"
    r"[了吧的]*(?:谢谢|多谢)?[你您]?"
)
_CANCEL = re.compile("cancel|取消", re.IGNORECASE)
_PARTS = re.compile(r"[,.;!\n\uff0c\u3002\uff01]+|\band\b")
_LEAVE = frozenset(
    {
        "cancel", "never mind", "nevermind", "nvm", "forget it", "forget about it", "leave it", "stop", "skip it",
        "no thanks", "no thank you", "don't bother", "dont bother", "doesn't matter", "it doesn't matter",
        "取消", "算了", "算了吧", "不用了", "不要了", "没关系了",
    }
)  # fmt: skip
_AROUND_LEAVING = frozenset(
    _words("please ok okay oh actually just sorry thanks thank you 谢谢 谢谢你 谢谢您")
)
# What people write around a bare value: "sorry, it's LW-22222", "no, the other order".
_FILLERS = frozenset(
    _words(
        """a an the no yes nope yeah ok okay sorry apologies oops oh ah hi hello hey please thanks thank you it is
        it's its i i'm im my mine me we our meant mean actually not other one wrong right order number numbers nr ref
        reference id that that's thats this here here's heres there for and with by at in on of to was be should try
        instead rather typo misread mistyped mixed up again wait postcode email address phone name date day make let's lets say see"""
    )
)
_FILLERS_ZH = re.compile(r"[是的我单号订码不对起抱歉应该了另外一个那这请号吧呢啊,。!?、:;\s]+")
_OTHER = frozenset(_words("other another different"))
_AROUND_OTHER = (_OTHER | _FILLERS) - frozenset(_words("day date name address postcode email phone"))
_OTHER_ZH = re.compile(r"(?:不|不是|不对|我说的)*是?(?:另外一个|另一个|别的)(?:订单)?")
_GREETING = re.compile(
    r"^\s*(?:(?:hi|hiya|hello|hey|heya|howdy|greetings|good\s+(?:morning|afternoon|evening|day)|morning|afternoon|evening|dear)"
    r"(?:\s+(?:there|all|everyone|team|guys|again|folks|sir|madam|support))*\b|您好|你好|早上好|下午好|晚上好|嗨|哈喽)[\s,.!;:~–—\uff0c\uff01\u3002-]*",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\s*(?:thanks|thank you|thx|cheers|ta|谢谢|多谢)(?:\s+(?:a lot|so much|very much|for that))?[\s,.!;:\uff0c\uff01\u3002]+(?:and\s+|but\s+)?",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The words alone, in small letters: what is left to compare by."""
    return " ".join(_words(text))


def n_words(text: str) -> int:
    """How many words there are; where words aren't set apart, three characters make two."""
    return len(_WORD.findall(_HAN.sub(" ", text))) + (2 * len(_HAN.findall(text)) + 2) // 3


def is_question(text: str) -> bool:
    """Whether it has a question mark, of whatever script; one in a web address asks nothing."""
    return _QUESTION.search(_ADDRESS.sub(" ", text)) is not None


def is_asking(text: str) -> bool:
    """Whether it is a question, with its mark or without: "what happens to my money"."""
    return is_question(text) or _ASKING.match(text) is not None


def is_unknowing(text: str) -> bool:
    """Whether it says in a few words that the answer isn't known: "I don't know which ones"."""
    return _UNKNOWING.search(text) is not None and len(_words(text)) <= MAX_REPLY_WORDS


def is_yes(text: str) -> bool:
    """Whether it says yes without a but: "yes please", "ok go ahead", "yes cancel it", "好的，取消吧"."""
    words = _words(text)
    if not words or is_question(text):
        return False
    if _YES_ZH.fullmatch("".join(words)):
        return True
    if words[0] in _YES and len(words) <= MAX_REPLY_WORDS and not _DOUBTS.intersection(words):
        return True
    is_sure = any(word in _CONSENT for word in words) or " ".join(words[:2]) in _CONSENT_PHRASES
    return is_sure and all(word in _AROUND_CONSENT for word in words)


def is_no(text: str) -> bool:
    """Whether it says no: "no", "nope thanks", "no, keep it", "不用取消了"."""
    words = _words(text)
    if not words or is_question(text):
        return False
    if _NO_ZH.fullmatch("".join(words)):
        return True
    return words[0] in _NO and len(words) <= MAX_REPLY_WORDS and not _YES.intersection(words)


def after_no(text: str) -> str:
    """What shall be instead: "no, two mugs" -> "two mugs"; "" for a mere no, and for "no, keep it"."""
    found = _NO_COMMA.match(text)
    rest = instead(text[found.end() :]) if found else ""
    words = _words(rest)
    return rest if len(words) >= 2 and not _KEEPING.intersection(words) else ""


def instead(text: str) -> str:
    """A new wording without what leads to it: "wait, actually make that two mugs" -> "two mugs"."""
    found = _INSTEAD.match(text)
    return text[found.end() :].strip() if found else text.strip()


def is_leaving(text: str) -> bool:
    """Whether it drops what was being asked: "never mind", "oh, forget it, leave it", "算了"."""
    parts = [words for part in _PARTS.split(text.lower()) if set(words := _words(part)) - _AROUND_LEAVING]
    return _leaves(_words(text)) or (bool(parts) and all(map(_leaves, parts)))


def is_dropping(text: str) -> bool:
    """Whether it wants nothing done: "never mind", "forget it"; a mere "cancel" may mean to cancel something."""
    return is_leaving(text) and _CANCEL.search(text) is None


def _leaves(words: list[str]) -> bool:
    shortened = (word for word in words if word not in _AROUND_LEAVING)
    return " ".join(words) in _LEAVE or " ".join(shortened) in _LEAVE


class Span(Protocol):
    """Characters of a text."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def is_bare(text: str, entities: Iterable[Span]) -> bool:
    """Whether it only gives values, with nothing asked besides: "sorry, it's LW-22222"."""
    rest, given = list(text), tuple(entities)
    for entity in given:
        rest[entity.start : entity.end] = " " * (entity.end - entity.start)
    left = _FILLERS_ZH.sub(" ", "".join(rest))
    return bool(given) and all(word in _FILLERS for word in _words(left))


def is_other_one(text: str) -> bool:
    """Whether it says that another one is meant, but not which: "no, the other order", "不是，另一个订单"."""
    words = _words(text)
    if _OTHER_ZH.fullmatch("".join(words)):
        return True
    return not _OTHER.isdisjoint(words) and _AROUND_OTHER.issuperset(words) and not is_question(text)


def after_greeting(text: str) -> str:
    """What follows a greeting or thanks at the beginning of a message; "" if nothing worth its own reading does."""
    rest = _THANKS.sub("", _GREETING.sub("", text, count=1), count=1)
    if len(rest) == len(text):
        return ""
    return rest.strip() if len(_words(rest)) >= 2 or len(_HAN.findall(rest)) >= 2 else ""
