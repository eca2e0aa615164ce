"""The signature, as docs/security.md tells others to check it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.outgoing.signing import signature_headers
from tests.markdown import DOCS, blocks

PAGE = DOCS / "security.md"
BODY = b'{"reason": "late"}'


@pytest.fixture
def is_from_kefu() -> Callable[..., bool]:
    """The function that the page shows."""
    shown: dict[str, Any] = {}
    exec(next(code for code in blocks(PAGE, "python") if "def is_from_kefu" in code), shown)  # noqa: S102
    found: Callable[..., bool] = shown["is_from_kefu"]
    return found


def test_the_worked_example_is_right() -> None:
    headers = signature_headers("example-key", "POST", "/orders/A-1042/cancel", BODY, 1764316800)
    assert headers["Kefu-Timestamp"] == "1764316800"
    assert headers["Kefu-Signature"] in {code.strip() for code in blocks(PAGE, "")}


def test_the_check_takes_what_is_sent_and_nothing_else(is_from_kefu: Callable[..., bool]) -> None:
    now = int(time.time())
    headers = signature_headers("k", "POST", "/orders/1?a=b", BODY, now)
    assert is_from_kefu("k", "POST", "/orders/1?a=b", headers, BODY)
    assert not is_from_kefu("other", "POST", "/orders/1?a=b", headers, BODY)
    assert not is_from_kefu("k", "DELETE", "/orders/1?a=b", headers, BODY)
    assert not is_from_kefu("k", "POST", "/orders/2?a=b", headers, BODY)
    assert not is_from_kefu("k", "POST", "/orders/1?a=b", headers, BODY + b" ")
    assert not is_from_kefu("k", "POST", "/orders/1?a=b", headers | {"Kefu-Timestamp": str(now + 1)}, BODY)
    assert not is_from_kefu("k", "POST", "/orders/1?a=b", {}, BODY)
    old = signature_headers("k", "POST", "/orders/1?a=b", BODY, now - 301)
    assert not is_from_kefu("k", "POST", "/orders/1?a=b", old, BODY)
