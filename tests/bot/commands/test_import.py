"""`kefu import`: what is written, what is said, which slips are caught."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from bot.commands.import_ import command
from bot.commands.source_options import FORMAT_NAMES
from bot.errors import BotError
from training import text_files
from training.dialogues import BadDialogue, read_dialogues
from training.errors import TrainingError
from training.importers.formats import FLAGS, FORMATS
from training.importers.source import Options

CHATS = "Customer: hi\nAgent: hello\n\nCustomer: where is it\nAgent: there\n"
TABLE = "text,label\nhi,greet\nbye,leave\n,empty\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "kefu.toml").touch()
    return tmp_path / "desk"


def put(desk: Path, name: str, content: str) -> str:
    path = desk.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    return str(path)


def run(desk: Path, *words: str) -> Result:
    """Run the import; raises what it raises."""
    return CliRunner().invoke(kefu, ["import", "-w", str(desk), *words], catch_exceptions=False)


def written(desk: Path) -> dict[str, int]:
    """The number of dialogues by file name."""
    return {path.name: len(list(read_dialogues([path]))) for path in sorted((desk / "dialogues").glob("*"))}


def test_several_files_are_read_and_told_one_by_one(desk: Path) -> None:
    told = run(desk, put(desk, "chats.txt", CHATS), put(desk, "table.csv", TABLE)).output
    assert told.splitlines() == [
        "chats.txt, read as transcript: dialogues 2 (new 2, already there 0), skipped 0, turns 4, intents 0, entities 0",
        "table.csv, read as csv: dialogues 2 (new 2, already there 0), skipped 1, turns 2, intents 2, entities 0",
        "  columns: text from 'text', intent from 'label'",
        "Skipped:",
        "  1 x no text",
        f"      {desk.parent / 'table.csv'}:4  ['', 'empty']",
        f"written: {desk / 'dialogues' / 'chats.jsonl'}",
        f"written: {desk / 'dialogues' / 'table.jsonl'}",
    ]
    assert written(desk) == {"chats.jsonl": 2, "table.jsonl": 2}


def test_a_second_import_says_that_nothing_is_new(desk: Path) -> None:
    path = put(desk, "chats.txt", CHATS)
    run(desk, path)
    told = run(desk, path).output
    assert "dialogues 2 (new 0, already there 2)" in told
    assert told.splitlines()[-1] == "Nothing new; nothing was written."
    assert written(desk) == {"chats.jsonl": 2}


def test_a_dry_run_writes_nothing_and_says_so(desk: Path) -> None:
    told = run(desk, put(desk, "chats.txt", CHATS), "--dry-run").output
    assert "dialogues 2 (new 2, already there 0)" in told
    assert told.splitlines()[-1] == "Nothing was written (--dry-run)."
    assert not (desk / "dialogues").exists()


def test_a_file_written_anew_holds_only_what_is_imported(desk: Path) -> None:
    run(desk, put(desk, "table.csv", TABLE), "--intent", "1")
    run(desk, put(desk, "table.csv", TABLE), "--replace")
    found = read_dialogues([desk / "dialogues" / "table.jsonl"])
    assert [dialogue.turns[0].intents for dialogue in found] == [("greet",), ("leave",)]


def test_reasons_are_the_same_over_all_files_and_few_places_are_shown(desk: Path) -> None:
    files = [put(desk, f"{i}.csv", "text,label\n,x\n,y\n" + TABLE) for i in range(3)]
    told = run(desk, *files, "--name", "all").output
    assert "  9 x no text" in told
    assert told.count("'x']") + told.count("'y']") + told.count("'empty']") == 3
    fields = "".join(f'{{"text": "hi", "f{i}": 1}}\n' for i in range(30))
    told = run(desk, put(desk, "fields.jsonl", fields)).output
    assert "Read, but without this part:" in told
    assert "  and 10 more reasons" in told


@pytest.mark.parametrize(
    ("name", "options", "target"),
    [
        ("chats.txt", (), "chats"),
        ("chats.old.txt", (), "chats.old"),
        ("My chats (1).txt", (), "My-chats-1"),
        ("聊天.txt", (), "聊天"),
        ("---.txt", (), "imported"),
        ("chats.txt", ("--name", "spring"), "spring"),
        ("chats.txt", ("--name", "spring.jsonl"), "spring"),
    ],
)
def test_a_file_in_dialogues_is_called_as_the_source(
    desk: Path, name: str, options: tuple[str, ...], target: str
) -> None:
    run(desk, put(desk, name, CHATS), *options)
    assert written(desk) == {f"{target}.jsonl": 2}


def test_the_name_of_a_packed_file_loses_both_endings(desk: Path) -> None:
    path = desk.parent / "chats.txt.gz"
    path.write_bytes(gzip.compress(CHATS.encode()))
    run(desk, str(path))
    assert written(desk) == {"chats.jsonl": 2}


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("log.jsonl", (), "log.jsonl is written anew by every `kefu export`; give --name another"),
        ("chats.txt", ("--name", "log"), "log.jsonl is written anew by every `kefu export`"),
        ("chats.txt", ("--name", "../x"), "--name '../x': wanted letters, digits, '-', '_' and '.'"),
        ("chats.txt", ("--name", ".x"), "--name '.x': wanted letters"),
        ("chats.txt", ("--format", "jsonl"), "chats.txt: no dialogue in it, read as jsonl: "),
        ("chats.txt", ("--agent", "Mara"), "'Mara' is not among the names met: 'Customer' (2), 'Agent' (2)"),
        ("chats.txt", ("--text", "1"), "--text: is for csv; met only transcript"),
        ("chats.txt", ("--encoding", "utf-9"), "encoding 'utf-9': wanted one that Python knows"),
    ],
)
def test_slips_are_told_and_nothing_is_written(
    desk: Path, name: str, options: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(TrainingError) as raised:
        run(desk, put(desk, name, CHATS), *options)
    assert problem in str(raised.value)
    assert not list(desk.glob("dialogues/*"))


def test_a_desk_that_is_none_or_broken_is_told(desk: Path, tmp_path: Path) -> None:
    path = put(desk, "chats.txt", CHATS)
    with pytest.raises(BotError, match=r"kefu\.toml"):
        run(tmp_path / "nowhere", path)
    run(desk, path)
    (desk / "dialogues" / "other.jsonl").write_text("{}\n")
    with pytest.raises(BadDialogue, match=r"other\.jsonl:1: "):
        run(desk, path)


def test_a_file_that_is_missing_is_an_error_of_usage(desk: Path) -> None:
    assert run(desk, "missing.csv").exit_code == 2
    assert run(desk).exit_code == 2
    assert run(desk, put(desk, "chats.txt", CHATS), "--gap", "0").exit_code == 2


def test_every_option_of_the_importers_can_be_given() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES
    flags = {option.name: option.opts[0] for option in command.params}
    assert set(Options.__dataclass_fields__) <= set(flags)
    assert {name: flags[name] for name in FLAGS} == FLAGS
    assert all(flags[name] == f"--{name}" for name in Options.__dataclass_fields__ if name not in FLAGS)


def test_names_and_columns_reach_the_importer(desk: Path) -> None:
    rows = "wer;was;wann;chat\nMara;hallo;2026-03-02;1\nBot;piep;2026-03-03;1\nTom;hi;2026-03-01;1\n"
    columns = ("--text", "was", "--speaker", "wer", "--time", "wann", "--conversation", "chat")
    told = run(desk, put(desk, "rows.csv", rows), *columns, "--agent", "Mara", "--bot", "bot").output
    [dialogue] = read_dialogues([desk / "dialogues" / "rows.jsonl"])
    assert [turn.speaker for turn in dialogue.turns] == ["customer", "agent", "bot"]
    assert "columns: text from 'was', speaker from 'wer', conversation from 'chat', time from 'wann'" in told
    assert "speakers: agent: 'Mara' (1); bot: 'Bot' (1); customer: 'Tom' (1)" in told


ENDLESS = """
import itertools, signal
from bot.cli import main
from training.importers import transcript

signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it

def lines(source):
    for number in itertools.count(1):
        if number == 100_000:
            print("under way", flush=True)
        yield number, ("Customer: hi\\n", "Agent: hello\\n", "\\n")[number % 3]

transcript.find_cut = lambda source: transcript.Cut(False, 1)
transcript.find_names = lambda *_: frozenset({"Customer", "Agent"})
transcript.Source.lines = lines
main()
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_stopped_leaves_nothing(desk: Path, by: signal.Signals) -> None:
    path = put(desk, "chats.txt", CHATS)
    command = [sys.executable, "-c", ENDLESS, "import", path, "-w", str(desk), "--format", "transcript"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as importing:
        assert importing.stdout is not None
        assert importing.stdout.readline() == b"under way\n"
        os.kill(importing.pid, by)
    assert importing.returncode != 0
    assert not list((desk / "dialogues").glob("*.jsonl"))
    run(desk, path)
    assert written(desk) == {"chats.jsonl": 2}


def test_a_long_import_shows_how_far_it_is(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.progress.QUIET_S", 0.0)
    shown: list[float] = []
    monkeypatch.setattr("bot.progress.Progress.update", lambda *_, completed: shown.append(completed))
    run(desk, put(desk, "chats.txt", CHATS * 5000))
    assert min(shown) < 0.5
    assert max(shown) == 1.0


def test_a_line_that_would_fill_the_memory_is_refused(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "MAX_LINE_CHARS", 1000)
    path = put(desk, "chats.jsonl", '{"text": "hi"}\n{"text": "' + "x" * 5000 + '"}')
    with pytest.raises(TrainingError, match=r"chats\.jsonl:2: met a line of more than 1,000 characters"):
        run(desk, path)
    assert not list(desk.glob("dialogues/*"))
