"""`kefu correct`, `kefu forget` and `kefu export` on a workspace with a log."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from bot.errors import BotError
from bot.store.store import Store
from bot.store.tables import messages
from tests.bot.store.told import message, tell
from training.dialogues import Dialogue, read_dialogues

ANSWERS = """
- {id: hello, intent: greeting, title: Hello, variants: ["Hello!", "Hi!"]}
- {id: status, intent: order_status, title: My order, variants: ["On its way.", "Coming."]}
"""
LONG_AGO = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "kefu.toml").touch()
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "all.yaml").write_text(ANSWERS)
    return tmp_path


def run(workspace: Path, *words: str, **options: str) -> Result:
    """Run a command; raises what it raises."""
    return CliRunner().invoke(
        kefu, [words[0], "-w", str(workspace), *words[1:]], catch_exceptions=False, **options
    )


def log_of_priya(workspace: Path) -> None:
    """Three days ago she wrote, and the bot answered her by name."""

    async def write() -> None:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            said = message("Hi, priya here: where is LW-48213? priya@raman.example", received_at=LONG_AGO)
            said = message(
                said.text, received_at=LONG_AGO, customer_name="Priya Raman", customer_key="telegram:7"
            )
            await tell(store, said, ("Dear Priya, LW-48213 is on its way.",), entity="LW-48213")
            await store._database.write(lambda c: c.execute(messages.update().values(at=LONG_AGO)))

    asyncio.run(write())


def exported(workspace: Path, *options: str) -> Dialogue:
    run(workspace, "export", *options)
    [dialogue] = read_dialogues([workspace / "dialogues" / "log.jsonl"])
    return dialogue


def test_a_correction_is_given_listed_and_taken_back(workspace: Path) -> None:
    given = run(workspace, "correct", "wheres my stuff", "--intent", "order_status", "--by", "ana")
    assert "Correction 1: this text now means order_status" in given.output
    assert "ana  order_status: wheres my stuff" in run(workspace, "correct", "--list").output
    run(workspace, "correct", "--undo", "1")
    assert "No corrections yet" in run(workspace, "correct", "--list").output


def test_an_intent_without_an_answer_is_a_slip(workspace: Path) -> None:
    with pytest.raises(
        BotError, match=r"intent 'order_staus' is not among the 3 .* did you mean 'order_status'"
    ):
        run(workspace, "correct", "wheres my stuff", "--intent", "order_staus")
    assert run(workspace, "correct", "write me a poem", "--intent", "out_of_scope").exit_code == 0
    assert run(workspace, "correct", "only a text").exit_code == 2
    assert run(workspace, "correct", "--list", "--undo", "1").exit_code == 2


@pytest.mark.parametrize("customer", ["telegram:7", "1"])
def test_a_customer_is_forgotten_after_saying_what_goes(workspace: Path, customer: str) -> None:
    log_of_priya(workspace)
    planned = "1 conversations, 2 messages, 1 understandings"
    assert planned in run(workspace, "forget", customer, "--dry-run").output
    assert run(workspace, "forget", customer, input="n\n").exit_code == 1
    assert "priya" in exported(workspace, "--raw").turns[0].text
    told = run(workspace, "forget", customer, input="y\n").output
    assert f"Removed, of customer 1: {planned}" in told
    assert b"priya" not in b"".join(path.read_bytes().lower() for path in workspace.glob("kefu.db*"))
    with pytest.raises(BotError, match="customer 'telegram:7' is not in the log"):
        run(workspace, "forget", "telegram:7", "--yes")


def test_the_export_masks_what_is_personal_wherever_it_is_repeated(workspace: Path) -> None:
    log_of_priya(workspace)
    dialogue = exported(workspace)
    assert [turn.speaker for turn in dialogue.turns] == ["customer", "bot"]
    assert dialogue.turns[0].intents == ()
    assert dialogue.turns[0].entities is None
    whole = (workspace / "dialogues" / "log.jsonl").read_text()
    assert [word for word in ("priya", "Priya", "raman") if word in whole] == []
    assert "where is LW-48213?" in dialogue.turns[0].text
    assert "48213" in exported(workspace, "--raw").turns[1].text


def test_what_staff_corrected_is_learned_from_and_predictions_on_request(workspace: Path) -> None:
    log_of_priya(workspace)
    predicted = exported(workspace, "--with-predictions")
    [entity] = [entity for entity in predicted.turns[0].entities or () if entity.label == "order_number"]
    assert predicted.turns[0].intents == ("order_status",)
    assert predicted.turns[0].text[entity.start : entity.end].strip()
    text = exported(workspace, "--raw").turns[0].text
    run(workspace, "correct", text, "--intent", "greeting")
    assert exported(workspace).turns[0].intents == ("greeting",)
    assert exported(workspace, "--with-predictions").turns[0].intents == ("greeting",)


def test_an_export_since_a_day_needs_a_file_of_its_own(workspace: Path) -> None:
    log_of_priya(workspace)
    day = f"{LONG_AGO + timedelta(days=1):%Y-%m-%d}"
    assert run(workspace, "export", "--since", day).exit_code == 2
    assert (
        "0 dialogues"
        in run(workspace, "export", "--since", day, "--output", str(workspace / "new.jsonl")).output
    )
