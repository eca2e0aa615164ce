"""Classifier and memory become probabilities, and the weights come back from their file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.budget import Budget
from retrieval.errors import RetrievalError
from retrieval.fusion import (
    N_CLASS_FEATURES,
    N_SCOPE_FEATURES,
    OUT_OF_SCOPE,
    Evidence,
    Fusion,
    choice_prob,
    class_features,
    load_fusion,
    save_fusion,
    sigmoid,
)

LABELS = ("cancel", OUT_OF_SCOPE, "refund", "status")
BUDGETS = [Budget(share, 0.9 - share, 0.3, 0.5) for share in (0.02, 0.05, 0.1)]


def fusion(seed: int = 0) -> Fusion:
    rng = np.random.default_rng(seed)
    weights = np.abs(rng.normal(size=N_CLASS_FEATURES))
    logistic = rng.normal(size=(2, N_SCOPE_FEATURES + 1))
    return Fusion(tuple(map(float, weights)), tuple(map(float, logistic[0])), tuple(map(float, logistic[1])))


def evidence(n: int, k: int, n_labels: int = len(LABELS), seed: int = 0) -> Evidence:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(n_labels, 0.3), n)
    similarities = np.sort(rng.uniform(-1, 1, (n, k)), axis=1)[:, ::-1]
    return Evidence(
        probs, similarities, rng.integers(0, n_labels, (n, k)), -rng.exponential(5, (n, n_labels))
    )


@given(st.integers(1, 5), st.integers(1, 25), st.integers(0, 10**6))
def test_probabilities_sum_to_one_and_stay_within(n: int, k: int, seed: int) -> None:
    fused = fusion(seed).fuse(evidence(n, k, seed=seed), LABELS)
    assert fused.probs.shape == (n, len(LABELS))
    assert fused.probs.sum(axis=1) == pytest.approx(1)
    for shares in (fused.probs, fused.confidence, fused.scope):
        assert ((shares >= 0) & (shares <= 1)).all()
    assert fused.confidence.shape == fused.scope.shape == (n,)


def test_each_message_is_judged_by_itself() -> None:
    many = evidence(6, 9)
    together = fusion().fuse(many, LABELS)
    for i in range(6):
        one = Evidence(
            *(part[i : i + 1] for part in (many.class_probs, many.similarities, many.owners, many.words))
        )
        alone = fusion().fuse(one, LABELS)
        assert alone.probs[0] == pytest.approx(together.probs[i])
        assert alone.confidence[0] == pytest.approx(together.confidence[i])


def test_no_message_is_no_trouble() -> None:
    assert fusion().fuse(evidence(0, 3), LABELS).probs.shape == (0, len(LABELS))


def test_evidence_as_numbers() -> None:
    probs = np.array([[0.7, 0.2, 0.1]])
    met = Evidence(probs, np.array([[0.9, 0.8, 0.5]]), np.array([[1, 0, 1]]), np.array([[-2.0, 0.0, -4.0]]))
    features = class_features(met)[0]
    assert features.shape == (3, N_CLASS_FEATURES)
    assert features[:, 0] == pytest.approx(np.log(probs[0] + 1e-6))
    assert features[:, 1] == pytest.approx(
        [0.8, 0.9, 0.5]
    )  # the nearest of each, of the last where there is none
    votes = np.exp(features[:, 2:-1]) - 1e-2
    assert votes.sum(axis=0) == pytest.approx(np.ones(N_CLASS_FEATURES - 3))
    assert (np.argmax(votes, axis=0) == 1).all()
    assert features[:, -1] == pytest.approx([-2, 0, -4])


def test_more_evidence_for_an_intent_makes_it_likelier() -> None:
    met = evidence(1, 5)
    more = met.class_probs.copy()
    more[0, 2] += 0.5
    stronger = Evidence(more / more.sum(), met.similarities, met.owners, met.words)
    assert fusion().fuse(stronger, LABELS).probs[0, 2] > fusion().fuse(met, LABELS).probs[0, 2]


def test_the_logistic_function_knows_no_overflow() -> None:
    assert sigmoid(np.array([-1e9, 0, 1e9])) == pytest.approx([0, 0.5, 1])
    assert sigmoid(np.array([-1e9]))[0] > 0
    assert sigmoid(np.array([1e9]))[0] < 1


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    save_fusion(fusion(), BUDGETS, tmp_path / "fusion.json")
    loaded, budget = load_fusion(tmp_path / "fusion.json", 0.05)
    assert loaded == fusion()
    assert budget == BUDGETS[1]


@pytest.mark.parametrize(("asked", "met"), [(0.02, 0.02), (0.049, 0.02), (0.05, 0.05), (0.9, 0.1)])
def test_the_largest_budget_within_is_taken(asked: float, met: float, tmp_path: Path) -> None:
    save_fusion(fusion(), BUDGETS[::-1], tmp_path / "fusion.json")
    assert load_fusion(tmp_path / "fusion.json", asked)[1].max_wrong_answers == met


def test_a_budget_smaller_than_all_is_refused(tmp_path: Path) -> None:
    save_fusion(fusion(), BUDGETS, tmp_path / "fusion.json")
    with pytest.raises(
        RetrievalError, match=r"max_wrong_answers is 0\.01, the least this release knows is 0\.02"
    ):
        load_fusion(tmp_path / "fusion.json", 0.01)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"fusion": {}, "budgets": []}', '{"fusion": [], "budgets": []}', '"x"', "null"],
)
def test_a_file_that_cant_be_used_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "fusion.json").write_text(content)
    with pytest.raises(RetrievalError, match=r"fusion\.json: can't be read"):
        load_fusion(tmp_path / "fusion.json", 0.05)


def test_a_file_without_budgets_is_refused(tmp_path: Path) -> None:
    save_fusion(fusion(), BUDGETS, tmp_path / "fusion.json")
    content = json.loads((tmp_path / "fusion.json").read_text())
    (tmp_path / "fusion.json").write_text(json.dumps({**content, "budgets": []}))
    with pytest.raises(RetrievalError, match=r"fusion\.json: can't be read"):
        load_fusion(tmp_path / "fusion.json", 0.05)


def test_weights_of_another_version_are_refused() -> None:
    with pytest.raises(RetrievalError, match="train it again"):
        Fusion((1.0,), (0.0,) * 8, (0.0,) * 8)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 5.0])
def test_a_budget_is_a_share(share: float) -> None:
    with pytest.raises(RetrievalError, match="wanted a share between 0 and 1"):
        Budget(share, 0.9, 0.4, 0.5)


def test_three_choices_hold_what_is_meant_as_often_as_their_share_and_the_scope_say() -> None:
    inside = np.array([[0.5, 0.2, 0.1, 0.1, 0.1], [0.4, 0.1, 0.0, 0.0, 0.0]])
    assert choice_prob(inside, np.array([1.0, 0.5])) == pytest.approx([0.8, 0.5])
