"""What customers asked in vain, those that mean the same together: who asked, and what they are about."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import log

from bot.store.inbox.search import wording_of, words_of
from bot.store.insights.unanswered import Example

OUTSIDE = {"out_of_scope", "out_of_scope_twice"}  # reasons for which the guessed intent says nothing
N_WORDS = 3
MAX_NAME = 80  # characters
SHORTEST_WORD = 3  # letters
MAX_TEXTS = 8  # that a new answer begins with


@dataclass(frozen=True, slots=True)
class Cluster:
    """Messages that mean the same by wording, from the centre outwards, of each wording the newest first."""

    name: str
    intent: str
    wordings: tuple[tuple[Example, ...], ...]
    n_customers: int
    newest: datetime
    oldest: datetime

    @property
    def examples(self) -> tuple[Example, ...]:
        """Each wording once."""
        return tuple(one[0] for one in self.wordings)

    @property
    def ids(self) -> tuple[int, ...]:
        """Of all messages."""
        return tuple(one.message_id for wording in self.wordings for one in wording)

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def telling_ids(self) -> tuple[int, ...]:
        """Of the messages that a new answer begins with."""
        return tuple(one.message_id for one in self.examples[:MAX_TEXTS])


def by_wording(examples: Iterable[Example]) -> dict[int, list[Example]]:
    """Those that say the same, by the newest message of each."""
    alike: dict[str, list[Example]] = {}
    for one in examples:
        alike.setdefault(wording_of(one.text), []).append(one)
    return {group[0].message_id: group for group in alike.values()}


def clusters_of(wordings: Mapping[int, Sequence[Example]], grouped: Iterable[Sequence[int]]) -> list[Cluster]:
    """The clusters with most messages first; `grouped` are keys of `wordings`."""
    known = Counter(term for group in wordings.values() for term in set(_terms(group[0].text)))
    found = [_cluster([wordings[number] for number in rows], known, len(wordings)) for rows in grouped]
    return sorted(found, key=lambda one: (-one.n, -one.newest.timestamp()))


def _cluster(groups: Sequence[Sequence[Example]], known: Mapping[str, int], n_known: int) -> Cluster:
    everything = [one for group in groups for one in group]
    words = _telling_words([group[0].text for group in groups], known, n_known)
    intent = _guess(everything)
    return Cluster(
        name=intent or (" · ".join(words) if len(groups) > 1 else groups[0][0].text[:MAX_NAME]),
        intent=intent or "_".join(words),
        wordings=tuple(tuple(group) for group in groups),
        n_customers=len({one.customer_id for one in everything}),
        newest=max(one.at for one in everything),
        oldest=min(one.at for one in everything),
    )


def _guess(examples: Sequence[Example]) -> str:
    """What most of them were taken for, "" where there is no such intent."""
    taken = Counter(one.intent for one in examples if one.intent and one.reason not in OUTSIDE)
    [(intent, count)] = taken.most_common(1) or [("", 0)]
    return intent if 2 * count > len(examples) and intent not in OUTSIDE else ""


def _telling_words(texts: Sequence[str], known: Mapping[str, int], n_known: int) -> list[str]:
    """The words in many of these texts and in few of all, N_WORDS at most."""
    within = Counter(term for text in texts for term in set(_terms(text)))
    scores = {term: count * log(1 + n_known / known[term]) for term, count in within.items()}
    best = sorted(scores, key=lambda term: (-scores[term], -len(term), term))[: 2 * N_WORDS]
    return _joined(best, texts)[:N_WORDS]


def _joined(terms: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Chinese pairs that overlap as one word, where each text with the one has both: 礼品 and 品卡 are 礼品卡."""
    found: list[str] = []
    for term in terms:
        for place, other in enumerate(found):
            whole = _overlapped(other, term)
            if whole and _count(whole, texts) == _count(other, texts):
                found[place] = whole
                break
        else:
            found.append(term)
    return found


def _overlapped(one: str, other: str) -> str:
    """Two Chinese terms as one, "" where the end of neither begins the other."""
    if not (_is_han(one[0]) and _is_han(other[0])):
        return ""
    if one[-1] == other[0]:
        return one + other[1:]
    return other + one[1:] if other[-1] == one[0] else ""


def _count(term: str, texts: Sequence[str]) -> int:
    return sum(term in text for text in texts)


def _terms(text: str) -> list[str]:
    """Words of some length; of Chinese, which has no spaces, each two characters in a row."""
    words = words_of(text)
    pairs = [one + other for one, other in pairwise(words) if _is_han(one) and _is_han(other)]
    return [word for word in words if len(word) >= SHORTEST_WORD and not word.isdigit()] + pairs


def _is_han(word: str) -> bool:
    return len(word) == 1 and not word.isascii()
