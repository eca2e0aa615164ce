"""Whether a bare day is meant in the past: "I ordered it on Monday", "周一下的单", not "deliver it on Monday"."""

import re

_CLAUSE = re.compile(r"[.?!;,，。？！；\n]|\b(?:but|and|so|because)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|can|could|would|should|shall|may|might|must|going|gonna|want|wants|wanted|need|needs|needed|please|pls|"
    r"get|be|being|is|isn't|are|am|let|deliver|send|come|arrive|move|change|book|expected|supposed|meant|due|scheduled|"
    r"hoping|getting|coming|leaving|flying|for|to|till|until|by|before|next|instead)\b|['’](?:ll|re|m|d)\b",
    re.IGNORECASE,
)
_PAST = (
    r"(?:was|were|did|didn't|wasn't|had|been|bought|paid|(?<!ve )(?<!has )got|came|sent|took|said|told|went|made|"
    r"rang|broke|spoke|left|flew|gave|lost|wrote|saw|sold|\w{3,}(?<!e)ed)"
)
_BEHIND = re.compile(rf"\b(?:{_PAST}|since)\b", re.IGNORECASE)
_THEN_BEHIND = re.compile(
    rf"\s*,?\s*(?:i|we|you|he|she|they|it|your \w+|my \w+|the \w+)\s+(?:\w+ly\s+)?{_PAST}\b", re.IGNORECASE
)
_HAN_AHEAD = re.compile("[能会要想请再才帮改吧]|可以|行吗|安排|希望|打算|准备")
_HAN_BEHIND = re.compile(
    "[买下订付扣收申退寄换开存转取办定拍签刷][^，。？！]{0,3}?[了过的]|购买|下单|收到|扣款|消费|刚"
)


def is_past(text: str, start: int, end: int) -> bool:
    """Whether the words around text[start:end] tell of what has happened."""
    before = _CLAUSE.split(text[:start])[-1]
    after = _CLAUSE.split(text[end:], maxsplit=1)[0]
    if not text.isascii() and (_HAN_BEHIND.search(after) or before.endswith("从")):
        return not _HAN_AHEAD.search(before + after)
    if _AHEAD.search(_without_since(before)):
        return False
    return bool(_BEHIND.search(before) or (not before.lower().strip(" on") and _THEN_BEHIND.match(text, end)))


def _without_since(before: str) -> str:
    """Nothing before "since" says what is ahead: "I've wanted to reach you since Monday"."""
    return "since" if re.search(r"\bsince\s+(?:the\s+)?$", before, re.IGNORECASE) else before
