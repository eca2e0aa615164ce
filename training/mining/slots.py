"""What varies between replies: the customer's own values become slots, what only staff knew becomes a mark."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nlu.rules import EntityRules
from nlu.values.kinds import find_values
from retrieval.templates import CONTEXT_NAMES
from training.mining.lexicon import COMMON, Lexicon
from training.mining.proposal import ProposedSlot
from training.mining.replies import Exchange
from training.mining.sentences import joined, sentences, stands_alone
from training.mining.wording import question
from training.names import spoken
from training.redact import PERSONAL, redact

MARK = re.compile(r"\[\[([^\[\]{}\n]{1,60})\]\]")
# As masked before, here or by whoever made the transcripts: <email>, {{Order Number}}, [姓名x].
PLACEHOLDER = re.compile(
    r"<([a-z][a-z_]{1,30})>|\{\{\s*([^{}\n]{1,60}?)\s*\}\}|(?<!\[)\[([^\[\]\n]{1,40})\](?![(\[\]])"
)
JINJA = re.compile(r"\{[{%#]|[%#}]\}")
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'）)]*[^\s<>\"'）).,;:!?]")
CODE = re.compile(
    r"(?<![\w@#/.,-])#?(?:[A-Z]{1,6}[-–_ ]?\d{2,}[\dA-Z-]*|\d{5,}(?:[-/]\d+)*|(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,})(?![\w/-])"
)
NUMBERED = re.compile(
    r"\b(order|booking|reservation|reference|ref|tracking|flight|train|ticket|case|account|policy|confirmation|customer|invoice|claim|serial|model|card|postcode|id)\b"
    r"(?:\s+(?:number|no|nr|id|code|is|reference))*[\s.:#]*$",
    re.IGNORECASE,
)
DAY = re.compile(  # one that is another each week; from Monday to Friday is none
    r"^(?:on |this |next |last |by )*(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|tonight|yesterday)\b|今天|明天|后天|昨天|周|星期",
    re.IGNORECASE,
)
BUILT_IN = ("date", "time", "amount", "email", "phone")
FACTS = frozenset({"date", "time", "amount", "link", "quantity"})  # may hold for everybody


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a sentence of staff; `is_number` where it only says which order or case is meant, as patterns of
    entities.yaml find them."""

    start: int
    end: int
    text: str
    label: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Corpus:
    """What all replies are compared with. `rules` are the workspace's entities with those that are proposed."""

    rules: EntityRules
    lexicon: Lexicon = field(default_factory=Lexicon)
    country: str = "US"
    currency: str = "EUR"
    language: str = "en"

    def values(self, text: str) -> list[Value]:
        """The values of a sentence in order, none overlapping; the first kind that finds one keeps it."""
        taken: list[Value] = []
        for value in self._found(text):
            if all(value.end <= other.start or other.end <= value.start for other in taken):
                taken.append(value)
        return sorted(taken, key=lambda value: value.start)

    def is_fact(self, value: Value) -> bool:
        """Whether it may be the same for every customer; a weekday is another day each time."""
        kind = self.rules.kind_of(value.label)
        is_day = "date" in (value.label, kind) and DAY.search(value.text)
        is_name = not value.is_number and kind == "text" and value.label in self.rules.labels
        return not is_day and (value.label in FACTS or kind in FACTS or is_name)

    def _found(self, text: str) -> Iterator[Value]:
        for met in PLACEHOLDER.finditer(text):
            yield Value(*met.span(), met[0], spoken(met[1] or met[2] or met[3]) or "value")
        for met in LINK.finditer(text):
            yield Value(*met.span(), met[0], "link")
        for entity in self.rules.find(text):
            is_pattern = entity.source == "pattern" and self.rules.kind_of(entity.label) == "text"
            yield Value(entity.start, entity.end, entity.text, entity.label, is_pattern)
        now = datetime.now(UTC)
        for kind in BUILT_IN:
            for start, end, _ in find_values(kind, text, now, UTC, self.country, self.currency):
                yield Value(start, end, text[start:end], kind)
        for met in CODE.finditer(text):
            before = NUMBERED.search(text[: met.start()])
            yield Value(*met.span(), met[0], f"{before[1].lower()} number" if before else "number")
        for start, end in self.lexicon.names(text):
            yield Value(start, end, text[start:end], "name")


@dataclass(frozen=True, slots=True)
class Filled:
    """A sentence as a template, with the slots it needs."""

    text: str
    slots: tuple[ProposedSlot, ...] = ()

    @property
    def n_marks(self) -> int:
        return len(MARK.findall(self.text))

    @property
    def is_filled(self) -> bool:
        return bool(self.slots or self.n_marks)


def is_personal(label: str) -> bool:
    return label.replace(" ", "_") in PERSONAL


def constants(exchanges: Sequence[Exchange], corpus: Corpus) -> frozenset[str]:
    """Facts that staff told at least COMMON customers of a group, who hadn't said so: a fee, a link, an hour."""
    told: Counter[str] = Counter()
    for exchange in exchanges:
        found = {
            value.text.lower()
            for said in exchange.reply
            for value in corpus.values(masked(said.text, corpus))
            if corpus.is_fact(value) and not is_said(value, exchange.known)
        }
        told.update(found)
    return frozenset(text for text, count in told.items() if count >= COMMON)


def masked(text: str, corpus: Corpus) -> str:
    """A text with its personal data masked."""
    return redact(text, country=corpus.country).text


def as_template(sentence: str, known: str, constant: frozenset[str], corpus: Corpus) -> Filled | None:
    """A sentence with slots for the numbers the customer had said (`known`), marks for what else varies; None where it
    can't be a template."""
    text = masked(sentence, corpus)
    pieces, at, slots = list[str](), 0, dict[str, ProposedSlot]()
    for value in corpus.values(text):
        is_told = is_said(value, known)
        if value.text.lower() in constant and not is_told:
            continue
        pieces.append(text[at : value.start])
        at = value.end
        if value.label == "name" and _is_spoken_to(text, value):
            pieces[-1] = pieces[-1].rstrip(" ,，")
        elif is_told and value.is_number and not is_personal(value.label):
            slot = _slot(value.label, corpus)
            slots[slot.name] = slot
            pieces.append(f"\0 {slot.name} \1")
        else:
            pieces.append(f"[[{value.label.replace('_', ' ')}]]")
    pieces.append(text[at:])
    whole = "".join(pieces).strip()
    if JINJA.search(whole) or not MARK.sub("", whole).strip(" .,!?"):
        return None
    return Filled(whole.replace("\0", "{{").replace("\1", "}}"), tuple(slots.values()))


def without_marks(template: str) -> str:
    """What of a template can be said: the sentences without a mark, and without what only goes with such a sentence."""
    return joined(followed(sentences(template), lambda sentence: not MARK.search(sentence)))


def followed(parts: Iterable[str], is_kept: Callable[[str], bool]) -> Iterator[str]:
    """The sentences that are kept, but for those that depend on one before that isn't ("They can be reached ...")."""
    is_cut = False
    for part in parts:
        is_cut = not is_kept(part) or (is_cut and not stands_alone(part))
        if not is_cut:
            yield part


def _is_spoken_to(text: str, value: Value) -> bool:
    """Whether a name only says whom the sentence is for: "sorry to hear that, Ana.\""""
    after, before = text[value.end :], text[: value.start].rstrip()
    ends = not after.strip(" .,!?") or after[:1] in ",!" or (before.endswith(",") and after[:1] in ".!?,")
    return ends and (
        before.endswith((",", "，"))
        or (
            not after.strip(" .,!?")
            and not re.search(
                r"\b(?:to|at|in|from|of|the|by|with|via|for|on|and|is|or|as|your|our|a)$", before
            )
        )
    )


def is_said(value: Value, known: str) -> bool:
    """Whether the customer had said so."""
    return _plain(value.text) in _plain(known)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _slot(label: str, corpus: Corpus) -> ProposedSlot:
    name = re.sub(r"\W+", "_", label.lower()).strip("_")
    name = name if name[:1].isalpha() and name not in CONTEXT_NAMES else f"the_{name}"
    return ProposedSlot(name, label, question(label, corpus.language))


def for_encoder(said: Iterable[str], values: Mapping[str, Sequence[Value]]) -> str:
    """Sentences with the labels of their values in place of these, so that replies that differ in them are near."""
    parts = []
    for text in said:
        at, shown = 0, ""
        for value in values[text]:
            shown += text[at : value.start] + value.label.replace("_", " ")
            at = value.end
        parts.append(shown + text[at:])
    return " ".join(parts)
