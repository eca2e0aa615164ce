"""A template cut where its slots and marks are, so that a page can show them."""

import re
from collections.abc import Iterator
from typing import Literal

Part = Literal["text", "slot", "mark"]
INSERTED = re.compile(r"\{\{\s*(?P<slot>[^{}]{1,80}?)\s*\}\}|\[\[(?P<mark>[^\[\]]{1,60})\]\]")


def template_parts(text: str) -> Iterator[tuple[Part, str]]:
    """Its pieces in order; a slot without its braces, a mark without its brackets."""
    at = 0
    for met in INSERTED.finditer(text):
        if met.start() > at:
            yield "text", text[at : met.start()]
        yield ("slot", met["slot"]) if met["slot"] else ("mark", met["mark"])
        at = met.end()
    if text[at:]:
        yield "text", text[at:]
