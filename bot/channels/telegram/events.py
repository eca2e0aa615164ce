"""What an update can be to the desk."""

from dataclasses import dataclass

from bot.channels.telegram.place import Place
from bot.channels.telegram.shapes import Keyboard
from bot.channels.telegram.staff.events import Commanded, Pressed, StaffEvent, Wrote
from bot.messages import Message


@dataclass(frozen=True, slots=True)
class Heard:
    """A customer wrote or pressed something."""

    message: Message


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup."""

    old: Place
    new: Place


@dataclass(frozen=True, slots=True)
class Blocked:
    """A customer doesn't want to hear from the bot."""

    place: Place


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us."""


Event = Heard | Moved | Blocked | Ignored | StaffEvent


@dataclass(frozen=True, slots=True)
class Query:
    """A press that Telegram wants acknowledged, and the keyboard to mark it on."""

    id: str
    data: str
    place: Place | None = None
    message_id: int = 0
    keyboard: Keyboard | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update that was read."""

    update_id: str
    event: Event
    query: Query | None = None

    @property
    def lane(self) -> str:
        """What has the same lane is handled in the order it came."""
        match self.event:
            case Heard(message):
                return message.conversation_key
            case Moved(old, _):
                return old.key
            case Blocked(place):
                return place.key
            case Ignored():
                return ""
            case Wrote() | Commanded() | Pressed():
                return f"staff:{self.event.thread_id}"
