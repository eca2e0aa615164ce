"""The numbers of a training that a search may choose; all others are constants beside what they steer."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from training.errors import TrainingError

Speed = Literal["fast", "full"]


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """`tag_rate` is the learning rate of the fast training's tag head, `tag_decay` the share its weights lose in each
    step; the others are the full training's: the encoder's
    learning rate as a multiple of what is usual for what it learns, that of the heads, and how much the contrastive
    loss counts beside the others."""

    tag_rate: float = 0.02
    tag_decay: float = 0.0
    encoder_rate_scale: float = 1.0
    head_rate: float = 5e-4
    contrast: float = 1.0


@dataclass(frozen=True, slots=True)
class Range:
    """Where a number is looked for, both ends included; on a logarithmic scale, or where `is_log` is False evenly."""

    low: float
    high: float
    is_log: bool = True


DEFAULTS = Hyperparameters()

# What each training's search varies, and within which bounds.
SEARCHED: Mapping[Speed, Mapping[str, Range]] = {
    "fast": {"tag_rate": Range(0.002, 0.1), "tag_decay": Range(0.0, 0.03, is_log=False)},
    "full": {
        "encoder_rate_scale": Range(0.2, 6.0),
        "head_rate": Range(1e-4, 1e-2),
        "contrast": Range(0.1, 10.0),
    },
}


def as_hyperparameters(content: Any, place: str) -> Hyperparameters:
    """What a manifest has of them; those it lacks are as they are by default.

    Raises TrainingError where it isn't numbers by known names."""
    known = [field.name for field in dataclasses.fields(Hyperparameters)]
    if not isinstance(content, dict) or not content:
        raise TrainingError(f"{place}: has no hyperparameters; wanted some of {', '.join(known)}")
    for name, value in content.items():
        if name not in known:
            raise TrainingError(f"{place}: hyperparameter {name!r} is not among {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise TrainingError(f"{place}: hyperparameter {name} is {value!r}, wanted a number from 0 up")
    return Hyperparameters(**content)
