"""What a serving process logs: who it is about, and nothing that was written."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.monitoring.logs import about, set_up_logging
from bot.store.store import Store
from tests.bot.fakes import Customer, make_engine, make_settings


@pytest.fixture
def begin() -> Iterator[Callable[[], None]]:
    """Takes the handlers of the root logger away, as a process begins; those of pytest are put in before each test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root.handlers.clear
    root.handlers = handlers
    root.setLevel(level)


async def test_json_lines_say_which_conversation_and_update_they_are_about(
    begin: Callable[[], None], capsys: pytest.CaptureFixture[str], log: Store, tmp_path: Path
) -> None:
    begin()
    set_up_logging(quiet=False, log_format="json")
    engine, _ = make_engine(log, make_settings(tmp_path))
    anna = Customer(engine, key="web:anna")
    await engine.handle(anna.message("where is my blue wardrobe LW-11111", update_id="77"))

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [turn] = [line for line in lines if line["logger"] == "bot.engine"]
    assert (turn["level"], turn["update"], turn["kind"]) == ("INFO", "77", "text")
    assert turn["conversation"] > 0
    assert turn["turn"] > 0
    assert "timestamp" in turn
    assert "wardrobe" not in json.dumps(lines)


def test_what_is_said_within_a_block_is_about_its_fields_and_nothing_outside(
    begin: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    begin()
    set_up_logging(quiet=True, log_format="json")
    with about(update="5"), about(conversation=3, nothing=""):
        logging.getLogger("here").warning("first")
    logging.getLogger("here").warning("second")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["update"], first["conversation"]) == ("5", 3)
    assert "nothing" not in first
    assert not {"update", "conversation"} & second.keys()


def test_lines_for_people_stay_as_they_were(
    begin: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    begin()
    set_up_logging(quiet=True)
    logging.getLogger("here").warning("mind the gap")
    assert capsys.readouterr().err.endswith(" WARNING here  mind the gap\n")
