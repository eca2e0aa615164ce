"""The log of a serving process: lines for people, or JSON for machines, each with the update and conversation it is about."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from bot.secrets.masking import mask_output

LogFormat = Literal["text", "json"]

NOISY = (
    "httpx",
    "httpcore",
    "alembic",
    "telegram",
    "aiohttp.access",
    "faiss",
)  # some log addresses with tokens in them
_about: ContextVar[dict[str, str | int] | None] = ContextVar("about", default=None)


@contextmanager
def about(**fields: str | int) -> Iterator[dict[str, str | int]]:
    """What is logged within the block is about these; more may be put into what it yields. Numbers of ours and of the channel,
    never a customer's words or name."""
    found = {**(_about.get() or {}), **{name: value for name, value in fields.items() if value != ""}}
    token = _about.set(found)
    try:
        yield found
    finally:
        _about.reset(token)


def set_up_logging(*, quiet: bool, log_format: LogFormat = "text") -> None:
    """Log to stderr."""
    handler = logging.StreamHandler()
    handler.addFilter(_put_about)
    handler.setFormatter(_json() if log_format == "json" else _text())
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    mask_output()


def _put_about(record: logging.LogRecord) -> bool:
    for name, value in (_about.get() or {}).items():
        if not hasattr(record, name):
            setattr(record, name, value)
    return True


def _text() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")


def _json() -> logging.Formatter:
    return JsonFormatter(
        ["levelname", "name", "message"],
        timestamp=True,
        rename_fields={"levelname": "level", "name": "logger"},
    )
