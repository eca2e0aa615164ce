"""The files a browser loads: read once, when the server starts."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `version` changes with its content."""

    body: bytes
    content_type: str
    version: str


def load_assets(folder: Path = STATIC) -> dict[str, Asset]:
    """The files of a folder by name."""
    return {path.name: _asset(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, content_type, hashlib.sha256(body).hexdigest()[:12])
