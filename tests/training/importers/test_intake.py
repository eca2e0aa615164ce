"""Files are brought in with lasting ids, once, all or none."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.dialogue_writing import Writing
from training.dialogues import dialogue_files, read_dialogues
from training.errors import TrainingError
from training.importers.intake import Incoming, Intake, Known, bring_in
from training.importers.source import Options
from training.turns import Dialogue, DialogueTurn

WHOLE = '{"id": "a", "turns": [{"speaker": "customer", "text": "hi"}]}\n'


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A workspace."""
    (tmp_path / "desk" / "dialogues").mkdir(parents=True)
    return tmp_path / "desk"


def put(folder: Path, name: str, content: str) -> Path:
    path = folder.parent / name
    path.write_text(content)
    return path


def run(
    there: Path, *files: Path, replaces: bool = False, dry: bool = False, name: str = "", **options: Any
) -> list[Intake]:
    """Import files as the command does."""
    incoming = [Incoming(path, there / "dialogues" / f"{name or path.stem}.jsonl") for path in files]
    targets = {one.target for one in incoming} if replaces else set()
    known = Known(read_dialogues(path for path in dialogue_files(there) if path not in targets))
    if dry:
        return bring_in(incoming, known, Options(**options))
    with Writing(there / "dialogues") as writing:
        intakes = bring_in(incoming, known, Options(**options), replaces=replaces, writing=writing)
        writing.place()
    return intakes


def held(there: Path) -> dict[str, list[str]]:
    """The texts of the customers in each file."""
    return {
        path.name: [dialogue.turns[0].text for dialogue in read_dialogues([path])]
        for path in dialogue_files(there)
    }


FILES = {
    "csv": "text,label\nhi,greet\nbye,leave\nhi,greet\n",
    "jsonl": WHOLE + '{"text": "hi"}\n{"text": "a", "conversation": 1}\n{"text": "b", "conversation": 1}\n',
    "yml": "nlu:\n- intent: a\n  examples: |\n    - hi\n    - to [Rome](city)\n",
    "conll": "to O\nRome B-city\n\nhi O\n",
    "txt": "Customer: hi\nAgent: hello\n\nCustomer: bye\nAgent: bye\n",
}


@pytest.mark.parametrize("ending", FILES)
def test_a_second_import_adds_nothing(there: Path, ending: str) -> None:
    path = put(there, f"some.{ending}", FILES[ending])
    [first] = run(there, path)
    before = (there / "dialogues" / "some.jsonl").read_bytes()
    assert first.n_new == before.count(b"\n") > 1
    for name in ("", "other"):
        [again] = run(there, path, name=name)
        assert (again.n_new, again.n_known) == (0, first.n_new)
    assert [path.name for path in dialogue_files(there)] == ["some.jsonl"]
    assert (there / "dialogues" / "some.jsonl").read_bytes() == before


def test_a_file_that_has_grown_adds_what_is_new(there: Path) -> None:
    run(there, put(there, "some.csv", FILES["csv"]))
    [again] = run(there, put(there, "some.csv", FILES["csv"] + "thanks,thank\nhi,greet\n"))
    assert (again.n_new, again.n_known) == (2, 3)
    assert held(there) == {"some.jsonl": ["hi", "bye", "hi", "thanks", "hi"]}


def test_labels_mended_in_the_workspace_survive_an_import(there: Path) -> None:
    path = put(there, "some.jsonl", WHOLE)
    run(there, path)
    mended = (there / "dialogues" / "some.jsonl").read_text().replace('"hi"', '"hi", "intent": "greet"')
    (there / "dialogues" / "some.jsonl").write_text(mended)
    [again] = run(there, path)
    assert (again.n_new, again.n_known) == (0, 1)
    assert (there / "dialogues" / "some.jsonl").read_text() == mended


def test_another_dialogue_under_the_same_id_gets_a_new_one(there: Path) -> None:
    run(there, put(there, "1.jsonl", WHOLE))
    other = put(there, "2.jsonl", WHOLE.replace("hi", "hello"))
    [second] = run(there, other)
    [again] = run(there, other)
    assert (second.n_new, again.n_new) == (1, 0)
    first, new = read_dialogues(dialogue_files(there))
    assert first.id == "a"
    assert new.id.startswith("a-")


def test_several_files_may_become_one(there: Path) -> None:
    files = [
        put(there, "1.csv", "text,label\nhi,a\n"),
        put(there, "2.jsonl", '{"text": "bye"}\n{"text": "ok"}'),
    ]
    one, two = run(there, *files, name="all")
    assert (one.n_new, two.n_new) == (1, 2)
    assert held(there) == {"all.jsonl": ["hi", "bye", "ok"]}


def test_a_file_is_written_anew_where_it_is_replaced(there: Path) -> None:
    path = put(there, "some.csv", "text,label\nhi,a\n")
    run(there, path)
    run(there, put(there, "some.csv", "text,label\nhello,b\n"), replaces=True)
    assert held(there) == {"some.jsonl": ["hello"]}
    run(there, put(there, "other.csv", "text,label\nhello,b\n"), replaces=True)
    assert held(there) == {"other.jsonl": [], "some.jsonl": ["hello"]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "2.txt: empty"),
        ("Tom: hi\nMaria: hello\nTom: hi\nMaria: hi\n", "2.txt: who is who?"),
        ("Customer:\nAgent:\n", "2.txt: no dialogue in it, read as transcript"),
        ('{"text": ""}\n', "2.txt: no dialogue in it, read as jsonl: "),
        ('text,label\na,b\n"open,x\n', "2.txt:3: the row that begins here isn't whole"),
    ],
)
def test_one_file_that_can_not_be_read_keeps_all_out(there: Path, content: str, problem: str) -> None:
    good, bad = put(there, "1.csv", FILES["csv"]), put(there, "2.txt", content)
    for files in ((good, bad), (bad, good)):
        with pytest.raises(TrainingError) as raised:
            run(there, *files)
        assert problem in str(raised.value)
    assert list((there / "dialogues").iterdir()) == []


def test_a_dry_run_reads_everything_and_writes_nothing(there: Path) -> None:
    path = put(there, "some.csv", FILES["csv"])
    [intake] = run(there, path, dry=True)
    assert (intake.n_new, intake.n_turns, intake.intents) == (3, 3, {"greet", "leave"})
    assert list((there / "dialogues").iterdir()) == []


def test_what_was_skipped_is_counted_by_reason_with_the_first_places(there: Path) -> None:
    lines = [WHOLE, *('{"text": "", "x": 1}\n' for _ in range(10)), '{"text": "ok", "x": 1}\n']
    [intake] = run(there, put(there, "some.jsonl", "".join(lines)))
    assert (intake.n_read, intake.n_skipped) == (2, 10)
    no_text = intake.skipped["no text", False]
    assert [one.place.rpartition(":")[2] for one in no_text.examples] == ["2", "3", "4"]
    assert intake.skipped["field 'x' is none of ours", True].n_met == 1


def test_a_sets_own_name_for_out_of_scope_becomes_ours(there: Path) -> None:
    path = put(there, "some.csv", "text,label\nhi,greet\nsing!,oos\n")
    run(there, path, out_of_scope=("oos",))
    found = read_dialogues(dialogue_files(there))
    assert [dialogue.turns[0].intents for dialogue in found] == [("greet",), ("out_of_scope",)]


def test_two_names_for_out_of_scope_in_one_message_become_one(there: Path) -> None:
    path = put(there, "some.jsonl", '{"text": "sing!", "intents": ["oos", "none", "greet"]}\n')
    run(there, path, out_of_scope=("oos", "none"))
    [found] = read_dialogues(dialogue_files(there))
    assert found.turns[0].intents == ("out_of_scope", "greet")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"out_of_scope": ("gret",)}, "'gret' is not among the 2 intents met; did you mean 'greet'?"),
        ({"agents": ("Agnet",)}, "'Agnet' is not among the names met: 'agent' (1), 'user' (1); did you mean 'agent'?"),
        ({"gap_hours": 1.0}, "--gap: is for telegram; met only csv"),
    ],
)  # fmt: skip
def test_an_option_that_meets_nothing_is_a_slip(there: Path, options: dict[str, Any], problem: str) -> None:
    path = put(there, "some.csv", "text,label,role\nhi,greet,agent\nbye,leave,user\n")
    with pytest.raises(TrainingError) as raised:
        run(there, path, **options)
    assert problem in str(raised.value)
    assert list((there / "dialogues").iterdir()) == []


def test_a_name_need_be_met_in_one_of_the_files_only(there: Path) -> None:
    files = [
        put(there, f"{name}.txt", f"Tom: hi\n{name}: hello\nTom: so\n{name}: ok\n") for name in ("Ana", "Lea")
    ]
    run(there, *files, agents=("Ana", "Lea"))
    assert all(dialogue.turns[1].speaker == "agent" for dialogue in read_dialogues(dialogue_files(there)))


def test_ids_do_not_depend_on_the_name_of_the_file_or_its_packing(there: Path) -> None:
    import gzip

    run(there, put(there, "some.csv", FILES["csv"]))
    packed = there.parent / "packed.csv.gz"
    packed.write_bytes(gzip.compress(("\ufeff" + FILES["csv"]).replace("\n", "\r\n").encode()))
    [again] = run(there, packed, name="packed")
    assert (again.n_new, again.n_known) == (0, 3)


def test_what_is_known_is_told_apart_by_words_not_labels() -> None:
    def hello(text: str, intent: str = "") -> Dialogue:
        return Dialogue("a", (DialogueTurn("customer", text, intents=(intent,) if intent else ()),))

    known = Known([hello("hi", "greet")])
    assert known.take(hello("hi")) is None
    renamed = known.take(hello("hello"))
    assert renamed is not None
    assert renamed.id != "a"
    assert known.take(hello("hello")) is None


def test_half_a_character_keeps_only_its_dialogue_out(there: Path) -> None:
    path = put(there, "some.jsonl", json.dumps({"text": "\ud83d"}) + '\n{"text": "hi"}\n')
    [intake] = run(there, path)
    assert (intake.n_new, intake.n_skipped) == (1, 1)
