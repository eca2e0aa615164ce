"""JSON lines: whole dialogues, and labelled texts that are put together."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.importers.reading import dialogues, entities, intents, read, reasons, said
from training.dialogues import as_json
from training.errors import TrainingError

WHOLE = {
    "id": "a-1",
    "channel": "web",
    "started_at": "2026-03-02T09:14:00+00:00",
    "outcome": "resolved",
    "turns": [
        {"speaker": "customer", "text": "to Rome", "intent": "book", "entities": [{"start": 3, "end": 7, "label": "city"}]},
        {"speaker": "agent", "text": "sure", "answer": "book_ask"},
    ],
}  # fmt: skip


def lines(*rows: Any) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def test_our_own_format_comes_back_as_it_is(tmp_path: Path) -> None:
    [found] = dialogues(tmp_path, "jsonl", lines(WHOLE))
    assert as_json(found) == WHOLE


@pytest.mark.parametrize(
    ("given", "name"), [(7, "7"), (0, "0"), (" x ", "x"), (None, ""), ("", ""), ([1], "")]
)
def test_an_id_may_be_a_number_or_missing(tmp_path: Path, given: Any, name: str) -> None:
    [found] = dialogues(tmp_path, "jsonl", lines({**WHOLE, "id": given}))
    assert found.id == name


@pytest.mark.parametrize(
    ("row", "intent"),
    [
        ({"text": "hi", "intent": "greet"}, ("greet",)),
        ({"text": "hi", "label": "greet"}, ("greet",)),
        ({"text": "hi", "label": ["greet", "book"]}, ("greet", "book")),
        ({"text": "hi", "intents": ["greet", "book", "greet"]}, ("greet", "book")),
        ({"text": "hi", "intents": ["greet", "ask"]}, ("greet", "ask")),
        ({"text": "hi", "intents": []}, ()),
        ({"text": "hi"}, ()),
        ({"turns": [{"speaker": "user", "text": "hi", "label": "greet"}]}, ("greet",)),
    ],
)
def test_texts_have_intents_or_labels(tmp_path: Path, row: dict[str, Any], intent: tuple[str, ...]) -> None:
    found = dialogues(tmp_path, "jsonl", lines(row))
    assert intents(found) == [intent]
    assert said(found[0]) == [("customer", "hi")]


def test_texts_of_a_conversation_come_together_by_number(tmp_path: Path) -> None:
    rows = [
        {"text": "c", "conversation": "x", "turn": 10, "speaker": "agent"},
        {"text": "other", "conversation": 5, "turn": 0},
        {"text": "a", "conversation": "x", "turn": 2},
        {"text": "alone"},
    ]
    alone, found, other = dialogues(tmp_path, "jsonl", lines(*rows))
    assert said(found) == [("customer", "a"), ("agent", "c")]
    assert (said(other), said(alone)) == ([("customer", "other")], [("customer", "alone")])


@pytest.mark.parametrize("numbers", [(2, 1, None), (2, "1", 0), (float("nan"), 1, 2)])
def test_without_numbers_they_stay_as_they_stand(tmp_path: Path, numbers: tuple[Any, ...]) -> None:
    rows = [{"text": text, "conversation": 1, "turn": n} for text, n in zip("abc", numbers, strict=True)]
    [found] = dialogues(tmp_path, "jsonl", lines(*rows))
    assert [text for _, text in said(found)] == ["a", "b", "c"]


def test_entities_keep_offsets_and_values(tmp_path: Path) -> None:
    row = {"text": "to Rome 🙂 on Friday", "entities": [
        {"start": 13, "end": 19, "label": "day", "value": "friday"}, {"start": 3, "end": 7, "label": "city"}]}  # fmt: skip
    [found] = dialogues(tmp_path, "jsonl", lines(row))
    assert entities(found) == [("Rome", "city", ""), ("Friday", "day", "friday")]


def test_slots_that_are_known_to_be_misaligned_are_left_out(tmp_path: Path) -> None:
    row = {"text": "to Rome", "intents": ["book"], "entities": [], "slots_misaligned": True}
    [found], [skipped] = read(tmp_path, "jsonl", lines(row))
    assert found.dialogue.turns[0].entities is None
    assert (skipped.reason, skipped.is_part) == ("entities not known: slots_misaligned", True)


def test_fields_that_are_none_of_ours_are_told(tmp_path: Path) -> None:
    city = {"start": 3, "end": 7, "label": "c", "id": 1}
    row = {"text": "to Rome", "intnet": "book", "tags": ["x"], "entities": [city]}
    [found, _], skipped = read(tmp_path, "jsonl", lines(row, {**WHOLE, "labels": {}}))
    assert entities(found.dialogue) == [("Rome", "c", "")]
    assert reasons(skipped) == [
        ("1", "field 'intnet' is none of ours; did you mean 'intent'?"),
        ("1", "field 'tags' is none of ours"),
        ("1", "field 'id' is none of ours"),
        ("2", "field 'labels' is none of ours"),
    ]
    assert all(one.is_part for one in skipped)


@pytest.mark.parametrize(
    ("line", "reason", "met"),
    [
        ("{nope", "not JSON", "{nope"),
        ("[" * 100_000, "not JSON", "[[["),
        ("[1]", "not an object", "[1]"),
        ('{"text": " "}', "no text", ""),
        ('{"text": 5}', "not a labelled text", "row.text: met 5, wanted a string"),
        ('{"word": "x"}', "not a labelled text", "row.text: met None, wanted a string"),
        ('{"text": "hi", "entities": [{"start": 0, "end": 9, "label": "x"}]}', "not a labelled text",
         "row.entities[0].end: met 9, wanted a character offset from 1 to 2"),
        ('{"turns": "x"}', "not a dialogue", "turns: met 'x', wanted a list with at least one turn"),
        ('{"turns": [{"text": "hi"}]}', "not a dialogue", "turns[0].speaker: met None, wanted one of customer"),
        ('{"turns": [3]}', "not a dialogue", "turns[0]: met 3, wanted an object with speaker and text"),
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_skipped(tmp_path: Path, line: str, reason: str, met: str) -> None:
    found, [skipped] = read(tmp_path, "jsonl", f"{lines(WHOLE)}\n\n{line}\n")
    assert len(found) == 1
    assert (skipped.place, skipped.reason) == (f"{tmp_path / 'file'}:3", reason)
    assert skipped.met.startswith(met)
    assert not skipped.is_part


def test_unknown_speakers_are_asked_for(tmp_path: Path) -> None:
    rows = lines({"turns": [{"speaker": "Maria", "text": "hello"}, {"speaker": "Tom", "text": "hi"}]})
    with pytest.raises(
        TrainingError, match=r"who is who\? Met 'Maria' \(1\), 'Tom' \(1\); say it with --agent"
    ):
        read(tmp_path, "jsonl", rows)
    [found] = dialogues(tmp_path, "jsonl", rows, agents=("Maria",))
    assert said(found) == [("agent", "hello"), ("customer", "hi")]


def test_a_line_separator_inside_a_text_is_no_line_end(tmp_path: Path) -> None:
    [found] = dialogues(tmp_path, "jsonl", '{"text": "a\u2028b"}')
    assert said(found) == [("customer", "a\u2028b")]
