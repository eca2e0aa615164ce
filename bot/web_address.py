"""What others wrote as an address on the web."""

import re

from yarl import URL

_PAGE = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_TO_POST_TO = re.compile(r"https?://[^\s/?#]+(/[^\s#]*)?")


def is_web_address(text: str, *, to_post_to: bool = False) -> bool:
    """Whether that is the address of a page, or one `to_post_to`, which may have a query."""
    if not (_TO_POST_TO if to_post_to else _PAGE).fullmatch(text):
        return False
    try:
        return bool(parse_address(text).host)
    except ValueError:
        return False


def parse_address(text: str, *, encoded: bool = False) -> URL:
    """It as an address; `encoded`: with its quoting as it stands.

    Raises ValueError where it is none, also where yarl stumbles, as over "//a[]@"."""
    try:
        return URL(text, encoded=encoded)
    except IndexError as error:
        raise ValueError("brackets without an address in them") from error
