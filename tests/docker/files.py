"""What is in docker/, read."""

import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
MANIFESTS = sorted((DOCKER / "kubernetes").glob("*.yaml"))
BIN = Path(sys.executable).parent


def text(name: str) -> str:
    return (DOCKER / name).read_text("utf-8")


def documents(path: Path) -> list[Any]:
    """The YAML documents of a file."""
    return list(YAML(typ="safe").load_all(path.read_text("utf-8")))


def objects(kind: str) -> list[Any]:
    """The manifests of a kind."""
    return [found for path in MANIFESTS for found in documents(path) if found["kind"] == kind]


def compose() -> Any:
    [found] = documents(DOCKER / "compose.yaml")
    return found


def seconds(duration: str) -> float:
    """Of "40s", as Compose writes it."""
    found = re.fullmatch(r"(\d+)s", duration)
    assert found, duration
    return float(found[1])
