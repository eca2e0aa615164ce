"""Between rows and values: texts any database takes, buttons, decisions."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from bot.messages import Button, Decision
from bot.store.records import LoggedEntity

FORGOTTEN = "forgotten:"  # begins the key of what belonged to a forgotten customer
NOT_STORABLE = str.maketrans({"\0": "\ufffd"} | {chr(code): "\ufffd" for code in range(0xD800, 0xE000)})


def storable(text: str) -> str:
    """The text with NUL and lone surrogates replaced one for one, so that offsets hold; databases refuse both."""
    return text if text.isascii() and "\0" not in text else text.translate(NOT_STORABLE)


def now() -> datetime:
    return datetime.now(UTC)


def button_rows(buttons: tuple[Button, ...]) -> list[dict[str, str]]:
    return [{"label": button.label, "payload": button.payload} for button in buttons]


def buttons_from(rows: list[dict[str, str]]) -> tuple[Button, ...]:
    return tuple(Button(row["label"], row["payload"]) for row in rows)


def entities_from(rows: list[dict[str, Any]]) -> tuple[LoggedEntity, ...]:
    return tuple(
        LoggedEntity(one["label"], one["start"], one["end"], one["text"], one["value"]) for one in rows
    )


def decision_from(row: Row[Any]) -> Decision:
    return Decision(
        kind=row.kind,
        reason=row.reason,
        intent=row.intent,
        prob=row.prob,
        answer_id=row.answer_id,
        slot=row.slot,
        choices=tuple(row.choices),
    )
