"""What the company's systems said to one dialogue, told to another, so that the second asks them nothing."""

from collections.abc import Mapping
from typing import Any

from bot.outgoing.actions import ActionFailed, Actions

# By action and slots; None where no answer came.
Results = dict[tuple[str, frozenset[tuple[str, str]]], dict[str, Any] | None]


class RecordingActions(Actions):
    """Actions whose results are kept."""

    def __init__(self, actions: Actions, results: Results) -> None:
        self._all = actions
        self._results = results

    @property
    def names(self) -> tuple[str, ...]:
        return self._all.names

    def is_reading(self, name: str) -> bool:
        return self._all.is_reading(name)

    def reading(self) -> Actions:
        return RecordingActions(self._all.reading(), self._results)

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        key = name, frozenset(slots.items())
        self._results[key] = None
        result = await self._all.run(name, slots, idempotency_key=idempotency_key)
        self._results[key] = result
        return result


class RetoldActions(Actions):
    """Actions that only tell what another dialogue was told; `is_more_asked` once something else was wanted."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self.is_more_asked = False

    @property
    def names(self) -> tuple[str, ...]:
        return ()

    def is_reading(self, name: str) -> bool:
        return True

    def reading(self) -> Actions:
        return self

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        """Raises ActionFailed where the other got no answer, or didn't ask."""
        key = name, frozenset(slots.items())
        self.is_more_asked |= key not in self._results
        result = self._results.get(key)
        if result is None:
            raise ActionFailed(f"action {name!r} was not answered")
        return result
