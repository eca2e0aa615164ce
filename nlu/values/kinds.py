"""Entity texts become normal values: days as ISO dates, times as "15:00", money as "39.00 GBP", phones as E.164."""

import re
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any, Literal, get_args

from nlu.values.dates import MONTH_FIRST, find_dates, resolve_date
from nlu.values.money import bare_amount, find_amounts
from nlu.values.quantities import find_quantities
from nlu.values.times import find_times

Kind = Literal["date", "time", "amount", "quantity", "phone", "email", "postcode", "person", "text"]
KINDS: tuple[str, ...] = get_args(Kind)

# What dateparser is asked for where English and Chinese failed; each more makes it slower.
LANGUAGES = ["de", "fr", "es", "it", "nl", "pt", "pl", "sv", "tr", "ru", "uk", "ja", "ko", "ar"]
_FOREIGN = re.compile(r"[^\x00-\x7f]|[a-z]{4}", re.IGNORECASE)

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])", re.IGNORECASE
)
_PHONE_LIKE = re.compile(r"(?<![a-z\d£$€])\+?\(?\d(?:[\s().-]{0,2}\d){6,14}(?![a-z])", re.IGNORECASE)

_GB = r"(?:GIR\s?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRV-Y])\s{0,2}\d[ABD-HJLNP-UW-Z]{2})"
_EIRCODE = r"(?:[AC-FHKNPRTV-Y]\d[\dW]\s?(?=[A-Z]*\d)[0-9AC-FHKNPRTV-Y]{4})"
_POSTCODES = {
    "GB": rf"{_GB}|{_EIRCODE}",  # whoever delivers in Britain has customers in Ireland
    "IE": rf"{_EIRCODE}|{_GB}",
    "US": r"(?<=zip )\d{5}(?:-\d{4})?|(?<=zip code )\d{5}(?:-\d{4})?|(?<=[A-Z]{2} )\d{5}(?:-\d{4})?",
    "CA": r"[ABCEGHJ-NPRSTVXY]\d[A-Z]\s?\d[A-Z]\d",
    "NL": r"[1-9]\d{3}\s?[A-Z]{2}",
    "CN": r"(?<=邮编)\d{6}|(?<=邮编[:： ])\d{6}",
}


def normalise(
    kind: str, text: str, now: datetime, zone: tzinfo, country: str = "US", currency: str = "EUR"
) -> str:
    """The normal form of an entity's text; the text itself where it cannot be worked out.

    `now` is any aware time, dates are meant in `zone`; `country` reads 3/4, phones and postcodes,
    `currency` belongs to amounts without a sign."""
    text = " ".join(text.split())
    if kind == "date":
        day = date_value(text, now, zone, country)
        return day.isoformat() if day else text
    if kind == "amount":
        return _first(find_amounts(text, currency)) or bare_amount(text, currency) or text
    if kind == "time":
        return _first(find_times(text)) or text
    if kind == "quantity":
        return _first(find_quantities(text)) or text
    if kind == "phone":
        return _first(find_phones(text, country)) or text
    if kind == "email":
        return text.lower().removeprefix("mailto:")
    if kind == "postcode":
        return _postcode(text, country)
    if kind == "person":
        return text.title() if text.islower() or (text.isupper() and len(text) > 3) else text
    return text


def warm_up() -> None:
    """Have the tables of all languages made, a quarter of a second, so that no customer waits for them."""
    _parsed_elsewhere("no day in any of them", date(2026, 1, 1), "GB")


def date_value(text: str, now: datetime, zone: tzinfo, country: str) -> date | None:
    """The day an expression means: by our grammar, else by dateparser in LANGUAGES."""
    today = now.astimezone(zone).date()
    return resolve_date(text, today, country) or _parsed_elsewhere(text, today, country)


def _parsed_elsewhere(text: str, today: date, country: str) -> date | None:
    if not _FOREIGN.search(text):
        return None  # "31 feb" and "3pm" are no dates in any language
    import dateparser  # takes 0.1 s to import and twice that to use first, see `warm_up`

    settings = {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day),  # noqa: DTZ001
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "MDY" if country in MONTH_FIRST else "DMY",
    }
    found = dateparser.parse(text[:60], languages=LANGUAGES, settings=settings)
    return found.date() if found else None


def find_values(
    kind: str, text: str, now: datetime, zone: tzinfo, country: str, currency: str
) -> Iterator[tuple[int, int, str]]:
    """Spans of a built-in kind in a text, with their normal values; no kind but these finds anything."""
    if kind == "date":
        today = now.astimezone(zone).date()
        yield from ((start, end, day.isoformat()) for start, end, day in find_dates(text, today, country))
    elif kind == "amount":
        yield from find_amounts(text, currency)
    elif kind == "time":
        yield from find_times(text)
    elif kind == "quantity":
        yield from find_quantities(text)
    elif kind == "phone":
        yield from find_phones(text, country)
    elif kind == "email" and "@" in text:
        yield from ((*found.span(), found[0].lower()) for found in _EMAIL.finditer(text))
    elif kind == "postcode":
        yield from find_postcodes(text, country)


def find_phones(text: str, country: str) -> Iterator[tuple[int, int, str]]:
    """Phone numbers that are valid in their country -> E.164."""
    if not _PHONE_LIKE.search(text):
        return
    import phonenumbers  # only where something looks like a number

    for found in phonenumbers.PhoneNumberMatcher(text, country):
        yield (
            found.start,
            found.end,
            phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164),
        )


def find_postcodes(text: str, country: str) -> Iterator[tuple[int, int, str]]:
    """Postcodes of the desk's country, where they can be told from other numbers."""
    if country in _POSTCODES and any(map(str.isdigit, text)):
        for found in _postcode_pattern(country).finditer(text):
            yield *found.span(), _postcode(found[0], country)


def _postcode(text: str, country: str) -> str:
    joined = re.sub(r"\s+", "", text).upper()
    if country in ("GB", "IE"):
        if re.fullmatch(_GB, joined):
            return f"{joined[:-3]} {joined[-3:]}"
        if re.fullmatch(_EIRCODE, joined):
            return f"{joined[:3]} {joined[3:]}"
    if country == "CA" and len(joined) == 6:
        return f"{joined[:3]} {joined[3:]}"
    return text.upper()


def _postcode_pattern(country: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{_POSTCODES[country]})(?![A-Za-z0-9])", re.IGNORECASE)


def _first(found: Iterator[tuple[int, int, Any]]) -> str | None:
    span = next(found, None)
    return span[2] if span else None
