"""The desk put together: which release, which actions, and corrections that reach the memory."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.actions import Actions
from bot.desk import Desk
from bot.errors import BotError
from bot.loading import Model, check_actions, current_release
from bot.settings import Action
from bot.store.store import Store
from tests.bot.fakes import FakeUnderstander, load_book, make_engine, make_settings


@dataclass
class FakeMemory:
    """Remembers what it was taught."""

    taught: dict[int, tuple[str, str]] = field(default_factory=dict)

    def learn(self, text: str, intent: str, vector: Any, *, correction_id: int) -> None:
        self.taught[correction_id] = (text, intent)

    def unlearn(self, correction_id: int) -> bool:
        return self.taught.pop(correction_id, None) is not None


@pytest.fixture
def desk(log: Store, tmp_path: Path) -> Desk:
    settings = make_settings(tmp_path)
    engine, _ = make_engine(log, settings)
    model = Model("r1", "", FakeUnderstander(), FakeMemory(), engine.dialogue)  # type: ignore[arg-type]
    return Desk(settings, log, Actions({}), model)


async def test_corrections_are_learned_once_and_unlearned_when_undone(desk: Desk, log: Store) -> None:
    memory: Any = desk.model.retriever
    first = await log.add_correction("wheres me stuff", "order_status", "sam")
    await log.add_correction("gimme money", "refund_request", "sam")
    assert await desk.learn_corrections() == 2
    assert list(memory.taught.values()) == [
        ("wheres me stuff", "order_status"),
        ("gimme money", "refund_request"),
    ]

    await log.undo_correction(first, "sam")

    assert await desk.learn_corrections() == 1
    assert list(memory.taught.values()) == [("gimme money", "refund_request")]
    assert await desk.learn_corrections() == 0


async def test_what_was_undone_before_the_start_is_not_learned(desk: Desk, log: Store) -> None:
    memory: Any = desk.model.retriever
    await log.undo_correction(await log.add_correction("oops", "order_status", "sam"), "sam")

    await desk.learn_corrections()

    assert memory.taught == {}


def test_a_workspace_without_a_release_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BotError, match="kefu train"):
        current_release(tmp_path)


@pytest.mark.parametrize("name", ["", "gone", "../../etc"])
def test_a_pointer_to_no_release_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "current").write_text(name)

    with pytest.raises(BotError, match="no folder"):
        current_release(tmp_path)


def test_an_answer_with_an_unknown_action_is_named(tmp_path: Path) -> None:
    actions = Actions({"get_order": Action(url="http://x")}, {})

    with pytest.raises(BotError, match=r"'cancelled' calls action 'cancel_order'.*get_order"):
        check_actions(load_book(tmp_path), actions)
