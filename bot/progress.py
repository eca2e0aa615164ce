"""Progress in the terminal: a bar where the end is known, a spinner where it isn't."""

import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

QUIET_S = 2.0  # shorter jobs need no bar


class Stages:
    """One line a stage of a long job; a finished stage keeps its line with the time it took."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
        )
        self._stage = ""

    def __enter__(self) -> "Stages":
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end()
        self._bars.stop()

    def show(self, stage: str, done: int, total: int) -> None:
        """Tell how far a stage is; total 0 where nobody knows. What follows ": " in its name may change on the way."""
        name = stage.partition(": ")[0]
        if name != self._stage:
            self._end()
            self._task = self._bars.add_task(stage, total=total or None)
            self._stage = name
        self._bars.update(self._task, description=stage)
        if total:
            self._bars.update(self._task, completed=done, total=total)

    def tell(self, line: str) -> None:
        """Write a line above the bars, with the stage it is about."""
        self._bars.console.print(f"{self._stage}: {line}", markup=False, highlight=False)

    def _end(self) -> None:
        if self._stage:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, completed=total, total=total)
        self._stage = ""


class LateBar:
    """How far the work on a file is; it appears only when the wait gets long."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(console=console, transient=True)
        self._begun = time.monotonic()
        self._tasks: dict[Path, TaskID] = {}

    def __enter__(self) -> "LateBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tasks:
            self._bars.stop()

    def show(self, path: Path, share: float | None) -> None:
        """Tell which share of a file is done, 0..1; None where nobody knows."""
        if path not in self._tasks:
            if time.monotonic() - self._begun < QUIET_S:
                return
            self._bars.start()
            self._tasks[path] = self._bars.add_task(escape(path.name), total=None if share is None else 1.0)
        self._bars.update(self._tasks[path], completed=share)
