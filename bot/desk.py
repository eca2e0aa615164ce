"""The desk put together: release, answers, log and actions around one engine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.actions import Actions
from bot.answering import Answering
from bot.dialogue import Dialogue
from bot.engine import Engine
from bot.errors import BotError
from bot.settings import Settings
from bot.store.records import Correction
from bot.store.store import Store
from nlu.files import ReleaseFiles
from nlu.rules import load_rules
from nlu.understander import Understander
from retrieval.answers import AnswerBook, load_answers
from retrieval.articles import load_articles
from retrieval.fusion import load_fusion
from retrieval.memory import load_memory
from retrieval.retriever import Retriever

FOLLOW_EVERY_S = 1.0
CORRECTION_BATCH = 32

logger = logging.getLogger(__name__)


@dataclass
class Desk:
    """What serves: channels hand messages to `engine` and read `store`."""

    settings: Settings
    store: Store
    engine: Engine
    understander: Understander
    retriever: Retriever
    _seen: int = field(default=0)

    async def learn_corrections(self) -> int:
        """Bring the memory up to the corrections stored since the last time; how many changes there were."""
        changes = await self.store.corrections_since(self._seen)
        for start in range(0, len(changes), CORRECTION_BATCH):
            await self._apply(changes[start : start + CORRECTION_BATCH])
        return len(changes)

    async def _apply(self, changes: Sequence[Correction]) -> None:
        # Those without words belonged to a customer who was forgotten.
        taught = [change for change in changes if change.undoes is None and change.text]
        read = await asyncio.gather(*(self.understander.understand(change.text) for change in taught))
        for change, understanding in zip(taught, read, strict=True):
            self.retriever.learn(change.text, change.intent, understanding.vector, correction_id=change.id)
        for change in changes:
            if change.undoes is not None:
                self.retriever.unlearn(change.undoes)
        self._seen = changes[-1].id

    async def follow(self) -> None:
        """Learn what is corrected from now on, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                await self.learn_corrections()
            except Exception as error:  # the database may be away for a moment; the desk goes on
                logger.warning("corrections could not be read: %s", type(error).__name__)


@asynccontextmanager
async def open_desk(settings: Settings, *, store: Store | None = None) -> AsyncIterator[Desk]:
    """Load the workspace's current release and all around it; `store` stays the caller's to close.

    Raises BotError, NluError or RetrievalError naming the file that is missing or wrong."""
    release = current_release(settings.folder)
    book = load_answers(settings.folder / "answers")
    actions = Actions(settings.actions)
    check_actions(book, actions)
    understander, retriever = await asyncio.to_thread(_load, settings, release, book)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(actions.close)
        if store is None:
            store = await stack.enter_async_context(await Store.open(settings.database_url))
        answering = Answering(book, actions, settings, retriever.budget.passage_threshold)
        engine = Engine(settings, store, Dialogue(understander, retriever, answering), release.name)
        desk = Desk(settings, store, engine, understander, retriever)
        await desk.learn_corrections()
        following = asyncio.create_task(desk.follow())
        try:
            yield desk
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


def current_release(workspace: Path) -> Path:
    """The folder that releases/current names. Raises BotError where there is none."""
    pointer = workspace / "releases" / "current"
    if not pointer.is_file():
        raise BotError(f"{pointer}: not found; train a first release with `kefu train -w {workspace}`")
    name = pointer.read_text("utf-8").strip()
    release = workspace / "releases" / name
    if not name or Path(name).name != name or not release.is_dir():
        raise BotError(f"{pointer}: names {name!r}, which is no folder beside it")
    return release


def check_actions(book: AnswerBook, actions: Actions) -> None:
    """Raise BotError for an answer that calls an action kefu.toml doesn't have."""
    for answer in book.answers:
        if answer.action is not None and answer.action not in actions.names:
            known = ", ".join(actions.names) or "none"
            raise BotError(
                f"answer {answer.id!r} calls action {answer.action!r}; kefu.toml has [actions.*]: {known}"
            )


def _load(settings: Settings, release: Path, book: AnswerBook) -> tuple[Understander, Retriever]:
    desk, options = settings.desk, settings.understanding
    rules = load_rules(
        settings.folder / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone
    )
    understander = Understander.load(
        release,
        rules,
        precision=options.precision,
        threads=options.threads,
        language=desk.language,
        batch_size=options.batch_size,
        max_chars=options.max_chars,
    )
    files = ReleaseFiles(release)
    fusion, budget = load_fusion(files.fusion, settings.decide.max_wrong_answers)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([encoded.vector for encoded in understander.encoder.encode_all(texts)])

    retriever = Retriever(
        understander.labels,
        load_memory(files.index, files.examples),
        fusion,
        budget,
        answers=book,
        passages=load_articles(settings.folder / "knowledge"),
        encode=encode,
    )
    return understander, retriever
