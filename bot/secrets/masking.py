"""What a process writes about itself holds none of its secrets: lines of the log, and tracebacks."""

import logging
import re
import sys
import traceback
from types import TracebackType
from urllib.parse import quote, unquote

from bot.secrets.values import given_secrets

MASK = "***"
SHORTEST = 6  # a shorter one would be found in words that mean nothing
_PASSWORD = re.compile(r"://[^/@\s]*:([^/@\s]+)@")


class MaskedFormatter(logging.Formatter):
    """Another formatter, whose lines are masked."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return masked(self._inner.format(record))


def mask_output() -> None:
    """From now on, in this process."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(MaskedFormatter(handler.formatter or logging.Formatter()))
    sys.excepthook = _write_masked


def masked(text: str) -> str:
    """A text without the secrets that were read so far, whole or as they stand in addresses."""
    for secret in sorted(_spellings(), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _spellings() -> set[str]:
    found = {part for secret in given_secrets() for part in (secret, *_PASSWORD.findall(secret))}
    found |= {spelt for part in found for spelt in (quote(part, safe=""), unquote(part), repr(part)[1:-1])}
    return {part for part in found if len(part) >= SHORTEST}


def _write_masked(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))
