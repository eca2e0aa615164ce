"""`kefu releases shadow`, `canary`, `trial` and `end-trial`."""

import asyncio
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from bot.errors import BotError
from bot.store.candidates.records import ShadowDecision, Trial
from bot.store.store import Store
from nlu.files import BadRelease
from tests.bot.commands.logged import log, said

pytestmark = pytest.mark.slow


def run(workspace: Path, *words: str) -> str:
    result = CliRunner().invoke(kefu, ["releases", *words, "-w", str(workspace)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def candidate(trained: Path, release: Path) -> str:
    """Another release of the workspace."""
    shutil.copytree(release, release.with_name("candidate"))
    return "candidate"


def last(workspace: Path) -> Trial:
    async def read() -> Trial:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            return (await store.trials.latest())[0]

    return asyncio.run(read())


def record(workspace: Path, *found: ShadowDecision) -> None:
    async def write() -> None:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            await store.trials.record((await store.trials.latest())[0].id, found, dropped=4)

    asyncio.run(write())


def test_a_shadow_is_begun_shown_and_ended(trained: Path, release: Path, candidate: str) -> None:
    log(trained, (said("where is my lamp"), ("On its way.",), ""), (said("hm", 2), ("What?",), ""))
    assert "candidate watches" in run(trained, "shadow", candidate)
    record(
        trained,
        ShadowDecision(1, "order_status", 0.9, "answer", "confident", "order_status_shipped", agrees=True),
        ShadowDecision(3, "cancel_order", 0.5, "clarify", "uncertain", None, agrees=False),
    )

    shown = run(trained, "trial", "--messages", "2")

    assert f"candidate as a shadow beside {release.name}" in shown
    assert "2 messages, 4 more not looked at under load" in shown
    assert "answered       50.0% (9.5% to 90.5%); the current release 100.0%" in shown
    assert "wait: agreement 50.0%" in shown
    assert "order_status                   1 of 2" in shown
    assert (
        "  hm\n    answer order_status (order_status_shipped), confident; it would: clarify cancel_order, uncertain"
        in shown
    )
    assert "hm" not in run(trained, "trial", "--intent", "refund_request")
    assert "candidate is no longer on trial" in run(trained, "end-trial")
    assert "ended" in run(trained, "trial")
    assert last(trained).outcome == "ended"


def test_a_canary_is_compared_with_the_current_release(trained: Path, candidate: str) -> None:
    assert "candidate answers 25% of the conversations" in run(
        trained, "canary", candidate, "--share", "0.25"
    )
    assert last(trained).share == 0.25

    shown = run(trained, "trial")

    assert "candidate as a canary" in shown
    assert "handed over" in shown
    assert "rating" in shown


def test_a_release_on_trial_is_another_and_whole(trained: Path, release: Path, candidate: str) -> None:
    with pytest.raises(BotError, match="current already"):
        run(trained, "shadow", release.name)
    with pytest.raises(BotError, match="current already"):
        run(trained, "shadow", "current")
    (release.with_name(candidate) / "heads.safetensors").write_bytes(b"")
    with pytest.raises(BadRelease, match=r"heads\.safetensors"):
        run(trained, "shadow", candidate)


def test_without_a_trial_there_is_nothing_to_show_or_end(trained: Path) -> None:
    for command in ("trial", "end-trial"):
        with pytest.raises(BotError, match="on trial"):
            run(trained, command)
