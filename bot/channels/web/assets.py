"""The files a browser loads: read once, when the server starts."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

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


def give_asset(request: web.Request, assets: dict[str, Asset]) -> web.Response:
    """The file an address names by its last part, or that it is still the one the browser has.

    Raises HTTPNotFound."""
    asset = assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    headers = {"ETag": f'"{asset.version}"', "Cache-Control": "no-cache"}
    if any(tag.value == asset.version for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=asset.body, content_type=asset.content_type, headers=headers)


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])
