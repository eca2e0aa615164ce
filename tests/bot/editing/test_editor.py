"""Answers changed by several at once, on files that others write too, and live on the desk."""

import asyncio
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from bot.desk import open_desk
from bot.editing import editor as editor_module
from bot.editing import files as files_module
from bot.editing.editor import Editor, fingerprint, shared_by
from bot.editing.errors import Conflict, EditRefused, FilesBusy
from bot.editing.fields import EntryFields
from bot.settings import load_settings
from bot.store.inbox.views import Person
from bot.store.store import Store
from retrieval.answer_files import load_answers
from tests.bot.fakes import Customer, load_book
from tests.shop_desk import SHOP

ACTIONS = ("get_order", "cancel_order")
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def lea(log: Store) -> Person:
    return Person(await log.accounts.add("lea@shop.example", "Lea", "lead", None), "Lea")


@pytest.fixture
def editor(log: Store, tmp_path: Path) -> Editor:
    load_book(tmp_path)
    return Editor(tmp_path, ACTIONS, log.answers)


async def base_of(editor: Editor, answer_id: str) -> str:
    return fingerprint((await editor.read()).places[answer_id].entry.text)


def one_text(text: str) -> EntryFields:
    return EntryFields({}, {"": (text,)}, False)


async def test_of_two_who_save_at_once_one_is_told(editor: Editor, lea: Person, tmp_path: Path) -> None:
    base = await base_of(editor, "greeting")
    others = [Editor(tmp_path, ACTIONS, editor._store) for _ in range(4)]

    results = await asyncio.gather(
        *(one.save_fields("greeting", base, one_text(f"Hi {i}"), lea) for i, one in enumerate(others)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert len(await editor._store.changes("greeting")) == 1


async def test_different_answers_of_a_file_are_saved_at_once(
    editor: Editor, lea: Person, tmp_path: Path
) -> None:
    wanted = {"greeting": "One", "thanks": "Two", "goodbye": "Three"}
    bases = {answer_id: await base_of(editor, answer_id) for answer_id in wanted}
    others = [Editor(tmp_path, ACTIONS, editor._store) for _ in wanted]

    await asyncio.gather(
        *(
            one.save_fields(answer_id, bases[answer_id], one_text(text), lea)
            for one, (answer_id, text) in zip(others, wanted.items(), strict=True)
        )
    )

    book = load_answers(tmp_path / "answers")
    assert {answer_id: book.get(answer_id).variants.templates[0] for answer_id in wanted} == wanted


HOLDS = """
import asyncio, sys
from pathlib import Path
from bot.editing.files import AnswerFiles
async def main():
    async with AnswerFiles(Path(sys.argv[1]), ()).lock():
        print("held", flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


async def test_another_process_is_waited_for(
    editor: Editor, lea: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = await base_of(editor, "greeting")
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == "held\n"
        monkeypatch.setattr(files_module, "PATIENCE_S", 0.0)
        with pytest.raises(FilesBusy, match=r"answers\.lock"):
            await editor.save_fields("greeting", base, one_text("Hi"), lea)
        monkeypatch.setattr(files_module, "PATIENCE_S", 60.0)
        saving = asyncio.create_task(editor.save_fields("greeting", base, one_text("Hi"), lea))
        other.communicate("go\n")
        assert (await saving).is_changed


async def test_a_hand_that_writes_between_loses_nothing(
    editor: Editor, lea: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, path = await base_of(editor, "greeting"), tmp_path / "answers" / "all.yaml"
    prepare = files_module.AnswerFiles.prepare

    def edited_meanwhile(*arguments: object) -> object:
        path.write_text(path.read_text("utf-8") + "# by hand\n", "utf-8")
        return prepare(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files_module.AnswerFiles, "prepare", edited_meanwhile)
    with pytest.raises(EditRefused, match="another program"):
        await editor.save_fields("greeting", base, one_text("Hi"), lea)

    assert path.read_text("utf-8").endswith("# by hand\n")
    assert await editor._store.changes("greeting") == []
    assert [one.name for one in path.parent.iterdir()] == ["all.yaml"]


async def test_a_folder_that_takes_nothing_is_told(
    editor: Editor, lea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    base = await base_of(editor, "greeting")
    monkeypatch.setattr(files_module.os, "fsync", full)
    with pytest.raises(EditRefused, match=r"answers/all\.yaml can't be written: No space left"):
        await editor.save_fields("greeting", base, one_text("Hi"), lea)

    assert [path.name for path in editor._files.folder.iterdir()] == ["all.yaml"]
    assert await editor._store.changes("greeting") == []


async def test_a_workspace_that_can_not_be_locked_is_told(
    editor: Editor, lea: Person, tmp_path: Path
) -> None:
    base = await base_of(editor, "greeting")
    (tmp_path / ".kefu").write_text("a file where a folder is wanted")

    with pytest.raises(EditRefused, match=r"answers\.lock can't be written"):
        await editor.save_fields("greeting", base, one_text("Hi"), lea)


async def test_mode_and_link_of_a_file_stay(editor: Editor, lea: Person, tmp_path: Path) -> None:
    path, real = tmp_path / "answers" / "all.yaml", tmp_path / "real.yaml"
    path.rename(real)
    real.chmod(0o640)
    path.symlink_to(real)

    await editor.save_fields("greeting", await base_of(editor, "greeting"), one_text("Linked"), lea)

    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "Linked" in real.read_text("utf-8")
    assert (await editor.read()).places["greeting"].entry.text.count("Linked") == 1


async def test_what_was_just_saved_is_not_read_again(
    editor: Editor, lea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await editor.save_fields("greeting", await base_of(editor, "greeting"), one_text("Hi"), lea)
    monkeypatch.setattr(editor._files, "check", None)

    found = await editor.read()

    assert found.book is not None
    assert found.book.get("greeting").variants.templates == ("Hi",)


async def test_parts_that_others_take_are_kept_and_told(log: Store, lea: Person, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.mkdir()
    for path in (SHOP / "answers").glob("*.yaml"):
        (answers / path.name).write_bytes(path.read_bytes())
    editor = Editor(tmp_path, load_settings(SHOP).actions, log.answers)
    found = await editor.read()
    assert found.problem == ""
    place = found.places["order_status_processing"]
    assert "order_status_shipped" in shared_by(found, place)

    with pytest.raises(EditRefused, match="order_status_shipped"):
        await editor.delete("order_status_processing", fingerprint(place.entry.text), lea)
    entry = place.entry.text.replace("AAA", "")
    changed = entry.replace("entity: order_number", "entity: text", 1)
    assert changed != entry
    saved = await editor.save_yaml("order_status_processing", fingerprint(entry), changed, lea)

    assert "order_status_shipped" in saved.others
    assert "greeting" not in saved.others


@pytest.mark.parametrize(
    "written", [b"\xff\xfe", b"- id: \xe9\n", b"\xef\xbb\xbf- {id: b, intent: b, variants: B}\n"]
)
async def test_odd_bytes_in_a_file_are_told_or_kept(
    editor: Editor, lea: Person, tmp_path: Path, written: bytes
) -> None:
    path = tmp_path / "answers" / "odd.yaml"
    path.write_bytes(written)

    found = await editor.read()
    if found.problem:
        assert "answers/odd.yaml" in found.problem
    else:
        await editor.save_fields("b", await base_of(editor, "b"), one_text("C"), lea)
        assert path.read_bytes() == written.replace(b"B}", b"C}")


def test_the_longest_entry_is_longer_than_any_template() -> None:
    assert editor_module.MAX_ENTRY_CHARS > 4000


@pytest.mark.slow
async def test_a_saved_answer_is_what_customers_get(trained: Path) -> None:
    settings = load_settings(trained)
    async with open_desk(settings) as desk, open_desk(settings, store=desk.store) as other:
        lea = Person(await desk.store.accounts.add("lea@shop.example", "Lea", "lead", None), "Lea")
        editor = Editor(trained, settings.actions, desk.store.answers)
        await editor.save_fields("hours", await base_of(editor, "hours"), one_text("From ten to six."), lea)

        async with asyncio.timeout(30):
            for one in (desk, other):
                for number in itertools.count():
                    turn = await Customer(one.engine, key=f"web:{id(one)}.{number}").send(
                        "are you open today"
                    )
                    if turn.replies[0].text == "From ten to six.":
                        break
                    await asyncio.sleep(0.05)
