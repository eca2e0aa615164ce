"""Linear heads: saved, loaded, checked."""

import json
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.files import BadRelease
from nlu.heads import (
    STATE_LENGTH,
    Heads,
    LinearHead,
    SeveralHead,
    TagHead,
    load_heads,
    save_heads,
    tag_width,
    windows,
    word_input,
)
from nlu.signs import N_SIGNS
from nlu.tagging import tag_names, transition_mask

WIDTH = 6
TAGS = tag_names(["product"])


def linear(labels: tuple[str, ...], width: int = WIDTH) -> LinearHead:
    rng = np.random.default_rng(len(labels))
    return LinearHead(
        labels, rng.normal(size=(width, len(labels))).astype(np.float32), np.ones(len(labels), np.float32)
    )


def all_heads() -> Heads:
    mask = transition_mask(TAGS)
    tag = TagHead(linear(TAGS, tag_width(WIDTH)), mask, mask[0])
    intents = ("cancel", "refund")
    centre = np.full(WIDTH, 0.1, np.float32)
    return Heads(
        linear(intents),
        tag,
        linear(("negative", "neutral", "positive"), 2 * WIDTH + N_SIGNS),
        SeveralHead(linear(intents, 2 * WIDTH), linear(intents), centre, 0.25),
    )


def save(heads: Heads, folder: Path) -> tuple[Path, Path]:
    save_heads(heads, folder / "heads.safetensors")
    (folder / "labels.json").write_text(json.dumps(heads.label_names()))
    return folder / "heads.safetensors", folder / "labels.json"


@pytest.mark.parametrize(
    "heads", [all_heads(), Heads(linear(("cancel", "refund")))], ids=["all", "intents only"]
)
def test_loaded_heads_say_what_the_saved_ones_said(heads: Heads, tmp_path: Path) -> None:
    loaded = load_heads(*save(heads, tmp_path))
    vector = np.random.default_rng(1).normal(size=(3, WIDTH)).astype(np.float32)
    words = ((0, 2), (3, 5), (6, 9))
    assert loaded.label_names() == heads.label_names()
    assert (loaded.intent.probs(vector) == heads.intent.probs(vector)).all()
    if heads.several:
        assert loaded.several is not None
        text = message(vector)
        assert loaded.several.found(text) == heads.several.found(text) != []
    if heads.tag and heads.sentiment:
        assert loaded.tag is not None
        assert loaded.sentiment is not None
        encoded = Encoded("a Bc def", vector[0], vector, np.array([1, 2, 1]), words)
        assert loaded.tag.spans(encoded) == heads.tag.spans(encoded)
        assert (loaded.sentiment.weight == heads.sentiment.weight).all()
        assert (loaded.sentiment.bias == heads.sentiment.bias).all()
    else:
        assert loaded.tag is loaded.sentiment is None


def test_probabilities_sum_to_one_however_large_the_scores() -> None:
    probs = linear(("a", "b", "c")).probs(np.full((2, WIDTH), 1e4, np.float32))
    assert probs.sum(axis=1) == pytest.approx(1)


def test_a_window_is_a_word_between_its_neighbours() -> None:
    a, b, c, edge = [0.6, 0.8], [0, 1], [1, 0], [0, 0]
    wanted = np.array([[*a, *edge, *b], [*b, *a, *c], [*c, *b, *edge]], np.float32)
    assert windows(np.array([a, b, c], np.float32)) == pytest.approx(wanted)


def test_of_a_word_its_state_is_read_at_one_length_and_its_letter_case() -> None:
    states = np.array([[3, 4], [0, 0.5]], np.float32)
    wanted = [[4.8, 6.4, 0, 0, 1, 0, 0], [0, STATE_LENGTH, 1, 0, 0, 0, 0]]
    assert word_input(states, np.array([2, 0])) == pytest.approx(np.array(wanted))


def test_a_word_whose_state_is_zero_is_no_division_by_zero() -> None:
    assert (word_input(np.zeros((1, 2), np.float32), np.array([0]))[:, :2] == 0).all()


def test_a_text_without_words_has_no_spans() -> None:
    tag = all_heads().tag
    assert tag is not None
    nothing = np.zeros((0, WIDTH), np.float32)
    assert tag.spans(Encoded("", np.zeros(WIDTH, np.float32), nothing, np.zeros(0, np.int64), ())) == []


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ('{"intent": ["cancel"]}', "1 labels has weights"),
        ('{"intent": ["cancel", "refund"], "tag": ["O", "B-x"]}', "2 labels has weights"),
        ("{}", "'intent'"),
        ("[]", "wanted an object"),
        ('{"intent": 3}', "wanted an object"),
        ("{", "can't be read"),
    ],
)
def test_labels_that_dont_go_with_the_weights_are_refused(labels: str, reason: str, tmp_path: Path) -> None:
    weights, path = save(all_heads(), tmp_path)
    path.write_text(labels)
    with pytest.raises(BadRelease, match=reason):
        load_heads(weights, path)


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_weights_that_cant_be_read_are_named(content: bytes | None, tmp_path: Path) -> None:
    weights, labels = save(all_heads(), tmp_path)
    if content is None:
        weights.unlink()
    else:
        weights.write_bytes(content)
    with pytest.raises(BadRelease, match=r"heads\.safetensors"):
        load_heads(weights, labels)


def test_a_tag_head_without_its_transitions_is_refused() -> None:
    with pytest.raises(BadRelease, match=r"3 tags has transitions \(2, 2\)"):
        TagHead(linear(TAGS, tag_width(WIDTH)), np.zeros((2, 2), np.float32), np.zeros(3, np.float32))


def test_heads_of_another_encoder_are_refused() -> None:
    all_heads().check_width(WIDTH)
    with pytest.raises(BadRelease, match="the intent head reads 6 numbers, the encoder gives it 7"):
        all_heads().check_width(7)
    with pytest.raises(
        BadRelease,
        match=f"the sentiment head reads 6 numbers, the encoder gives it {2 * WIDTH + N_SIGNS}: train again",
    ):
        Heads(linear(("a", "b")), None, linear(("negative", "neutral"))).check_width(WIDTH)


def message(states: np.ndarray) -> Encoded:
    words = tuple((i, i + 1) for i in range(len(states)))
    return Encoded(
        "text", np.eye(1, WIDTH, dtype=np.float32)[0], states, np.zeros(len(states), np.int64), words
    )


def test_the_word_that_speaks_most_for_an_intent_counts() -> None:
    labels = ("a", "b")
    silent = LinearHead(labels, np.zeros((2 * WIDTH, 2), np.float32), np.full(2, -1, np.float32))
    words = LinearHead(labels, 4 * np.eye(WIDTH, 2, dtype=np.float32), np.zeros(2, np.float32))
    head = SeveralHead(silent, words, np.zeros(WIDTH, np.float32), 0.5)
    first, second, third = np.eye(3, WIDTH, dtype=np.float32)
    odds = 1 / (1 + np.exp(-3.0))  # the score of the best word and the constant
    assert head.found(message(np.stack([first, 9 * second, third]))) == [
        ("a", pytest.approx(odds)),
        ("b", pytest.approx(odds)),
    ]
    assert [intent for intent, _ in head.found(message(np.stack([third, 0.1 * second])))] == ["b"]
    assert head.found(message(np.zeros((0, WIDTH), np.float32))) == []


def test_halves_of_a_head_for_several_intents_must_fit() -> None:
    centre = np.zeros(WIDTH, np.float32)
    with pytest.raises(BadRelease, match="or others"):
        SeveralHead(linear(("a", "b"), 2 * WIDTH), linear(("a", "c")), centre, 0.5)
    with pytest.raises(BadRelease, match="a centre of"):
        SeveralHead(linear(("a", "b"), 2 * WIDTH), linear(("a", "b")), centre[1:], 0.5)
