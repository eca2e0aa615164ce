"""Addresses: what to type into a browser, and what others wrote as one."""

import re
from typing import TYPE_CHECKING

from yarl import URL

if TYPE_CHECKING:
    from bot.settings import Web

_PAGE = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_TO_POST_TO = re.compile(r"https?://[^\s/?#]+(/[^\s#]*)?")


def address(options: "Web", port: int) -> str:
    """Where the desk is reached, with a slash at the end."""
    if options.public_url:
        return options.public_url.rstrip("/") + "/"
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::", ""} else options.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_web_address(text: str, *, to_post_to: bool = False) -> bool:
    """Whether that is the address of a page, or one `to_post_to`, which may have a query."""
    if not (_TO_POST_TO if to_post_to else _PAGE).fullmatch(text):
        return False
    try:
        return bool(parse_address(text).host)
    except ValueError:
        return False


def parse_address(text: str, *, encoded: bool = False) -> URL:
    """What others wrote, as an address; `encoded`: with its quoting as it stands.

    Raises ValueError where it is none, also where yarl stumbles, as over "//a[]@"."""
    try:
        return URL(text, encoded=encoded)
    except IndexError as error:
        raise ValueError("brackets without an address in them") from error
