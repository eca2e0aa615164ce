"""Cleaning a message for the encoder, character for character, so that offsets stay those of the original."""

import re

MAX_CHARS = 4096

# Controls, invisible marks and line breaks of every kind; each becomes one space.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff]"
)


# Letters, digits and the signs of numbers in the width of Chinese characters, as phones in China write them.
WIDE = {
    0xFEE0 + ord(sign): sign for sign in map(chr, range(0x21, 0x7F)) if sign.isalnum() or sign in "#%+-./:@_"
}


def narrow(text: str) -> str:
    """Full-width letters, digits and signs of numbers as plain ones, character for character."""
    return text if text.isascii() else text.translate(WIDE)


def clean(text: str, *, max_chars: int = MAX_CHARS) -> str:
    """The text as the encoder sees it: `clean(text)[i]` stands for `text[i]`.

    Nothing is composed, lower-cased or trimmed here (a tokenizer does that and keeps its own offsets);
    unseen characters become one space each, and what lies beyond max_chars is cut off."""
    return UNSEEN.sub(" ", text[:max_chars])
