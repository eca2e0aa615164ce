"""A desk follows the release on trial: it watches or answers, is taught, and goes when the trial ends."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.desk import Desk
from bot.model import Model, load_model
from bot.outgoing.actions import Actions
from bot.reader.models import Models
from bot.settings import load_settings
from bot.store.candidates.records import Trial
from bot.store.store import Store
from tests.bot.fakes import Customer

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(log: Store, trained: Path) -> Desk:
    """A desk on the files of a workspace that has a second release, "candidate"."""
    settings, actions = load_settings(trained), Actions({})
    made = Desk(settings, log, Models(settings, actions), load_model(settings, actions))
    releases = trained / "releases"
    shutil.copytree(releases / made.model.release, releases / "candidate")
    return made


def encoder_of(model: Model) -> object:
    reader: Any = model.reader
    return reader.reader.understander.encoder


def make_current(desk: Desk, name: str) -> None:
    (desk.settings.folder / "releases" / "current").write_text(f"{name}\n")


async def follow(desk: Desk) -> bool:
    return await desk.trialing.follow(desk.store, desk.model)


async def last_trial(desk: Desk) -> Trial:
    [trial] = await desk.store.trials.latest()
    return trial


async def test_a_shadow_is_loaded_taught_and_watches_until_the_trial_ends(desk: Desk, log: Store) -> None:
    await log.add_correction("kindly dance", "opening_hours", "sam")
    await desk.learn_corrections()
    trial = await log.trials.start("shadow", "candidate", desk.model.release)

    assert await follow(desk)
    assert not await follow(desk), "it is there already"
    await log.add_correction("kindly sing", "opening_hours", "sam")
    await desk.learn_corrections()
    for text in ("kindly dance", "kindly sing"):
        await Customer(desk.engine, key=f"web:{text}").send(text)
    async with asyncio.timeout(30):
        while (await log.trials.counts(trial.id)).messages < 2:
            await asyncio.sleep(0.01)

    assert (await log.trials.counts(trial.id)).agreed == 2
    assert desk.engine.release != "candidate"
    await log.trials.end(trial.id)
    assert await follow(desk)
    assert (desk.engine.shadow, desk.trialing.candidate) == (None, None)
    assert not await follow(desk)


async def test_a_canary_answers_its_conversations(desk: Desk, log: Store) -> None:
    await log.trials.start("canary", "candidate", desk.model.release, share=0.5)

    assert await follow(desk)

    assert desk.engine.canary is not None
    assert (desk.engine.canary.release, desk.engine.canary.share) == ("candidate", 0.5)
    assert desk.engine.shadow is None


async def test_models_beside_each_other_share_what_is_the_same(desk: Desk, log: Store) -> None:
    await log.trials.start("shadow", "candidate", desk.model.release)
    await follow(desk)
    candidate = desk.trialing.candidate
    assert candidate is not None
    assert encoder_of(candidate) is encoder_of(desk.model)
    assert candidate.texts is desk.model.texts


async def test_edited_answers_reach_the_candidate_too(desk: Desk, log: Store) -> None:
    await log.trials.start("shadow", "candidate", desk.model.release)
    await follow(desk)
    answers = desk.settings.folder / "answers" / "all.yaml"
    answers.write_text(answers.read_text("utf-8").replace("nine to five", "ten to six"), "utf-8")
    assert await desk.reload()

    assert await follow(desk)

    assert desk.trialing.candidate is not None
    texts = [
        answer.variants.templates[0] for answer in desk.trialing.candidate.dialogue.answering.book.answers
    ]
    assert "From ten to six." in texts
    assert not await follow(desk)


@pytest.mark.parametrize(("name", "spoiled"), [("gone", ""), ("candidate", "heads.safetensors")])
async def test_a_release_that_cannot_be_loaded_ends_its_trial(
    desk: Desk, log: Store, name: str, spoiled: str
) -> None:
    if spoiled:
        (desk.settings.folder / "releases" / name / spoiled).write_bytes(b"null")
    await log.trials.start("shadow", name, desk.model.release)

    assert not await follow(desk)

    trial = await last_trial(desk)
    assert trial.outcome == "unusable"
    assert (spoiled or name) in trial.reason
    assert desk.engine.shadow is None


async def test_a_release_that_is_promoted_is_no_longer_on_trial(desk: Desk, log: Store) -> None:
    await log.trials.start("shadow", "candidate", desk.model.release)
    await follow(desk)
    make_current(desk, "candidate")
    assert await desk.reload()

    assert await follow(desk)

    assert (await last_trial(desk)).outcome == "promoted"
    assert desk.engine.shadow is None


async def test_a_trial_beside_a_release_that_serves_no_more_is_over(desk: Desk, log: Store) -> None:
    await log.trials.start("canary", "candidate", "one before", share=0.1)

    assert not await follow(desk)

    trial = await last_trial(desk)
    assert (trial.outcome, trial.reason) == ("superseded", f"{desk.model.release} serves")
