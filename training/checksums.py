"""Numbers that check themselves: payment cards and IBANs in a text."""

import re
from collections.abc import Iterator

DIGITS = re.compile(r"[0-9](?:[ \u00a0.-]{0,2}[0-9]){12,}")
GROUP = re.compile(r"[0-9]+")
CARD_LENGTHS = range(13, 20)
# Visa, Mastercard, American Express, Diners, JCB, Discover, Maestro, UnionPay, Mir
CARD_ISSUERS = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6[0-9]")

IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ \u00a0-]?[A-Za-z0-9])")
IBAN_GAP = frozenset(" \u00a0-")
# Characters of an IBAN by country (the SWIFT registry).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
    "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25,
    "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """Where card numbers stand: whole groups of digits, 13 to 19 in all, with a right check digit."""
    for met in DIGITS.finditer(text):
        groups = [(group.start(), group.end()) for group in GROUP.finditer(text, met.start(), met.end())]
        end = 0
        for i, (start, _) in enumerate(groups):
            if start >= end and (found := _card_end(text, groups[i:])):
                end = found
                yield start, end


def _card_end(text: str, groups: list[tuple[int, int]]) -> int:
    """The end of the longest card number that begins with the first group; 0 if none does."""
    digits, end = "", 0
    for start, stop in groups:
        digits += text[start:stop]
        if len(digits) > CARD_LENGTHS[-1]:
            break
        if len(digits) in CARD_LENGTHS and is_card(digits):
            end = stop
    return end


def is_card(digits: str) -> bool:
    """An issuer's prefix and the check digit (Luhn, ISO/IEC 7812)."""
    numbers = [int(digit) for digit in digits]
    doubled = [sum(divmod(2 * number, 10)) for number in numbers[-2::-2]]
    return CARD_ISSUERS.match(digits) is not None and (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Where IBANs stand, in groups or in one piece."""
    for met in IBAN_START.finditer(text):
        wanted = IBAN_LENGTHS.get(met.group()[:2].upper(), 0)
        plain, end = "", met.start()
        while len(plain) < wanted and end < len(text):
            if text[end].isascii() and text[end].isalnum():
                plain += text[end]
            elif text[end] not in IBAN_GAP:
                break
            end += 1
        if wanted and len(plain) == wanted and is_iban(plain):
            yield met.start(), end


def is_iban(plain: str) -> bool:
    """Checksum of ISO 13616: the number, its first four characters last, is 1 modulo 97."""
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1
