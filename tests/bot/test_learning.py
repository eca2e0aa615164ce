"""Corrections teach a desk with a real model: at once, for every desk on the log, and after a restart."""

from pathlib import Path

import pytest

from bot.desk import Desk, open_desk
from bot.settings import load_settings
from tests.tiny import train_tiny

pytestmark = pytest.mark.slow

STRANGE = "mug rug mug sofa"


async def meaning_of(desk: Desk, text: str) -> tuple[str, float]:
    [read] = await desk.model.reader.read([text])
    findings = read.findings
    return findings.intents[0].intent, findings.confidence


async def test_a_correction_is_known_by_the_next_search_and_after_a_restart(trained: Path) -> None:
    settings = load_settings(trained)
    async with open_desk(settings) as desk:
        correction = await desk.store.add_correction(STRANGE, "opening_hours", "sam")
        await desk.learn_corrections()
        assert await meaning_of(desk, STRANGE) == ("opening_hours", pytest.approx(1))
    async with open_desk(settings) as desk:
        assert await meaning_of(desk, STRANGE) == ("opening_hours", pytest.approx(1))
        await desk.store.undo_correction(correction, "sam")
        await desk.learn_corrections()
        assert (await meaning_of(desk, STRANGE))[1] < 0.99
    async with open_desk(settings) as desk:
        assert (await meaning_of(desk, STRANGE))[1] < 0.99


async def test_two_desks_on_one_log_learn_from_each_other(trained: Path) -> None:
    settings = load_settings(trained)
    async with open_desk(settings) as one, open_desk(settings, store=one.store) as other:
        await one.store.add_correction(STRANGE, "cancel_order", "sam")
        await other.learn_corrections()
        assert await meaning_of(other, STRANGE) == ("cancel_order", pytest.approx(1))


async def test_a_new_release_knows_the_corrections_too(trained: Path, tiny_base: Path) -> None:
    async with open_desk(load_settings(trained)) as desk:
        await desk.store.add_correction(STRANGE, "refund_request", "sam")
        await desk.learn_corrections()
        before = desk.model.release
        train_tiny(trained, tiny_base)
        assert await desk.reload()
        assert desk.model.release != before
        assert await meaning_of(desk, STRANGE) == ("refund_request", pytest.approx(1))


async def test_a_release_that_broke_is_not_taken_over(trained: Path, tiny_base: Path) -> None:
    async with open_desk(load_settings(trained)) as desk:
        before = desk.model.release
        release = train_tiny(trained, tiny_base)
        (release / "heads.safetensors").write_bytes(b"broken")
        assert not await desk.reload()
        assert desk.model.release == before
        assert (await meaning_of(desk, "please cancel A-1042"))[0] == "cancel_order"
