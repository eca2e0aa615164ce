"""Whether a bare day is meant in the past: "I ordered it on Monday", "周一下的单", not "deliver it on Monday"."""

import re

_CLAUSE = re.compile(r"[.?!;,，。？！；\n]|\b(?:but|and|so|because)\b", re.IGNORECASE)
_TO_THE = r"\s+(?:(?:the|around|about|at|on|this)\s+)*\Z"  # between a preposition and the date
_LISTED = re.compile(
    r"(?:\b\w+day|\b(?:the\s+)?\d{1,2}(?:st|nd|rd|th)?(?:\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)?)\s*\Z",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"\b(?:will|can|could|would|should|shall|may|might|must|going|gonna|want|wants|wanted|need|needs|needed|please|pls|"
    r"get|be|being|is|isn't|are|am|let|deliver|send|come|arrive|move|change|book|expected|supposed|meant|due|scheduled|"
    r"hoping|getting|coming|leaving|flying|next|instead|say|says|saying|for\s+(?:delivery|collection|pick\s?up))\b"
    rf"|['’](?:ll|re|m|d)\b|\b(?:for|to|till?|until|by|before){_TO_THE}",
    re.IGNORECASE,
)
_PAST = (
    r"(?:was|were|did|didn't|wasn't|had|been|became|began|bought|brought|broke|built|came|caught|chose|drove|fell|felt|"
    r"flew|forgot|fought|found|gave|(?<!ve )(?<!has )got|grew|heard|held|kept|knew|laid|left|lent|lost|made|met|paid|ran|"
    r"rang|rode|said|saw|sent|shook|slept|sold|spent|spoke|stole|stood|stuck|taken|taught|told|took|thought|threw|tore|"
    r"went|withdrew|woke|wore|wrote|written|\w{3,}(?<!e)ed)"
)
_BEHIND = re.compile(rf"\b(?:{_PAST}|since)\b", re.IGNORECASE)
# These say more than what stands before them: "can I return what you sent on Monday".
_DID = re.compile(
    r"\b(?:was|were)\s+(?:\w+\s+)?(?:meant|supposed|due|expected|scheduled)(?:\s+to\s+\w+|\s+by)?"
    rf"|(?<!are\s)(?<!is\s)\b(?:i|we|you|he|she|they|who)\s+(?:\w+ly\s+|just\s+|already\s+)?{_PAST}\b",
    re.IGNORECASE,
)
_AHEAD_AFTER_ALL = re.compile(
    rf"\b(?:for|to|till?|until|by|before){_TO_THE}|\b(?:can|could|will|would|please)\b", re.IGNORECASE
)
_THEN_BEHIND = re.compile(
    rf"\s*,?\s*(?:i|we|you|he|she|they|it|your \w+|my \w+|the \w+)\s+(?:\w+ly\s+)?{_PAST}\b", re.IGNORECASE
)
_HAN_AHEAD = re.compile("[能会要想请再才帮改吧]|可以|行吗|安排|希望|打算|准备")
_HAN_BEHIND = re.compile(
    "(?!取消)[买下订付扣收申退寄换开存转取办定拍签刷][^，。？！]{0,3}?[了过的]|[降涨坏断][^，。？！]{0,2}了|到(?:货|站|账|家)?了|[诉映询系求修]过"
    "|购买|下单|收到|扣款|消费|刚"
)


def is_past(text: str, start: int, end: int) -> bool:
    """Whether the words around text[start:end] tell of what has happened."""
    before = _clause_before(text[:start])
    after = _CLAUSE.split(text[end:], maxsplit=1)[0]
    if not text.isascii() and (behind := _HAN_BEHIND.search(after)):
        return not _HAN_AHEAD.search(before + after[: behind.end()])
    if before.endswith("从"):
        return not _HAN_AHEAD.search(after)
    if re.search(r"\bsince\s+(?:the\s+)?\Z", before, re.IGNORECASE):
        return True
    if any(not _AHEAD_AFTER_ALL.search(before, did.end()) for did in _DID.finditer(before)):
        return True
    if _AHEAD.search(before):
        return False
    return bool(_BEHIND.search(before) or (not before.lower().strip(" on") and _THEN_BEHIND.match(text, end)))


def _clause_before(text: str) -> str:
    """The clause so far; of "on 5 March, 13 March and" what stands before the list."""
    *earlier, clause = _CLAUSE.split(text)
    while earlier and not clause.strip() and _LISTED.search(earlier[-1]):
        clause = _LISTED.sub("", earlier.pop())
    return clause
