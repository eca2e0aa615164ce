"""The desk put together: a log, an engine, and a model that follows what is corrected, edited and released."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any

from bot.autonomy import levels_of
from bot.engine import Engine
from bot.errors import BotError
from bot.garbage import settle_new
from bot.hearing import Hearing
from bot.loading import current_release, files_state
from bot.model import Model
from bot.monitoring.meters import count_error
from bot.outgoing.actions import Actions
from bot.outgoing.webhook import Webhook
from bot.reader.models import Models
from bot.reader.remote import worker_models
from bot.retaining import Retaining
from bot.settings import Settings
from bot.store.peers.work import Work
from bot.store.privacy.masking import Mask
from bot.store.records import Correction
from bot.store.store import Store
from bot.trial.trialing import Trialing
from bot.upkeep import Upkeep, keep_index
from bot.watch.drifting import Drifting
from bot.watch.watching import Watching
from nlu.errors import NluError
from retrieval.errors import RetrievalError

FOLLOW_EVERY_S = 1.0
TRY_AGAIN_S = 5.0  # with a release that could not be read
LOG_EVERY_S = 15.0  # where others tell of what they change
CORRECTION_BATCH = 4  # customers wait for no more than these
MIN_NAME = 2  # characters

logger = logging.getLogger(__name__)


@dataclass
class Desk:
    """What serves: channels hand messages to `engine` and read `store`."""

    settings: Settings
    store: Store
    models: Models
    model: Model
    engine: Engine = field(init=False)
    _seen: int = field(default=0)
    _refused: str = field(default="")
    _try_again_at: float = 0.0
    _marks: tuple[int, str] = field(default=(-1, ""))
    # Or two who ask for corrections at once would both learn the same.
    _learning: asyncio.Lock = field(default_factory=asyncio.Lock)
    trialing: Trialing = field(init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _read_at: float = 0.0

    def __post_init__(self) -> None:
        self.engine = Engine(self.settings, self.store, self.model.dialogue, self.model.release)
        self.trialing = Trialing(self.settings, self.models, self.engine, self._teach_candidate)

    async def learn_corrections(self) -> int:
        """Bring the memory up to the corrections stored since the last time; how many changes there were."""
        async with self._learning:
            changes = await self.store.corrections_since(self._seen)
            for model in self._models:
                await _teach(model, changes)
            self._seen = changes[-1].id if changes else self._seen
            await self._learn_names(*self._models)
        return len(changes)

    @property
    def _models(self) -> tuple[Model, ...]:
        candidate = self.trialing.candidate
        return (self.model,) if candidate is None else (self.model, candidate)

    async def _teach_candidate(self, candidate: Model) -> None:
        """All that the model in use knows."""
        async with self._learning:
            changes = await self.store.corrections_since(0)
            await _teach(candidate, [change for change in changes if change.id <= self._seen])
            self._marks = (-1, "")
            await self._learn_names(self.model, candidate)

    async def _learn_names(self, *models: Model) -> None:
        """Find what staff marked wherever the same words stand."""
        version = await self.store.inbox.marks_version()
        if version != self._marks:
            names = await self.store.inbox.marked_names()
            known = {name: (label, name) for name, label in names.items() if is_name(name)}
            for model in models:
                await model.reader.teach(known)
            self._marks = version

    async def follow_autonomy(self) -> None:
        """Let the bot go as far as staff set it."""
        self.engine.levels = levels_of(await self.store.inbox.autonomy())

    async def reload(self) -> bool:
        """Go on with the workspace's files as they are now; True where they had changed and are usable.

        Turns under way end with the model they began with. Files that won't do are named in the log once, and
        the desk stays on what it had."""
        state = await asyncio.to_thread(files_state, self.settings.folder)
        if state in {self.model.state, self._refused} and not self._may_be_mended():
            return False
        model = await self._load(state)
        if model is None:
            return False
        async with self._learning:
            changes = await self.store.corrections_since(0)
            await _teach(model, changes)
            self._marks = (-1, "")
            await self._learn_names(model)
            self.model, self._seen = model, changes[-1].id if changes else 0
        self.engine.take_over(model.dialogue, model.release)
        logger.info("answering with release %s and the answers as they are now", model.release)
        return True

    async def _load(self, state: str) -> Model | None:
        """The workspace's files of that state; None where they won't do, which is said once."""
        try:
            return await self.models.load(beside=self.beside())
        except (BotError, NluError, RetrievalError) as error:
            if state in {self.model.state, self._refused}:
                return None
            logger.error("not taken over, release %s goes on: %s", self.model.release, error)
            self._refused = state
            if not self.model.problem:
                return None
            with suppress(BotError, NluError, RetrievalError):  # it may be the answers that were edited
                model = await self.models.make_do()
                return replace(model, problem=str(error))
            return None

    def _may_be_mended(self) -> bool:
        """Whether a release that can't be read should be tried again, its files as they may be by now."""
        if not self.model.problem or monotonic() < self._try_again_at:
            return False
        self._try_again_at = monotonic() + TRY_AGAIN_S
        return True

    def beside(self) -> Model:
        """What the next model may share most with: the candidate, where that was promoted."""
        candidate = self.trialing.candidate
        with suppress(BotError):
            if candidate is not None and current_release(self.settings.folder).name == candidate.release:
                return candidate
        return self.model

    async def follow(self) -> None:
        """Learn what is corrected and take over what is edited or released from now on, until cancelled."""
        has_changed = False
        while True:
            is_due = await self._wait()
            try:
                if is_due:
                    await self.learn_corrections()
                    await self.follow_autonomy()
                had_changed, has_changed = has_changed, await self.reload()
                if is_due or has_changed:
                    has_changed |= await self.trialing.follow(self.store, self.model)
                    self._read_at = monotonic()
                if has_changed or had_changed:  # once more when the turns that were under way are over
                    settle_new()
            except Exception as error:  # the database may be away for a moment; the desk goes on
                count_error("following")
                logger.warning("the log could not be followed: %s", type(error).__name__)

    def wake(self) -> None:
        """Something may have changed: look now."""
        self._woken.set()

    async def _wait(self) -> bool:
        """Until it is time to look at the files; True where the log is to be read as well."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FOLLOW_EVERY_S):
                await self._woken.wait()
        was_woken = self._woken.is_set()
        self._woken.clear()
        others_tell = not self.store.is_alone and self.store.peers.is_listening
        is_due = not others_tell or monotonic() - self._read_at >= LOG_EVERY_S
        return was_woken or is_due


def is_name(text: str) -> bool:
    """Whether marked words are worth finding again: a single sign would be everywhere."""
    return len(text) >= MIN_NAME and any(sign.isalnum() for sign in text)


async def _teach(model: Model, changes: Sequence[Correction]) -> None:
    for start in range(0, len(changes), CORRECTION_BATCH):
        await model.reader.learn(changes[start : start + CORRECTION_BATCH])


@asynccontextmanager
async def open_desk(
    settings: Settings, *, store: Store | None = None, mask: Mask | None = None, in_worker: bool = False
) -> AsyncIterator[Desk]:
    """Load the workspace's current release and all around it; `store` stays the caller's to close; `mask` is how personal
    data are masked where [retention] wants that; messages are read in a process of its own with `in_worker`.

    Raises BotError, NluError or RetrievalError naming the file that is missing or wrong."""
    actions = Actions(settings.actions, outgoing=settings.outgoing, key=settings.signing_key)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(actions.close)
        models = Models(settings, actions)
        if in_worker:
            models = await stack.enter_async_context(worker_models(settings, actions))
        model = await models.load_or_make_do()
        if store is None:
            store = await stack.enter_async_context(await Store.open(settings.database_url))
        desk = Desk(settings, store, models, model)
        stack.push_async_callback(desk.trialing.close)
        await desk.learn_corrections()
        await desk.follow_autonomy()
        await desk.trialing.follow(store, model)  # a canary has its conversations from the first message on
        await stack.enter_async_context(beside(desk.follow()))
        hearing = Hearing(store, desk.engine.news, desk.wake)
        await stack.enter_async_context(beside(hearing.run()))
        webhook = Webhook(settings.watch.webhook, outgoing=settings.outgoing, key=settings.signing_key)
        stack.push_async_callback(webhook.close)
        scheduled = Work(store.peers, "scheduled", partial(_scheduled, desk, webhook, mask))
        await stack.enter_async_context(beside(scheduled.run()))
        yield desk


async def _scheduled(desk: Desk, webhook: Webhook, mask: Mask | None) -> None:
    """What one process does for all that share a log, until cancelled."""
    settings, store = desk.settings, desk.store
    async with asyncio.TaskGroup() as group:
        group.create_task(Upkeep(store, settings.desk.zone).run())
        group.create_task(keep_index(store))
        group.create_task(Retaining(store, settings, mask).run())
        if settings.watch.enabled:
            group.create_task(Watching(store, settings, webhook).run())
            group.create_task(Drifting(store, settings, webhook, lambda: desk.model.release).run())


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Have it run for as long as the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
