"""Understanding without a model, for a desk whose release can't be read: what patterns and names find, the language,
and the words of a message as its vector."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from nlu.language import detect_language
from nlu.rules import EntityRules
from nlu.text import clean
from nlu.understanding import Understanding

WIDTH = 256
_WORD = regex.compile(r"\p{Han}|[^\W\p{Han}]+")


class PatternUnderstander:
    """Finds entities and language; knows no intents and no mood. Safe to share between threads."""

    def __init__(self, rules: EntityRules, *, language: str = "en", max_chars: int = 4096) -> None:
        self.rules = rules
        self._language = language
        self._max_chars = max_chars

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be found in a message: the types of the files."""
        return self.rules.labels

    def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Find these names from now on: a name as written -> (type, value)."""
        self.rules.teach(names)

    def understand_batch(self, texts: Sequence[str], *, now: datetime | None = None) -> list[Understanding]:
        """Understand texts, dates relative to `now` (default: this moment)."""
        now = now or datetime.now(UTC)
        return [self._one(text, now) for text in texts]

    def _one(self, text: str, now: datetime) -> Understanding:
        read_as = clean(self.rules.for_encoder(text), max_chars=self._max_chars)
        return Understanding(
            text=text,
            read_as=read_as,
            intents=(),
            entities=tuple(self.rules.find(text, now=now)),
            vector=word_vector(read_as),
            class_probs=np.zeros(0, np.float32),
            language=detect_language(text, self._language),
        )


def word_vector(text: str) -> NDArray[np.float32]:
    """The words of a text as counts of their hashes: (WIDTH,), length 1; feature hashing (Weinberger et al. 2009)."""
    vector = np.zeros(WIDTH, np.float32)
    for word in _WORD.findall(text.casefold()):
        hashed = crc32(word.encode("utf-8", "surrogatepass"))
        vector[hashed % WIDTH] += 1 if hashed & 0x80000000 else -1
    length = float(np.linalg.norm(vector))
    if not length:  # no words at all
        vector[0] = length = 1.0
    return vector / np.float32(length)
