"""What is trained on, and how it is parted."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.rule_files import load_rules
from training.dataset import (
    Dataset,
    LabelledText,
    build_dataset,
    check,
    fingerprint,
    folds,
    near_duplicate_key,
    show,
    split,
)
from training.errors import TrainingError
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

WORDS = ("cancel", "refund", "where", "lamp", "12", "!")


def customer(text: str, *intents: str, entities: tuple[EntityLabel, ...] | None = None) -> DialogueTurn:
    return DialogueTurn("customer", text, intents=intents, entities=entities)


def labelled(*intents: str) -> Dataset:
    return Dataset(tuple(LabelledText(f"{i}", f"d{i}", intent) for i, intent in enumerate(intents)))


def test_customers_turns_with_words_are_what_is_learned_from() -> None:
    turns = (
        customer("cancel it", "cancel", "refund"),
        DialogueTurn("agent", "Sure."),
        customer("  "),
        customer("thanks", "thanks"),
        customer("bye", "thanks"),
        customer("stop", "cancel"),
    )
    dataset = build_dataset([Dialogue("d1", turns)])
    assert [(row.text, row.intent) for row in dataset.rows] == [
        ("cancel it", "cancel"),
        ("thanks", "thanks"),
        ("bye", "thanks"),
        ("stop", "cancel"),
    ]
    assert {row.group for row in dataset.rows} == {"d1"}
    assert (dataset.n_dialogues, dataset.n_without_text) == (1, 1)
    assert dataset.intents == ("cancel", "thanks")


def test_all_intents_of_a_turn_are_learned_in_scope_and_each_once() -> None:
    dataset = build_dataset(
        [
            Dialogue("d", (customer("a", "cancel", "refund"), customer("b", OUT_OF_SCOPE, "refund"))),
            Dialogue("e", (customer("c", "refund", "cancel"), customer("d", OUT_OF_SCOPE), customer("e"))),
        ]
    )
    both = ("cancel", "refund")
    assert [row.intents for row in dataset.rows] == [both, ("refund",), both[::-1], (), ()]
    assert [row.intent for row in dataset.rows] == ["cancel", OUT_OF_SCOPE, "refund", OUT_OF_SCOPE, None]


def test_entities_unknown_are_told_from_none_there() -> None:
    lamp = (EntityLabel(0, 4, "product"),)
    turns = [customer("lamp", "a", entities=lamp), customer("b b", "b", entities=()), customer("c c", "a")]
    more = [customer("d d", "b")]
    rows = build_dataset([Dialogue("d1", tuple(turns)), Dialogue("d2", tuple(more))]).rows
    assert [row.entities for row in rows] == [lamp, (), None, None]
    rows = build_dataset([Dialogue("d1", tuple(turns[1:])), Dialogue("d2", (*more, customer("e", "a")))]).rows
    assert {row.entities for row in rows} == {None}


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (Dataset((), 7), "7 dialogues hold no customer turn with a text"),
        (
            Dataset((LabelledText("a", "d"), LabelledText("b", "d"))),
            "none of the 2 customer turns has an intent",
        ),
        (
            labelled("cancel", "cancel", OUT_OF_SCOPE),
            "all 2 labelled turns have the intent 'cancel'; wanted two",
        ),
        (labelled(*["cancel"] * 2, *["refund"] * 2, "hello"), "'hello': one example; wanted 2 or more"),
        (
            labelled(*["cancel_order"] * 2, *["refund"] * 2, "cancle_order"),
            r"'cancle_order' \(did you mean 'cancel_order'\?\): one example",
        ),
        (labelled("a", "a", *"bcdefgh"), r"'b', 'c', 'd', 'e', 'f' \.\.\.: one example"),
    ],
)
def test_what_no_model_can_learn_from_is_refused(dataset: Dataset, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        check(dataset)


@pytest.mark.parametrize(
    ("one", "other", "are_near"),
    [
        ("Cancel LW-123!", "cancel lw 456", True),
        ("where  is\nit", "Where is it?", True),
        ("123", "456", False),
        ("cancel it", "cancel them", False),
        ("在哪里？", "在哪里", True),
        ("!!", "??", False),
    ],
)
def test_near_duplicates_differ_in_case_digits_and_punctuation(one: str, other: str, are_near: bool) -> None:
    assert (near_duplicate_key(one) == near_duplicate_key(other)) == are_near


@st.composite
def datasets(draw: Any) -> Dataset:
    """Few words, so that near-duplicates abound; every intent has two examples or more."""
    text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
    intent = st.sampled_from([None, "cancel", "refund", "status", OUT_OF_SCOPE])
    rows = draw(st.lists(st.tuples(text, st.integers(0, 30), intent), min_size=1, max_size=60))
    counts = Counter(one for _, _, one in rows)
    kept = [LabelledText(t, f"d{group}", i if counts[i] > 1 else None) for t, group, i in rows]
    return Dataset(tuple(kept))


@given(datasets(), st.sampled_from([0.0, 0.15, 0.3, 0.5]), st.integers(0, 3))
def test_no_test_message_has_a_near_duplicate_in_training(dataset: Dataset, share: float, seed: int) -> None:
    parts = split(dataset, test_share=share, seed=seed)
    seen = {near_duplicate_key(row.text) for row in parts.train}
    assert not seen & {near_duplicate_key(row.text) for row in parts.test}


@given(datasets(), st.sampled_from([0.0, 0.15, 0.3, 0.5]), st.integers(0, 3))
def test_a_split_loses_nothing_and_leaves_two_examples_to_learn_from(
    dataset: Dataset, share: float, seed: int
) -> None:
    parts = split(dataset, test_share=share, seed=seed)
    assert Counter(map(id, (*parts.train, *parts.test))) == Counter(map(id, dataset.rows))
    left = Counter(row.intent for row in parts.train)
    assert all(left[row.intent] >= 2 for row in dataset.rows if row.intent)
    if share == 0:
        assert parts.test == ()


@given(datasets(), st.sampled_from([0.15, 0.5]), st.integers(0, 3))
def test_a_dialogue_is_parted_only_by_what_had_to_move(dataset: Dataset, share: float, seed: int) -> None:
    parts = split(dataset, test_share=share, seed=seed)
    tested = {row.group for row in parts.test}
    assert sum(row.group in tested for row in parts.train) <= parts.n_moved
    assert len(tested) <= share * len({row.group for row in dataset.rows}) + 0.5


@given(datasets(), st.integers(0, 3))
def test_the_same_split_comes_again(dataset: Dataset, seed: int) -> None:
    assert split(dataset, seed=seed) == split(dataset, seed=seed)


@given(datasets(), st.integers(2, 5), st.integers(0, 3))
def test_folds_keep_dialogues_together(dataset: Dataset, n: int, seed: int) -> None:
    found = folds(dataset.rows, n, seed=seed)
    places: dict[str, set[int]] = {}
    for row, fold in zip(dataset.rows, found, strict=True):
        places.setdefault(row.group, set()).add(fold)
    assert set(found) <= set(range(n))
    if len(places) > 1:
        assert all(len(one) == 1 for one in places.values())
        assert len(set(found)) > 1


def test_a_single_dialogue_is_folded_by_message() -> None:
    rows = [LabelledText(f"{i}", "d", "ab"[i % 2]) for i in range(8)]
    assert sorted(folds(rows, 4)) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_folds_are_balanced_within_each_intent() -> None:
    rows = [LabelledText(f"{i}", f"d{i}", "abc"[i % 3]) for i in range(60)]
    found = folds(rows, 4)
    counts = Counter((row.intent, fold) for row, fold in zip(rows, found, strict=True))
    assert set(counts.values()) == {5}


def test_the_encoder_is_shown_what_it_is_shown_in_serving(tmp_path: Path) -> None:
    (tmp_path / "entities.yaml").write_text("order_number: {patterns: [{regex: '[A-Z]-[0-9]{4}'}]}\n")
    rows = (LabelledText("where\u00a0is A-1042?", "d1", "order_status"), LabelledText("hi", "d1"))
    shown = show(Dataset(rows), load_rules(tmp_path / "entities.yaml"))
    assert [row.for_encoder for row in shown.rows] == ["where is A     ?", "hi"]
    assert [row.text for row in shown.rows] == [row.text for row in rows]
    assert rows[0].for_encoder == "where is A-1042?"


def test_the_fingerprint_is_of_the_content_not_the_order() -> None:
    one = labelled("cancel", "refund")
    assert fingerprint(one) == fingerprint(Dataset(one.rows[::-1], n_dialogues=9))
    assert fingerprint(one) != fingerprint(labelled("cancel", "cancel"))
