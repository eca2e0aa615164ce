"""Labelled texts as the tensors a fine-tuning reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from nlu.encoder import MAX_TOKENS, words_of
from nlu.letter_case import UNKNOWN, letter_cases, spread
from nlu.model import IGNORED
from nlu.tagging import tags_of
from training.batches import IntentGroups
from training.dataset import LabelledText


class Rows(TorchDataset[dict[str, Any]]):
    """Labelled texts as token ids and label ids."""

    def __init__(
        self, rows: Sequence[LabelledText], tokenizer: Any, labels: dict[str, list[str]], prompt: str = ""
    ) -> None:
        """`prompt` is what the encoder reads before each text."""
        self._rows = list(rows)
        self._labels = {name: {label: i for i, label in enumerate(names)} for name, names in labels.items()}
        texts = [row.for_encoder for row in rows]
        prompted = [prompt + text for text in texts]
        self._encoded = tokenizer(prompted, truncation=True, max_length=MAX_TOKENS)
        encodings = zip(self._encoded.encodings, texts, strict=True)
        self._words = [words_of(encoding, text, start=len(prompt)) for encoding, text in encodings]
        self._cases = [letter_cases(text, words) for (_, words), text in zip(self._words, texts, strict=True)]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row."""
        return [len(ids) for ids in self._encoded["input_ids"]]

    def in_order(self, *, batch: int, seed: int) -> IntentGroups:
        """A sampler for batches of messages that have something to learn from each other."""
        intents = [self._labels["intent"].get(row.intent or "", IGNORED) for row in self._rows]
        return IntentGroups(intents, self.lengths, batch=batch, seed=seed)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self._rows[index]
        return {
            "input_ids": self._encoded["input_ids"][index],
            "intent": self._labels["intent"].get(row.intent or "", IGNORED),
            "sentiment": self._labels.get("sentiment", {}).get(row.sentiment or "", IGNORED),
            "words": self._words[index][0],
            "cases": self._cases[index],
            "token_cases": spread(
                self._cases[index], self._words[index][0], len(self._encoded["input_ids"][index])
            ),
            "tags": self._tags(index),
        }

    def _tags(self, index: int) -> list[int]:
        spans = self._words[index][1]
        entities = self._rows[index].entities
        if entities is None or "tag" not in self._labels:
            return [IGNORED] * len(spans)
        tags = tags_of(spans, [(e.start, e.end, e.label) for e in entities])
        return [
            self._labels["tag"].get(tag, IGNORED) for tag in tags
        ]  # a type that only validation rows have


@dataclass(frozen=True, slots=True)
class Collate:
    """Pads rows to one batch of tensors."""

    pad_id: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), self.pad_id)
        mask = torch.zeros_like(ids)
        words = torch.full((len(rows), max(1, *(len(row["words"]) for row in rows))), IGNORED)
        tags = words.clone()
        cases, token_cases = torch.full_like(words, UNKNOWN), torch.full_like(ids, UNKNOWN)
        for i, row in enumerate(rows):
            n, n_words = len(row["input_ids"]), len(row["words"])
            ids[i, :n], mask[i, :n] = torch.tensor(row["input_ids"]), 1
            words[i, :n_words], tags[i, :n_words] = torch.tensor(row["words"]), torch.tensor(row["tags"])
            cases[i, :n_words] = torch.from_numpy(row["cases"])
            token_cases[i, :n] = torch.from_numpy(row["token_cases"])
        single = {name: torch.tensor([row[name] for row in rows]) for name in ("intent", "sentiment")}
        of_words = {"words": words, "cases": cases, "tags": tags}
        return {"input_ids": ids, "attention_mask": mask, "token_cases": token_cases, **of_words, **single}
