"""What happens in the staff group."""

from dataclasses import dataclass

from bot.channels.telegram.shapes import Keyboard
from bot.messages import MessageKind


@dataclass(frozen=True, slots=True)
class Wrote:
    """Something for the customer, or with // before it for colleagues. `user_id` is None where somebody writes in the
    group's name; `quotes` is the number of the post that is answered."""

    thread_id: int | None
    user_id: int | None
    post_id: int
    text: str
    kind: MessageKind = "text"
    quotes: int | None = None
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class Commanded:
    """ "/name argument" to the bot."""

    thread_id: int | None
    user_id: int | None
    post_id: int
    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under one of the bot's posts."""

    thread_id: int | None
    user_id: int
    post_id: int
    data: str
    keyboard: Keyboard | None


StaffEvent = Wrote | Commanded | Pressed
