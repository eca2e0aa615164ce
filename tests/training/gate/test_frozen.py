"""The frozen test part: chosen once, never shrinking, never learned from."""

from collections import Counter
from pathlib import Path

import pytest

from tests.tiny import make_dialogues, make_workspace, train_tiny, write_dialogues
from training.dataset import Dataset, LabelledText, build_dataset
from training.dialogues import dialogue_files, read_dialogues
from training.errors import TrainingError
from training.gate.frozen import (
    MIN_LEFT,
    Frozen,
    freeze,
    frozen_file,
    read_frozen,
    split_frozen,
    usual_repeats,
    write_frozen,
)


def dataset(n: int, *, intents: int = 3, start: int = 0) -> Dataset:
    rows = tuple(
        LabelledText(f"message number {'x' * i}", f"d{i}", f"intent{i % intents}")
        for i in range(start, start + n)
    )
    return Dataset(rows, n)


def test_about_the_share_asked_for_is_frozen() -> None:
    assert 0.12 < len(freeze(dataset(2000), Frozen()).test) / 2000 < 0.18


def test_what_was_frozen_stays_and_what_was_learned_from_is_never_frozen_later() -> None:
    first = freeze(dataset(300), Frozen())
    grown = freeze(dataset(600), first)
    assert first.test < grown.test
    assert {int(name[1:]) >= 300 for name in grown.test - first.test} == {True}
    assert freeze(dataset(600), grown) == grown


def test_an_intent_keeps_examples_to_learn_from() -> None:
    rows = tuple(LabelledText(f"text {i}", f"d{i}", f"rare{i // 6}") for i in range(600))
    frozen = freeze(Dataset(rows, 600), Frozen())
    left = Counter(row.intent for row in rows if row.group not in frozen.test)
    assert min(left.values()) >= MIN_LEFT
    assert frozen.test
    assert frozen.kept


def test_a_dialogue_that_was_kept_is_not_frozen_when_more_come() -> None:
    few = Dataset(tuple(LabelledText(f"text {i}", f"d{i}", "rare") for i in range(5)), 5)
    first = freeze(few, Frozen(), share=1.0)
    assert first == Frozen(frozenset(), frozenset(f"d{i}" for i in range(5)))
    many = Dataset((*few.rows, *(LabelledText(f"text {i}", f"d{i}", "rare") for i in range(5, 50))), 50)
    assert freeze(many, first, share=1.0).test == {f"d{i}" for i in range(5, 50)}


def test_what_stands_in_both_parts_is_not_measured_on() -> None:
    rows = (
        LabelledText("Where is my order?", "a", "order"),
        LabelledText("where is my ORDER", "b", "order"),
        LabelledText("another thing", "b", "other"),
    )
    parts = split_frozen(Dataset(rows, 2), frozenset("b"))
    assert [row.text for row in parts.train] == ["Where is my order?"]
    assert [row.text for row in parts.test] == ["another thing"]
    assert parts.is_frozen


def test_how_often_customers_say_the_same_again_is_told_from_what_is_learned_from() -> None:
    def said(text: str, group: str, intent: str | None = "order") -> LabelledText:
        return LabelledText(text, group, intent)

    rows = (
        said("I want to check my seat assignment", "a"),
        said("i want to check my seat assignment!", "b", None),  # a further copy, without its label
        said("where is the parcel you sent on Monday", "c"),
        said("where is the parcel you sent on Monday", "c"),  # said twice by the same customer
        said("thank you very much for all of your help", "d", None),  # no requests
        said("thank you very much for all of your help", "e", None),
        said("hi", "d"),
        said("hi", "e"),
        said("where is the parcel you sent on Monday", "test"),
    )
    assert usual_repeats(Dataset(rows, 6), frozenset({"test"})) == 0.5
    assert usual_repeats(Dataset((), 0), frozenset()) == 0.0


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    frozen = Frozen(frozenset({"a", "中"}), frozenset({"b"}))
    assert read_frozen(tmp_path) == Frozen()
    write_frozen(frozen, tmp_path)
    assert read_frozen(tmp_path) == frozen


@pytest.mark.parametrize("text", ["", "[]", '{"test": 3, "kept": []}', '{"test": []}', "\x00"])
def test_a_file_that_cant_be_read_is_an_error(text: str, tmp_path: Path) -> None:
    frozen_file(tmp_path).parent.mkdir()
    frozen_file(tmp_path).write_text(text)
    with pytest.raises(TrainingError, match=r"frozen\.json: can't be read"):
        read_frozen(tmp_path)


@pytest.mark.slow
def test_neither_heads_nor_memory_learn_the_test_part(tiny_base: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "desk", n=120)
    rows = list(make_dialogues(120))
    told = build_dataset(read_dialogues(dialogue_files(workspace)))
    frozen = freeze(told, Frozen())
    release = train_tiny(workspace, tiny_base, frozen=frozen.test)
    examples = (release / "examples.jsonl").read_text("utf-8")
    parts = split_frozen(told, frozen.test)
    assert parts.test
    assert not [row.text for row in parts.test if f'"{row.text}"' in examples]
    for row in rows:  # what is never learned from may be labelled as it likes
        if row["id"] in frozen.test:
            for turn in row["turns"]:
                turn.pop("intent", None)
    write_dialogues(workspace, rows)
    again = train_tiny(workspace, tiny_base, frozen=frozen.test)
    for name in ("heads.safetensors", "fusion.json", "examples.jsonl", "examples.faiss", "labels.json"):
        assert (release / name).read_bytes() == (again / name).read_bytes(), name
