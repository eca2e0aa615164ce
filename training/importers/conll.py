"""CoNLL: a token and its tag a line, an empty line after each sentence."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from nlu.tagging import spans_of
from training.errors import TrainingError
from training.importers.source import Found, Item, Options, Source
from training.turns import Dialogue, DialogueTurn, EntityLabel

TAG = re.compile(r"O|[BIESLUM]-\S+")
# BIOES, BILOU and BMES say more than where a span begins; B and I are enough.
AS_BIO = {"E": "I", "L": "I", "M": "I", "S": "B", "U": "B"}
DOCUMENT = "-DOCSTART-"
CLOSING = frozenset(".,;:!?%)]}…，。、；：！？）】》")
OPENING = frozenset("([{$£€#")
GLUED = re.compile(r"['’](s|m|d|re|ve|ll|t)|n['’]t", re.IGNORECASE)


def read_conll(source: Source, options: Options) -> Iterator[Item]:
    """Each sentence as a dialogue with one turn; columns may be parted by tabs or spaces."""
    rows: list[tuple[str, str]] = []
    first, broken, n_tagged = 1, "", 0
    for number, line in itertools.chain(source.lines(), [(0, "")]):
        if not line.strip():
            if broken:
                yield source.skipped(first, "a line that isn't a token and a tag", broken)
            elif rows and rows[0][0] != DOCUMENT:
                n_tagged += 1
                yield Found(Dialogue("", (_turn(rows),)), first)
            rows, broken = [], ""
            continue
        if not rows and not broken:
            first = number
        found = token_and_tag(line)
        if found:
            rows.append(found)
        elif not line.startswith("# "):
            broken = broken or f"line {number}: {line}"
    if not n_tagged:
        raise TrainingError(f"{source.path}: no sentence of tokens and tags such as 'Rome<TAB>B-city'")


def token_and_tag(line: str) -> tuple[str, str] | None:
    """First and last column, tags as BIO; None where the last is no tag."""
    cells = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
    if len(cells) < 2 or not cells[0].strip() or not TAG.fullmatch(cells[-1].strip()):
        return None
    tag = cells[-1].strip()
    return cells[0].strip(), AS_BIO.get(tag[0], tag[0]) + tag[1:]


def _turn(rows: Sequence[tuple[str, str]]) -> DialogueTurn:
    text, words = join_tokens([token for token, _ in rows])
    spans = spans_of(words, [tag for _, tag in rows])
    return DialogueTurn("customer", text, entities=tuple(EntityLabel(*span) for span in spans))


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text as it was probably written, and where each token stands in it."""
    text, places = "", list[tuple[int, int]]()
    in_quotes = False
    for i, word in enumerate(tokens):
        closes_quotes = word == '"' and in_quotes
        if i and not (closes_quotes or _is_glued(tokens[i - 1], word, in_quotes)):
            text += " "
        places.append((len(text), len(text) + len(word)))
        text += word
        if word == '"':
            in_quotes = not in_quotes
    return text, places


def _is_glued(before: str, word: str, in_quotes: bool) -> bool:
    """Whether no blank stands between two tokens."""
    if word[0] in CLOSING or before in OPENING or (before == '"' and in_quotes):
        return True
    return bool(GLUED.fullmatch(word)) or (_is_unspaced(before[-1]) and _is_unspaced(word[0]))


def _is_unspaced(character: str) -> bool:
    """Chinese and Japanese characters and their punctuation."""
    return unicodedata.east_asian_width(character) in "WF" and not "가" <= character <= "힣"
