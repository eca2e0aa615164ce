"""The encoder as served: tokenizers and ONNX Runtime, texts in, vectors out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from nlu.checksums import sha256_of
from nlu.files import BadRelease
from nlu.letter_case import letter_cases, spread
from nlu.prompts import Prompts
from nlu.runtime import onnxruntime

MAX_TOKENS = 128
LETTER_CASES = "letter_cases"  # the input of an encoder that reads them
SPACE = "▁"  # how SentencePiece writes the one before a word
# A sign or a Chinese character on its own, else all up to the next of those. Just so BERT's tokenizer parts words,
# which keep to these pieces; SentencePiece takes "London," and a whole Chinese sentence for one.
ALONE = r"[!-/:-@\[-`{-~\p{P}\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
PIECE = regex.compile(rf"{ALONE}|(?:(?!{ALONE})\S)+")
# Its kernel takes each value on its own; adding and normalising apart is vectorised, a sixth of a pass less.
SLOW_FUSIONS = ["SkipLayerNormFusion"]
# Where a CPU has no dot product of 8-bit numbers (VNNI), the quick way to multiply them cuts large sums off.
WHOLE_SUMS = ("session.x64quantprecision", "1")


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What one pass gives for one `text`, as the encoder met it: `vector` (width,) of length 1; for each word its first sub-word's
    state, `word_states` (words, width), its letter case, `cases` (words,), and its offsets in the text, `words`.

    A long text took several passes, see `nlu.gist`: words are those of all of it, `text` and `vector` those of its `gist`,
    and its `sentences` are there as well."""

    text: str
    vector: NDArray[np.float32]
    word_states: NDArray[np.float32]
    cases: NDArray[np.int64]
    words: tuple[tuple[int, int], ...]
    gist: "Encoded | None" = None
    sentences: "tuple[Encoded, ...]" = ()


class Encoder:
    """A text encoder in ONNX; thread-safe, as ONNX Runtime sessions are."""

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 1, digest: str = "") -> None:
        """`digest` is that of both files, see `load_encoder`."""
        self.digest = digest
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Arenas keep what the longest batch ever needed; a desk lives for weeks.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry(*WHOLE_SUMS)
        try:
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
            )
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise BadRelease(f"{model.parent}: the encoder can't be loaded: {error}") from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._prompts = Prompts.of_metadata(self._session.get_modelmeta().custom_metadata_map)
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

    def n_tokens(self, text: str) -> int:
        """How many tokens a customer's text makes in a pass, MAX_TOKENS at most."""
        return len(self._tokenizer.encode(self._prompts.query + text))

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode what customers say, each text in a pass of its own.

        A pass of int8 scales its values by the largest met in it, so that among others a text would get
        another vector than alone (cosine .992); and padded batches are slower on a CPU, too."""
        return [self._one(text, self._prompts.query) for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of what answers customers: (texts, width)."""
        return np.stack([self._one(text, self._prompts.passage).vector for text in texts])

    def _one(self, text: str, prompt: str) -> Encoded:
        encoding = self._tokenizer.encode(prompt + text)
        firsts, words = words_of(encoding, text, start=len(prompt))
        cases = letter_cases(text, words)
        feed = self._feed(encoding, spread(cases, firsts, len(encoding)))
        vectors, states = self._session.run(["vector", "states"], feed)
        return Encoded(text, vectors[0], states[0][firsts], cases, words)

    def _feed(self, encoding: Encoding, cases: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        ids = np.array([encoding.ids], np.int64)
        feed = {"input_ids": ids, "token_type_ids": np.zeros_like(ids)}
        feed[LETTER_CASES] = cases[None]
        return {name: array for name, array in feed.items() if name in self._inputs}


def load_encoder(model: Path, tokenizer: Path, *, threads: int = 1, beside: Encoder | None = None) -> Encoder:
    """The encoder of these files: `beside`, one in use already, where it was made of the same. To load one takes 100 MB and
    half a second."""
    made_of = f"{encoder_digest(model, tokenizer)} {threads}"
    if beside is not None and beside.digest == made_of:
        return beside
    return Encoder(model, tokenizer, threads=threads, digest=made_of)


def encoder_digest(model: Path, tokenizer: Path) -> str:
    """The same for the same encoder. Raises BadRelease where a file can't be read."""
    return f"{sha256_of(model)} {sha256_of(tokenizer)}"


def words_of(
    encoding: Encoding, text: str, *, start: int = 0
) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    """Where each word's first sub-word stands among the tokens, and each word's offsets in the text.

    The text was encoded with `start` characters before it, which are no words of it. A word ends at a sign and
    at each Chinese character, also for tokenizers that part at spaces alone; characters of one sub-word share it."""
    positions: list[int] = []
    words: list[tuple[int, int]] = []
    previous: int | None = None
    at: list[tuple[int, int, int]] = []  # of the sub-words of one word: position, start, end
    for position, (word, (begins, ends)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word is None or ends <= start:
            continue
        if word != previous:
            _add_words(text, at, positions, words)
            at = []
        at.append((position, max(0, begins - start), ends - start))
        previous = word
    _add_words(text, at, positions, words)
    return positions, tuple(words)


def _add_words(
    text: str, at: Sequence[tuple[int, int, int]], positions: list[int], words: list[tuple[int, int]]
) -> None:
    """Add the words within what a tokenizer takes for one, and where their first sub-words stand."""
    if not at:
        return
    first, begins, _ = at[0]
    ends = at[-1][2]
    if text[begins:ends].isascii() and text[begins:ends].isalnum():  # by far the most
        positions.append(first)
        words.append((begins, ends))
        return
    within = iter(at)
    position, _, reaches = next(within)
    for found in PIECE.finditer(text, begins, ends):
        while reaches <= found.start():
            position, _, reaches = next(within)
        positions.append(position)
        words.append(found.span())
