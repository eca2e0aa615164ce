"""Misspelt words read as the words they most likely are.

The encoder takes a word it doesn't know to pieces, and "cahrged" in pieces means little. Known are the words that
customers wrote in training, and the tokenizer's own; a word that is neither is read as the nearest of those that
customers wrote, if it is one slip away: a letter left out, added, mistaken, or swapped with the next (Damerau 1964).
For Chinese see `nlu.homophones`."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import regex
from rapidfuzz import process
from rapidfuzz.distance import OSA

from nlu.encoder import Encoded, Encoder
from nlu.gist import GistReader
from nlu.homophones import Homophones, pairs_of

# Scripts that write words letter by letter.
WORD = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}]+")
MIN_LETTERS = 4  # a slip in a shorter word leaves too little to tell it by
LONG = 9  # letters from which two slips are forgiven
MIN_COUNT = 2  # a word that one text alone has may be a slip itself


def count_words(texts: Iterable[str]) -> dict[str, int]:
    """In how many texts each word is, in lower case and in order; of Chinese each two characters in a row."""
    words = ({word.lower() for word in WORD.findall(text)} | pairs_of(text) for text in texts)
    counts = Counter(itertools.chain.from_iterable(words))
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read. `changes` are the words that were put right: where each begins and ends in this
    text, and in the text as it was written."""

    text: str
    changes: tuple[tuple[int, int, int, int], ...] = ()

    def written(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as it was written that a word's place in this text stands for."""
        shift = 0
        for begins, ends, was_start, was_end in self.changes:
            if begins <= start < ends:
                return was_start, was_end
            if begins > start:
                break
            shift = was_end - ends
        return start + shift, end + shift


def like(word: str, right: str) -> str:
    """`right`, which is in lower case, with capitals where `word` has them: all, the first or none."""
    if word.isupper():
        return right.upper()
    return right.capitalize() if word[0].isupper() else right


class Speller:
    """The words of one release. Safe to share between threads."""

    def __init__(self, counts: Mapping[str, int], encoder: Encoder) -> None:
        """`counts`: what `count_words` gives for the messages trained on."""
        self._counts = dict(counts)
        by_first: dict[str, list[str]] = {}  # the first letter is the one that is seldom wrong
        for word, count in self._counts.items():
            if len(word) >= MIN_LETTERS and (count >= MIN_COUNT or encoder.has_word(word)):
                by_first.setdefault(word[0], []).append(word)
        self._homophones = Homophones(counts)
        # Not a method of its own: in a circle with its cache, an old release would stay in memory.
        self._right = lru_cache(maxsize=10_000)(partial(_nearest, self._counts, by_first, encoder.has_word))

    def encode(self, text: str, reader: GistReader) -> Encoded:
        """Encode a text as it is read; `Encoded.words` are offsets in the text as it was written."""
        reading = self.read(text)
        found = reader.encode(reading.text)
        if not reading.changes:
            return found
        return replace(found, words=tuple(reading.written(*word) for word in found.words))

    def read(self, text: str) -> Reading:
        """The text with misspelt words put right, in letters as large as they were written in."""
        text = self._homophones.read(text)
        parts: list[str] = []
        changes: list[tuple[int, int, int, int]] = []
        position = length = 0
        for match in WORD.finditer(text):
            word = match[0]
            if len(word) < MIN_LETTERS or (right := self._right(word.lower())) is None:
                continue
            right = like(word, right)
            before = text[position : match.start()]
            length += len(before)
            changes.append((length, length + len(right), *match.span()))
            parts += [before, right]
            length += len(right)
            position = match.end()
        return Reading("".join([*parts, text[position:]]), tuple(changes)) if changes else Reading(text)


def _nearest(
    counts: Mapping[str, int], by_first: Mapping[str, list[str]], has_word: Callable[[str], bool], word: str
) -> str | None:
    """What a word should be; None where it is right as it is, or nothing like it is known."""
    known = by_first.get(word[0], ())
    if not known or word in counts or has_word(word):
        return None
    slips = 2 if len(word) >= LONG else 1
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=slips, limit=None)
    best = min(near, key=lambda one: (one[1], -counts[one[0]]), default=None)
    return str(best[0]) if best else None
