"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether the desk works with it: yes; yes, but somebody should look; no."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` says what was met, `remedy` what to do about it; "" where nothing is to be done."""

    level: Level
    text: str
    remedy: str = ""


def fine(text: str) -> Finding:
    return Finding(Level.FINE, text)


def warning(text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, text, remedy)


def fault(text: str, remedy: str) -> Finding:
    return Finding(Level.FAULT, text, remedy)
