"""What the memory was taught: the corrections that stand, a page at a time, with who said so, when and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from bot.store.labels.given import Origin, correction_origin, origin_of_correction
from bot.store.labels.labels import stands
from bot.store.tables.labels import corrections
from bot.store.tables.log import messages

PAGE = 50


@dataclass(frozen=True, slots=True)
class Taught:
    """A correction that stands; `conversation_id` is where its message was said, None where it was typed by staff."""

    id: int
    text: str
    intent: str
    answer_id: str | None
    by: str
    at: datetime
    note: str
    origin: Origin
    conversation_id: int | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page of what was taught, the newest first; `n` are all that fit, `older` the id to go on from."""

    taught: tuple[Taught, ...]
    n: int
    older: int | None


def taught_since(
    connection: Connection, since: datetime | None, words: str, before: int | None = None, limit: int = PAGE
) -> Lesson:
    """Those given since then in which all the words stand, as text, intent, answer, name or note."""
    fits = [stands()]
    if since is not None:
        fits.append(corrections.c.at >= since)
    for word in words.split():
        like = f"%{_escaped(word)}%"
        named = ("text", "intent", "answer_id", "by", "note")
        fits.append(or_(*(corrections.c[name].ilike(like, escape="\\") for name in named)))
    n = connection.execute(select(func.count()).select_from(corrections).where(*fits)).scalar_one()
    query = (
        select(corrections, messages.c.conversation_id, *origin_of_correction())
        .outerjoin(messages, messages.c.id == corrections.c.message_id)
        .where(*fits)
        .order_by(corrections.c.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(corrections.c.id < before)
    rows = connection.execute(query).all()
    taught = tuple(
        Taught(
            id=row.id,
            text=row.text,
            intent=row.intent,
            answer_id=row.answer_id,
            by=row.by,
            at=row.at,
            note=row.note,
            origin=correction_origin(row),
            conversation_id=row.conversation_id,
            message_id=row.message_id,
        )
        for row in rows[:limit]
    )
    return Lesson(taught, n, taught[-1].id if len(rows) > limit else None)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
