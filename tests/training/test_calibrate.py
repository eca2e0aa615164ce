"""Probabilities from cross-validation: they sum to one, mean what they say, and know what they don't know."""

import numpy as np
import pytest

from retrieval.fusion import OUT_OF_SCOPE, Fused, sigmoid
from training.calibrate import (
    STRENGTHS,
    Calibrated,
    calibrate,
    fit_weights,
    is_right,
    negative_log_likelihood,
)
from training.curves import expected_calibration_error
from training.dataset import LabelledText, folds
from training.evidence import NO_NAMES, Messages, gather, join, out_of_fold, strangers
from training.heads import fit_linear
from training.names import Names

WIDTH = 12
INTENTS = ("cancel", "invoice", "open", "refund", "status")
LABELS = tuple(sorted((*INTENTS, OUT_OF_SCOPE)))


def messages(n: int, *, seed: int, outside: int = 0, noise: float = 0.5) -> Messages:
    """Each intent points its own way and has two words of its own, of which a message names one now and then."""
    rng = np.random.default_rng(seed)
    gold = tuple(str(label) for label in rng.choice(INTENTS, n)) + (OUT_OF_SCOPE,) * outside
    vectors = rng.normal(scale=noise, size=(len(gold), WIDTH))
    for vector, label in zip(vectors, gold, strict=True):
        if label != OUT_OF_SCOPE:
            vector[INTENTS.index(label)] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = tuple(f"{rng.choice([label, 'well', 'please'])} {rng.integers(99)}" for label in gold)
    return Messages(texts, vectors.astype(np.float32), gold)


def fitted(known: Messages, *, labels: tuple[str, ...] = LABELS, names: Names = NO_NAMES) -> Calibrated:
    rows = [
        LabelledText(text, f"d{i}", label)
        for i, (text, label) in enumerate(zip(known.texts, known.gold, strict=True))
    ]
    return calibrate(known, labels, folds(rows, 4), names=names)


def ask(calibrated: Calibrated, known: Messages, asked: Messages, labels: tuple[str, ...] = LABELS) -> Fused:
    head = fit_linear(known.vectors, known.gold, strength=calibrated.strength, names=labels)
    return calibrated.fusion.fuse(gather(known, asked, labels, head=head), labels)


def test_probabilities_sum_to_one() -> None:
    known = messages(120, seed=1, outside=30)
    fused = ask(fitted(known), known, messages(50, seed=2, outside=10))
    assert fused.probs.sum(axis=1) == pytest.approx(1)
    assert ((fused.confidence > 0) & (fused.confidence < 1)).all()


def calibration_errors(known: Messages, asked: Messages, labels: tuple[str, ...]) -> tuple[float, float]:
    """Expected calibration error on messages never seen: of the classifier alone, and of the confidence."""
    calibrated = fitted(known, labels=labels)
    fused = ask(calibrated, known, asked, labels)
    raw = fit_linear(known.vectors, known.gold, strength=calibrated.strength, names=labels).probs(
        asked.vectors
    )
    columns = [i for i, label in enumerate(labels) if label != OUT_OF_SCOPE]
    return (
        expected_calibration_error(raw[:, columns].max(axis=1), is_right(raw, labels, asked.gold)),
        expected_calibration_error(fused.confidence, is_right(fused.probs, labels, asked.gold)),
    )


def test_a_classifier_that_never_met_out_of_scope_messages_is_set_right() -> None:
    noise = 0.25
    errors = [
        calibration_errors(
            messages(300, seed=seed, noise=noise),
            messages(1000, seed=seed + 100, outside=200, noise=noise),
            INTENTS,
        )
        for seed in range(1, 6)
    ]
    before, after = np.mean(errors, axis=0)
    assert after < before


@pytest.mark.parametrize("noise", [0.25, 0.5])
def test_the_confidence_means_what_it_says(noise: float) -> None:
    errors = [
        calibration_errors(
            messages(300, seed=seed, outside=60, noise=noise),
            messages(1000, seed=seed + 100, outside=200, noise=noise),
            LABELS,
        )[1]
        for seed in range(4)
    ]
    assert np.mean(errors) < 0.06


def test_fusing_is_no_worse_than_the_classifier_alone() -> None:
    known, asked = messages(300, seed=1), messages(1000, seed=2)
    labels = INTENTS
    calibrated = fitted(known, labels=labels)
    fused = ask(calibrated, known, asked, labels)
    raw = fit_linear(known.vectors, known.gold, strength=calibrated.strength, names=labels).probs(
        asked.vectors
    )
    assert (
        is_right(fused.probs, labels, asked.gold).mean() >= is_right(raw, labels, asked.gold).mean() - 0.005
    )


def test_out_of_scope_messages_are_less_in_scope_than_others() -> None:
    known, asked = messages(200, seed=1, outside=40), messages(200, seed=2, outside=200)
    fused = ask(fitted(known), known, asked)
    inside = np.array([label != OUT_OF_SCOPE for label in asked.gold])
    assert fused.scope[inside].mean() > fused.scope[~inside].mean() + 0.2
    assert fused.confidence[inside].mean() > fused.confidence[~inside].mean() + 0.2


def test_scope_is_learned_from_intents_left_out_where_no_message_is_labelled_so() -> None:
    known, asked = messages(200, seed=1, noise=0.3), messages(200, seed=2, outside=200, noise=0.3)
    calibrated = fitted(known, labels=INTENTS)
    assert len(calibrated.evidence.gold) == 400
    assert calibrated.evidence.gold[200:] == (OUT_OF_SCOPE,) * 200
    fused = ask(calibrated, known, asked, INTENTS)
    inside = np.array([label != OUT_OF_SCOPE for label in asked.gold])
    assert fused.scope[inside].mean() > fused.scope[~inside].mean() + 0.2


@pytest.mark.parametrize("intents", [INTENTS[:2], INTENTS[:3]])
def test_few_intents_leave_nothing_to_learn_scope_from(intents: tuple[str, ...]) -> None:
    whole = messages(120, seed=1, noise=0.2)
    known = whole.only(np.array([label in intents for label in whole.gold]))
    assert strangers(known, intents, strength=1.0) is None
    calibrated = fitted(known, labels=intents)
    assert calibrated.fusion.scope[:-1] == (0.0,) * (len(calibrated.fusion.scope) - 1)
    assert sigmoid(np.array([calibrated.fusion.scope[-1]]))[0] == pytest.approx(1, abs=0.05)


def test_no_message_is_judged_by_a_model_that_saw_it() -> None:
    """A label nobody else has is never predicted by cross-validation."""
    known = messages(40, seed=1)
    odd = Messages((*known.texts, "odd"), np.vstack([known.vectors, known.vectors[:1]]), (*known.gold, "odd"))
    labels = (*INTENTS, "odd")
    fold_of = [i % 4 for i in range(41)]
    [evidence] = out_of_fold(odd, labels, fold_of, strengths=(10.0,))
    assert evidence.gold == odd.gold
    assert evidence.class_probs[40, labels.index("odd")] == 0
    assert labels.index("odd") not in evidence.owners[40]
    assert evidence.class_probs.sum(axis=1) == pytest.approx(1)


def test_the_strength_is_the_likeliest_by_cross_validation() -> None:
    calibrated = fitted(messages(150, seed=1, outside=20))
    assert tuple(trial.strength for trial in calibrated.trials) == STRENGTHS
    assert calibrated.strength == min(calibrated.trials, key=lambda trial: trial.loss).strength


def named(vectors: np.ndarray) -> Names:
    return Names(dict(zip(INTENTS, vectors.astype(np.float32), strict=True)))


def test_names_that_say_what_their_intents_are_about_are_learned_from() -> None:
    few = messages(20, seed=1, noise=0.9)
    names = named(np.eye(len(INTENTS), WIDTH))
    calibrated = fitted(few, labels=INTENTS, names=names)
    assert calibrated.names == names
    best = min(calibrated.trials, key=lambda trial: trial.loss)
    assert [trial.has_names for trial in calibrated.trials] == [True] * len(STRENGTHS) + [False]
    assert best.has_names


def test_names_that_mislead_are_not() -> None:
    wrong = named(np.roll(np.eye(len(INTENTS), WIDTH), 1, axis=0))
    assert not fitted(messages(40, seed=1, noise=0.3), labels=INTENTS, names=wrong).names


def test_fitted_weights_are_likelier_than_a_guess() -> None:
    known = messages(200, seed=1)
    [evidence] = out_of_fold(known, INTENTS, [i % 4 for i in range(200)], strengths=(10.0,))
    weights = fit_weights(evidence, INTENTS)
    guess = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert negative_log_likelihood(evidence, INTENTS, weights) < negative_log_likelihood(
        evidence, INTENTS, guess
    )


def test_evidence_is_joined_by_the_fewest_neighbours() -> None:
    few, many = messages(5, seed=1), messages(60, seed=2)
    one, other = (gather(known, many, INTENTS) for known in (few, many))
    joined = join([one, other])
    assert joined.similarities.shape == (120, 5)
    assert joined.gold == (*many.gold, *many.gold)


@pytest.mark.parametrize(("among", "wanted"), [(1, [True, False, False]), (2, [True, True, False])])
def test_right_is_the_gold_intent_among_the_best_in_scope(among: int, wanted: list[bool]) -> None:
    labels = ("a", OUT_OF_SCOPE, "b", "c")
    probs = np.array([[0.3, 0.6, 0.1, 0.0], [0.3, 0.1, 0.2, 0.4], [0.1, 0.8, 0.05, 0.05]])
    assert is_right(probs, labels, ("a", "a", OUT_OF_SCOPE), among=among).tolist() == wanted
