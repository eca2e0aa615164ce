"""Pages that stand by themselves: one HTML file with its style, script and pictures."""

import base64
import dataclasses
import hashlib
import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
SHOWN_CHARACTERS = 400
NO_VALUE = "–"


def render_page(template: str, **values: Any) -> str:
    """A page that needs nothing from outside; whatever was written by people is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "figure": figure, "shorten": shorten}
    script = (TEMPLATES / "report.js").read_text("utf-8")
    return environment.get_template(template).render(
        script=Markup(script),  # noqa: S704 - a file of ours
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 - a file of ours
        **values,
    )


def percent(share: float | None, digits: int = 1) -> str:
    """A share 0..1 in percent."""
    return NO_VALUE if share is None else f"{share:.{digits}%}"


def figure(value: float | None, digits: int = 3) -> str:
    """A number with a fixed number of digits."""
    return NO_VALUE if value is None else f"{value:.{digits}f}"


def shorten(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} …"


def to_json(content: Any) -> str:
    """A dataclass as one JSON object, a line for each of its fields; what isn't finite is null."""
    fields: dict[str, Any] = _plain(dataclasses.asdict(content))
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in fields.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
