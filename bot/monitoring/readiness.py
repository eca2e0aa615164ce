"""Whether balancers should send customers to this process, and what an operator should know all the same."""

from collections.abc import Callable
from dataclasses import dataclass

MAKES_DO = "making do without the current release, which can't be read: the log says why"


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Readiness:
    """`is_stopping` says whether the process was told to stop, `makes_do` whether the desk answers without a release that can
    be read."""

    is_stopping: Callable[[], bool] = _never
    makes_do: Callable[[], bool] = _never

    @property
    def note(self) -> str:
        """What is not as it should be though the desk answers; names no file, for anybody may read it."""
        return MAKES_DO if self.makes_do() else ""
