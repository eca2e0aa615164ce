"""Whole conversations with the trained demo shop: what is said, and the decision and answer it gets.

They stand in conversations/*.txt. A line is what the customer says -> what the desk decides, and with which
answer, for which slot, or why. [Label] presses a button; {photo}, {edit}, {25h later} and the like are told
in `say`."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from ruamel.yaml import YAML

from bot.dialogue.answering import Answering
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.phrases import plain
from bot.engine import Engine
from bot.loading import current_release, load_release
from bot.messages import Turn
from bot.outgoing.actions import Actions
from bot.reader.reader import Reader
from bot.reader.threaded import ThreadedReader
from bot.settings import load_settings
from bot.store.store import Store
from nlu.understander import Understander
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.retriever import Retriever
from tests.bot.fakes import Customer
from tests.shop_desk import DEMO_ORDERS, SHOP
from training.dialogues import dialogue_files, read_dialogues

FOLDER = Path(__file__).parent / "conversations"
pytestmark = pytest.mark.slow

MAX_CHARS = 4096
MAX_COMMON_WORDS = 4  # "where is my order" is said by everybody
SLOW_S = 8.0  # of LW-50000; an action waits half as long
INVENTED = re.compile(r"\{\{|\}\}|\bNone\b|\bnull\b|\bundefined\b")  # what no customer should ever read

Line = tuple[str, str]


def conversations() -> dict[str, list[Line]]:
    """All of them by title."""
    found: dict[str, list[Line]] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text("utf-8").strip().split("\n\n"):
            title, *lines = block.splitlines()
            name = f"{path.stem}: {title.removeprefix('# ')}"
            assert title.startswith("# "), (path, title)
            assert name not in found, name
            found[name] = [_line(line) for line in lines]
    return found


def _line(line: str) -> Line:
    said, arrow, expected = line.rpartition(" -> ")
    assert arrow, line
    return said, expected


CONVERSATIONS = conversations()
REGRESSION: list[dict[str, Any]] = YAML(typ="safe").load(SHOP / "regression.yaml")


def outcome(turn: Turn) -> str:
    """The decision with its answer, its slot, or its reason, whichever it has first."""
    decision = turn.decision
    if decision is None:
        return "silent" if not turn.replies else "told"
    slot = decision.slot if decision.kind == "ask" else None
    return f"{decision.kind} {decision.answer_id or slot or decision.reason}"


@dataclass(frozen=True)
class ShopModel:
    """The trained shop, as far as it can be shared."""

    folder: Path
    book: AnswerBook
    understander: Understander
    retriever: Retriever


@pytest.fixture(scope="module")
def model(trained_shop: Path) -> ShopModel:
    book = load_answers(trained_shop / "answers")
    return ShopModel(
        trained_shop, book, *load_release(load_settings(trained_shop), current_release(trained_shop), book)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path_factory.mktemp('log')}/kefu.db") as store:
        yield store


@pytest_asyncio.fixture(loop_scope="module")
async def customer(
    model: ShopModel, service: ModuleType, log: Store, request: pytest.FixtureRequest
) -> AsyncIterator[Customer]:
    """Somebody nobody has talked to yet, at a shop whose orders are as on the first day."""
    settings = load_settings(model.folder)
    async with TestServer(service.make_app(slow_s=SLOW_S)) as orders:
        address = str(orders.make_url("")).rstrip("/")
        actions = {
            name: action.model_copy(
                update={"url": action.url.replace(DEMO_ORDERS, address), "timeout_s": SLOW_S / 2}
            )
            for name, action in settings.actions.items()
        }
        calls = Actions(actions, first_pause_s=0.01)
        answering = Answering(model.book, calls, settings, model.retriever.budget.passage_threshold)
        dialogue = Dialogue(ThreadedReader(Reader(model.understander, model.retriever)), answering)
        # Not the fakes' day in March: the log's own clock says when a conversation changed hands.
        yield Customer(
            Engine(settings, log, dialogue, "shop"), key=f"web:{request.node.name}", now=datetime.now(UTC)
        )
        await calls.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("title", CONVERSATIONS)
async def test_a_conversation_goes_as_written(title: str, customer: Customer) -> None:
    met: list[Line] = []
    turns: list[Turn] = []
    for said, expected in CONVERSATIONS[title]:
        turn = await say(customer, said, turns)
        turns.append(turn)
        met.append((said, outcome(turn)))
        assert met[-1] == (said, expected), f"{met}\n{[reply.text for reply in turn.replies]}"
        assert all(reply.text.strip() and not INVENTED.search(reply.text) for reply in turn.replies)
    asked_back = [decision.startswith("clarify") for _, decision in met]
    assert (True, True) not in pairwise(asked_back), "two clarifications in a row"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", REGRESSION, ids=lambda case: case["message"])
async def test_what_must_stay_right_stays_right(case: dict[str, Any], customer: Customer) -> None:
    turn = await customer.send(case["message"])
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.answer_id) == (case["decision"], case["answer"])
    assert turn.decision.slot == case.get("slot", turn.decision.slot)


def test_there_are_enough_and_they_give_every_answer_of_the_shop(model: ShopModel) -> None:
    given = {
        expected.split()[1] for lines in CONVERSATIONS.values() for _, expected in lines if " " in expected
    }
    assert len(CONVERSATIONS) >= 60
    assert {answer.id for answer in model.book.answers} <= given


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("my order hasn't arrived", "negative"),
        ("My order LW-10023 hasn't arrived yet!", "negative"),
        ("WHERE IS MY ORDER", "neutral"),
        ("where is my order", "neutral"),
        ("where the hell is my order, you idiots", "angry"),
        ("You are thieves, give me my money back NOW!!!", "angry"),
        ("thank you so much, that helped", "positive"),
        ("我的订单还没到", "negative"),
        ("你们这群骗子", "angry"),
    ],
)
def test_a_problem_is_no_insult(text: str, sentiment: str, model: ShopModel) -> None:
    assert model.understander.understand_batch([text])[0].sentiment == sentiment


def test_what_is_said_is_not_copied_from_the_training_dialogues() -> None:
    learned = {plain(turn.text) for d in read_dialogues(dialogue_files(SHOP)) for turn in d.turns}
    said = {plain(said) for lines in CONVERSATIONS.values() for said, _ in lines}
    assert {text for text in said & learned if len(text.split()) > MAX_COMMON_WORDS} == set()


def last_with(label: str, turns: Sequence[Turn]) -> Turn | None:
    """The newest turn with such a button."""
    with_it = (
        turn for turn in reversed(turns) for reply in turn.replies for b in reply.buttons if b.label == label
    )
    return next(with_it, None)


async def say(customer: Customer, said: str, turns: Sequence[Turn]) -> Turn:
    """Say a line, press its button (the newest one of that name), or do what stands in braces."""
    if said.startswith("["):
        return await customer.press(label := said[1:-1], last_with(label, turns))
    found = re.fullmatch(r"\{(.+?)\} ?(.*)", said)
    if found is None:
        return await customer.send(said)
    what, text = found.groups()
    last = str(customer.count)
    match what.split():
        case ["edit"]:
            return await customer.send(text, kind="edit", replaces=last)
        case ["edit", "first"]:
            return await customer.send(text, kind="edit", replaces="1")
        case ["again"]:
            return await customer.send(text, external_id=last)
        case ["page", "of"]:
            return await customer.send(f"{text} ".ljust(MAX_CHARS, "-"))
        case ["blank"]:
            return await customer.send(" \n ")
        case [hours, "later"]:
            customer.now += timedelta(hours=float(hours.rstrip("h")))
            return await customer.send(text)
        case [kind]:
            return await customer.send(text, kind=kind)
    raise AssertionError(f"what is {what!r}?")
