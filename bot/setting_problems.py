"""What is wrong with kefu.toml, a line a problem: the key, the value met, the wanted form."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# Values that may hold a secret, by a word of their key or by a password in an address.
SECRET_KEY = re.compile(
    r"token|key|secret|password|passwd|auth|headers|webhook|body|^actions\.[^.]+\.url", re.IGNORECASE
)
WITH_PASSWORD = re.compile(r"://[^/\s]*@")


def setting_problems(path: Path, error: ValidationError, settings: type[BaseModel]) -> Iterator[str]:
    """A line for each; values that may be secret are not shown, unknown keys get the nearest known one."""
    for one in error.errors():
        key = ".".join(str(part) for part in one["loc"])
        yield f"{path}: {key}: met {_met(key, one)}; {one['msg']}{_suggestion(one['loc'], one['type'], settings)}"


def table_problems(path: Path, tables: Mapping[str, Any]) -> Iterator[str]:
    """What no single value is wrong by."""
    if "folder" in tables:
        yield f"{path}: folder: met {tables['folder']!r}; there is no such key, the file's place says it"
    telegram, web = tables.get("telegram", {}), tables.get("web", {})
    if isinstance(telegram, dict) and isinstance(web, dict) and telegram.get("webhook") is True:
        public_url = web.get("public_url", "")
        if isinstance(public_url, str) and not public_url.startswith("https://"):
            yield (
                f"{path}: telegram.webhook: met true, with a [web] public_url that does not begin with https://; "
                "wanted there the address that Telegram can post to"
            )


def _met(key: str, one: ErrorDetails) -> str:
    if one["type"] == "missing":
        return "nothing"
    value = one["input"]
    if SECRET_KEY.search(key) or isinstance(value, dict) or WITH_PASSWORD.search(str(value)):
        return f"a value of type {type(value).__name__}, not shown"
    return repr(value)


def _suggestion(loc: tuple[int | str, ...], kind: str, settings: type[BaseModel]) -> str:
    if kind != "extra_forbidden":
        return ""
    group: type[BaseModel] | None = settings
    for part in loc[:-1]:
        group = _below(group, part)
    known = list(group.model_fields) if group is not None else []
    near = get_close_matches(str(loc[-1]), known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _below(group: type[BaseModel] | None, part: int | str) -> type[BaseModel] | None:
    """The group under a key; for a table of groups, such as [actions.NAME], any name leads to the same."""
    if group is None or part not in group.model_fields:
        return group
    annotation = group.model_fields[str(part)].annotation
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
