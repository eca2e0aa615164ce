"""What the words of a message say of its intent, counted in the memory's examples."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

_UNSPACED = "぀-ヿ㐀-鿿가-힯"
UNSPACED = re.compile(f"[{_UNSPACED}]")  # Japanese, Chinese and Korean: a character is taken for a word
WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
# Added to each count; chosen by cross-validation, where anything from 0.003 to 0.1 does about as well.
SMOOTHING = 0.03

# A count's key: 44 bits of its term's hash, then 20 bits of its intent. Among the five million terms of a
# million texts fewer than one pair is expected to share a hash.
INTENT_BITS = 20
INTENT = np.uint64(2**INTENT_BITS - 1)
PAIR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that "a b" and "b a" differ
BATCH = 2**14
FOLD_AT = 2**17  # new counts, about 30 MB as objects

Keys = NDArray[np.uint64]
Counts = NDArray[np.int32]


class WordCounts:
    """Multinomial naive Bayes over words and pairs of words (McCallum and Nigam 1998), each once a text.

    Counting is all there is to it, so an example that is added or removed counts at once. Counts lie in two
    sorted arrays, 12 bytes each, and those that are new since in a dict beside them. Not for use from
    several threads at a time."""

    def __init__(self, examples: Iterable[tuple[str, str]] = ()) -> None:
        """`examples`: pairs of text and intent."""
        self._number_of: dict[str, int] = {}
        parts = [self._keys_of(batch) for batch in _batches(examples)]
        keys, counts = np.unique(np.concatenate(parts or [np.zeros(0, np.uint64)]), return_counts=True)
        self._set(keys, counts.astype(np.int32))

    @classmethod
    def of_arrays(cls, intents: Sequence[str], keys: Keys, counts: Counts) -> "WordCounts":
        """What `arrays` gave."""
        found = cls()
        found._number_of = {intent: number for number, intent in enumerate(intents)}
        found._set(keys, counts)
        return found

    def arrays(self) -> tuple[tuple[str, ...], Keys, Counts]:
        """The intents, and of each count its key, ascending, and the count."""
        self._fold()
        kept = self._counts > 0
        return tuple(self._number_of), self._keys[kept], self._counts[kept]

    def add(self, text: str, intent: str) -> None:
        """Count an example."""
        self._change(text, intent, 1)

    def remove(self, text: str, intent: str) -> None:
        """Undo `add`."""
        self._change(text, intent, -1)

    def scores(self, text: str, intents: Sequence[str]) -> NDArray[np.float64]:
        """Log likelihood of the text's known words under each intent, the best at 0: (intents,).

        All 0 where no word is known."""
        numbers = [self._number_of.get(intent, -1) for intent in intents]
        # One place more, for the intents that aren't asked for and those that aren't known.
        position = np.full(len(self._number_of) + 1, len(intents))
        position[numbers] = np.arange(len(intents))
        position[-1] = len(intents)
        met, owners, counts = self._counts_of(_terms([text])[1])
        n_met = len(np.unique(met))
        found = np.bincount(position[owners], np.log1p(counts / SMOOTHING), minlength=len(intents) + 1)
        if not n_met or not intents:
            return np.zeros(len(intents))
        totals = np.array([self._totals.get(number, 0) for number in numbers])
        scores: NDArray[np.float64] = found[:-1] - n_met * np.log(totals + SMOOTHING * self._n_terms)
        scores -= scores.max()
        return scores

    def _set(self, keys: Keys, counts: Counts) -> None:
        self._keys, self._counts = keys, counts
        self._later: dict[int, dict[int, int]] = {}  # by term and intent, what has no place in the arrays
        self._n_later = 0
        totals = np.bincount((keys & INTENT).astype(np.int64), counts)
        self._totals = {number: int(total) for number, total in enumerate(totals)}  # of all terms
        self._n_terms = int(np.count_nonzero(np.diff(keys >> np.uint64(INTENT_BITS)))) + bool(len(keys))

    def _number(self, intent: str) -> int:
        number = self._number_of.setdefault(intent, len(self._number_of))
        if number > INTENT:
            raise RetrievalError(f"more than {int(INTENT) + 1:,} intents")
        return number

    def _keys_of(self, examples: Sequence[tuple[str, str]]) -> Keys:
        owners, terms = _terms([text for text, _ in examples])
        numbers = np.array([self._number(intent) for _, intent in examples], np.uint64)
        return terms | numbers[owners]

    def _counts_of(self, terms: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64], Counts]:
        """Every count above 0 of some terms: the term's position among them, the intent, and how often."""
        starts = np.searchsorted(self._keys, terms)
        lengths = np.searchsorted(self._keys, terms | INTENT, side="right") - starts
        met = np.repeat(np.arange(len(terms)), lengths)
        at = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(len(met))
        owners, counts = (self._keys[at] & INTENT).astype(np.int64), self._counts[at]
        for position, term in enumerate(terms.tolist()):
            if later := self._later.get(term):
                met = np.append(met, np.full(len(later), position))
                owners = np.append(owners, np.fromiter(later, np.int64))
                counts = np.append(counts, np.fromiter(later.values(), np.int32))
        is_there = counts > 0
        return met[is_there], owners[is_there], counts[is_there]

    def _change(self, text: str, intent: str, by: int) -> None:
        number = self._number(intent)
        _, terms = _terms([text])
        self._n_terms -= self._n_known(terms)
        keys = terms | np.uint64(number)
        places = np.searchsorted(self._keys, keys)
        is_there = np.zeros(len(keys), np.bool_)
        inside = places < len(self._keys)
        is_there[inside] = self._keys[places[inside]] == keys[inside]
        self._counts[places[is_there]] += by
        for term in terms[~is_there].tolist():
            counts = self._later.setdefault(term, {})
            self._n_later += number not in counts
            counts[number] = counts.get(number, 0) + by
        self._totals[number] = self._totals.get(number, 0) + by * len(terms)
        self._n_terms += self._n_known(terms)
        if self._n_later > FOLD_AT:
            self._fold()

    def _n_known(self, terms: Keys) -> int:
        return len(np.unique(self._counts_of(terms)[0]))

    def _fold(self) -> None:
        """Give every count a place in the arrays."""
        later = [(t | n, count) for t, counts in self._later.items() for n, count in counts.items()]
        later.sort()
        keys = np.array([key for key, _ in later], np.uint64)
        places = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, places, keys)
        self._counts = np.insert(self._counts, places, np.array([count for _, count in later], np.int32))
        self._later, self._n_later = {}, 0


def _terms(texts: Sequence[str]) -> tuple[NDArray[np.int64], Keys]:
    """The words and pairs of words of each text, each once a text: the text's position and the term's hash,
    its low bits 0."""
    words = [WORD.findall(text.casefold()) for text in texts]
    hashes = np.fromiter(map(_hash, chain.from_iterable(words)), np.uint64)
    owners = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(found) for found in words])
    is_pair = owners[1:] == owners[:-1]
    pairs = (hashes[:-1] * PAIR + hashes[1:])[is_pair]
    shift = np.uint64(INTENT_BITS)
    terms = np.concatenate([hashes, pairs]) >> shift
    owners = np.concatenate([owners, owners[1:][is_pair]])
    once = np.unique(owners << np.uint64(64 - INTENT_BITS) | terms)
    return (once >> np.uint64(64 - INTENT_BITS)).astype(np.int64), once << shift


@lru_cache(2**16)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _batches(examples: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(examples)
    while batch := list(islice(rest, BATCH)):
        yield batch
