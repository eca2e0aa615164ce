"""A model that reads messages."""

from collections.abc import Mapping, Sequence
from time import perf_counter

import numpy as np

from bot.dialogue.reading import ReadText, Vectors
from bot.store.records import Correction
from nlu.patterns import PatternUnderstander
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.lexical_retriever import LexicalRetriever
from retrieval.retriever import Retriever


class Reader:
    """Understands and searches; may be used by any number of threads."""

    def __init__(
        self,
        understander: Understander | PatternUnderstander,
        retriever: Retriever | LexicalRetriever,
    ) -> None:
        self.understander = understander
        self.retriever = retriever

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be found in a message."""
        return self.understander.entity_types

    @property
    def budget(self) -> Budget:
        """The thresholds of the release."""
        return self.retriever.budget

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message can be found to mean."""
        return self.retriever.intents

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Understand texts, and find intents, answers and passages for each."""
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> ReadText:
        understanding = self.understand(text)
        began = perf_counter()
        findings = self.retriever.search(
            understanding.read_as, understanding.vector, understanding.class_probs
        )
        return ReadText(understanding, findings, perf_counter() - began)

    def understand(self, text: str) -> Understanding:
        """Understand a text."""
        return self.understander.understand_batch([text])[0]

    def nearness(self, vectors: Vectors) -> Vectors:
        """The cosine of each vector's (n, width) nearest labelled example: (n,); -1 where there is none."""
        return np.array([self.retriever.nearness(vector) for vector in vectors], np.float32)

    def taught_share(self, vectors: Vectors) -> Vectors:
        """How near each vector (n, width) is to what corrections taught, 0..1: (n,)."""
        return self.retriever.taught_share(vectors)

    def alike(self, bound: float) -> list[tuple[str, str]]:
        """Pairs of answers whose words are nearer to each other than that cosine."""
        return self.retriever.alike(bound)

    def learn(self, changes: Sequence[Correction]) -> None:
        """Remember corrections from now on, and forget those that others undo."""
        for change in changes:
            if change.undoes is not None:
                self.retriever.unlearn(change.undoes)
            elif change.text:  # without words it belonged to a customer who was forgotten
                vector = self.understand(change.text).vector
                self.retriever.learn(
                    change.text,
                    change.intent,
                    vector,
                    correction_id=change.id,
                    answer_id=change.answer_id,
                )

    def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Find these names from now on, besides those of the files: a name as written -> (type, value)."""
        self.understander.teach(names)
