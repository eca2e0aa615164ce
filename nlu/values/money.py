"""Money as customers write it: "£39", "39 quid", "CHF 45", "三十五块八毛"."""

import re
from collections.abc import Iterator
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_symbol, get_territory_currencies

from nlu.values.numerals import HAN_OR_DIGITS, WORDS, number_of
from nlu.values.patterns import any_of

# "$" and "dollars" are the desk's own currency where that is one of these.
DOLLARS = frozenset({"USD", "AUD", "CAD", "NZD", "SGD", "HKD"})

# Beside the names and signs of CLDR: what people say instead.
_SIGNS = {
    "£": "GBP", "€": "EUR", "$": "USD", "¥": "CNY", "￥": "CNY", "us$": "USD", "au$": "AUD", "c$": "CAD", "s$": "SGD",
    "₺": "TRY", "₽": "RUB", "฿": "THB", "zł": "PLN", "rs": "INR", "rs.": "INR",
}  # fmt: skip
_WORDS = {
    "pounds": "GBP", "pound": "GBP", "quid": "GBP", "sterling": "GBP", "dollars": "USD", "dollar": "USD",
    "bucks": "USD", "rmb": "CNY", "yuan": "CNY", "yen": "JPY", "francs": "CHF", "rupees": "INR", "zloty": "PLN",
    "zlotys": "PLN", "dirhams": "AED", "lira": "TRY", "rubles": "RUB", "roubles": "RUB", "kronor": "SEK", "baht": "THB",
}  # fmt: skip
_HAN_WORDS = {
    "块钱": "CNY", "块": "CNY", "元": "CNY", "元钱": "CNY", "人民币": "CNY", "元人民币": "CNY", "镑": "GBP", "欧": "EUR",
    "美金": "USD", "美刀": "USD", "刀": "USD", "港币": "HKD", "台币": "TWD", "日币": "JPY", "韩币": "KRW", "澳元": "AUD",
    "澳币": "AUD", "加元": "CAD", "加币": "CAD", "新币": "SGD", "新元": "SGD", "法郎": "CHF", "瑞郎": "CHF",
    "卢布": "RUB", "卢比": "INR",
}  # fmt: skip
_SLANG = {"fiver": 5, "tenner": 10}
_SCALES = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9,
           "百": 100, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}  # fmt: skip

_NUMBER = r"\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
_SCALE = rf"(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-z])"
_ENDS = r"\s*(?:$|[.,!?;)，。！？；])"
_HAN_COUNTED = "[个件双套盒箱瓶包袋张把只条台本杯份斤公克米天年月日号点人次]"
_CAN_HAVE_MONEY = re.compile(
    rf"\d|[一二两三四五六七八九十百千万半](?=\D)|fiver|tenner|\b{WORDS}\s", re.IGNORECASE
)
_RANGE_END = re.compile(rf"\s?[-–~]\s?(?P<high>{_NUMBER})(?![\w%/-])")


@cache
def _currencies() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Signs, English words and Chinese words -> ISO codes, of all that is tender somewhere."""
    codes = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory)
    }
    signs = {get_currency_symbol(code, "en").lower(): code for code in codes}
    words = {get_currency_name(code, n, "en").lower(): code for code in codes for n in (1, 2)}
    han = {get_currency_name(code, 2, "zh"): code for code in codes}
    return (
        {sign: code for sign, code in signs.items() if not sign.isalpha()} | _SIGNS,
        words | _WORDS,
        han | _HAN_WORDS,
    )


@cache
def _amount_pattern() -> re.Pattern[str]:
    signs, words, han = _currencies()
    codes = rf"(?<![a-z])(?:(?-i:(?=[A-Z]{{3}})(?:{any_of({*words.values()})}))|gbp|eur|usd|cny|rmb)(?![a-z])"
    letters = rf"(?<![a-z])(?:{any_of(sign for sign in signs if sign[0].isalpha())})"
    marks = rf"[{''.join(re.escape(sign) for sign in signs if len(sign) == 1)}]"
    unit = rf"(?:{any_of(words)}|(?-i:{any_of({*words.values()})})|gbp|eur|usd|cny|rmb)\b(?!\s+(?:of\s+weight|heavy))"
    minor = rf"\s+(?:and\s+)?(?:(?P<minor>\d\d|{WORDS})\s*(?:cents?|pence|p)\b|(?P<minor_alone>\d\d|{WORDS})(?={_ENDS}))"
    return re.compile(
        rf"(?P<minus>(?<!\w)[-−])?(?P<sign>{letters}|{marks}|{codes}|{any_of(name for name in han if len(name) > 1)})"
        rf"\s?(?P<minus_after>[-−])?(?P<signed>{_NUMBER})(?:\s?(?P<scale>{_SCALE}))?(?:元|块钱?)?"
        rf"|(?<![a-z\d_.,-])(?P<before>{_NUMBER})\s?(?P<sign_after>[€£$¥₹₽₺])(?!\d)"
        rf"|(?<![a-z\d_.,-])(?P<low>{_NUMBER})(?=\s?(?:[-–~]|to|or)\s?{_NUMBER}\s?(?P<low_unit>{unit}|[€£$]))"
        rf"|(?<=between )(?P<first>{_NUMBER})(?=\s+and\s+{_NUMBER}\s?(?P<first_unit>{unit}|[€£$]))"
        rf"|(?<![a-z\d_.,-])(?P<count>{_NUMBER}|{WORDS}|a\s+couple\s+of)(?:\s?(?P<count_scale>{_SCALE}))?(?:\s+odd\b)?(?:\s|-)?(?P<unit>{unit})(?:{minor})?"
        rf"|(?P<low_han>{HAN_OR_DIGITS})(?=[元块]?[-–~到至]{HAN_OR_DIGITS}(?P<low_han_unit>{any_of(han)}))"
        rf"|(?P<han>{HAN_OR_DIGITS})(?P<han_unit>{any_of(han)})"
        rf"(?:(?P<tenths>[\d一二两三四五六七八九])(?:[毛角]|(?<=块.)(?![\d.十百千万毛角])(?!{_HAN_COUNTED})))?"
        rf"|(?P<jiao>\d|[一二两三四五六七八九])(?:毛钱?|角)(?![落色度形])"
        rf"|(?P<ten_thousands>{HAN_OR_DIGITS}(?<=[万亿]))(?=\s*(?:$|[，。！？、；,.!?]|的|左右|以[上下内]))"
        rf"|(?<![a-z\d_.,-])(?P<cents>\d{{1,3}}|{WORDS})\s(?P<cent>cents?|pence|pennies)\b|(?<!\w)(?P<pence>\d{{1,3}})p\b"
        rf"|(?<![a-z\d_.,-])(?P<grand>\d{{1,3}}|{WORDS})(?:(?<=\d)\sgrand|(?<=grand))(?=\s+(?:in|of|on|for|back|to)\b|{_ENDS})"
        r"|\b(?:a\s+)?(?P<slang>fiver|tenner)\b",
        re.IGNORECASE,
    )


def find_amounts(text: str, currency: str) -> Iterator[tuple[int, int, str]]:
    """Sums of money with their offsets, "39.00 GBP"; of a range both ends. `currency` is the desk's own.

    Names and signs of currencies are those of CLDR, the Unicode locale data, and what people say instead."""
    if not _CAN_HAVE_MONEY.search(text):
        return
    for found in _amount_pattern().finditer(text):
        amount = _amount(found, currency)
        if amount is None:
            continue
        yield *found.span(), _written(*amount)
        if found["sign"] and (high := _RANGE_END.match(text, found.end())):
            n = number_of(high["high"])
            if n is not None and n > amount[0]:
                yield *high.span("high"), _written(n, amount[1])


def bare_amount(text: str, currency: str) -> str | None:
    """A number alone is a sum in the desk's own currency."""
    n = number_of(text)
    return None if n is None else _written(n, currency)


def _written(n: float, unit: str) -> str:
    return f"{n:.2f} {unit}"


def _amount(found: re.Match[str], currency: str) -> tuple[float, str] | None:
    if slang := found["slang"]:
        return _SLANG[slang.lower()], "GBP"
    if small := _small_change(found, currency):
        return small
    if grand := found["grand"] or found["ten_thousands"]:
        n = number_of(grand)
        is_counted = found["grand"] and grand.isdigit()
        return (
            None if n is None or (n == 1000 and found["grand"]) else (n * 1000 if is_counted else n, currency)
        )
    said = (
        found["signed"] or found["before"] or found["low"] or found["first"] or found["count"]
        or found["low_han"] or found["han"]
    )  # fmt: skip
    n = number_of(said) if said else None  # nothing is said by 720p, where the desk knows no pence
    if n is None:
        return None
    n *= (
        _SCALES[(found["scale"] or found["count_scale"] or "").lower()]
        if found["scale"] or found["count_scale"]
        else 1
    )
    if minor := found["minor"] or found["minor_alone"]:
        n += (number_of(minor) or 0) / 100
    if found["tenths"]:
        n += (number_of(found["tenths"]) or 0) / 10
    return -n if found["minus"] or found["minus_after"] else n, _unit(found, currency)


def _small_change(found: re.Match[str], currency: str) -> tuple[float, str] | None:
    """Cents of the desk's own currency, else of a dollar; pence; 角 and 毛, a tenth of a yuan."""
    if found["jiao"]:
        return (number_of(found["jiao"]) or 0) / 10, "CNY"
    if found["pence"]:
        return (int(found["pence"]) / 100, "GBP") if currency == "GBP" else None
    if found["cents"]:
        n = number_of(found["cents"])
        cents_of = currency if currency in DOLLARS or currency == "EUR" else "USD"
        return (
            None if n is None else (n / 100, cents_of if found["cent"].lower().startswith("cent") else "GBP")
        )
    return None


def _unit(found: re.Match[str], currency: str) -> str:
    signs, words, han = _currencies()
    name = (
        found["sign"] or found["sign_after"] or found["low_unit"] or found["first_unit"] or found["unit"]
        or found["low_han_unit"] or found["han_unit"]
    ).lower()  # fmt: skip
    unit = signs.get(name) or words.get(name) or han.get(name) or name.upper()
    if unit == "USD" and currency in DOLLARS and (name == "$" or name.startswith(("dollar", "buck"))):
        return currency
    if unit == "CNY" and currency == "JPY" and name in "¥￥":
        return currency
    return unit
