"""In how many dialogues a word or value was said by staff: what many are told is knowledge, what one is told is that customer's."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from training.mining.replies import Exchange

CAPITALISED = re.compile(r"(?<![\w@#/.’'-])[A-Z][a-zà-ÿ’'-]{2,}(?:\s+[A-Z][a-zà-ÿ’'-]+)*(?![\w@/-])")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
COMMON = 3  # dialogues


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`lower` are words written small somewhere; `n_dialogues` is in how many dialogues staff said a capitalised word."""

    lower: frozenset[str] = frozenset()
    n_dialogues: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, exchanges: Iterable[Sequence[Exchange]]) -> "Lexicon":
        lower: set[str] = set()
        told: dict[str, set[str]] = {}
        for exchange in (one for many in exchanges for one in many):
            for said in (*exchange.asked, *exchange.reply):
                lower.update(word for word in WORD.findall(said.text) if word.islower())
                for word in set(CAPITALISED.findall(said.text)):
                    told.setdefault(word, set()).add(exchange.dialogue)
            lower.update(word for word in WORD.findall(exchange.request) if word.islower())
        return cls(frozenset(lower), Counter({word: len(dialogues) for word, dialogues in told.items()}))

    def names(self, text: str) -> list[tuple[int, int]]:
        """Where names stand that few customers were told: of persons, towns, stations; spans in a sentence."""
        return [
            met.span()
            for met in CAPITALISED.finditer(text)
            if self.n_dialogues.get(met[0], 0) < COMMON and not self._is_word(met[0], met.start() == 0)
        ]

    def _is_word(self, name: str, begins: bool) -> bool:
        """Whether it is a word that only stands first, or a title in capitals."""
        words = name.split()
        return (begins and len(words) == 1) or all(word.lower() in self.lower for word in words)
