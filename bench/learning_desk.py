"""A desk for benchmarks of learning: what it has learned, retrained in seconds, corrected at once, read from vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlu.heads import LinearHead
from retrieval.answers import AnswerBook
from retrieval.budget import Budget
from retrieval.candidates import Findings
from retrieval.fusion import OUT_OF_SCOPE
from retrieval.memory import Example, Memory
from retrieval.retriever import Retriever
from training.dataset import LabelledText
from training.fast import fit, held_out, learnable
from training.features import Features, joined
from training.names import name_rows, names_of
from training.off_topic import off_topic_rows, without_own_topics
from training.thresholds import answer_threshold

MAX_WRONG_ANSWERS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Trainer:
    """Fast trainings on vectors that are known; `off_topic` and `names` are the messages and intents' names that every
    training learns from beside the desk's own."""

    off_topic: Features
    names: Features

    @staticmethod
    def rows_beside(own: Sequence[LabelledText]) -> tuple[list[LabelledText], list[LabelledText]]:
        """The texts of `off_topic` and `names` for a set."""
        intents = sorted({str(row.intent) for row in own})
        return off_topic_rows(own), name_rows(intents)

    def train(self, own: Features, *, seed: int = 0) -> "LearningDesk":
        """A desk that has learned these messages, as `kefu train --speed fast` learns them."""
        features = joined([own, without_own_topics(own, self.off_topic)])
        labels = {str(row.intent) for row in own.rows}
        model = fit(features, names_of(self.names, sorted(labels)), seed=seed)
        known = learnable(features, model.labels)
        memory = Memory([Example(row.text, str(row.intent)) for row in known.rows], known.vectors)
        head = model.heads.intent
        assert head is not None
        fitted = model.calibrated
        apart = held_out(fitted.evidence, fitted.fused, model.labels, fitted.sample_weight)
        threshold, _ = answer_threshold(apart, MAX_WRONG_ANSWERS)
        budget = Budget(MAX_WRONG_ANSWERS, threshold, clarify_threshold=0.0, passage_threshold=1.0)
        retriever = Retriever(
            model.labels, memory, fitted.fusion, budget, answers=AnswerBook(()), encode=_none
        )
        return LearningDesk(retriever, head)


@dataclass(frozen=True, slots=True, eq=False)
class LearningDesk:
    """Reads messages by their vectors, with the retriever, the memory and the fusion that serve."""

    retriever: Retriever
    head: LinearHead

    def read(self, messages: Features, *, top: int = 5) -> list[Findings]:
        """What each message is taken for."""
        probs = self.head.probs(messages.vectors)
        return [
            self.retriever.search(one.text, vector, of_classes, top=top)
            for one, vector, of_classes in zip(messages.encoded, messages.vectors, probs, strict=True)
        ]

    def correct(self, messages: Features, first_id: int) -> None:
        """Learn the intents of messages at once, as corrections numbered from `first_id`."""
        for number, (row, vector) in enumerate(zip(messages.rows, messages.vectors, strict=True), first_id):
            self.retriever.learn(row.text, str(row.intent), vector, correction_id=number)

    def take_back(self, first_id: int, n: int) -> None:
        """Undo so many corrections."""
        for number in range(first_id, first_id + n):
            self.retriever.unlearn(number)

    def answers(self, found: Findings) -> bool:
        """Whether the desk answers a message by itself."""
        best = found.intents[0].intent if found.intents else OUT_OF_SCOPE
        return best != OUT_OF_SCOPE and found.confidence >= self.retriever.budget.answer_threshold

    def accuracy(self, test: Features) -> float:
        """The share of messages whose best intent is right."""
        found = self.read(test, top=1)
        right = [
            one.intents[0].intent == row.intent
            for one, row in zip(found, test.rows, strict=True)
            if one.intents
        ]
        return float(np.sum(right)) / len(test.rows)


def _none(texts: Sequence[str]) -> np.ndarray:
    return np.zeros((len(texts), 0), np.float32)
