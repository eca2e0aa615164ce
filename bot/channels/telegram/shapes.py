"""As much of the Bot API's objects as the channel reads; what else they hold is passed over.

python-telegram-bot's own classes refuse an object of which they don't know a part, and with it the words in it."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An object of the Bot API."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Shape):
    """A person or a bot."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Chat(Shape):
    """A private chat, group, supergroup or channel."""

    id: int
    type: str = ""


class Entity(Shape):
    """A mention, command, ... in a text; offset and length count UTF-16 code units."""

    type: str
    offset: int = Field(ge=0)
    length: int = Field(ge=0)
    user: User | None = None


class KeyboardButton(Shape):
    """A button under a message."""

    text: str
    callback_data: str | None = None


class Keyboard(Shape):
    """The buttons under a message."""

    rows: tuple[tuple[KeyboardButton, ...], ...] = Field((), alias="inline_keyboard")


class Replied(Shape):
    """The message that another one answers."""

    message_id: int | None = None
    sender: User | None = Field(None, alias="from")
    forum_topic_created: Any = None  # what begins a topic is "answered" by all that is written in it


class TelegramMessage(Shape):
    """A message; its attachments are among `model_extra`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    message_id: int
    date: AwareDatetime
    edit_date: AwareDatetime | None = None
    chat: Chat
    sender: User | None = Field(None, alias="from")
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: Replied | None = None
    text: str | None = None
    caption: str | None = None
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    reply_markup: Keyboard | None = None
    forum_topic_closed: Any = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None

    @property
    def quoted(self) -> int | None:
        """The number of the message that this one answers, of the author's own choice."""
        replied = self.reply_to_message
        return None if replied is None or replied.forum_topic_created is not None else replied.message_id


class CallbackQuery(Shape):
    """A press of a button; `message` is the one it stands under."""

    id: str
    sender: User = Field(alias="from")
    message: TelegramMessage | None = None
    data: str = ""


class ChatMember(Shape):
    """What somebody is in a chat."""

    status: str


class ChatMemberUpdated(Shape):
    """The bot was added, removed, blocked or unblocked."""

    chat: Chat
    new_chat_member: ChatMember


class Update(Shape):
    """One thing that happened; of these at most one is set."""

    message: TelegramMessage | None = None
    edited_message: TelegramMessage | None = None
    callback_query: CallbackQuery | None = None
    my_chat_member: ChatMemberUpdated | None = None
