"""Linear heads fitted on frozen features, against scikit-learn and on what can be seen by eye."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nlu.encoder import Encoded
from nlu.heads import windows, word_input
from nlu.tagging import FORBIDDEN, spans_of, tag_names
from training.heads import TaggedText, fit_linear, fit_tags
from training.hyperparameters import Hyperparameters
from training.turns import EntityLabel

WIDTH = 8


def blobs(n: int, *, seed: int = 0, names: tuple[str, ...] = ("a", "b", "c")) -> tuple[np.ndarray, list[str]]:
    """Points around one corner for each name."""
    rng = np.random.default_rng(seed)
    labels = [names[i % len(names)] for i in range(n)]
    points = rng.normal(scale=0.8, size=(n, WIDTH))
    for point, label in zip(points, labels, strict=True):
        point[names.index(label)] += 1
    return points.astype(np.float32), labels


@pytest.mark.parametrize("strength", [0.1, 1.0, 10.0])
def test_the_linear_head_is_scikit_learns_logistic_regression(strength: float) -> None:
    points, labels = blobs(90)
    wanted = LogisticRegression(C=strength, max_iter=2000, tol=1e-8).fit(points, labels)
    head = fit_linear(points, labels, strength=strength)
    assert head.labels == tuple(wanted.classes_)
    assert head.probs(points) == pytest.approx(wanted.predict_proba(points), abs=5e-3)


def test_labels_without_an_example_get_a_column_and_little_probability() -> None:
    points, labels = blobs(60)
    head = fit_linear(points, labels, strength=10.0, names=("a", "b", "c", "unseen"))
    assert head.labels == ("a", "b", "c", "unseen")
    assert head.probs(points)[:, 3].max() < 0.05


def test_a_single_label_is_certain() -> None:
    points, _ = blobs(10)
    assert fit_linear(points, ["a"] * 10, strength=1.0).probs(points) == pytest.approx(1)


def tagged(words: str, *, seed: int = 0) -> TaggedText:
    """A text of one-letter words: L and M are products of one or two words, N is a date after the word "o"."""
    rng = np.random.default_rng(seed)
    known = [[float(ord(word) - ord("a") == i) for i in range(26)] for word in words.lower()]
    states = np.array(known, np.float32).reshape(-1, 26)
    states += rng.normal(scale=0.05, size=states.shape).astype(np.float32)
    offsets = tuple((2 * i, 2 * i + 1) for i in range(len(words)))
    entities, i = [], 0
    while i < len(words):
        if words[i] in "LM":
            end = i + 1 if words[i : i + 2] != "LM" else i + 2
            entities.append(EntityLabel(2 * i, 2 * end - 1, "product"))
            i = end
        elif words[i] == "N" and i and words[i - 1] == "o":
            entities.append(EntityLabel(2 * i, 2 * i + 1, "date"))
            i += 1
        else:
            i += 1
    return TaggedText(word_input(states, np.zeros(len(words), np.int64)), offsets, tuple(entities))


TEXTS = [
    "abLMc",
    "aoNb",
    "aNb",
    "L",
    "M",
    "LM",
    "oN",
    "Na",
    "abc",
    "",
    "cMa",
    "bLoN",
    "dLMe",
    "fNg",
    "hoN",
    "kL",
    "gLMa",
    "LMa",
    "fMd",
]


def test_entities_are_learned_from_a_word_and_its_neighbours() -> None:
    head = fit_tags(
        [tagged(text, seed=i) for i, text in enumerate(TEXTS * 3)], tag_names(["product", "date"])
    )
    for text in ("dLMa", "boN", "bNa", "aM", "coNL", ""):
        wanted = tagged(text, seed=99)
        cases = np.zeros(len(wanted.words), np.int64)
        # The inputs end with the letter case; what comes before is of the length a head gives all states.
        states = wanted.inputs[:, :26]
        found = head.spans(Encoded(text, states[:0].sum(axis=0), states, cases, wanted.words))
        assert found == [(e.start, e.end, e.label) for e in wanted.entities], text


def test_no_tag_may_follow_what_bio_forbids() -> None:
    tags = tag_names(["product", "date"])
    head = fit_tags([tagged(text) for text in TEXTS], tags)
    for before, after in (("O", "I-date"), ("B-product", "I-date"), ("I-date", "I-product")):
        assert head.transitions[tags.index(before), tags.index(after)] == FORBIDDEN
    assert head.start[tags.index("I-product")] == FORBIDDEN
    assert head.transitions[tags.index("B-date"), tags.index("I-date")] == 0


def test_the_fit_sees_the_same_windows_as_serving() -> None:
    """With a head that is fitted, scores from the serving side's windows separate the training words."""
    texts = [tagged(text, seed=i) for i, text in enumerate(TEXTS * 3)]
    tags = tag_names(["product", "date"])
    head = fit_tags(texts, tags)
    right = total = 0
    for text in texts:
        if text.words:
            best = (windows(text.inputs) @ head.scores.weight + head.scores.bias).argmax(axis=1)
            right += sum(tags[i] == tag for i, tag in zip(best, text.tags(), strict=True))
            total += len(text.words)
    assert right / total > 0.97


def test_the_same_seed_fits_the_same_head() -> None:
    texts = [tagged(text) for text in TEXTS]
    one, other = (fit_tags(texts, tag_names(["product", "date"]), seed=3) for _ in range(2))
    assert (one.scores.weight == other.scores.weight).all()


def test_tags_of_a_text_cover_its_spans() -> None:
    text = tagged("aLMoN")
    assert text.tags() == ["O", "B-product", "I-product", "O", "B-date"]
    assert spans_of(text.words, text.tags()) == [(e.start, e.end, e.label) for e in text.entities]


def test_weight_decay_keeps_the_weights_of_tags_small() -> None:
    tags = tag_names(["product", "date"])
    plain, decayed = (
        fit_tags([tagged(text) for text in TEXTS], tags, hyperparameters=Hyperparameters(tag_decay=decay))
        for decay in (0.0, 0.03)
    )
    assert np.abs(decayed.scores.weight).mean() < 0.7 * np.abs(plain.scores.weight).mean()
