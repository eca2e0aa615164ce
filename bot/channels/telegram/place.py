"""Where a conversation is held: a chat of one of our bots, or a topic of it."""

from dataclasses import dataclass

CHANNEL = "telegram"


def channel_of(bot: str) -> str:
    """The channel of a bot: a further one has its own, for what it numbers may be numbered so by another too."""
    return f"{CHANNEL}.{bot}" if bot else CHANNEL


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, and the topic in it where it has topics. Groups have negative ids."""

    chat_id: int
    thread_id: int | None = None
    channel: str = CHANNEL

    @classmethod
    def of(cls, key: str) -> "Place":
        """The place of a conversation_key."""
        channel, chat, *thread = key.split(":")
        return cls(int(chat), int(thread[0]) if thread else None, channel)

    @property
    def key(self) -> str:
        """The conversation_key."""
        thread = "" if self.thread_id is None else f":{self.thread_id}"
        return f"{self.channel}:{self.chat_id}{thread}"

    @property
    def is_group(self) -> bool:
        return self.chat_id < 0


@dataclass(frozen=True, slots=True)
class Posted:
    """A message in a chat, as an attachment names it: "telegram:-1005/77"."""

    chat_id: int
    message_id: int

    @classmethod
    def of(cls, attachment: str) -> "Posted":
        chat, number = attachment.removeprefix(f"{CHANNEL}:").split("/")
        return cls(int(chat), int(number))

    @property
    def attachment(self) -> str:
        return f"{CHANNEL}:{self.chat_id}/{self.message_id}"


def customer_key(user_id: int, channel: str = CHANNEL) -> str:
    """A person's key, the same in every chat of a bot."""
    return f"{channel}:{user_id}"
