"""A desk whose release can't be read answers what it can, hands over the rest, and is whole again by itself."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import desk as desk_module
from bot.desk import Desk
from bot.errors import BotError
from bot.making_do import NO_RELEASE
from bot.messages import Turn
from bot.model import load_model
from bot.outgoing.actions import Actions
from bot.reader.models import Models
from bot.settings import load_settings
from bot.store.store import Store
from bot.texts import TextsError
from tests.bot.fakes import Customer

KNOWN = "are you open today"
PARTS = ("heads.safetensors", "encoder.int8.onnx", "examples.faiss", "fusion.json", "manifest.json")

pytestmark = pytest.mark.slow


@pytest.fixture
async def bare(log: Store, trained: Path, release: Path) -> AsyncIterator[Desk]:
    """A desk whose release lost its weights."""
    (release / "heads.safetensors").rename(release / "away")
    settings, actions = load_settings(trained), Actions({})
    models = Models(settings, actions)
    yield Desk(settings, log, models, await models.load_or_make_do())
    await actions.close()


async def ask(desk: Desk, text: str) -> Turn:
    return await Customer(desk.engine, key=f"web:{text}").send(text)


@pytest.mark.parametrize("part", PARTS)
async def test_whatever_part_of_the_release_is_broken_there_is_a_model(
    part: str, trained: Path, release: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (release / part).write_bytes(b"null")

    model = await Models(load_settings(trained), Actions({})).load_or_make_do()

    assert model.release == NO_RELEASE
    assert str(release / part) in model.problem
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


async def test_what_was_said_before_in_the_same_words_is_answered(bare: Desk) -> None:
    turn = await ask(bare, KNOWN)
    assert turn.decision is not None
    assert (turn.decision.kind, turn.replies[0].text) == ("answer", "From nine to five.")


async def test_the_rest_goes_to_people(bare: Desk) -> None:
    turn = await ask(bare, "zxcv qwer")
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.reason) == ("hand_over", "no_model")
    assert turn.status == "waiting"
    assert "something went wrong on my side" in turn.replies[0].text


async def test_without_examples_everything_goes_to_people(trained: Path, release: Path, log: Store) -> None:
    (release / "examples.jsonl").write_bytes(b"\xff")
    models = Models(load_settings(trained), Actions({}))
    turn = await ask(Desk(models.settings, log, models, await models.load_or_make_do()), KNOWN)
    assert turn.decision is not None
    assert turn.decision.reason == "no_model"


async def test_a_correction_counts_at_once(bare: Desk, log: Store) -> None:
    await log.add_correction("kindly dance", "opening_hours", "sam")
    await bare.learn_corrections()
    assert (await ask(bare, "kindly dance")).replies[0].text == "From nine to five."


async def test_an_edited_answer_is_given_from_then_on(bare: Desk) -> None:
    answers = bare.settings.folder / "answers" / "all.yaml"
    answers.write_text(answers.read_text("utf-8").replace("nine to five", "ten to six"), "utf-8")

    assert await bare.reload()

    assert (await ask(bare, KNOWN)).replies[0].text == "From ten to six."
    assert bare.model.release == NO_RELEASE


async def test_the_release_is_taken_over_once_it_is_mended(
    bare: Desk, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await bare.reload()
    (release / "away").rename(release / "heads.safetensors")
    monkeypatch.setattr(desk_module, "TRY_AGAIN_S", 0.0)
    bare._try_again_at = 0.0

    assert await bare.reload()

    assert (bare.model.release, bare.model.problem) == (release.name, "")
    assert bare.engine.release == release.name


async def test_answers_with_errors_and_a_workspace_without_a_release_are_still_refused(
    trained: Path, workspace: Path
) -> None:
    (trained / "answers" / "all.yaml").write_text("nonsense: 1\n", "utf-8")
    with pytest.raises(TextsError, match=r"all\.yaml:1"):
        await Models(load_settings(trained), Actions({})).load_or_make_do()
    with pytest.raises(BotError, match="train a first release"):
        await Models(load_settings(workspace), Actions({})).load_or_make_do()


async def test_a_whole_release_is_loaded_as_ever(trained: Path, release: Path) -> None:
    settings = load_settings(trained)
    model = await Models(settings, Actions({})).load_or_make_do()
    assert (model.release, model.problem) == (release.name, "")
    assert model.state == load_model(settings, Actions({})).state
