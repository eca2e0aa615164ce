"""Entity types found in dialogues: numbers of one form, kinds kefu reads by itself, names of products."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nlu.rules import EntityRules
from nlu.values.kinds import find_values
from training.mining.proposal import ProposedEntity
from training.mining.slots import NUMBERED
from training.turns import Dialogue

# Letters, maybe a sign, then digits: LW-70112. The digits may only differ in number by DIGITS_APART.
NUMBER = re.compile(
    r"(?<![\w@/.,:#-])(?P<letters>[A-Za-z]{1,4})(?P<sign>[-–#_ ]?)(?P<digits>\d{3,12})(?![\w@/-])"
)
BARE = re.compile(r"(?<![\w@/.,:+£$€-])#?(?P<digits>\d{5,14})(?![\w@/.,:-]\w|\w)")
PHRASE = re.compile(
    r"\b(?P<article>the|my|your|a|an|our|this|that|these|those|two|some|another)\s+"
    r"(?P<name>[A-Z][\w’'-]{2,}(?:\s+[A-Z][\w’'-]+)*)(?P<noun>\s+[a-z]{3,12})?"
)
ANY_NAME = re.compile(r"(?<=[\w,;:]\s)[A-Z][\w’'-]{2,}(?:\s+[A-Z][\w’'-]+)*")
KINDS = ("date", "time", "amount", "email", "phone")
MIN_DIALOGUES = 5
MIN_KIND = 3
MAX_FOR_KINDS = 2000  # dialogues; to look for dates takes 10 ms each
MIN_NAMED = 0.3  # of a name's places have an article before
MAX_NAMES = 200
MAX_KEPT = 50_000  # names counted at once
NO_WORDS = frozenset({"am", "pm", "at", "on", "in", "of", "to", "for", "by", "is", "no", "nr", "the", "and", "or", "a", "i", "gb", "mb", "kg", "cm", "mm", "km", "ios", "ps", "hd", "usb", "top", "age", "over", "only", "last", "next", "than", "from", "with", "past", "till", "plus", "like", "just", "got", "was", "are", "has", "had", "all", "any", "may", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "sept", "june", "july", "rs", "eur", "usd", "gbp", "room", "zone", "area", "be", "it", "my", "me", "so", "up", "do", "we", "if", "as", "an", "via", "win", "v"})  # fmt: skip


@dataclass
class EntityCount:
    """Counts what is said, dialogue by dialogue."""

    country: str = "US"
    currency: str = "EUR"
    n_dialogues: int = 0
    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # letters -> values
    digits: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    signs: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    called: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    kinds: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)  # with an article before
    places: Counter[str] = field(default_factory=Counter)
    nouns: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, dialogue: Dialogue) -> None:
        """Take a dialogue into account; what a bot said isn't."""
        text = "\n".join(turn.text for turn in dialogue.turns if turn.speaker != "bot")
        for met in NUMBER.finditer(text):
            letters = met["letters"].upper()
            is_word = met["sign"] == " " and not met["letters"].isupper()  # "paid 48000"
            if letters.lower() not in NO_WORDS and not is_word:
                self._number(letters, met, text)
        for met in BARE.finditer(text):
            if NUMBERED.search(text[: met.start()]):
                self._number("", met, text)
        self.n_dialogues += 1
        now = datetime.now(UTC)
        for kind in KINDS if self.n_dialogues <= MAX_FOR_KINDS else ():
            self.kinds[kind] += any(find_values(kind, text, now, UTC, self.country, self.currency))
        for name in {met["name"] for met in PHRASE.finditer(text)}:
            self.names[name] += 1
        for met in PHRASE.finditer(text):
            self.nouns[met["name"]][(met["noun"] or "").strip()] += 1
        for name in {met[0] for met in ANY_NAME.finditer(text)}:
            self.places[name] += 1
        if len(self.places) > MAX_KEPT:
            self._forget_rare()

    def propose(self, known: EntityRules | None = None) -> tuple[ProposedEntity, ...]:
        """The types worth having that `known` rules don't have."""
        taken = set(known.labels if known else ())
        found = [*self._number_types(taken), *self._kind_types(taken), *self._products(taken)]
        return tuple(one for one in found if one.name not in taken)

    def _number(self, letters: str, met: re.Match[str], text: str) -> None:
        if len(self.numbers[letters]) < MAX_KEPT:
            self.numbers[letters].add(met["digits"])
        self.digits[letters][len(met["digits"])] += 1
        self.signs[letters][met["sign"] if letters else ""] += 1
        if before := NUMBERED.search(text[: met.start()]):
            self.called[letters][before[1].lower()] += 1

    def _forget_rare(self) -> None:
        for counts in (self.places, self.names):
            for name in [name for name, count in counts.items() if count == 1]:
                del counts[name]
                self.nouns.pop(name, None)

    def _number_types(self, taken: Collection[str]) -> Iterator[ProposedEntity]:
        by_name: dict[str, ProposedEntity] = {}
        for letters, values in sorted(self.numbers.items(), key=lambda one: -len(one[1])):
            if len(values) < MIN_DIALOGUES:
                continue
            name, pattern = self._name(letters), self._pattern(letters)
            before = by_name.get(name)
            patterns = (*(before.patterns if before else ()), pattern)
            n_seen = sum(self.digits[letters].values()) + (before.n_seen if before else 0)
            by_name[name] = ProposedEntity(name, "", patterns, (), n_seen)
        yield from by_name.values()

    def _name(self, letters: str) -> str:
        called = self.called[letters].most_common(1)
        if called:
            word = {"ref": "reference", "id": "case"}.get(called[0][0], called[0][0])
            return f"{word}_number"
        return f"{letters.lower()}_number"

    def _pattern(self, letters: str) -> str:
        counts = self.digits[letters]
        usual = [n for n, count in counts.items() if count >= 0.05 * sum(counts.values())]
        low, high = min(usual), max(usual)
        length = f"{{{low}}}" if low == high else f"{{{low},{high}}}"
        if letters:
            return rf"\b{letters}[-–# ]?\d{length}\b"
        words = "|".join(sorted(self.called[letters]))
        return rf"\b(?:{words})(?: number| no\.?| id)?(?: is)?[ :#]+(?P<span>\d{length})\b"

    def _kind_types(self, taken: Collection[str]) -> Iterator[ProposedEntity]:
        for kind in KINDS:
            if self.kinds[kind] >= MIN_KIND:
                yield ProposedEntity(kind, kind, n_seen=self.kinds[kind])

    def _products(self, taken: Collection[str]) -> Iterator[ProposedEntity]:
        names = [
            name
            for name, count in self.names.items()
            if count >= MIN_DIALOGUES and count >= MIN_NAMED * self.places[name] and not name.isupper()
        ]
        best = sorted(names, key=lambda name: (-self.names[name], name))[:MAX_NAMES]
        if best:
            whole = sorted({self._with_noun(name) for name in best}, key=str.lower)
            seen = sum(self.names[name] for name in best)
            yield ProposedEntity("product", names=tuple(_apart(whole)), n_seen=seen)

    def _with_noun(self, name: str) -> str:
        noun, count = self.nouns[name].most_common(1)[0]
        return f"{name} {noun}" if noun and count >= 0.6 * sum(self.nouns[name].values()) else name


def _apart(names: Iterable[str]) -> Iterator[str]:
    """Each name once, whatever its letter case."""
    met: set[str] = set()
    for name in names:
        if name.lower() not in met:
            met.add(name.lower())
            yield name
