"""Personal data in a text gives way to placeholders such as <email>; what can be learned from stays."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from phonenumbers import Leniency, PhoneNumberMatcher

from training.checksums import find_cards, find_ibans
from training.turns import EntityLabel

# Entity types that say who somebody is or where; order numbers, products, dates and amounts are none.
PERSONAL = frozenset({
    "person", "name", "first_name", "last_name", "full_name", "person_name", "customer_name", "username",
    "email", "email_address", "phone", "phone_number", "address", "street", "street_address",
    "delivery_address", "postcode", "postal_code", "zipcode", "zip_code", "card", "card_number",
    "credit_card", "iban", "account_number", "bank_account", "ssn", "passport", "id_number", "password",
    "pin", "birthday", "date_of_birth", "ip_address",
})  # fmt: skip

EMAIL = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}"
)
# A number of a national plan, by its trunk prefix, whether handed out yet or not.
TRUNK_PHONE = re.compile(r"(?<![\w.,/-])\(?0[1-9](?:[ ().-]{0,2}[0-9]){8,9}(?![\w-]|[.,][0-9])")
# A + and as many digits as a number may have (ITU E.164), where other numbers follow closely.
PLUS_PHONE = re.compile(r"\+(?:[ ().-]{0,2}[0-9]){8,15}(?![0-9])")
# Numbers no numbering plan has, but that somebody says to be theirs; days and amounts are none.
SAID_PHONE = re.compile(
    r"(?:\b(?:(?:tele)?phone|tel|mobile|cell|call (?:me|us)|ring me|whatsapp)\b|电话|手机|号码)"
    r"(?:[\s:：.,#=是为]|\b(?:numbers?|no|nr|num|is|was|at|on|under|back)\b){0,6}"
    r"(?![0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}(?![0-9])|[0-9 ]+[.,][0-9]{2}(?![0-9]))"
    r"(?P<number>\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9]))",
    re.IGNORECASE,
)
FOUND = ("email", "iban", "card", "phone")  # what patterns find
# Words of alphabets are met whole, so that Al is not found in "also"; Chinese has no spaces to go by.
LETTER = "[0-9A-Za-zÀ-ɏͰ-ӿ]"
MIN_REPEATED = 2  # characters: a known value this long is looked for in the rest of the text, too

Span = tuple[int, int, str]  # start, end, label


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text with placeholders, and the entities where they stand now.

    A masked entity lies on its placeholder, without a value."""

    text: str
    entities: tuple[EntityLabel, ...]


def redact(
    text: str,
    known: Sequence[EntityLabel] = (),
    *,
    country: str = "US",
    also: Collection[str] = (),
) -> Redacted:
    """Mask e-mails, phones, payment cards (Luhn), IBANs (checksum), and what personal entities cover.

    `known`: entities of any type; those neither PERSONAL nor in `also` only move. `country`: whose
    phone numbers need no prefix. Redacting what came out, text and entities, changes nothing more."""
    personal = PERSONAL.union(also, (e.label for e in known if _usual(e.label) in PERSONAL))
    # Together, for what is known may be a piece of what patterns find: a name in an e-mail address.
    spans = [*_known_spans(text, known, personal), *_emails(text), *_ibans(text), *_cards(text)]
    masked, entities = _mask(text, spans, _apart(text, known), personal)
    # Something masked can bare something else: a phone number behind a card number.
    while spans := list(_found_spans(masked, entities, personal, country)):
        masked, entities = _mask(masked, spans, entities, personal)
    return Redacted(masked, tuple(_apart(masked, entities)))


def placeholder(label: str) -> str:
    return f"<{label}>"


def _usual(label: str) -> str:
    """A label as we would write it: customer_name for "Customer-Name"."""
    return re.sub("[ -]", "_", label.casefold())


def _apart(text: str, known: Iterable[EntityLabel]) -> list[EntityLabel]:
    """Entities by their place, those that overlap an earlier one left out."""
    kept: list[EntityLabel] = []
    for entity in sorted(known, key=lambda e: (e.start, -e.end)):
        if 0 <= entity.start < entity.end <= len(text) and (not kept or entity.start >= kept[-1].end):
            kept.append(entity)
    return kept


def _known_spans(text: str, known: Iterable[EntityLabel], personal: Collection[str]) -> Iterator[Span]:
    """Personal entities, and wherever else in the text the same words stand."""
    masks = {placeholder(label) for label in (*personal, *FOUND)}
    for entity in known:
        said = text[entity.start : entity.end]
        if entity.label not in personal or said in masks:
            continue
        yield entity.start, entity.end, entity.label
        for start, end in find_value(said, text):
            if text[max(0, start - 1) : end + 1] not in masks:
                yield start, end, entity.label


def find_value(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a value stands in a text as a word of its own, in whatever case; a single character isn't looked for."""
    if len(value.strip()) >= MIN_REPEATED:
        pattern = rf"(?<!{LETTER}){re.escape(value.strip())}(?!{LETTER})"
        for met in re.finditer(pattern, text, re.IGNORECASE):
            yield met.span()


def _found_spans(
    text: str, entities: Sequence[EntityLabel], personal: Collection[str], country: str
) -> Iterator[Span]:
    """What patterns find, in the order of how sure they are; only the first kind that finds anything."""
    finders: tuple[Callable[[], Iterable[Span]], ...] = (
        lambda: _emails(text),
        lambda: _ibans(text),
        lambda: _cards(text),
        lambda: _phones(text, [e for e in entities if e.label not in personal], country),
        lambda: ((met.start(), met.end(), "phone") for met in PLUS_PHONE.finditer(text)),
    )
    for find in finders:
        if found := list(find()):
            yield from found
            return


def _emails(text: str) -> Iterator[Span]:
    return ((met.start(), met.end(), "email") for met in EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    return ((start, end, "iban") for start, end in find_ibans(text))


def _cards(text: str) -> Iterator[Span]:
    return ((start, end, "card") for start, end in find_cards(text))


def _phones(text: str, kept: Sequence[EntityLabel], country: str) -> Iterator[Span]:
    """Valid numbers, possible ones with a +, and what is said to be a number.

    Entities of other types stay, for order numbers can look like phone numbers; what begins with a + is none."""
    found = [
        (match.start, match.end)
        for region, leniency in ((country, Leniency.VALID), ("ZZ", Leniency.POSSIBLE))
        for match in PhoneNumberMatcher(text, region, leniency=leniency)
    ]
    found += [met.span("number") for met in SAID_PHONE.finditer(text)]
    found += [met.span() for met in TRUNK_PHONE.finditer(text)]
    for begin, end in found:
        is_open = text.count("(", begin, end) > text.count(")", begin, end)
        start = begin + (is_open and text[begin] == "(")
        is_kept = any(entity.start < end and start < entity.end for entity in kept)
        if text[start] == "+" or not is_kept:
            yield start, end, "phone"


def _mask(
    text: str, spans: Iterable[Span], entities: Sequence[EntityLabel], personal: Collection[str]
) -> tuple[str, list[EntityLabel]]:
    """Put placeholders for spans and move the entities along."""
    regions = _joined(spans)
    pieces, moved, end = list[str](), list[tuple[int, int, int]](), 0
    length = 0
    for start, stop, label in regions:
        pieces += [text[end:start], placeholder(label)]
        length += start - end + len(placeholder(label))
        moved.append((start, stop, length))
        end = stop
    kept = [_moved(entity, regions, moved, personal) for entity in entities]
    return "".join(pieces) + text[end:], [entity for entity in kept if entity is not None]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap made one, with the label of the longest."""
    joined: list[Span] = []
    longest = 0
    for start, end, label in sorted(spans, key=lambda span: (span[0], -span[1])):
        if joined and start < joined[-1][1]:
            before = joined[-1]
            winner = label if end - start > longest else before[2]
            longest = max(longest, end - start)
            joined[-1] = (before[0], max(end, before[1]), winner)
        else:
            joined.append((start, end, label))
            longest = end - start
    return joined


def _moved(
    entity: EntityLabel,
    regions: Sequence[Span],
    moved: Sequence[tuple[int, int, int]],
    personal: Collection[str],
) -> EntityLabel | None:
    """The entity in the new text; None where a mask covers part of it.

    One that holds a whole mask stays around it; a personal one becomes its placeholder, of that type."""
    touched = [i for i, (start, end, _) in enumerate(regions) if entity.start < end and start < entity.end]
    shift = 0
    for _, stop, new_stop in moved:
        if stop <= entity.start:
            shift = new_stop - stop
    if not touched:
        return replace(entity, start=entity.start + shift, end=entity.end + shift)
    first, last = regions[touched[0]], regions[touched[-1]]
    if entity.label in personal:
        new_stop = moved[touched[0]][2]
        return EntityLabel(new_stop - len(placeholder(first[2])), new_stop, first[2])
    if first[0] < entity.start or entity.end < last[1]:
        return None
    new_stop = moved[touched[-1]][2] + entity.end - last[1]
    return EntityLabel(entity.start + shift, new_stop, entity.label)
