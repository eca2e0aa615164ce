"""Which browser it is, in a few words, so that staff can tell their sessions apart."""

import re

from aiohttp import web

from bot.console.console import Console

# The first that fits: browsers name the ones they descend from as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def client_label(console: Console, request: web.Request) -> str:
    """Browser, system and address: "Firefox, Linux, 192.0.2.7"."""
    agent = request.headers.get("User-Agent", "")
    known = [_first(agent, BROWSERS), _first(agent, SYSTEMS), _address(console.client_of(request))]
    return ", ".join(part for part in known if part)


def _first(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in agent), "")


def _address(network: str) -> str:
    return re.sub(r"/(32|128)$", "", network)
