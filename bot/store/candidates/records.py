"""What the store gives back about releases on trial, as plain values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.messages import DecisionKind

TrialKind = Literal["shadow", "canary"]
TrialOutcome = Literal["promoted", "refused", "ended", "superseded", "unusable"]
Z = 1.96  # 95 %


@dataclass(frozen=True, slots=True)
class Trial:
    """A release on trial beside another. `share` is that of the conversations it answers, None for a shadow; `by` who began
    it, "" for the command line; `dropped` counts messages it didn't get to see under load."""

    id: int
    kind: TrialKind
    release: str
    beside: str
    share: float | None
    started_at: datetime
    by: str
    dropped: int
    after_message_id: int
    last_message_id: int | None
    ended_at: datetime | None
    outcome: TrialOutcome | None
    reason: str


@dataclass(frozen=True, slots=True)
class ShadowDecision:
    """What a shadow would have done about a message; `confidence` is None where no words were searched for."""

    message_id: int
    intent: str | None
    confidence: float | None
    kind: DecisionKind
    reason: str
    answer_id: str | None
    agrees: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of`."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.count / self.of, self.of
        middle = p + Z * Z / (2 * n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        scale = 1 + Z * Z / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `n` values with its 95 % interval (normal approximation); None where there are too few."""

    n: int
    mean: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class ShadowCounts:
    """What a shadow would have done, beside what was done, over the messages that both decided on.

    `only_live` were answered by the serving release alone, `only_shadow` by the shadow alone; `by_intent` has the
    agreement by the intent that the serving release met."""

    messages: int = 0
    agreed: int = 0
    live_answered: int = 0
    shadow_answered: int = 0
    only_live: int = 0
    only_shadow: int = 0
    live_handed_over: int = 0
    shadow_handed_over: int = 0
    by_intent: Mapping[str, Rate] = field(default_factory=dict)

    @property
    def agreement(self) -> Rate:
        return Rate(self.agreed, self.messages)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was, or would have been, done about a message."""

    kind: DecisionKind
    reason: str
    intent: str | None
    answer_id: str | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A message about which a shadow would have done something else; `text` is "" where the customer was forgotten."""

    message_id: int
    conversation_id: int
    at: datetime
    text: str
    live: Deed
    shadow: Deed


@dataclass(frozen=True, slots=True)
class ReleaseRates:
    """What one release did during a canary."""

    release: str
    messages: int
    answered: Rate
    asked: Rate
    handed_over: Rate
    not_helpful: Rate  # of the opinions given on its answers
    rating: Mean
