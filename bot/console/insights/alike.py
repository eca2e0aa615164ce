"""Texts of nearly the same wording put together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.store.insights.unanswered import Example

ALIKE = 85.0  # of 100, of the words in alphabetical order


@dataclass(frozen=True, slots=True)
class Group:
    """Examples that are alike; the newest speaks for them."""

    example: Example
    others: tuple[Example, ...]

    @property
    def n(self) -> int:
        return 1 + len(self.others)


def alike(examples: Sequence[Example]) -> list[Group]:
    """Each with the first it is like, the largest groups first."""
    words = [_words(example.text) for example in examples]
    scores = process.cdist(words, words, scorer=fuzz.ratio, score_cutoff=ALIKE)
    groups: dict[int, list[Example]] = {}
    for number, example in enumerate(examples):
        leader = next((one for one in groups if scores[one][number] >= ALIKE), None)
        if leader is None:
            groups[number] = []
        else:
            groups[leader].append(example)
    found = [Group(examples[leader], tuple(others)) for leader, others in groups.items()]
    return sorted(found, key=lambda group: -group.n)


def _words(text: str) -> str:
    """Numbers count as the same, and so does another order."""
    plain = re.sub(r"\d+", "0", text.casefold())
    return " ".join(sorted(re.findall(r"\w+", plain))) or plain.strip()
