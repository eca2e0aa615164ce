"""Numbers in words: "two hundred", "a couple of", "两百", "3.5万"."""

import re

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000}
_VALUES = {word: n for n, word in enumerate(_UNITS)} | {word: (n + 2) * 10 for n, word in enumerate(_TENS)}
_VAGUE = {"a": 1, "an": 1, "a couple of": 2, "a couple": 2, "couple of": 2, "couple": 2, "a few": 3, "few": 3}
_HAN_DIGITS = {han: n for n, han in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"亿": 100_000_000, "万": 10_000}

_word = "|".join(sorted([*_VALUES, *_SCALES], key=len, reverse=True))
# Patterns for use inside larger ones: a count in words, and one in Chinese numerals.
_small = "|".join(sorted(_VALUES, key=len, reverse=True))
WORDS = rf"(?:(?:half\s+)?(?:an?(?!\s+(?:{_small})\b)|{_word})(?:(?:\s+and)?[\s-]+(?:{_word}))*(?:\s+and\s+a\s+half)?)"
VAGUE = r"(?:a\s+couple(?:\s+of)?|couple(?:\s+of)?|a\s+few|few)"
HAN = "[零〇一二两三四五六七八九十百千万亿]+"
HAN_OR_DIGITS = rf"(?:\d[\d,]*(?:\.\d+)?[百千万亿]*|{HAN}(?:点{HAN})?|半)"
_POINTED = re.compile(rf"(?P<whole>{HAN})点(?P<digits>[零〇一二三四五六七八九]+)(?P<scale>[万亿]?)")
_MIXED = re.compile(r"(?P<digits>[\d,]*\d(?:\.\d+)?)(?P<scale>[百千万亿]+)")


def number_of(text: str) -> float | None:
    """The number that digits ("1,200", "39,50"), English words or Chinese numerals say; None if none."""
    text = " ".join(text.lower().split())
    if re.fullmatch(r"[\d.,]*\d[\d.,]*", text):
        return _from_digits(text)
    if text in _VAGUE:
        return float(_VAGUE[text])
    if not text.isascii():
        return _from_chinese(text)
    if text.startswith("half a"):
        doubled = number_of(text.removeprefix("half "))
        return None if doubled is None else doubled / 2
    if text.endswith(" and a half"):
        whole = number_of(text.removesuffix(" and a half"))
        return None if whole is None else whole + 0.5
    return _from_words([word for word in re.split(r"[\s-]+", text) if word != "and"])


def _from_chinese(text: str) -> float | None:
    """两百, 3.5万, 四点五, 半."""
    if text == "半":
        return 0.5
    if re.fullmatch(HAN, text):
        return _from_han(text)
    if pointed := _POINTED.fullmatch(text):
        digits = "".join(str(_HAN_DIGITS[digit]) for digit in pointed["digits"])
        n = _from_han(pointed["whole"]) + float(f"0.{digits}")
        return n * _HAN_MYRIADS.get(pointed["scale"], 1)
    if mixed := _MIXED.fullmatch(text):
        start = _from_digits(mixed["digits"])
        return None if start is None else start * _from_han(mixed["scale"])
    return None


def _from_digits(text: str) -> float | None:
    text = text.strip(".,")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})*,\d{1,2}|\d+,\d{1,2}", text):  # 1.200,50 as on the Continent
        text = text.replace(".", "").replace(",", ".")
    text = text.replace(",", "")
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None


def _from_words(words: list[str]) -> float | None:
    total, group = 0, 0
    for position, word in enumerate(words):
        if word in _VALUES:
            group += _VALUES[word]
        elif word in ("a", "an") and position == 0:
            group = 1
        elif word in _SCALES:
            group = max(group, 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, group = total + group, 0
        else:
            return None
    return float(total + group) if words else None


def _from_han(text: str) -> float:
    for myriad, n in _HAN_MYRIADS.items():
        if myriad in text:
            high, _, low = text.partition(myriad)
            ones = _HAN_DIGITS.get(low)  # 两万五 is 25,000
            rest = ones * n // 10 if ones else _from_han(low)
            return (_from_han(high) if high else 1.0) * n + rest
    total, digit, scale = 0, 0, 1
    for character in text:
        if character in _HAN_SCALES:
            scale = _HAN_SCALES[character]
            total += (digit or 1) * scale
            digit = 0
        else:
            scale = 1 if character in "零〇" else scale
            digit = digit * 10 + _HAN_DIGITS[character]
    # 两百五 is 250: a last digit stands one place below the scale before it, unless a zero says otherwise.
    return float(total + digit * (scale // 10 if scale > 10 else 1))
