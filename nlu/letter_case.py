"""How words are written, for encoders that read all letters as small ones: names stand out by a capital."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UNKNOWN, SMALL, INITIAL, CAPITAL, MIXED = range(
    5
)  # no letter of two cases; "word", "Word" and "W", "WORD", "wOrd"
N_CASES = 5


def letter_cases(text: str, words: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The case of each word, (words,); UNKNOWN throughout where the text is all in small letters or all in capitals:
    whoever writes so says nothing by it."""
    if text.islower() or text.isupper():
        return np.zeros(len(words), np.int64)
    return np.array([_case(text[start:end]) for start, end in words], np.int64)


def spread(cases: NDArray[np.int64], firsts: Sequence[int], n_tokens: int) -> NDArray[np.int64]:
    """The case of each token, (n_tokens,): that of its word, where `firsts` are the words' first tokens.

    Tokens before the first word and the last, which ends every text, are of none."""
    of_tokens = np.zeros(n_tokens, np.int64)
    for case, start, end in zip(cases, firsts, [*firsts[1:], n_tokens - 1], strict=False):
        of_tokens[start:end] = case
    return of_tokens


def _case(word: str) -> int:
    if word.islower():
        return SMALL
    if word.isupper():
        return CAPITAL if sum(letter.isupper() for letter in word) > 1 else INITIAL
    if word[:1].isupper():
        return INITIAL if word[1:].islower() else MIXED
    return MIXED if any(letter.isupper() for letter in word) else UNKNOWN


def one_hot(cases: NDArray[np.int64]) -> NDArray[np.float32]:
    """(words,) -> (words, N_CASES)."""
    return np.eye(N_CASES, dtype=np.float32)[cases]
