"""Follows the release on trial: loads it, lets it watch or answer, and drops it when the trial ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bot.engine import Engine
from bot.errors import BotError
from bot.loading import current_release
from bot.model import Model
from bot.reader.models import Models
from bot.settings import Settings
from bot.store.candidates.records import Trial, TrialOutcome
from bot.store.store import Store
from bot.trial.canary import Canary
from bot.trial.shadow import Shadow
from nlu.errors import NluError
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)


@dataclass
class Trialing:
    """One process's part in a trial; `teach` tells a new model all that was corrected."""

    settings: Settings
    models: Models
    engine: Engine
    teach: Callable[[Model], Awaitable[None]]
    trial: Trial | None = None
    candidate: Model | None = None
    _watching: "asyncio.Task[None] | None" = field(default=None)

    async def follow(self, store: Store, live: Model) -> bool:
        """Do as the log says; True where a model came or went.

        A trial ends by itself where its release was promoted, another one serves, or it can't be loaded."""
        trial = await store.trials.open()
        if trial is None or await self._is_over(store, trial):
            return self.drop()
        is_known = self.trial is not None and self.trial.id == trial.id
        if is_known and self.candidate is not None and self.candidate.state == live.state:
            return False
        try:
            candidate = await self.models.load(
                candidate=trial.release, beside=live, in_background=trial.kind == "shadow"
            )
        except (BotError, NluError, RetrievalError) as error:
            logger.error("the trial of release %s ends: %s", trial.release, error)
            await store.trials.close(trial.id, "unusable", str(error))
            return self.drop()
        await self.teach(candidate)
        self._take(store, trial, candidate)
        return True

    def drop(self) -> bool:
        """Go on without a candidate; True where there was one."""
        had = self.candidate is not None
        if had and self.trial is not None:
            logger.info("release %s is no longer on trial", self.trial.release)
        self.engine.shadow = self.engine.canary = self.trial = self.candidate = None
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        return had

    async def close(self) -> None:
        """Stop what runs."""
        watching = self._watching
        self.drop()
        if watching is not None:
            with suppress(asyncio.CancelledError):
                await watching

    async def _is_over(self, store: Store, trial: Trial) -> bool:
        try:
            current = (await asyncio.to_thread(current_release, self.settings.folder)).name
        except BotError:  # reload names it
            return False
        if current == trial.beside:
            return False
        outcome: TrialOutcome = "promoted" if current == trial.release else "superseded"
        await store.trials.close(trial.id, outcome, f"{current} serves")
        return True

    def _take(self, store: Store, trial: Trial, candidate: Model) -> None:
        self.drop()
        self.trial, self.candidate = trial, candidate
        if trial.kind == "canary":
            self.engine.canary = Canary(candidate.release, candidate.dialogue, trial.share or 0.0)
        else:
            self.engine.shadow = Shadow(trial.id, candidate.dialogue, store)
            self._watching = asyncio.create_task(self.engine.shadow.run())
        logger.info("release %s is on trial as %s", candidate.release, trial.kind)
