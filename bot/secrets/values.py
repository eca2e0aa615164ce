"""Secrets come from the environment, or from files it names: NAME, or NAME_FILE for a file that holds it."""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.errors import BotError

MAX_BYTES = 64 * 1024
VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_given: set[str] = set()


class SecretError(BotError):
    """A secret that is named but can't be had."""


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret of this name, "" where there is none.

    Raises SecretError where it is given twice or its file can't be read."""
    value, path = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if value and path:
        raise SecretError(f"{name} and {name}_FILE are both set; wanted one of them")
    found = _read(f"{name}_FILE", Path(path)) if path else value
    if found:
        _given.add(found)
    return found


def with_secrets(text: str, environment: Mapping[str, str], where: str) -> str:
    """A text of kefu.toml with each $NAME replaced. Raises SecretError for one that isn't set."""

    def value_of(match: re.Match[str]) -> str:
        value = secret(match[1], environment)
        if not value:
            raise SecretError(f"{where}: the environment variable {match[1]} is not set, nor {match[1]}_FILE")
        return value

    return VARIABLE.sub(value_of, text)


def given_secrets() -> frozenset[str]:
    """Those this process has read, so that they can be kept out of what it writes."""
    return frozenset(_given)


@cache  # once: some are asked for with each request
def _read(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8").strip()
    except OSError as error:
        raise SecretError(f"{name}: {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretError(f"{name}: {path} holds bytes that are no UTF-8 text") from error
    if not text or len(content) > MAX_BYTES:
        wanted = f"wanted 1 to {MAX_BYTES} bytes of text"
        raise SecretError(f"{name}: {path} is {'too large' if text else 'empty'}; {wanted}")
    return text
