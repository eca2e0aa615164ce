"""Spans become tags and come back."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.tagging import FORBIDDEN, spans_of, tag_names, tags_of, transition_mask, viterbi

WORDS = [(0, 3), (4, 6), (7, 9), (9, 12), (13, 20)]
TAGS = tag_names(["product", "date"])


def test_tags_are_o_then_each_type_sorted() -> None:
    assert TAGS == ("O", "B-date", "I-date", "B-product", "I-product")


@pytest.mark.parametrize(
    ("spans", "tags"),
    [
        ([], ["O", "O", "O", "O", "O"]),
        ([(0, 6, "date")], ["B-date", "I-date", "O", "O", "O"]),
        ([(0, 3, "date"), (4, 6, "date")], ["B-date", "B-date", "O", "O", "O"]),
        ([(8, 10, "product")], ["O", "O", "B-product", "I-product", "O"]),
        ([(6, 7, "product")], ["O", "O", "O", "O", "O"]),
    ],
)
def test_words_a_span_touches_get_its_tag(spans: list[tuple[int, int, str]], tags: list[str]) -> None:
    assert tags_of(WORDS, spans) == tags


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["date", "product"]))))
def test_spans_on_word_borders_survive_the_round_trip(chosen: list[tuple[int, int, str]]) -> None:
    spans, free = [], 0
    for first, last, label in sorted(chosen):
        if free <= first <= last:
            spans.append((WORDS[first][0], WORDS[last][1], label))
            free = last + 1
    assert spans_of(WORDS, tags_of(WORDS, spans)) == spans


def test_an_inside_tag_that_continues_nothing_begins_a_span() -> None:
    tags = ["I-date", "O", "B-date", "I-product", "I-product"]
    assert spans_of(WORDS, tags) == [(0, 3, "date"), (7, 9, "date"), (9, 20, "product")]


@given(st.lists(st.lists(st.floats(-5, 5), min_size=5, max_size=5), min_size=1, max_size=4))
def test_viterbi_finds_the_best_of_all_allowed_paths(rows: list[list[float]]) -> None:
    scores = np.array(rows, np.float32)
    transitions = transition_mask(TAGS)

    def total(path: tuple[int, ...]) -> float:
        steps = [transitions[0, path[0]], *(transitions[a, b] for a, b in itertools.pairwise(path))]
        return float(sum(scores[i, tag] for i, tag in enumerate(path)) + sum(steps))

    best = max(itertools.product(range(5), repeat=len(rows)), key=total)
    found = tuple(viterbi(scores, transitions, transitions[0]))
    assert total(found) == pytest.approx(total(best), abs=1e-3)
    assert total(found) > FORBIDDEN / 2


def test_no_words_have_no_path() -> None:
    assert viterbi(np.zeros((0, 5), np.float32), transition_mask(TAGS), transition_mask(TAGS)[0]) == []
