"""What the grammars of values have in common: words to choose from, and finds that don't overlap."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Found = TypeVar("Found")


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits; a space in them is any run of blanks."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


def leftmost(found: Iterable[Found], place: Callable[[Found], tuple[int, int]]) -> Iterator[Found]:
    """Left to right what doesn't overlap, of finds that begin together the longest; `place` is start and end."""
    reached = 0
    for one in sorted(found, key=lambda one: (place(one)[0], -place(one)[1])):
        start, end = place(one)
        if start >= reached:
            yield one
            reached = end
