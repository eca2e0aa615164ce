"""Entities put right in the console."""

import json
from pathlib import Path

import pytest

from bot.store.labels.entities import BadSpan, Mark
from bot.store.records import LoggedEntity
from tests.bot.console.console_desk import Browser, ConsoleDesk

BEN = "ben@shop.example"


async def asked(desk: ConsoleDesk, text: str = "where is LW-11111") -> tuple[Browser, str, int]:
    """Somebody of the staff, the path of a customer's message, and its number."""
    turn = await desk.customer().send(text)
    ben = await desk.signed_in(BEN, name="Ben")
    return ben, f"/conversations/{turn.conversation_id}/messages/{turn.message_id}", turn.message_id


async def marked(desk: ConsoleDesk) -> tuple[LoggedEntity, ...] | None:
    case = await desk.store.inbox.case(1)
    assert case is not None
    return case.entries[0].marked  # type: ignore[union-attr]


async def test_words_are_marked_and_one_that_is_wrong_taken_away(desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk)
    await ben.post(f"{path}/entities", words="where", label="product")
    assert await marked(desk) == (
        LoggedEntity("product", 0, 5, "where", "where"),
        LoggedEntity("order_number", 9, 17, "LW-11111", "LW-11111"),
    )
    assert desk.n_learned == 1
    page = await ben.get(path)
    assert "marked by Ben" in page.words

    await ben.post(f"{path}/entities/remove", start="9")
    assert [one.text for one in await marked(desk) or ()] == ["where"]
    await ben.post(f"{path}/entities/undo")
    assert await marked(desk) is None
    assert "order number: LW-11111" in (await ben.get(path)).words


async def test_what_was_found_already_keeps_its_value(desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk, "my lamp, due friday")
    await ben.post(f"{path}/entities", words="due", label="product")
    found = [(one.label, one.text, one.value) for one in await marked(desk) or ()]
    assert found == [("product", "lamp", "LAMP"), ("product", "due", "due"), ("date", "friday", "FRIDAY")]
    assert await desk.store.inbox.marked_names() == {"due": "product"}


async def test_a_new_mark_takes_the_place_of_what_it_overlaps(desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk)
    await ben.post(f"{path}/entities", words="is LW", label="product", start="6")
    assert [(one.start, one.text) for one in await marked(desk) or ()] == [(6, "is LW")]


async def test_the_place_that_was_selected_counts(desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk, "lamp 😀 or lamp")
    await ben.post(f"{path}/entities", words="lamp", label="product", start="10")
    assert (10, 14) in [(one.start, one.end) for one in await marked(desk) or ()]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"words": "nothing", "label": "product"}, "doesn't stand in the message"),
        ({"words": "", "label": "product"}, "doesn't stand in the message"),
        ({"words": "where", "label": "nonsense"}, "Choose what it is"),
        ({"words": "<script>", "label": "product"}, "<script>"),
    ],
)
async def test_what_cannot_be_marked(form: dict[str, str], told: str, desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk)
    page = await ben.post(f"{path}/entities", **form)
    assert told in page.words
    assert "<script>doesn" not in page.text
    assert await marked(desk) is None


async def test_marks_of_another_conversation_are_out_of_reach(desk: ConsoleDesk) -> None:
    ben, path, _ = await asked(desk)
    await desk.customer("zoe").send("where is LW-22222")
    assert (
        await ben.post(
            f"{path.replace('conversations/1', 'conversations/2')}/entities", words="is", label="product"
        )
    ).status == 404


@pytest.mark.parametrize(
    "marks",
    [
        [Mark(0, 99, "x")],
        [Mark(3, 3, "x")],
        [Mark(0, 5, "x"), Mark(4, 7, "y")],
        [Mark(-1, 2, "x")],
        [Mark(5, 6, "x")],
    ],
)
async def test_bad_spans_are_refused(marks: list[Mark], desk: ConsoleDesk) -> None:
    _, _, number = await asked(desk)
    with pytest.raises(BadSpan):
        await desk.store.inbox.mark_entities(number, marks, "Ben")
    assert await marked(desk) is None


async def test_an_edit_and_forgetting_take_marks_away(desk: ConsoleDesk) -> None:
    ben, path, number = await asked(desk)
    await ben.post(f"{path}/entities", words="where", label="product")
    assert await desk.store.inbox.marked_names() == {"where": "product"}, "what was found already is no news"
    anna = desk.customer()
    await anna.send("where is it", kind="edit", replaces="1", external_id="1.2")
    assert await marked(desk) is None
    await desk.store.inbox.mark_entities(number, [Mark(0, 5, "product")], "Ben")
    await desk.store.forget(anna.key)
    assert await desk.store.inbox.marked_names() == {}


async def test_marks_are_exported_as_they_are(desk: ConsoleDesk, tmp_path: Path) -> None:
    ben, path, _ = await asked(desk)
    await ben.post(f"{path}/entities", words="where", label="product")
    await desk.store._database.write(
        lambda connection: connection.exec_driver_sql("UPDATE messages SET at = '2026-01-01 10:00:00.000000'")
    )
    [dialogue] = [one async for one in desk.store.conversations_for_export()]
    assert [(one.label, one.text) for one in dialogue.turns[0].entities] == [
        ("product", "where"),
        ("order_number", "LW-11111"),
    ]
    assert json.dumps([one.start for one in dialogue.turns[0].entities]) == "[0, 9]"
