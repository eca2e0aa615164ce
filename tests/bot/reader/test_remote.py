"""A model in a process of its own: it reads as one here does, and comes back with all it learned when that process ends."""

import asyncio
import gc
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.desk import open_desk
from bot.loading import load_reader
from bot.monitoring.meters import REGISTRY
from bot.outgoing.actions import Actions
from bot.reader import process as process_module
from bot.reader.process import WorkerFailed, WorkerLost, WorkerProcess
from bot.reader.remote import RemoteReader, WorkerModels, worker_models
from bot.reader.threaded import ThreadedReader
from bot.settings import load_settings
from bot.store.records import Correction
from bot.texts import TextsError
from nlu.errors import NluError
from tests.bot.fakes import Customer

pytestmark = pytest.mark.slow

STRANGE = "kindly dance"


@pytest.fixture
async def models(trained: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerModels]:
    monkeypatch.setattr(process_module, "AGAIN_AFTER_S", 0.0)
    async with worker_models(load_settings(trained), Actions({})) as made:
        yield made


def taught(number: int, text: str = STRANGE, undoes: int | None = None) -> Correction:
    return Correction(number, text, "opening_hours", "sam", datetime(2026, 3, 4, tzinfo=UTC), undoes=undoes)


def kill(models: WorkerModels) -> None:
    os.kill(pid_of(models.worker), signal.SIGKILL)


def pid_of(worker: WorkerProcess) -> int:
    assert worker._process is not None
    return worker._process.pid


async def test_it_reads_as_a_model_of_this_process_does(models: WorkerModels, trained: Path) -> None:
    here, there = ThreadedReader(load_reader(load_settings(trained)).reader), (await models.load()).reader
    assert there.entity_types == here.entity_types
    assert there.budget == here.budget
    assert there.intents == here.intents
    for text in (
        "are you open today",
        "cancel LW-11111 tomorrow, please",
        "",
        "ünïcode\x00 🙂",
        "lamp " * 500,
    ):
        [one], [other] = await here.read([text]), await there.read([text])
        assert other.findings == one.findings
        assert other.understanding.entities == one.understanding.entities
        assert other.understanding.intents == one.understanding.intents
        assert np.array_equal(other.understanding.vector, one.understanding.vector)
        assert other.search_s > 0
    vectors = np.stack([(await there.understand(text)).vector for text in ("open", "dance")])
    assert np.array_equal(await there.nearness(vectors), await here.nearness(vectors))
    assert np.array_equal(await there.taught_share(vectors), await here.taught_share(vectors))
    assert await there.alike(0.0) == await here.alike(0.0) != []


async def test_what_it_learned_it_knows_until_that_is_taken_back(models: WorkerModels) -> None:
    reader = (await models.load()).reader
    await reader.learn([taught(1)])
    assert (await reader.read([STRANGE]))[0].findings.is_corrected
    await reader.teach({"Oslo bench": ("product", "oslo")})
    assert [one.value for one in (await reader.read(["the Oslo bench"]))[0].understanding.entities] == [
        "oslo"
    ]
    await reader.learn([taught(2, "", undoes=1)])
    assert not (await reader.read([STRANGE]))[0].findings.is_corrected


async def test_after_its_process_was_killed_it_is_as_before(
    models: WorkerModels, caplog: pytest.LogCaptureFixture
) -> None:
    reader = (await models.load()).reader
    await reader.learn([taught(1), taught(2, "kindly sing")])
    await reader.learn([taught(3, "", undoes=2)])
    await reader.teach({"Oslo bench": ("product", "oslo")})
    lost = REGISTRY.get_sample_value("kefu_lost_workers_total") or 0.0
    asked = [asyncio.create_task(reader.read([STRANGE])) for _ in range(20)]
    await asyncio.sleep(0)

    kill(models)

    assert all(one.findings.is_corrected for [one] in await asyncio.gather(*asked))
    assert not (await reader.read(["kindly sing"]))[0].findings.is_corrected
    assert [one.value for one in (await reader.read(["the Oslo bench"]))[0].understanding.entities] == [
        "oslo"
    ]
    assert REGISTRY.get_sample_value("kefu_lost_workers_total") == lost + 1
    assert [record.levelno for record in caplog.records if "is begun" in record.message] == [logging.ERROR]


async def test_what_is_taught_while_it_is_gone_is_known_when_it_is_back(models: WorkerModels) -> None:
    reader = (await models.load()).reader
    kill(models)
    await asyncio.gather(reader.learn([taught(1)]), reader.read(["hello"]))
    assert (await reader.read([STRANGE]))[0].findings.is_corrected
    kill(models)
    await reader.learn([taught(2, "", undoes=1)])
    assert not (await reader.read([STRANGE]))[0].findings.is_corrected


async def test_a_message_that_ends_the_process_twice_is_given_up(
    models: WorkerModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = (await models.load()).reader
    ask, killed = WorkerProcess.ask, []

    async def deadly(self: WorkerProcess, operation: str, model: int, *what: Any, **how: bool) -> Any:
        if what == (["poison"],):
            killed.append(pid_of(self))
            os.kill(killed[-1], signal.SIGSTOP)  # so that it is asked before it ends, and hasn't answered
            asyncio.get_running_loop().call_soon(os.kill, killed[-1], signal.SIGKILL)
        return await ask(self, operation, model, *what, **how)

    monkeypatch.setattr(WorkerProcess, "ask", deadly)
    with pytest.raises(WorkerLost):
        await reader.read(["poison"])
    assert len({*killed}) == 2
    assert (await reader.read(["are you open today"]))[0].findings.intents[0].intent == "opening_hours"


async def test_those_who_wait_behind_it_are_answered(
    models: WorkerModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "n_threads", lambda: 1)
    reader = (await models.load()).reader
    ask = WorkerProcess.ask

    async def deadly(self: WorkerProcess, operation: str, model: int, *what: Any, **how: bool) -> Any:
        if what == (["poison"],):
            os.kill(pid_of(self), signal.SIGSTOP)  # so that all are asked before it ends
            asyncio.get_running_loop().call_later(0.1, os.kill, pid_of(self), signal.SIGKILL)
        return await ask(self, operation, model, *what, **how)

    monkeypatch.setattr(WorkerProcess, "ask", deadly)
    texts = ["poison", *["are you open today"] * 20]
    first, *others = await asyncio.gather(*(reader.read([text]) for text in texts), return_exceptions=True)
    assert isinstance(first, WorkerLost)
    assert not [one for one in others if isinstance(one, BaseException)]


async def test_a_process_that_is_stuck_is_ended(
    models: WorkerModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process_module, "LOOK_AGAIN_S", 0.02)
    reader = (await models.load()).reader
    stuck = pid_of(models.worker)
    os.kill(stuck, signal.SIGSTOP)
    await asyncio.sleep(0.5)
    assert pid_of(models.worker) == stuck, "nothing is asked of it"
    assert (await reader.read(["are you open today"]))[0].findings.intents
    assert pid_of(models.worker) != stuck
    assert [record.message for record in caplog.records if "stuck" in record.message]


async def test_a_model_that_gives_way_is_not_stuck_for_that(
    models: WorkerModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "LOOK_AGAIN_S", 0.02)
    reader = (await models.load(in_background=True)).reader
    there = pid_of(models.worker)
    os.kill(there, signal.SIGSTOP)
    reading = asyncio.gather(reader.read(["are you open today"]), reader.learn([taught(1)]))
    await asyncio.sleep(0.5)
    os.kill(there, signal.SIGCONT)
    assert (await reading)[0][0].findings.intents
    assert pid_of(models.worker) == there


async def test_a_process_that_ends_while_it_loads_ends_no_message(models: WorkerModels) -> None:
    reader = (await models.load()).reader
    reading = asyncio.create_task(reader.read(["are you open today"]))
    for _ in range(3):
        lost = models.worker.era
        kill(models)
        async with asyncio.timeout(30):
            while models.worker.era == lost or models.worker._frames is None:
                await asyncio.sleep(0.01)
    assert (await reading)[0].findings.intents


async def test_what_fails_there_fails_here_and_the_log_says_where(
    models: WorkerModels, caplog: pytest.LogCaptureFixture
) -> None:
    reader = (await models.load()).reader
    with pytest.raises(WorkerFailed) as failed:
        await reader.nearness(np.zeros((1, 3), np.float32))
    assert str(failed.value) in {"AssertionError", "ValueError"}
    assert "retriever.py" in caplog.text


async def test_a_model_whose_process_ends_while_it_is_loaded_is_loaded_by_the_next(
    models: WorkerModels,
) -> None:
    await models.load()
    loading = asyncio.create_task(models.load())
    await asyncio.sleep(0.01)
    kill(models)
    assert (await (await loading).reader.read(["are you open today"]))[0].findings.intents


async def test_files_that_are_wrong_are_named(models: WorkerModels, trained: Path, release: Path) -> None:
    await models.load()
    (release / "heads.safetensors").write_bytes(b"")
    with pytest.raises(NluError, match=r"heads\.safetensors"):
        await models.load()
    (trained / "answers" / "all.yaml").write_text("nonsense: 1\n", "utf-8")
    with pytest.raises(TextsError, match=r"all\.yaml:1"):
        await models.load()


async def test_models_beside_each_other_share_an_encoder_and_go_when_nobody_has_them(
    models: WorkerModels, release: Path
) -> None:
    first = await models.load()
    shutil.copytree(release, release.with_name("second"))
    second = await models.load(candidate="second", beside=first)
    assert (first.release, second.release) == (release.name, "second")
    assert second.texts is first.texts
    assert isinstance(first.reader, RemoteReader)
    number = first.reader.number_there
    assert number is not None
    assert isinstance(second.reader, RemoteReader)
    await models.worker.ask("alike", number, 0.5)

    del first
    gc.collect()
    await asyncio.sleep(0)

    with pytest.raises(WorkerFailed, match="KeyError"):
        await models.worker.ask("alike", number, 0.5)
    await second.reader.read(["are you open today"])


async def test_a_desk_answers_learns_and_takes_over_edits_with_it(trained: Path) -> None:
    async with open_desk(load_settings(trained), in_worker=True) as desk:
        anna = Customer(desk.engine)
        assert (await anna.send("are you open today")).replies[0].text == "From nine to five."
        await desk.store.add_correction(STRANGE, "opening_hours", "sam")
        await desk.learn_corrections()
        assert (await anna.send(STRANGE)).replies[0].text == "From nine to five."
        answers = trained / "answers" / "all.yaml"
        answers.write_text(answers.read_text("utf-8").replace("nine to five", "ten to six"), "utf-8")
        await desk.reload()
        assert (await Customer(desk.engine, key="web:ben").send(STRANGE)).replies[
            0
        ].text == "From ten to six."
        assert isinstance(desk.models, WorkerModels)
        pid = pid_of(desk.models.worker)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_its_process_ends_with_the_desk_however_that_ends(models: WorkerModels) -> None:
    await models.load()
    os.kill(pid_of(models.worker), signal.SIGTERM)
    os.kill(pid_of(models.worker), signal.SIGINT)
    await asyncio.sleep(0.1)
    assert models.worker._process is not None
    assert models.worker._process.poll() is None, "whoever ends the desk ends it, at its time"
    assert models.worker._frames is not None
    models.worker._frames.close()  # as the system does for a desk that was killed
    assert await asyncio.to_thread(models.worker._process.wait, 10) == 0
