"""Known names in a text, in one pass of one regular expression, with typos in long words forgiven."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz.distance import OSA

from nlu.homophones import RUN, sounds

LONG = 6  # letters; shorter words are too near to each other for guessing
LONG_HAN = 3  # Chinese characters, of which one may be another that sounds the same
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = "a-z0-9\u00c0-\u024f"

Trie = dict[str, "Trie"]


class Gazetteer:
    """Names with the value each stands for; `find` gives the longest at each place, left to right."""

    def __init__(self, names: Mapping[str, tuple[str, str]]) -> None:
        """`names`: a name as people write it -> (label, value)."""
        self._values = {_key(name): found for name, found in names.items()}
        self._pattern = _compile(self._values)
        self._known = {word for name in self._values for word in _WORD.findall(name)}
        self._han = _one_left_out(name for name in self._values if RUN.fullmatch(name))
        self._han_lengths = sorted({len(key) for key in self._han})
        self._long: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= LONG and word.isascii():
                self._long.setdefault(word[0], []).append(word)

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """(start, end, label, value) for each name; offsets are those of `text`."""
        if self._pattern is None:
            return
        corrected, changes = self._correct(self._with_right_characters(text))
        for found in self._pattern.finditer(corrected):
            key = _key(found[0])
            meant = self._values.get(key) or self._values.get(key.removesuffix("s").removesuffix("'"))
            if meant:  # not so for odd letters that only case folding makes equal, such as the long s
                yield _original(found.start(), changes), _original(found.end(), changes), *meant

    def _with_right_characters(self, text: str) -> str:
        """The text with characters of Chinese names put right that only sound right."""
        if not self._han or RUN.search(text) is None:
            return text
        characters = list(text)
        for length in self._han_lengths:
            for run in RUN.finditer(text):
                for start in range(run.start(), run.end() - length + 1):
                    if name := self._meant_han(text[start : start + length]):
                        characters[start : start + length] = name
        return "".join(characters)

    def _meant_han(self, window: str) -> str | None:
        if window in self._values:
            return None
        for at, character in enumerate(window):
            for name in self._han.get(_without(window, at), ()):
                if sounds(name[at]) & sounds(character):
                    return name
        return None

    def _correct(self, text: str) -> tuple[str, list[tuple[int, int, int]]]:
        """The text with near misses of long words put right; (end in corrected, end in text, shift) for each."""
        parts, changes, done, length = [], [], 0, 0
        for word in _WORD.finditer(text):
            right = self._meant(word[0].lower())
            if right is None:
                continue
            parts += [text[done : word.start()], right]
            length += word.start() - done + len(right)
            done = word.end()
            changes.append((length - len(right), length, word.end()))
        return "".join([*parts, text[done:]]), changes

    def _meant(self, word: str) -> str | None:
        if len(word) < LONG - 1 or word in self._known or word.removesuffix("s") in self._known:
            return None
        for known in self._long.get(word[0], ()):
            allowed = 1 if len(known) < 9 else 2
            if (
                abs(len(known) - len(word)) <= allowed
                and OSA.distance(word, known, score_cutoff=allowed) <= allowed
            ):
                return known
        return None


def _one_left_out(names: Iterable[str]) -> dict[str, list[str]]:
    """The longer of these names by what is left of them without one character."""
    found: dict[str, list[str]] = {}
    for name in names:
        for at in range(len(name)) if len(name) >= LONG_HAN else ():
            found.setdefault(_without(name, at), []).append(name)
    return found


def _without(name: str, at: int) -> str:
    return f"{name[:at]} {name[at + 1 :]}"


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", " ", name.lower().replace("’", "'"))


def _original(offset: int, changes: list[tuple[int, int, int]]) -> int:
    """The offset in the text as it was, for one at a word's border in the corrected text."""
    moved = offset
    for start, end, end_before in changes:
        if offset <= start:
            break
        moved = end_before + max(0, offset - end)
    return moved


def _compile(names: Iterable[str]) -> re.Pattern[str] | None:
    trie: Trie = {}
    for name in names:
        node = trie
        for character in name:
            node = node.setdefault(character, {})
        node[""] = {}
    if not trie:
        return None
    # Chinese has no spaces: only Latin letters and digits make a border.
    return re.compile(rf"(?<![{_LATIN}])(?:{_branch(trie)})(?:'?s)?(?![{_LATIN}])", re.IGNORECASE)


def _branch(node: Trie) -> str:
    """A trie as nested groups, so that each character of the text is looked at about once."""
    alone = []
    while len(node) == 1 and "" not in node:  # a long name is no deep nesting
        ((char, node),) = node.items()
        alone.append(_character(char))
    branches = [_character(char) + _branch(child) for char, child in sorted(node.items()) if char]
    if branches:
        alone.append(f"(?:{'|'.join(branches)})" + "?" * ("" in node))
    return "".join(alone)


def _character(character: str) -> str:
    if character == " ":
        return r"[\s-]{1,3}"
    return "['’]" if character == "'" else re.escape(character)
