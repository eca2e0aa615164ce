"""A long message is read sentence by sentence, and understood by those that the desk has to do with.

One vector of 300 words lies near nothing that anybody asks, and an encoder reads no more than MAX_TOKENS. So each
sentence is encoded alone, which finds the entities of all of them, and those that the intent head takes for in scope
are encoded once more together: the gist."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nlu.encoder import PIECE, Encoded, Encoder
from nlu.heads import LinearHead

OUT_OF_SCOPE = "out_of_scope"  # the intent of messages the desk isn't for
# Pieces, that is words, signs and Chinese characters, up to which a text is read whole; about 64 tokens.
WHOLE_PIECES = 56
# Fewer make no sentence: "Hi." goes with what follows.
MIN_PIECES = 4
# In a gist, about MAX_TOKENS.
MAX_PIECES = 110
# Log odds of being in scope from which a sentence is part of the gist. Chosen on BANKING77's training messages, among
# news and film reviews and as they are, with heads that had learned from others.
MIN_ODDS = 1.5
ENDS = ".!?;…"
HAN_ENDS = "。！？；"  # no space follows


def is_long(text: str) -> bool:
    """Whether a text is read by its sentences."""
    return len(text) > WHOLE_PIECES and len(PIECE.findall(text)) > WHOLE_PIECES


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end. One that doesn't end is cut after WHOLE_PIECES."""
    pieces = [piece.span() for piece in PIECE.finditer(text)]
    found: list[tuple[int, int]] = []
    n, first = 0, 0
    for (start, end), (following, _) in pairwise([*pieces, (len(text) + 2, 0)]):
        first = start if n == 0 else first
        n += 1
        is_sign = text[start] in HAN_ENDS or (text[start] in ENDS and following > end)
        is_end = is_sign or following > end + 1  # two blanks were a line, or two
        if n >= WHOLE_PIECES or (is_end and n >= MIN_PIECES):
            found.append((first, end))
            n = 0
        elif following > len(text):
            # Too short to stand alone, so it goes with the sentence before.
            found[-1:] = [(found[-1][0] if found else first, end)]
    return found


class GistReader:
    """Encodes messages of any length. Safe to share between threads."""

    def __init__(self, encoder: Encoder, head: LinearHead | None = None) -> None:
        """`head`: the intent head; without one that knows out of scope, a long text's gist is its beginning."""
        self._encoder = encoder
        self._head = head if head is not None and OUT_OF_SCOPE in head.labels else None

    def encode(self, text: str) -> Encoded:
        """Encode a text, a long one with its gist and its sentences."""
        return self._long(text) if is_long(text) else self._encoder.encode([text])[0]

    def _long(self, text: str) -> Encoded:
        places = sentences(text)
        found = self._encoder.encode([text[start:end] for start, end in places])
        kept = [found[i] for i in self._kept(found)]
        gist = kept[0] if len(kept) == 1 else self._encoder.encode([" ".join(one.text for one in kept)])[0]
        words = tuple(
            (begin + start, begin + end)
            for (begin, _), one in zip(places, found, strict=True)
            for start, end in one.words
        )
        return Encoded(
            gist.text,
            gist.vector,
            np.concatenate([one.word_states for one in found]),
            np.concatenate([one.cases for one in found]),
            words,
            gist,
            tuple(found),
        )

    def _kept(self, found: Sequence[Encoded]) -> list[int]:
        """Which sentences are the gist: of those in scope the surest, in the order of the text; at least one."""
        odds = self._odds(found)
        kept: list[int] = []
        room = MAX_PIECES
        for i in np.argsort(-odds, kind="stable").tolist():
            room -= len(PIECE.findall(found[i].text))
            if kept and (room < 0 or odds[i] < MIN_ODDS):
                break
            kept.append(i)
        return sorted(kept)

    def _odds(self, found: Sequence[Encoded]) -> NDArray[np.float32]:
        """Log odds that the head gives each sentence of being in scope, all alike without one: (sentences,)."""
        if self._head is None:
            return np.full(len(found), math.inf, np.float32)
        probs = self._head.probs(np.stack([one.vector for one in found]))
        outside = np.clip(probs[:, self._head.labels.index(OUT_OF_SCOPE)], 1e-6, 1 - 1e-6)
        odds: NDArray[np.float32] = np.log1p(-outside) - np.log(outside)
        return odds
