"""Where a desk gets its models from: read in threads of this process."""

import asyncio
import logging
from dataclasses import dataclass, replace

from bot.loading import current_release
from bot.making_do import make_do
from bot.model import Model, load_model
from bot.outgoing.actions import Actions
from bot.settings import Settings
from nlu.errors import NluError
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a workspace. All of these raise BotError, NluError or RetrievalError naming the file that is wrong."""

    settings: Settings
    actions: Actions

    async def load(
        self, *, candidate: str | None = None, beside: Model | None = None, in_background: bool = False
    ) -> Model:
        """The workspace as its files are now, with the current release or a candidate; with what `beside` has, where that is
        the same. One that works `in_background` gives way to all else that wants the processor."""
        return await asyncio.to_thread(
            load_model,
            self.settings,
            self.actions,
            candidate=candidate,
            beside=beside,
            in_background=in_background,
        )

    async def make_do(self) -> Model:
        """What there is without a release."""
        return await asyncio.to_thread(make_do, self.settings, self.actions)

    async def load_or_make_do(self) -> Model:
        """The current release, or what there is without it where that can't be read; a workspace that was never trained, or
        answers with errors, are errors."""
        current_release(self.settings.folder)
        try:
            return await self.load()
        except (NluError, RetrievalError) as error:
            model = await self.make_do()  # raises where it is the answers that are wrong
            logger.critical(
                "the current release can't be read, so only what was said before in the same words is answered, and the rest "
                "goes to people. Mend it, or go back with `kefu releases promote NAME`; no restart is needed: %s",
                error,
            )
            return replace(model, problem=str(error))
