"""The errors of this package, and how those of one reading are gathered."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class RetrievalError(Exception):
    """Answers, articles or memory are unusable as they are; the text says what and where, a line a problem."""


class Problems:
    """What is wrong in all that is read, so that it is told at once and not one after the other."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def attempt(self, default: T, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `read` gives, or the default where it raises RetrievalError, which is kept."""
        try:
            return read(*args, **kwargs)
        except RetrievalError as error:
            self.add(str(error))
            return default

    def add(self, problem: str) -> None:
        self.found.append(problem)

    def raise_all(self) -> None:
        """Raise RetrievalError with a line for each; nothing where there is none."""
        if self.found:
            raise RetrievalError("\n".join(self.found))
