"""The encoder as served: tokenizers and ONNX Runtime, texts in, vectors out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from nlu.files import BadRelease
from nlu.letter_case import letter_cases, spread
from nlu.runtime import onnxruntime

MAX_TOKENS = 128
LETTER_CASES = "letter_cases"  # the input of an encoder that reads them
SPACE = "▁"  # how SentencePiece writes the one before a word
# Its kernel takes each value on its own; adding and normalising apart is vectorised, a sixth of a pass less.
SLOW_FUSIONS = ["SkipLayerNormFusion"]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What one pass gives for one `text`, as the encoder met it: `vector` (width,) of length 1; for each word its first sub-word's
    state, `word_states` (words, width), its letter case, `cases` (words,), and its offsets in the text, `words`."""

    text: str
    vector: NDArray[np.float32]
    word_states: NDArray[np.float32]
    cases: NDArray[np.int64]
    words: tuple[tuple[int, int], ...]


class Encoder:
    """A text encoder in ONNX; thread-safe, as ONNX Runtime sessions are."""

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Arenas keep what the longest batch ever needed; a desk lives for weeks.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
            )
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise BadRelease(f"{model.parent}: the encoder can't be loaded: {error}") from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name for node in self._session.get_outputs()}
        if not {"vector", "states"} <= outputs:
            raise BadRelease(
                f"{model}: gives {', '.join(sorted(outputs))}; wanted vector and states: train again"
            )

    @property
    def width(self) -> int:
        return next(int(node.shape[-1]) for node in self._session.get_outputs() if node.name == "vector")

    def has_word(self, word: str) -> bool:
        """Whether the tokenizer has a word, given in lower case, in one piece."""
        written = word, f"{SPACE}{word}"
        return any(self._tokenizer.token_to_id(one) is not None for one in written)

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode texts, each in a pass of its own.

        A pass of int8 scales its values by the largest met in it, so that among others a text would get
        another vector than alone (cosine .992); and padded batches are slower on a CPU, too."""
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Encoded:
        encoding = self._tokenizer.encode(text)
        firsts, words = words_of(encoding, text)
        cases = letter_cases(text, words)
        feed = self._feed(encoding, spread(cases, firsts, len(encoding)))
        vectors, states = self._session.run(["vector", "states"], feed)
        return Encoded(text, vectors[0], states[0][firsts], cases, words)

    def _feed(self, encoding: Encoding, cases: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        ids = np.array([encoding.ids], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        feed[LETTER_CASES] = cases[None]
        return {name: array for name, array in feed.items() if name in self._inputs}


def words_of(encoding: Encoding, text: str) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    """Where each word's first sub-word stands among the tokens, and each word's offsets in the text."""
    firsts: list[int] = []
    spans: list[tuple[int, int]] = []
    previous: int | None = None
    for position, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word is None:
            continue
        if word == previous:
            spans[-1] = (spans[-1][0], end)
        else:
            firsts.append(position)
            spans.append((start, end))
        previous = word
    # SentencePiece counts the space before a word as part of it.
    trimmed = [_trimmed(start, end, text) for start, end in spans]
    kept = [i for i, (start, end) in enumerate(trimmed) if start < end]
    return [firsts[i] for i in kept], tuple(trimmed[i] for i in kept)


def _trimmed(start: int, end: int, text: str) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
