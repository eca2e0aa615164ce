"""Long replies in parts that Telegram takes."""

import re

MAX_UNITS = 4096  # UTF-16 code units of a message

# Where a text may be cut, best first: between paragraphs, lines, sentences, words.
_BORDERS = tuple(
    re.compile(border) for border in (r"\n\s*\n", r"\n", r"(?<=[.!?…])[\"'”’)]*\s|(?<=[。！？；])", r"\s")
)


def split(text: str, limit: int = MAX_UNITS) -> list[str]:
    """The text in parts of at most `limit` UTF-16 code units; [] where there is nothing but white space."""
    parts, rest = [], text.strip()
    while _n_units(rest) > limit:
        cut = _last_border(_start(rest, limit))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _n_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _start(text: str, limit: int) -> str:
    """The longest start of at most `limit` code units; no character is cut in two."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def _last_border(start: str) -> int:
    """The last good place to cut in the second half; the very end where there is none."""
    for border in _BORDERS:
        ends = [found.end() for found in border.finditer(start, len(start) // 2)]
        if ends:
            return ends[-1]
    return len(start)
