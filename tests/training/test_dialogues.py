"""Dialogue files: what is written is read again, and what isn't a dialogue is told exactly."""

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import text_files
from training.dialogue_fields import Problems, as_dialogue
from training.dialogues import BadDialogue, as_json, dialogue_files, problems, read_dialogues, write_dialogues
from training.turns import Dialogue, DialogueTurn, EntityLabel

SCHEMA = json.loads((Path(__file__).parents[2] / "training" / "dialogue.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
HELLO = {"id": "a", "turns": [{"speaker": "customer", "text": "hello"}]}

times = st.none() | st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
names = st.text(min_size=1, max_size=8).filter(str.strip)


@st.composite
def turns(draw: st.DrawFn) -> DialogueTurn:
    text = draw(st.text(max_size=20))
    ends = draw(st.lists(st.integers(0, len(text)), max_size=4, unique=True).map(sorted))
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    entities = tuple(EntityLabel(start, end, draw(names), draw(st.text(max_size=3))) for start, end in pairs)
    return DialogueTurn(
        draw(st.sampled_from(["customer", "agent", "bot"])),
        text,
        draw(times),
        tuple(draw(st.lists(names, max_size=2, unique=True))),
        draw(st.sampled_from([entities, None])),
        draw(st.sampled_from(["negative", "neutral", "positive", None])),
        draw(st.none() | names),
    )


dialogues = st.builds(
    Dialogue,
    id=names,
    turns=st.lists(turns(), min_size=1, max_size=3).map(tuple),
    channel=st.text(max_size=5),
    started_at=times,
    ended_at=times,
    outcome=st.sampled_from(["resolved", "handed_over", "unresolved", None]),
)


@given(st.lists(dialogues, max_size=3, unique_by=lambda dialogue: dialogue.id))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, made: list[Dialogue]
) -> None:
    path = tmp_path_factory.mktemp("round") / "all.jsonl"
    assert write_dialogues(path, made) == len(made)
    assert list(read_dialogues([path])) == made


@given(dialogues)
def test_what_is_written_follows_the_schema(dialogue: Dialogue) -> None:
    VALIDATOR.validate(as_json(dialogue))


# Values that are right somewhere, and wrong elsewhere.
values: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", "customer", "resolved", "neutral", "order_status", "2026-03-02T09:14", "2026-03-02 09:14:00.5Z",
     "2026-02-30T09:14", "2026-03-02", "yesterday", 0, 1, 2, -1, 1.5, True, [], {}, ["refund"], ["", 3],
     [{"start": 0, "end": 2, "label": "x"}], [{"start": 0, "end": 2}], [{"start": 1, "end": 99, "label": "x"}],
     [{"start": 0, "end": 2, "label": "x", "text": "no"}], [7]]
)  # fmt: skip


def objects(usual: dict[str, Any], known: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """A right object with a few fields put in, changed or taken out."""
    changes = st.dictionaries(st.sampled_from([*known, "speakr"]), values, max_size=3)
    taken = st.sets(st.sampled_from([*usual, "-", "-", "-"]), max_size=1)
    return st.builds(
        lambda change, gone: {key: value for key, value in {**usual, **change}.items() if key not in gone},
        changes,
        taken,
    )


entity_objects = objects({"start": 0, "end": 2, "label": "x"}, ("value", "text", "start", "end", "label"))
turn_objects = st.builds(
    lambda turn, entities: {**turn, "entities": entities} if entities else turn,
    objects(
        {"speaker": "customer", "text": "hello"},
        ("speaker", "text", "at", "intent", "intents", "entities", "sentiment", "answer"),
    ),
    st.lists(entity_objects, max_size=2),
)
rows = st.builds(
    lambda row, turns: {**row, "turns": turns} if turns else row,
    objects({"id": "a", "turns": []}, ("id", "channel", "started_at", "ended_at", "outcome", "turns")),
    st.lists(turn_objects | values, max_size=2),
)
# What a schema can't say: offsets within the text, what stands there, no overlap, days that exist.
BEYOND = ("offset", "what stands from", "don't overlap", "a time such as", "no entity in an empty text")


@given(rows)
def test_schema_and_reader_agree(row: dict[str, Any]) -> None:
    wrong = Problems()
    is_read = as_dialogue(row, wrong) is not None
    assert is_read is not bool(wrong.found)
    if VALIDATOR.is_valid(row):
        assert all(any(words in problem for words in BEYOND) for problem in wrong.found)
    else:
        assert not is_read


def turn(**fields: Any) -> str:
    return json.dumps({"id": "a", "turns": [{"speaker": "customer", "text": "to Rome", **fields}]})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "a", "turns": [}', "not JSON: Expecting value at column 23: met '}', wanted a dialogue"),
        ('{"id": "a", "turns": ["hi', "not JSON: Unterminated string starting at column 23: met '\"hi', wanted"),
        ('{"id": "a", "turns": [', "not JSON: Expecting value at column 23: met the end of the line, wanted"),
        ('{"id": "a", "id": "b", "turns": []}', "not JSON: the key 'id' stands twice"),
        ("[" * 100_000, "not JSON: nested too deeply"),
        ("[1]", "line: met [1], wanted an object with id and turns"),
        ('{"turns": [{"speaker": "bot", "text": ""}]}', "id: met None, wanted a string that isn't empty"),
        ('{"id": "a"}', "turns: met None, wanted a list with at least one turn"),
        (json.dumps({**HELLO, "chanel": "web"}), "chanel: met 'chanel', wanted one of id, channel"),
        (json.dumps({**HELLO, "outcome": "won"}), "outcome: met 'won', wanted one of resolved, handed_over, un"),
        (json.dumps({**HELLO, "started_at": "2.3.2026"}), "started_at: met '2.3.2026', wanted a time such as 2026-"),
        (json.dumps({**HELLO, "ended_at": "2026-02-30T10:00"}), "ended_at: met '2026-02-30T10:00', wanted a time"),
        (turn(speaker="user"), "turns[0].speaker: met 'user', wanted one of customer, agent, bot"),
        (turn(text=7), "turns[0].text: met 7, wanted a string"),
        (turn(text="\ud83d"), "turns[0].text: met '\\ud83d', wanted whole characters (half of one stands at 0)"),
        (turn(intent=""), "turns[0].intent: met '', wanted a name such as order_status"),
        (turn(intent="a", intents=["b"]), "turns[0].intents: met ['b'], wanted either intent or intents, not both"),
        (turn(intents=["a", "b", "a"]), "turns[0].intents[2]: met 'a', wanted each intent once"),
        (turn(intents=["a", 1]), "turns[0].intents[1]: met 1, wanted a name such as order_status"),
        (turn(entities=[{"start": 3, "end": 8, "label": "city"}]), "turns[0].entities[0].end: met 8, wanted a character offset from 4 to 7"),
        (turn(entities=[{"start": -1, "end": 2, "label": "city"}]), "turns[0].entities[0].start: met -1, wanted a character offset from 0 to 6"),
        (turn(text="", entities=[{"start": 0, "end": 1, "label": "x"}]), "turns[0].entities[0].start: met 0, wanted no entity in an empty text"),
        (turn(entities=[{"start": 3, "end": 7, "label": "city", "text": "Roma"}]), "turns[0].entities[0].text: met 'Roma', wanted what stands from 3 to 7: 'Rome'"),
        (turn(entities=[{"start": 0, "end": 4, "label": "a"}, {"start": 3, "end": 7, "label": "b"}]), "turns[0].entities: met ('to R', 'Rome'), wanted entities that don't overlap"),
        (turn(entities=[{"start": 0, "end": 2, "label": "a", "vale": "x"}]), "did you mean 'value'?"),
        (turn(sentiment="cross"), "turns[0].sentiment: met 'cross', wanted one of negative, neutral, positive, angry"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_file_line_field_met_and_wanted(
    tmp_path: Path, line: str, problem: str
) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(f"{json.dumps({**HELLO, 'id': 'first'})}\n\n{line}\n")
    [told] = problems([path])
    assert told.startswith(f"{path}:3: ")
    assert problem in told
    with pytest.raises(BadDialogue) as raised:
        list(read_dialogues([path]))
    assert str(raised.value) == told


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_text(f"{turn(speaker='x', text=1)}\n{json.dumps(HELLO)}\n")
    other.write_text(json.dumps(HELLO))
    told = list(problems([one, other]))
    assert [line.split(": ")[:2] for line in told] == [
        [f"{one}:1", "turns[0].speaker"],
        [f"{one}:1", "turns[0].text"],
        [f"{other}:1", "id"],
    ]
    assert told[2].endswith(f"wanted an id of its own: {one}:2 has it already")


def test_a_value_too_long_to_show_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(turn(speaker="x" * 1000))
    [told] = problems([path])
    assert len(told) < len(str(path)) + 150


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n\r\n"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_marks_line_ends_and_gzip_make_no_difference(
    tmp_path: Path, mark: bytes, ending: bytes, name: str
) -> None:
    content = mark + json.dumps(HELLO).encode() + ending
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert [dialogue.id for dialogue in read_dialogues([tmp_path / name])] == ["a"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"id": "a"}\n{"id": "\xff"}\n', ":2: met the byte 0xff, wanted UTF-8"),
        (gzip.compress(b"\n" * 10_000, mtime=0)[:-9], ": can't be read: Compressed file ended"),
        (b"PK\x03\x04\xff\xfe", ": met a ZIP archive or a workbook, wanted a text (save a sheet as CSV)"),
        (b'{"id": "' + b"x" * 2000, ":1: met a line of more than 1,000 characters, wanted a shorter one"),
    ],
)
def test_a_file_that_is_no_text_is_one_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, problem: str
) -> None:
    monkeypatch.setattr(text_files, "MAX_LINE_CHARS", 1000)
    path = tmp_path / "some.jsonl"
    path.write_bytes(content)
    last = list(problems([path]))[-1]
    assert last.startswith(f"{path}{problem}")


def test_an_empty_file_holds_no_dialogues(tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").touch()
    assert list(read_dialogues([tmp_path / "some.jsonl"])) == []


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(
        json.dumps({**HELLO, "started_at": "2026-03-02 09:14", "ended_at": "2026-03-02T09:14:00+0530"})
    )
    [dialogue] = read_dialogues([path])
    assert dialogue.started_at == datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
    assert dialogue.ended_at == datetime(2026, 3, 2, 3, 44, tzinfo=UTC)


def test_a_workspace_has_its_files_by_name_without_hidden_ones(tmp_path: Path) -> None:
    folder = tmp_path / "dialogues"
    folder.mkdir()
    for name in ("b.jsonl", "a.jsonl.gz", ".a.jsonl", "notes.txt", ".b.jsonl.unfinished"):
        (folder / name).touch()
    assert [path.name for path in dialogue_files(tmp_path)] == ["a.jsonl.gz", "b.jsonl"]


def test_reading_tells_how_much_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    write_dialogues(path, (Dialogue(str(i), (DialogueTurn("customer", "x" * 100),)) for i in range(1000)))
    shares: list[float] = []
    list(read_dialogues([path], lambda _, share: shares.append(share)))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 5
