"""How near a message is to what staff taught, and to anything that is known."""

import numpy as np
import pytest

from retrieval.answers import AnswerBook
from retrieval.budget import Budget
from retrieval.fusion import N_CLASS_FEATURES, N_SCOPE_FEATURES, Fusion
from retrieval.memory import Example, Memory
from retrieval.retriever import TAUGHT_FULL, TAUGHT_NONE, Retriever

WIDTH = 4


def retriever(*known: np.ndarray) -> Retriever:
    memory = Memory([Example(str(n), "a") for n in range(len(known))], np.array(known, np.float32))
    fusion = Fusion((1.0,) * N_CLASS_FEATURES, *((0.0,) * (N_SCOPE_FEATURES + 1) for _ in range(2)))
    budget = Budget(0.05, answer_threshold=0.8, clarify_threshold=0.4, passage_threshold=0.5)
    return Retriever(("a",), memory, fusion, budget, answers=AnswerBook(()), encode=lambda texts: np.eye(1))


def at(cosine: float) -> np.ndarray:
    """A vector at this cosine from the first axis."""
    return np.array([cosine, np.sqrt(1 - cosine**2), 0, 0], np.float32)


def test_only_what_corrections_taught_counts_and_no_longer_when_it_is_taken_back() -> None:
    found = retriever(at(1.0))
    asked = np.stack([at(one) for one in (1.0, TAUGHT_FULL, (TAUGHT_FULL + TAUGHT_NONE) / 2, TAUGHT_NONE)])
    assert found.taught_share(asked).tolist() == [0, 0, 0, 0]
    found.learn("x", "a", at(1.0), correction_id=7)
    assert found.taught_share(asked).tolist() == pytest.approx([1, 1, 0.5, 0], abs=1e-5)
    found.unlearn(7)
    assert found.taught_share(asked).tolist() == [0, 0, 0, 0]


def test_the_nearest_example_of_any_kind_is_found() -> None:
    assert retriever(at(1.0), at(0.5)).nearness(at(1.0)) == pytest.approx(1, abs=1e-3)
    assert retriever(at(0.6)).nearness(at(1.0)) == pytest.approx(0.6, abs=1e-3)
