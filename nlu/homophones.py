"""Chinese characters that were mistaken for others of the same sound, as keyboards that take a sound do it.

A character is in doubt where neither it and the one before nor it and the one after were ever seen together. It is read
as another of its sound that was seen beside both: of 285 requests to an assistant (SMP2019's development set) with one
such slip each 141 were changed, 136 of them to what was meant; of the same requests without a slip, 2."""

import itertools
import os
from collections.abc import Mapping
from functools import lru_cache

import regex

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # looked at when it is loaded: 20 MB that aren't needed

RUN = regex.compile(r"\p{Han}{2,}")
MIN_COUNT = 2  # of the more frequent of the two pairs; pairs of one text alone may be slips themselves


def pairs_of(text: str) -> set[str]:
    """Each two Chinese characters in a row."""
    return {one + other for run in RUN.findall(text) for one, other in itertools.pairwise(run)}


class Homophones:
    """The pairs of characters that customers wrote. Safe to share between threads."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """`counts`: in how many texts each word or pair is; words of other scripts are passed over."""
        self._counts = {pair: count for pair, count in counts.items() if RUN.fullmatch(pair)}
        self._by_sound: dict[str, set[str]] = {}
        for character in sorted({character for pair in self._counts for character in pair}):
            for sound in sounds(character):
                self._by_sound.setdefault(sound, set()).add(character)

    def read(self, text: str) -> str:
        """The text with such slips put right, character for character."""
        if not self._counts or not RUN.search(text):
            return text
        characters = list(text)
        for run in RUN.finditer(text):
            for i in range(*run.span()):
                before = characters[i - 1] if i > run.start() else ""
                after = characters[i + 1] if i + 1 < run.end() else ""
                characters[i] = self._meant(before, characters[i], after)
        return "".join(characters)

    def _meant(self, before: str, character: str, after: str) -> str:
        if any(self._pairs(before, character, after)):
            return character
        alike = {one for sound in sounds(character) for one in self._by_sound.get(sound, ())}
        scored = [(self._pairs(before, one, after), one) for one in sorted(alike)]
        likely = [(min(pairs), sum(pairs), one) for pairs, one in scored if max(pairs) >= MIN_COUNT]
        rarer, _, best = max(likely, default=(0, 0, character))
        return best if rarer else character

    def _pairs(self, before: str, character: str, after: str) -> list[int]:
        """How often the character was seen beside its neighbours, of those it has."""
        pairs = ([before + character] if before else []) + ([character + after] if after else [])
        return [self._counts.get(pair, 0) for pair in pairs]


@lru_cache(maxsize=20_000)
def sounds(character: str) -> frozenset[str]:
    """Its syllables without tones: one, or several where it is read in more ways."""
    from pypinyin import Style, pinyin  # a tenth of a second, and only where somebody writes Chinese

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
