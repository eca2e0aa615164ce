"""How content customers say they were."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.store.tables.log import ratings

SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Ratings:
    """So many were asked, and so many gave each score, from 1 to 5."""

    asked: int
    scores: tuple[int, ...]

    @property
    def answered(self) -> int:
        return sum(self.scores)

    @property
    def mean(self) -> float | None:
        """None where nobody answered."""
        weighed = sum(score * n for score, n in zip(SCORES, self.scores, strict=True))
        return weighed / self.answered if self.answered else None

    @property
    def answered_share(self) -> float | None:
        return self.answered / self.asked if self.asked else None


def ratings_between(connection: Connection, begin: datetime, end: datetime) -> Ratings:
    """Those asked for in this time, whenever they were answered."""
    query = (
        select(ratings.c.score, func.count().label("n"))
        .where(ratings.c.asked_at >= begin, ratings.c.asked_at < end)
        .group_by(ratings.c.score)
    )
    counts: dict[int | None, int] = {row.score: row.n for row in connection.execute(query)}
    return Ratings(sum(counts.values()), tuple(counts.get(score, 0) for score in SCORES))
