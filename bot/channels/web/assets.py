"""The files a browser loads: read once, when the server starts."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

# Spelled out: what a system's own table says of .js differs, and browsers insist.
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `version` changes with its content."""

    body: bytes
    content_type: str
    version: str


def load_assets(folder: Path = STATIC) -> dict[str, Asset]:
    """The files of a folder by name."""
    return {path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])
