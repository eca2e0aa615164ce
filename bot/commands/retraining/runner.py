"""Takes the steps of a retraining one after the other, and says in the database how far it is."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from bot.commands.retraining.steps import STEPS, Refused, Waits
from bot.commands.retraining.work import Show, Work
from bot.errors import BotError
from bot.settings import Settings
from bot.store.candidates.retrainings import Retraining, RetrainingUnderWay, Status
from bot.store.store import Store
from nlu.errors import NluError
from retrieval.errors import RetrievalError
from training.errors import TrainingError

BEAT_S = 2.0
logger = logging.getLogger(__name__)
OURS = (BotError, NluError, RetrievalError, TrainingError, OSError)


class RetrainingFailed(BotError):
    """A step could not be taken; the text says which and why."""


def worker_name() -> str:
    """Who works on it: this process."""
    return f"{socket.gethostname()} {os.getpid()}"


async def retrain(
    settings: Settings,
    store: Store,
    retraining: Retraining,
    *,
    steps: Sequence[str] | None = None,
    choices: dict[str, object] | None = None,
    show: Show,
) -> Retraining:
    """Take the steps that are left, or just these; how it stands then.

    Raises RetrainingUnderWay where another process works on it, RetrainingFailed where a step fails. A gate that refuses
    is an end as any other."""
    worker = worker_name()
    if not await store.retrainings.take(retraining.id, worker):
        raise RetrainingUnderWay(
            f"retraining {retraining.id} is being worked on; `kefu retrain --list` shows how far it is. "
            "If what did it was killed, it can go on a minute later"
        )
    work = Work(settings, store, retraining, show)
    work.find_choices()
    if choices:
        work.choices = dict(choices)
        work.keep_choices()
    names = list(steps) if steps else [name for name in STEPS if not retraining.has_done(name)]
    for name in names:
        await _take(work, name, worker)
        retraining = await _again(store, work)
        if not retraining.is_open or retraining.status == "shadow":
            break
    else:
        is_over = retraining.has_done("promote")
        await store.retrainings.set_status(retraining.id, "done" if is_over else "paused")
        if is_over:
            work.clear()
    return await _again(store, work)


async def _again(store: Store, work: Work) -> Retraining:
    found = await store.retrainings.get(work.retraining.id)
    if found is None:
        raise RetrainingFailed(f"retraining {work.retraining.id} is no longer in the database")
    work.retraining = found
    return found


async def _take(work: Work, name: str, worker: str) -> None:
    retrainings, number = work.store.retrainings, work.retraining.id
    await retrainings.begin_step(number, name)
    try:
        async with _telling(work, name, worker):
            told = await STEPS[name](work)
    except Waits:
        await retrainings.set_status(number, "shadow")
    except Refused as refused:
        await retrainings.end_step(number, name, "failed", refused.told)
        await _end(work, "refused", str(refused))
    except OURS as error:
        await retrainings.end_step(number, name, "failed", (str(error),))
        await _end(work, "failed", f"{name}: {error}")
        raise RetrainingFailed(f"{name}: {error}") from error
    except asyncio.CancelledError:  # by Ctrl-C: the step is taken again when somebody goes on
        await retrainings.end_step(number, name, "failed", ("interrupted",))
        await retrainings.set_status(number, "paused")
        raise
    except Exception as error:
        await retrainings.end_step(number, name, "failed", (type(error).__name__,))
        await _end(work, "failed", f"{name}: {type(error).__name__}")
        raise
    else:
        await retrainings.end_step(number, name, "done", told)


async def _end(work: Work, status: Status, note: str) -> None:
    await work.store.retrainings.set_status(work.retraining.id, status, note)
    work.clear()


@asynccontextmanager
async def _telling(work: Work, name: str, worker: str) -> AsyncIterator[None]:
    """Keep the database told how far a step is; stop at once where somebody stopped the retraining."""
    shown = work.show
    latest = ("", 0, 0)

    def show(stage: str, done: int, total: int) -> None:
        nonlocal latest
        latest = stage, done, total
        shown(stage, done, total)

    async def tell() -> None:
        said = latest
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                is_ours = await work.store.retrainings.beat(work.retraining.id, worker)
                if latest != said:
                    await work.store.retrainings.show_step(work.retraining.id, name, *latest)
                    said = latest
            except Exception as error:  # the database may be away for a moment; the work goes on
                logger.warning("retraining %d: %s", work.retraining.id, type(error).__name__)
                continue
            if not is_ours:
                os.kill(os.getpid(), signal.SIGTERM)  # a thread that trains can't be asked to stop

    work.show = show
    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        work.show = shown


def be_modest() -> None:
    """Let customers come first: the lowest priority, and one core left alone where there are several."""
    with suppress(OSError):
        os.nice(19)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:])
