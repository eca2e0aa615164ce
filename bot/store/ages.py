"""How long ago something was written, by clocks that may be set back."""

from datetime import timedelta

from sqlalchemy import ColumnElement, or_

from bot.store.values import now


def is_older(moment: "ColumnElement[object]", age: timedelta) -> ColumnElement[bool]:
    """Whether more time has passed since; also where it lies as far ahead, for then the clock was set back."""
    return or_(moment <= now() - age, moment > now() + age)
