"""One set to learn from: copies, contradictions and intents that are too large."""

from datetime import UTC, datetime, timedelta

from training.merging import ALWAYS_ALLOWED, MAX_COPIES, Conflict, merge
from training.turns import Dialogue, DialogueTurn, EntityLabel

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def pair(*dialogues: Dialogue) -> list[Dialogue]:
    """With another message of each intent, so that each can be learned."""
    intents = sorted({intent for one in dialogues for turn in one.turns for intent in turn.intents})
    return [*dialogues, *(said(900 + i, f"something else {'z' * i}", one) for i, one in enumerate(intents))]


def said(number: int, text: str, *intents: str, days: int | None = None) -> Dialogue:
    at = None if days is None else NOON + timedelta(days=days)
    turn = DialogueTurn("customer", text, at=at, intents=intents)
    return Dialogue(f"d{number}", (turn, DialogueTurn("agent", "Yes.", at=at)))


def labels(dialogues: tuple[Dialogue, ...]) -> list[tuple[str, ...]]:
    return [dialogue.turns[0].intents for dialogue in dialogues]


def test_a_wording_is_learned_a_few_times_the_newest_of_them() -> None:
    rush = [
        said(i, "Where is my order?" if i % 2 else "where is my order", "order", days=i) for i in range(9)
    ]
    merged = merge(rush)
    assert labels(merged.dialogues) == [()] * (9 - MAX_COPIES) + [("order",)] * MAX_COPIES
    assert (merged.n_labels, merged.n_copies, merged.n_in_conflict, merged.n_over) == (3, 6, 0, 0)
    assert [one.turns[0].text for one in merged.dialogues] == [one.turns[0].text for one in rush]


def test_of_two_meanings_the_newest_holds_and_the_other_is_told() -> None:
    merged = merge(pair(said(1, "it is late", "return", days=3), said(2, "It is late!", "delivery", days=5)))
    assert labels(merged.dialogues)[:2] == [(), ("delivery",)]
    assert merged.conflicts == (Conflict("it is late", "delivery", ("return",)),)
    assert merged.n_in_conflict == 1


def test_without_times_the_commonest_meaning_holds_then_the_first() -> None:
    two = [said(1, "late", "a"), said(2, "late", "b"), said(3, "late", "b")]
    assert labels(merge(two).dialogues) == [(), ("b",), ("b",)]
    assert labels(merge(pair(*two[:2])).dialogues)[:2] == [("a",), ()]


def test_a_label_with_a_time_beats_those_without() -> None:
    one = [said(1, "late", "a"), said(2, "late", "a"), said(3, "late", "b", days=0)]
    assert labels(merge(pair(*one)).dialogues)[:3] == [(), (), ("b",)]


def test_the_oldest_of_an_intent_far_larger_than_the_others_are_left_out() -> None:
    big = [said(i, f"large {'x' * i}", "large", days=i) for i in range(ALWAYS_ALLOWED + 5)]
    small = [said(1000 + i, f"small {'y' * i}", f"small{i // 2}") for i in range(20)]
    merged = merge([*big, *small])
    assert merged.n_over == 5
    assert labels(merged.dialogues)[:6] == [()] * 5 + [("large",)]
    assert all(labels(merged.dialogues)[-20:])


def test_the_test_part_is_left_as_it_is_and_counts_for_nothing() -> None:
    rows = [said(1, "late", "a", days=9), said(2, "late", "b", days=0), said(3, "too late", "b")]
    merged = merge(rows, test=frozenset({"d1"}))
    assert labels(merged.dialogues) == [("a",), ("b",), ("b",)]
    assert (merged.n_labels, merged.conflicts) == (2, ())


def test_an_intent_with_one_example_is_left_to_the_memory() -> None:
    rows = [said(1, "late", "a"), said(2, "late again", "a"), said(3, "new thing", "new")]
    merged = merge([*rows, said(4, "both", "a", "new2")])
    assert labels(merged.dialogues) == [("a",), ("a",), (), ()]
    assert (merged.n_labels, merged.n_rare) == (2, 2)


def test_entities_and_further_intents_stay() -> None:
    entities = (EntityLabel(0, 4, "product"),)
    turn = DialogueTurn("customer", "lamp broken and late", intents=("a", "b"), entities=entities)
    twice = [Dialogue(f"d{i}", (turn,)) for i in range(5)]
    merged = merge(twice)
    assert [one.turns[0].intents for one in merged.dialogues] == [("a", "b")] * 3 + [()] * 2
    assert {one.turns[0].entities for one in merged.dialogues} == {entities}


def test_nothing_merges_to_nothing() -> None:
    assert merge([]).n_labels == 0
    assert merge([said(1, "hello")]).n_labels == 0
