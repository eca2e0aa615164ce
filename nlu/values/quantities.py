"""How much and how many: "23 kg", "1.8米", "20%", "three mugs", "两双鞋" -> "23 kg", "1.8 m", "20 %", "3", "2"."""

import re
from collections.abc import Iterator
from functools import cache

from babel.units import format_unit

from nlu.values.numerals import HAN, HAN_OR_DIGITS, WORDS, number_of
from nlu.values.patterns import leftmost

# CLDR's name of a unit -> how it is written here; its other names are those of CLDR, the Unicode locale data.
_UNITS = {
    "mass-kilogram": "kg", "mass-gram": "g", "mass-pound": "lb", "mass-ounce": "oz", "mass-tonne": "t",
    "length-kilometer": "km", "length-meter": "m", "length-centimeter": "cm", "length-millimeter": "mm",
    "length-inch": "in", "length-foot": "ft", "length-yard": "yd", "length-mile": "mi", "volume-liter": "l",
    "volume-milliliter": "ml", "volume-centiliter": "cl", "area-square-meter": "m2", "area-square-foot": "ft2",
    "digital-gigabyte": "GB", "digital-megabyte": "MB", "digital-terabyte": "TB", "power-watt": "W",
    "power-kilowatt": "kW", "energy-kilowatt-hour": "kWh", "electric-volt": "V", "concentr-percent": "%",
    "temperature-celsius": "°C", "temperature-fahrenheit": "°F",
}  # fmt: skip
_SPOKEN = {
    "kilo": "kg", "kilos": "kg", "kgs": "kg", "lbs": "lb", "cms": "cm", "mtrs": "m", "ltr": "l", "ltrs": "l", "mls": "ml", "sq ft": "ft2", "litre": "l", "litres": "l", "mtr": "m", "sqm": "m2",
    "sq m": "m2", "square metre": "m2", "square metres": "m2", "metre": "m", "metres": "m", "centimetre": "cm",
    "centimetres": "cm", "millimetre": "mm", "millimetres": "mm", "kilometre": "km", "kilometres": "km",
    "millilitre": "ml", "millilitres": "ml", "gig": "GB", "gigs": "GB", "per cent": "%", "pounds of weight": "lb",
    "pounds heavy": "lb", "\"": "in", "千克": "kg", "公斤": "kg", "公里": "km", "公分": "cm", "平米": "m2", "平方": "m2",
    "寸": "in", "吨": "t", "℃": "°C", "兆": "MB",
}  # fmt: skip
_IN_HALF_KILOS = "斤"

_NUMBER = r"\d+(?:[.,]\d+)*"
_UNLESS_NUMBERED = r"(?<!order )(?<!flight )(?<!room )(?<!seat )(?<!gate )(?<!page )(?<!step )(?<!number )(?<!version )(?<!size )"
_SMALL = rf"(?<![\w£$€¥.,/:#-]){_UNLESS_NUMBERED}(?P<count>[1-9]\d{{,2}}|(?!an?\s){WORDS})"
_NO_NOUN = {
    "always", "arrives", "as", "bucks", "business", "cents", "class", "costs", "day", "days", "departs", "digit",
    "digits", "does", "dollars", "euros", "express", "grand", "has", "hour", "hours", "hr", "hrs", "is", "its",
    "leaves", "less", "minute", "minutes", "month", "months", "needs", "night", "nights", "pence", "percent",
    "perhaps", "plus", "point", "points", "pounds", "quid", "says", "degree", "degrees", "min", "mins", "second", "seconds", "star", "stars", "this",
    "time", "times", "us", "was", "week", "weeks", "year", "years", "yr", "yrs", "wk", "wks", "yes",
}  # fmt: skip
_NO_ADJECTIVE = _NO_NOUN | {
    "about", "after", "around", "before", "christmas", "during", "every", "here", "into", "just", "only", "over", "per",
    "since", "there", "under", "until", "very", "where", "while", "with", "without",
    "a", "am", "an", "and", "are", "at", "be", "been", "but", "by", "can", "could", "did", "do", "for", "from",
    "had", "have", "he", "her", "his", "i", "if", "in", "it", "my", "no", "not", "of", "on", "or", "our", "she",
    "should", "so", "than", "that", "the", "their", "they", "to", "too", "we", "were", "when", "which", "who",
    "will", "working", "would", "you", "your",
}  # fmt: skip
_PEOPLE = "children|people|men|women|kids"
_CLASSIFIERS = (
    "件|双|套|盒|箱|瓶|包|袋|张|把|只|条|台|本|杯|份|部|辆|支|罐|桶|副|枚|卷|捆|颗|粒|根|棵|朵|幅|顶|款|片|间"
)
_CAN_HAVE_QUANTITY = re.compile(rf"\d|dozen|\b{WORDS}[\s-]|half\s|[半{HAN[1:-2]}]", re.IGNORECASE)


@cache
def _unit_names() -> dict[str, str]:
    names = {}
    for unit, symbol in _UNITS.items():
        for locale in ("en", "en_GB", "zh"):
            for length in ("long", "short"):
                for n in (1, 2):
                    names[_name(format_unit(n, unit, length, locale=locale))] = symbol
    return {name: symbol for name, symbol in names.items() if name != "in"} | _SPOKEN


def _name(written: str) -> str:
    return re.sub(r"[\d\s]*(.*)", r"\1", written).lower().strip()


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    names = sorted(_unit_names(), key=len, reverse=True)
    latin = "|".join(
        re.escape(name) for name in names if name.isascii() and name[-1].isalpha() and len(name) > 1
    )
    long = "|".join(re.escape(name) for name in names if name.isascii() and name.isalpha() and len(name) > 3)
    other = "|".join(re.escape(name) for name in names if not (name.isascii() and name[-1].isalpha()))
    letter = r"(?-i:[mlLWV]|(?<!\b[345])g)(?!\s\d)"  # 5g is a network, and "73 g 0" a code
    start = r"(?<![a-z\d_£$€¥.,-])(?<!\d{4}\s)"
    patterns = (
        rf"{start}(?P<n>{_NUMBER})(?:[\s-]?(?P<unit>{latin}|{letter})(?![a-z])|\s?(?P<mark>{other})|(?P<inch>in\b))",
        rf"{start}(?:(?P<half>half\s+an?)|(?P<n>(?!an?\s){WORDS}))[\s-](?P<unit>{long})(?![a-z])",
        rf"\b(?P<n>an?)\s+(?P<unit>{long})\b(?=\s+of\b)",
        rf"(?<![a-z\d.,])(?P<n>{_NUMBER}|{HAN_OR_DIGITS})(?P<han_unit>{other}|{_IN_HALF_KILOS})(?P<and_half>半)?",
        rf"(?<![\d.,])(?P<n>\d+|{HAN})米(?P<tenths>[\d一二三四五六七八九])(?![\d.个十百])",
        rf"百分之(?P<percent>{_NUMBER}|{HAN_OR_DIGITS})",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<dozen>half\s+a\s+dozen|an?\s+dozen|(?:{WORDS}|\d+)\s+dozen)\b",
        r"\b(?:qty|quantity)(?:\s+(?:of|to|is))?[\s:]*(?P<count>\d{1,4})\b",
        r"(?<![\w.,])(?P<count>\d{1,3})\s?[x×](?=\s+[a-z])|(?<!\w)(?<!\d\s)[x×]\s?(?P<times>\d{1,3})(?![\w.,]|\s\w\b)",
        rf"{_SMALL.replace('count', 'many')}\s+of\s+(?:them|these|those)\b",
        r"(?<![\w£$€¥.,/:#-])(?P<count>\d{1,5})\s?(?:pcs|pc|pieces|units|pairs|items)\b",
        r"\ba\s+(?P<couple>couple)\s+of\s+(?:[a-z]+\s+)?(?P<noun>[a-z]+s)\b(?!['’]|\s+(?:ago|later))",
        rf"{_SMALL}\s+(?:pairs?|pieces?|box|pack|packs|packets?|bottles?|bags?|sets?)\b",
        rf"{_SMALL}\s+(?:(?P<adjective>[a-z]+)\s+)?(?P<noun>[a-z]+s|{_PEOPLE})\b(?!['’]|\s+(?:ago|later|off))",
        rf"(?<![\d第.,每这那哪另同上下前后])(?P<count>\d{{1,4}}|{HAN})(?:{_CLASSIFIERS})(?!钱|分|正经|龙|事|儿|年纪)",
        rf"(?<![\d第.,每这那哪另同上下前后])(?P<many>\d{{1,4}}|{HAN})[个位对名种](?![都也月])(?!小时|星期|礼拜|工作日|钟头|数|验证码|密码)",
    )
)


def find_quantities(text: str) -> Iterator[tuple[int, int, str]]:
    """Quantities with their offsets: a number and a unit, or the number of things alone, left to right."""
    if not _CAN_HAVE_QUANTITY.search(text):
        return
    measured = [
        (*found.span(), value)
        for pattern in _patterns()
        for found in pattern.finditer(text)
        if (value := _measure(found))
    ]
    counted = [
        (*found.span(), value)
        for pattern in _COUNTS
        for found in pattern.finditer(text)
        if (value := _count(found))
    ]
    yield from leftmost([*measured, *counted], lambda span: (span[0], span[1]))


def _measure(found: re.Match[str]) -> str | None:
    groups = found.groupdict()
    if percent := groups.get("percent"):
        return f"{_plain(number_of(percent))} %"
    if groups.get("tenths"):
        return f"{_plain((number_of(groups['n']) or 0) + (number_of(groups['tenths']) or 0) / 10)} m"
    n = 0.5 if groups.get("half") else number_of(groups["n"])
    name = (
        groups.get("unit") or groups.get("mark") or groups.get("inch") or groups.get("han_unit") or ""
    ).lower()
    if n is None:
        return None
    n += 0.5 if groups.get("and_half") else 0
    if name == _IN_HALF_KILOS:
        return f"{_plain(n / 2)} kg"
    return f"{_plain(n)} {'in' if name == 'in' else _unit_names()[' '.join(name.split())]}"


def _count(found: re.Match[str]) -> str | None:
    groups = found.groupdict()
    if dozen := groups.get("dozen"):
        number = dozen.lower().removesuffix("dozen").strip()
        n = 0.5 if number.startswith("half") else number_of(number)
        return None if n is None else _plain(12 * n)
    n = number_of(
        groups.get("count") or groups.get("times") or groups.get("many") or groups.get("couple") or ""
    )
    noun, adjective = (groups.get("noun") or "").lower(), (groups.get("adjective") or "").lower()
    if (
        not n
        or noun in _NO_NOUN
        or noun.endswith("ss")
        or adjective in _NO_ADJECTIVE
        or adjective in _unit_names()
    ):
        return None
    is_none = n == 1 and found.string[found.end() : found.end() + 1] in ("都", "也")  # 一件都没收到
    if is_none or (n < 2 and (noun or groups.get("many"))):
        return None
    return _plain(n)


def _plain(n: float | None) -> str:
    return f"{n or 0:.6f}".rstrip("0").rstrip(".")
