"""Which language a message is in: by its script where that tells, else by a model, with caution on short texts."""

import re
from functools import lru_cache
from tempfile import gettempdir
from typing import Any

from nlu.errors import NluError

MIN_WORDS = 4  # of Latin script; shorter texts ("ok", "LW-48213 ?") say nothing about a language
# How many times likelier another language must be. Of 3,080 short English questions (BANKING77) none
# reaches 6; ten everyday sentences in other languages all pass 180.
MIN_ODDS = 20

# Checked in this order: Japanese is written with Han characters too.
SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
# Scripts of several languages: the model chooses among these, the first where it cannot.
SHARED_SCRIPTS = (
    (re.compile(r"[\u0400-\u04ff]"), ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn")),
    (re.compile(r"[\u0600-\u06ff]"), ("ar", "fa", "ur", "ps", "ug")),
)
NOT_PROSE = re.compile(r"\S*[\d@/_]\S*|[^\w\s']+")  # numbers, addresses, marks
LATIN = re.compile(r"[a-z\u00c0-\u024f]", re.IGNORECASE)


def detect_language(text: str, default: str = "en") -> str:
    """The ISO 639-1 code of the text's language; `default` where the text says too little.

    Raises NluError where the model can't be unpacked for want of room."""
    prose = NOT_PROSE.sub(" ", text)
    n_latin = len(LATIN.findall(prose))
    for code, script in SCRIPTS:
        # One foreign word in a Latin sentence does not change its language; Han says more a character.
        # Of the whole text: in "订单LW-1到哪了" nothing parts the number from the words.
        if len(script.findall(text)) * (3 if code in ("zh", "ja", "ko") else 1) > n_latin:
            return code
    for letters, codes in SHARED_SCRIPTS:
        if len(letters.findall(text)) > n_latin:
            probs = _probs(prose)
            return max(codes, key=lambda code: probs.get(code, 0.0))
    return _detect_latin(prose, default)


def _detect_latin(prose: str, default: str) -> str:
    n_words = len(prose.split())
    if n_words < MIN_WORDS:
        return default
    probs = _probs(prose.lower())
    found = max(probs, key=lambda code: probs[code])
    return found if probs[found] > MIN_ODDS * probs.get(default, 0.0) else default


def _probs(text: str) -> dict[str, float]:
    """Probabilities by ISO 639-1 code (the model's three-letter languages left out)."""
    return dict(_identifier().rank(text))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """The model takes half a second to read, so that happens when the first text needs it.

    Raises NluError where it can't be unpacked, which it is into a temporary file of 70 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:
        wanted = "wanted room for 70 MB for a moment, for the model of languages"
        raise NluError(f"{gettempdir()}: {wanted}: {error}") from error
    found.set_languages(code for code in found.labels if len(code) == 2)
    return found
