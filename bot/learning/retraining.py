"""Has the desk retrained: when the schedule says so, when staff ask, and on where a process was lost.

The work is done by a process of its own, `kefu retrain`, at the lowest priority. Any number of desks may share a
database: what is due or asked for is begun once."""

import asyncio
import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

from bot.errors import BotError
from bot.looking import now_and_then
from bot.settings import Settings
from bot.store.candidates.retrainings import Retraining
from bot.store.candidates.verdict import verdict
from bot.store.store import Store
from bot.timetable import parse_timetable

LOOK_EVERY_S = 5.0
MOST_BEGUN = 3  # processes for one retraining: what ends each of them ends it
GRACE = timedelta(hours=6)  # a time that passed longer ago, with no desk running, is left out

logger = logging.getLogger(__name__)


def can_retrain() -> bool:
    """Whether this process has what a training takes."""
    return find_spec("torch") is not None


@dataclass
class Retrainings:
    """`command` is what begins one, with its number added."""

    store: Store
    settings: Settings
    command: Sequence[str] = ()
    _work: asyncio.subprocess.Process | None = field(default=None)
    _begun: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        start = "from bot.cli import main; main()"
        self.command = self.command or (
            sys.executable, "-c", start, "retrain", "-w", str(self.settings.folder.resolve()), "--run",
        )  # fmt: skip

    async def run(self) -> None:
        """Look every few seconds, until cancelled; then the process is ended, and whoever serves next goes on."""
        try:
            await now_and_then(
                lambda: self.look(datetime.now(UTC)),
                LOOK_EVERY_S,
                logger,
                "retraining could not be looked after",
            )
        finally:
            await self._end()

    async def look(self, moment: datetime) -> None:
        """Begin what is due, and work on what waits for somebody."""
        await self._ask_when_due(moment)
        if self._work is not None and self._work.returncode is None:
            return
        found = await self.store.retrainings.open()
        if found is None or not await self._is_waiting(found):
            return
        if self._begun[found.id] == MOST_BEGUN:
            status = self._work.returncode if self._work else None
            note = f"{MOST_BEGUN} processes ended before they were done, the last with status {status}"
            await self.store.retrainings.set_status(found.id, "failed", note)
        else:
            self._begun[found.id] += 1
            await self._begin(found)

    async def _ask_when_due(self, moment: datetime) -> None:
        schedule = await self.store.retrainings.schedule()
        try:
            table = parse_timetable(schedule.every, self.settings.desk.zone) if schedule else None
        except BotError as error:
            logger.error("the schedule of retrainings can't be read: %s", error)
            return
        if schedule is None or table is None:
            return
        due = table.last(moment)
        if schedule.set_at < due and moment - due < GRACE:
            await self.store.retrainings.ask_when_due(due.isoformat())

    async def _is_waiting(self, retraining: Retraining) -> bool:
        """Whether somebody must work on it."""
        if retraining.status != "shadow":
            return retraining.status == "asked" or retraining.is_lost
        options = self.settings.retrain
        latest = await self.store.trials.latest()
        if not latest or latest[0].ended_at is not None:
            return True
        counts = await self.store.trials.counts(latest[0].id)
        judged = verdict(counts, messages=options.shadow_messages, agreement=options.shadow_agreement)
        return judged.word != "wait"

    async def _begin(self, retraining: Retraining) -> None:
        threads = str(max(1, (os.cpu_count() or 2) - 1))
        environment = {**os.environ, "OMP_NUM_THREADS": threads}
        self._work = await asyncio.create_subprocess_exec(
            *self.command,
            str(retraining.id),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        logger.info("retraining %d is worked on by process %d", retraining.id, self._work.pid)

    async def _end(self) -> None:
        if self._work is None or self._work.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._work.terminate()
        await self._work.wait()
