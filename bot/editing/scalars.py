"""Texts as YAML writes them."""

import json
import re

# Read back as the same text wherever it stands, also between brackets.
_PLAIN = re.compile(r"[^\W\d_][\w ?!'’./-]*")
_OTHER_MEANING = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def quoted(text: str) -> str:
    """On one line, in double quotes."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)


def scalar(text: str, *, is_plain: bool = False) -> str:
    """In quotes, or without where they were left out before and aren't needed."""
    is_safe = is_plain and _PLAIN.fullmatch(text) and text.strip() == text
    return text if is_safe and text.lower() not in _OTHER_MEANING else quoted(text)


def list_item(text: str, indent: str) -> str:
    """A text of a list with its dash, several lines of it line by line."""
    if "\n" not in text or not text[0].strip() or not text.replace("\n", "").isprintable():
        return f"{indent}- {quoted(text)}\n"
    lines = "".join(f"{indent}  {line}".rstrip() + "\n" for line in text.split("\n"))
    return f"{indent}- |-\n{lines}"
