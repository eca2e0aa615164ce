"""What the store gives back of the staff group's topics, as plain values."""

from dataclasses import dataclass, replace

FORGOTTEN_TOPIC = "forgotten"  # the status of a topic whose customer is forgotten: it is to be deleted
FROM_TOPIC = "topic:"  # begins the external_id of what staff wrote in a topic; the post's number follows


@dataclass(frozen=True, slots=True)
class Cursors:
    """The newest message, note and change of hands, by id."""

    message_id: int = 0
    note_id: int = 0
    change_id: int = 0


@dataclass(frozen=True, slots=True)
class Topic:
    """A conversation's topic, and how much of the conversation stands there; see the table `topics`."""

    conversation_id: int
    chat_id: int
    thread_id: int | None = None
    title: str = ""
    subject: str = ""
    status: str = ""
    assignee_id: int | None = None
    message_id: int = 0
    note_id: int = 0
    change_id: int = 0

    def past(self, shown: Cursors) -> "Topic":
        """With what is `shown` behind it."""
        return replace(
            self,
            message_id=max(self.message_id, shown.message_id),
            note_id=max(self.note_id, shown.note_id),
            change_id=max(self.change_id, shown.change_id),
        )


@dataclass(frozen=True, slots=True)
class Post:
    """What the bot posted in a topic; `suggestions` are the texts it offers to send."""

    conversation_id: int
    chat_id: int
    post_id: int
    message_id: int | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Something staff wrote in a topic that can't reach the customer."""

    message_id: int
    post_id: int
    is_blocked: bool
