"""The desk put together: which release, which actions, and corrections and files that reach it while it runs."""

import asyncio
import gc
import logging
import shutil
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import desk as desk_module
from bot.desk import Desk
from bot.errors import BotError
from bot.loading import current_release
from bot.model import Model, load_model
from bot.outgoing.actions import Actions
from bot.reader.models import Models
from bot.settings import Action, load_settings
from bot.store.labels.entities import Mark
from bot.store.records import Correction
from bot.store.store import Store
from bot.texts import check_actions
from tests.bot.fakes import Customer, fake_reader, load_book, make_engine, make_settings
from tests.tiny import with_another_tokenizer


@pytest.fixture
def desk(log: Store, tmp_path: Path) -> Desk:
    settings = make_settings(tmp_path)
    engine, _ = make_engine(log, settings)
    model = Model("r1", "", engine.dialogue.reader, engine.dialogue)
    return Desk(settings, log, Models(settings, Actions({})), model)


async def test_corrections_are_learned_once_and_unlearned_when_undone(desk: Desk, log: Store) -> None:
    memory = fake_reader(desk.model.dialogue).retriever
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


async def test_marked_words_are_looked_for_until_the_mark_is_taken_back(desk: Desk, log: Store) -> None:
    understander = fake_reader(desk.model.dialogue).understander
    turn = await Customer(desk.engine).send("where is my Oslo bench, 1?")
    await log.inbox.mark_entities(turn.message_id, [Mark(12, 22, "product"), Mark(24, 25, "amount")], "sam")

    await desk.learn_corrections()

    assert understander.taught == {"Oslo bench": ("product", "Oslo bench")}
    await log.inbox.drop_marks(turn.message_id)
    await desk.learn_corrections()
    assert understander.taught == {}


async def test_corrections_that_two_ask_for_at_once_are_learned_once(desk: Desk, log: Store) -> None:
    for number in range(3):
        await log.add_correction(f"text {number}", "order_status", "sam")

    learned = await asyncio.gather(desk.learn_corrections(), desk.learn_corrections())

    assert sorted(learned) == [0, 3]


async def test_what_was_undone_before_the_start_is_not_learned(desk: Desk, log: Store) -> None:
    memory = fake_reader(desk.model.dialogue).retriever
    await log.undo_correction(await log.add_correction("oops", "order_status", "sam"), "sam")

    await desk.learn_corrections()

    assert memory.taught == {}


@pytest.fixture
def live(log: Store, trained: Path) -> Desk:
    """A desk on the files of a workspace."""
    settings, actions = load_settings(trained), Actions({})
    return Desk(settings, log, Models(settings, actions), load_model(settings, actions))


async def answer_to(desk: Desk, text: str) -> str:
    turn = await Customer(desk.engine, key=f"web:{text}").send(text)
    return turn.replies[0].text


def edit(desk: Desk, old: str, new: str) -> None:
    answers = desk.settings.folder / "answers" / "all.yaml"
    answers.write_text(answers.read_text("utf-8").replace(old, new), "utf-8")


@pytest.mark.slow
async def test_an_answer_that_staff_named_is_given_from_then_on(live: Desk, log: Store) -> None:
    second = '- {id: hours_sunday, intent: opening_hours, title: Sundays, variants: ["Closed on Sundays."]}\n'
    edit(live, "- {id: hours,", f"{second}- {{id: hours,")
    await live.reload()
    asked = "what are your opening hours"

    for wanted, text in (("hours", "From nine to five."), ("hours_sunday", "Closed on Sundays.")):
        number = await log.add_correction(asked, "opening_hours", "sam", answer_id=wanted)
        await live.learn_corrections()
        turn = await Customer(live.engine, key=f"web:{wanted}").send(asked)
        assert turn.replies[0].text == text
        await log.undo_correction(number, "sam")


async def test_files_that_did_not_change_are_not_read_again(live: Desk) -> None:
    before = live.model

    assert not await live.reload()

    assert live.model is before


@pytest.mark.slow
async def test_an_edited_answer_is_given_from_then_on(live: Desk) -> None:
    assert await answer_to(live, "are you open today") == "From nine to five."
    edit(live, "nine to five", "ten to six")

    assert await live.reload()

    assert await answer_to(live, "when do you open") == "From ten to six."
    assert not await live.reload()


@pytest.mark.slow
async def test_files_that_will_not_do_are_named_once_and_change_nothing(
    live: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    edit(live, "variants", "varaints")

    assert [await live.reload() for _ in range(3)] == [False] * 3

    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"release {live.model.release} goes on" in record.getMessage()
    assert f"{live.settings.folder / 'answers' / 'all.yaml'}:2:" in record.getMessage()
    assert await answer_to(live, "are you open today") == "From nine to five."
    edit(live, "varaints", "variants")
    assert await live.reload()


@pytest.mark.slow
async def test_all_that_is_wrong_with_edited_files_is_named_in_one_entry_of_the_log(
    live: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    edit(live, "variants", "varaints")
    (live.settings.folder / "answers" / "second.yaml").write_text(
        "- {id: s, intent: s, variants: x, action: none}\n- 5\n"
    )
    (live.settings.folder / "entities.yaml").write_text("a: {kind: x}\n")

    assert not await live.reload()

    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    told = record.getMessage()
    for place in ("all.yaml:2:", "second.yaml:2:", "entities.yaml:1:"):
        assert place in told


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["manifest.json", "heads.safetensors", "encoder.int8.onnx", "examples.faiss", "fusion.json"]
)
async def test_a_broken_release_is_refused_and_the_desk_stays_on_the_one_it_has(
    part: str, live: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    first, broken = live.model.release, add_release(live, "broken")
    (broken / part).write_bytes(b"null")

    assert not await live.reload()

    assert str(broken / part) in caplog.text
    assert live.engine.release == first
    assert await answer_to(live, "are you open today") == "From nine to five."


@pytest.mark.slow
async def test_another_release_knows_what_was_corrected_before(live: Desk, log: Store) -> None:
    await log.add_correction("kindly dance", "opening_hours", "sam")
    undone = await log.add_correction("kindly sing", "opening_hours", "sam")
    await log.undo_correction(undone, "sam")
    assert await live.learn_corrections() == 3
    add_release(live, "second")

    assert await live.reload()

    assert live.engine.release == "second"
    assert await live.learn_corrections() == 0
    assert await answer_to(live, "kindly dance") == "From nine to five."
    assert not reader_of(live.model).retriever.unlearn(undone)


@pytest.mark.slow
async def test_nothing_of_a_release_that_was_replaced_is_left_though_nobody_looks_for_garbage(
    live: Desk,
) -> None:
    await answer_to(live, "are you open today")
    await answer_to(live, "kindly dance")  # nothing is found for it, so that titles are looked through
    old, reader = live.model, reader_of(live.model)
    kept = [
        reader,
        reader.understander,
        reader.understander.encoder,
        reader.retriever,
        reader.retriever.memory,
        old.dialogue.answering.book,
    ]
    parts = [weakref.ref(part) for part in kept if hasattr(part, "__weakref__")]
    assert len(parts) >= 4
    with_another_tokenizer(add_release(live, "second"))
    edit(live, "nine to five", "ten to six")  # nor answers
    gc.collect()
    gc.disable()
    try:
        assert await live.reload()
        del old, reader, kept
        async with asyncio.timeout(10):  # the thread that loaded beside it may hold it for a moment
            while any(part() is not None for part in parts):
                await asyncio.sleep(0.01)
    finally:
        gc.enable()


@pytest.mark.slow
async def test_what_is_the_same_in_the_next_release_is_not_loaded_again(live: Desk) -> None:
    before = live.model
    add_release(live, "second")

    assert await live.reload()

    assert reader_of(live.model).understander.encoder is reader_of(before).understander.encoder
    assert live.model.texts is before.texts


def reader_of(model: Model) -> Any:
    threaded: Any = model.reader
    return threaded.reader


def add_release(desk: Desk, name: str) -> Path:
    """Make a copy of the release the current one."""
    releases = desk.settings.folder / "releases"
    shutil.copytree(releases / desk.model.release, releases / name)
    (releases / "current").write_text(f"{name}\n")
    return releases / name


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    desk: Desk, log: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fake_reader(desk.model.dialogue).retriever
    await log.add_correction("wheres me stuff", "order_status", "sam")
    monkeypatch.setattr(desk_module, "FOLLOW_EVERY_S", 0.001)
    desk.store = AwayAtFirst(log)

    following = asyncio.create_task(desk.follow())
    async with asyncio.timeout(10):
        while not memory.taught:
            await asyncio.sleep(0.001)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


@dataclass
class AwayAtFirst:
    """A store whose database can't be reached the first time."""

    store: Store
    n_asked: int = 0
    is_alone: bool = True

    async def corrections_since(self, after_id: int) -> Sequence[Correction]:
        self.n_asked += 1
        if self.n_asked == 1:
            raise ConnectionError
        return await self.store.corrections_since(after_id)


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
        check_actions(load_book(tmp_path), actions.names)
