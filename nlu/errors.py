"""The errors of this package: NluError and the few leaves beside what raises them; and how those of one reading are gathered."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class NluError(Exception):
    """Something about understanding went wrong that the operator can mend; the text says what and where, a line a problem."""


class Problems:
    """What is wrong in all that is read, so that it is told at once and not one after the other."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def attempt(self, default: T, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `read` gives, or the default where it raises NluError, which is kept."""
        try:
            return read(*args, **kwargs)
        except NluError as error:
            self._found.append(str(error))
            return default

    def raise_all(self) -> None:
        """Raise NluError with a line for each; nothing where there is none."""
        if self._found:
            raise NluError("\n".join(self._found))
