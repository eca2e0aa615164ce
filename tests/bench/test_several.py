"""Joined messages, and what counts as found in them."""

import numpy as np

from bench.several import JOINTS, answered, joined
from nlu.understanding import Understanding
from retrieval.candidates import Findings, RankedIntent
from tests.bot.fakes import BUDGET
from training.dataset import LabelledText

ROWS = [LabelledText(f"words about {label}", str(i), label) for i, label in enumerate("aabbccdd")]


def test_every_pair_has_two_intents_and_both_texts() -> None:
    pairs = joined(ROWS, seed=1)
    assert pairs == joined(ROWS, seed=1) != joined(ROWS, seed=2)
    for text, intents in pairs:
        assert len(intents) == 2
        assert all(f"words about {intent}" in text for intent in intents)
        assert any(joint in text for joint in JOINTS)


class Known:
    """Understands a text by its last word, its intent; what has no such word isn't understood."""

    budget = BUDGET
    labels = ("a", "b")

    def understand_batch(self, texts: list[str]) -> list[Understanding]:
        vector = np.ones(1, np.float32)
        return [Understanding(text, text, (), (), vector, vector, "en") for text in texts]

    def search(self, text: str, *_: object) -> Findings:
        intent = text.split()[-1]
        prob = 0.9 if intent in self.labels else 0.1
        return Findings((RankedIntent(intent, prob),), prob, prob, prob, (), (), ())


def test_what_the_desk_would_answer_counts() -> None:
    known = Known()

    def found(text: str) -> set[str]:
        return answered(text, known, known)  # type: ignore[arg-type]

    assert found("words about a and words about b") == {"a", "b"}
    assert found("words about a and words about a") == {"a"}
    assert found("words about x and words about a") == {"a"}
    assert found("words about x") == set()
