"""`kefu export-customer` on a workspace with a log."""

import json
from pathlib import Path

import pytest

from bot.errors import BotError
from tests.bot.commands.logged import log_of_priya, make_desk, run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = make_desk(tmp_path / "desk")
    log_of_priya(folder)
    return folder


@pytest.mark.parametrize("customer", ["telegram:7", "1"])
def test_a_customers_data_come_as_json(workspace: Path, customer: str) -> None:
    found = json.loads(run(workspace, "export-customer", customer).output)
    assert found["customers"][0]["name"] == "Priya Raman"
    assert [one["speaker"] for one in found["messages"]] == ["customer", "bot"]


def test_a_file_is_for_its_owner_alone_and_no_other_is_written_over(workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "priya.json"
    told = run(workspace, "export-customer", "telegram:7", "--for-customer", "--output", str(path))
    assert told.output == f"{path}: customer telegram:7, 2 messages\n"
    assert "notes" not in json.loads(path.read_text("utf-8"))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BotError, match="can't be written: File exists"):
        run(workspace, "export-customer", "telegram:7", "--output", str(path))


def test_an_unknown_customer_is_named(workspace: Path) -> None:
    with pytest.raises(BotError, match="customer 'telegram:8' is not in the log"):
        run(workspace, "export-customer", "telegram:8")
