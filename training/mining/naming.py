"""A name for each group out of what is said in it, and the texts that show best what it is about."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from training.mining.small_talk import VALUE, WORD, content_words

MAX_TEXTS = 400  # of a group that are read for its name
REACH = 4  # content words apart at most, for two to be a pair
MIN_SHARE = 0.12  # of a group's texts that say a pair of words, for it to be a name
PAIR = 2.2  # how much more a pair says than a word that is as common
N_TYPICAL = 12
DIVERSITY = 0.5  # of how much an example's nearness to those already taken counts against it
# Said with any request; they name none.
_ASKED = frozenset(
    re.findall(
        r"\S+",
        """
    want wants wanted wanna need needs needed like would'd i'd please know find please make made give given
    possible way able ask asking question questions issue problem problems info information details regarding
    wondering wonder looking trying keep keeps come comes came put put's thing things use using used
    started start because since while when where why which how whether there's theres isnt into over up out back
    called call calling real really actually currently recently already yet ever never always
    怎么 什么 为什 可以 多少 多久 如何 哪里 能不 没有 还没 我们 你们 一个 这个 那个 需要 想要 帮我 请问 是不 不是 不能 怎样 时候 么时
    someone person people anyone doing having being new my mine own don doesn won isn ain't until upon after before
    """,
    )
)
_HAN = re.compile("[\u3400-\u9fff]")
_HAN_RUN = re.compile("[\u3400-\u9fff]{2,}")
_ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ss", "ss"),
    ("s", ""),
)

Term = tuple[str, ...]


def name_groups(texts: Sequence[Sequence[str]]) -> list[str]:
    """A name in snake_case for each group of texts, such as cancel_order, no two the same.

    A pair of words that many of its texts say, and few of the others' (tf-idf over groups, as in c-TF-IDF, Grootendorst
    2022); one word where no pair stands out. Chinese is written in pinyin; a group without words is called intent_7."""
    spoken: Counter[str] = Counter()
    counts = [_terms(group[:MAX_TEXTS], spoken) for group in texts]
    sizes = [max(1, len(group[:MAX_TEXTS])) for group in texts]
    spread: dict[Term, float] = defaultdict(float)
    for found, size in zip(counts, sizes, strict=True):
        for term, count in found.items():
            spread[term] += count / size
    surface = _surfaces(spoken)
    taken: set[str] = set()
    names = []
    for number, (found, size) in enumerate(zip(counts, sizes, strict=True), 1):
        name = next(
            (name for name in _ranked(found, size, spread, len(texts), surface) if name not in taken),
            f"intent_{number}",
        )
        taken.add(name)
        names.append(name)
    return names


def typical(
    vectors: NDArray[np.floating], centre: NDArray[np.floating], *, count: int = N_TYPICAL
) -> list[int]:
    """The places of typical examples among unit vectors (n, width): near the centre, and not near each other.

    Maximal marginal relevance (Carbonell and Goldstein 1998), from the most typical on."""
    rows = np.asarray(vectors, np.float32)
    nearness = rows @ np.asarray(centre, np.float32)
    alike = np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    is_open = np.ones(len(rows), np.bool_)
    while len(chosen) < min(count, len(rows)):
        worth = np.where(is_open, nearness - DIVERSITY * alike, -np.inf)
        best = int(worth.argmax())
        chosen.append(best)
        is_open[best] = False
        alike = np.maximum(alike, rows @ rows[best])
    return chosen


def _terms(texts: Sequence[str], spoken: Counter[str]) -> Counter[Term]:
    """How many of the texts say each word and each pair of words in this order."""
    counts: Counter[Term] = Counter()
    for text in texts:
        words = list(_words(text))
        spoken.update(words)
        stems = [_stem(word) for word in words]
        said: set[Term] = {(stem,) for stem in stems}
        for start in range(len(stems)):
            following = stems[start + 1 : start + REACH]
            said.update((stems[start], other) for other in following if not _overlap(stems[start], other))
        counts.update(said)
    return counts


def _words(text: str) -> Iterator[str]:
    """Words that may be part of a name, in small letters; of Chinese each two characters in a row."""
    kept = VALUE.sub(" ", text)
    contents = set(content_words(kept))
    for run in _HAN_RUN.findall(kept):
        yield from (f"{one}{other}" for one, other in pairwise(run) if one in contents and other in contents)
    for word in WORD.findall(kept.casefold()):
        if word in contents and word not in _ASKED and len(word) > 2 and not _HAN.match(word):
            yield word.replace("’", "'").partition("'")[0]


def _overlap(one: str, other: str) -> bool:
    """Whether they are the same word, or two characters in a row and the next two."""
    return one == other or (_HAN.match(one) is not None and one[-1] == other[0])


def _stem(word: str) -> str:
    """The word without a plural's ending."""
    if len(word) > 3:
        for ending, instead in _ENDINGS:
            if word.endswith(ending):
                return word[: -len(ending)] + instead
    return word


def _surfaces(spoken: Counter[str]) -> dict[str, str]:
    """How each stem is usually said; the shorter of two as common."""
    found: dict[str, str] = {}
    for word, _ in sorted(spoken.items(), key=lambda item: (-item[1], len(item[0]), item[0])):
        found.setdefault(_stem(word), word)
    return found


def _ranked(
    counts: Counter[Term], size: int, spread: dict[Term, float], n_groups: int, surface: dict[str, str]
) -> Iterator[str]:
    """Names from the best on: pairs that stand out, then words, then words with a second one."""

    def worth(term: Term) -> float:
        share = counts[term] / size
        return share * math.log(1 + n_groups * share / spread[term])

    order = sorted(counts, key=lambda term: (-worth(term), term))
    words = [term for term in order if len(term) == 1][:8]
    pairs = [term for term in order if len(term) == 2 and counts[term] >= max(2, MIN_SHARE * size)][:8]
    for term in sorted([*pairs, *words], key=lambda term: -worth(term) * (1 if len(term) == 1 else PAIR)):
        if name := _written(term, surface):
            yield name
    for one, other in combinations(words, 2):
        if name := _written((*one, *other), surface):
            yield name


def _written(term: Term, surface: dict[str, str]) -> str:
    """The term as a name: Latin letters, digits and _; "" where nothing is left of it."""
    parts = []
    for stem in term:
        word = surface.get(stem, stem)
        if _HAN.search(word):
            from pypinyin import lazy_pinyin

            word = "".join(lazy_pinyin(word))
        plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
        parts.append(re.sub("[^a-z0-9]", "", plain))
    return "_".join(parts) if all(parts) and parts[0][0].isalpha() else ""
