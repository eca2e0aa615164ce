"""What processes on one PostgreSQL tell each other: NOTIFY, written in the transaction that makes it true.

On SQLite one process serves, and nothing is told."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

Topic = Literal["conversation", "memory", "levels", "trial", "answers", "everything"]

CHANNEL = "kefu_news"
SENDER = "kefu_sender"  # the execution option with the name of the process
MAX_ABOUT = 2000  # characters; PostgreSQL takes 8000 bytes

_TELL = text("SELECT pg_notify(:channel, :payload)")


@dataclass(frozen=True, slots=True)
class News:
    """Something happened; `about` is the key of the conversation, "" where nobody knows in which or it is none."""

    topic: Topic
    about: str = ""
    is_own: bool = False  # this process did it


EVERYTHING = News("everything")  # may have happened: nobody listened for a while


def tell(connection: Connection, topic: Topic, about: str = "") -> None:
    """Let the other processes know, once this transaction is committed and only then."""
    sender = connection.get_execution_options().get(SENDER)
    if sender is not None:
        values = {"channel": CHANNEL, "payload": payload(str(sender), topic, about)}
        connection.execute(_TELL, values)


def payload(sender: str, topic: Topic, about: str = "") -> str:
    """As it is sent."""
    return f"{sender} {topic} {about if len(about) <= MAX_ABOUT else ''}"


def read(told: str, own: str) -> News:
    """As it was received; what another version of kefu tells may be anything."""
    sender, _, rest = told.partition(" ")
    topic, _, about = rest.partition(" ")
    match topic:
        case "conversation" | "memory" | "levels" | "trial" | "answers":
            return News(topic, about, is_own=sender == own)
    return EVERYTHING
