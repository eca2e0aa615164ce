"""Replies as templates: those that mean the same put together, and the most typical of each cluster."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from training.mining.proposal import ProposedSlot
from training.mining.replies import Exchange
from training.mining.sentences import joined, n_words, stands_alone
from training.mining.slots import Corpus, Filled, as_template, followed

Vectors = NDArray[np.float32]

MIN_ALIKE = 3  # replies nearly the same, to tell what varies
LEAST_COSINE = 0.5  # mean, of two replies of a cluster
ALIKE = 0.65  # of the words of two replies, to look at where they differ
OTHER = "value"
SHARED_WORDS = 0.15
ECHO_SHARE = 0.3
ECHO_COST = 0.04
MAX_CHARS = 600  # of a reply that can be an answer
LONG = 350
SHORT = 10  # words
MARK_COST = 0.12  # of closeness to the centre, so that a reply with fewer is taken


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reply as a template, sentence by sentence; `is_clear` where it is understood by itself."""

    exchange: Exchange
    parts: tuple[Filled, ...]
    is_clear: bool

    @property
    def text(self) -> str:
        return joined(part.text for part in self.parts)

    @property
    def n_marks(self) -> int:
        return sum(part.n_marks for part in self.parts)

    @property
    def slots(self) -> tuple[ProposedSlot, ...]:
        return tuple({slot.name: slot for part in self.parts for slot in part.slots}.values())


def candidate(exchange: Exchange, constant: frozenset[str], corpus: Corpus) -> Candidate | None:
    """A reply that holds for everybody; None where it tells of a deed, or depends on an answer of the customer."""
    uses = {said.use for said in exchange.reply}
    if exchange.asked or "statement" not in uses or "deed" in uses:
        return None
    use = {said.text: said.use for said in exchange.reply}
    kept = list(followed(use, lambda text: use[text] != "question"))
    parts = [(use[text], as_template(text, exchange.known, constant, corpus)) for text in kept]
    # Sympathy goes without its details: "I understand that you wait for $350."
    usable = tuple(part for said, part in parts if part and not (said == "sympathy" and part.is_filled))
    first = next((part.text for said, part in parts if said == "statement" and part), None)
    if first is None:
        return None
    made = Candidate(exchange, usable, stands_alone(first))
    return made if len(made.text) <= MAX_CHARS else None


def most_typical(members: Sequence[Candidate], vectors: Vectors) -> Candidate | None:
    """The clear member nearest to the centre. What counts against one: marks, words that its customer said and others
    didn't, to be very long or very short."""
    centre = vectors.mean(axis=0)
    centre /= max(1e-9, float(np.linalg.norm(centre)))
    usual = Counter(word for one in members for word in words_of(one.text))

    def worth(row: int) -> float:
        one = members[row]
        echoed = words_of(one.text) & words_of(one.exchange.known)
        n_echoed = sum(usual[word] < ECHO_SHARE * len(members) for word in echoed)
        odd = max(0, len(one.text) - LONG) / 1000 + max(0, SHORT - n_words(one.text)) / 50
        return float(vectors[row] @ centre) - MARK_COST * one.n_marks - ECHO_COST * n_echoed - odd

    clear = [row for row, one in enumerate(members) if one.is_clear]
    return members[max(clear, key=worth)] if clear else None


def share_words(best: Candidate, members: Sequence[Candidate]) -> bool:
    """Whether half of a cluster has words of its reply. An encoder of another language takes all sentences for alike."""
    said = words_of(best.text)
    enough = max(1, SHARED_WORDS * len(said))
    n_alike = sum(len(said & words_of(one.text)) >= enough for one in members if one is not best)
    return 2 * n_alike >= len(members) - 1


def words_of(text: str) -> set[str]:
    """The words of a text in small letters, short ones left out; Chinese by two characters in a row."""
    pairs = {met[1] for met in re.finditer(r"(?=([\u4e00-\u9fff]{2}))", text)}
    return pairs.union(re.findall(r"[a-zà-ɏͰ-ӿ]{4,}", text.lower()))


def with_variation(best: Candidate, members: Sequence[Candidate]) -> str:
    """The template with marks where the replies that are nearly the same have other words."""
    words = best.text.split(" ")
    varied: Counter[int] = Counter()
    n_alike = 0
    for other in members:
        matcher = SequenceMatcher(None, words, other.text.split(" "), autojunk=False)
        if other is best or other.text == best.text or matcher.ratio() < ALIKE:
            continue
        n_alike += 1
        varied.update(
            at
            for kind, start, end, _, _ in matcher.get_opcodes()
            if kind == "replace"
            for at in range(start, end)
        )
    if n_alike < MIN_ALIKE:
        return best.text
    shown: list[str] = []
    for at, word in enumerate(words):
        is_varied = varied[at] >= n_alike / 2 and "{" not in word and "}" not in word and "[[" not in word
        signs = word[len(word.rstrip(".,!?;:")) :]
        if not is_varied:
            shown.append(word)
        elif shown and shown[-1] == f"[[{OTHER}]]":
            shown[-1] += signs
        else:
            shown.append(f"[[{OTHER}]]{signs}")
    return " ".join(shown)


def clusters(vectors: Vectors) -> list[list[int]]:
    """Rows of unit length (n, width) by agglomerative clustering with average linkage, the largest cluster first."""
    if len(vectors) < 2:
        return [[row] for row in range(len(vectors))]
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - LEAST_COSINE
    )
    labels = model.fit_predict(vectors)
    members: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        members.setdefault(int(label), []).append(row)
    return sorted(members.values(), key=lambda rows: (-len(rows), rows[0]))
