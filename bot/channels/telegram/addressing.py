"""Whom a message is for: in a group the bot answers only where it is meant."""

import re
from dataclasses import dataclass

from bot.channels.telegram.place import CHANNEL
from bot.channels.telegram.shapes import Entity, TelegramMessage
from bot.incoming.customer_commands import NAMES


@dataclass(frozen=True, slots=True)
class Me:
    """The bot, as Telegram knows it, and the channel that it is to the desk."""

    id: int
    username: str
    channel: str = CHANNEL


@dataclass(frozen=True, slots=True)
class Command:
    """ "/name@bot argument"; name and bot in lower case, bot "" where none is named."""

    name: str
    bot: str
    argument: str


def command_in(message: TelegramMessage) -> Command | None:
    """The command that a message begins with."""
    text = message.text or ""
    begins = any(entity.type == "bot_command" and entity.offset == 0 for entity in message.entities)
    if not begins or not text.startswith("/"):
        return None
    word, *rest = text[1:].split(maxsplit=1)
    name, _, bot = word.lower().partition("@")
    return Command(name, bot, rest[0].strip() if rest else "")


def is_addressed(message: TelegramMessage, me: Me) -> bool:
    """Whether a message in a group is meant for the bot: it answers or names it, or gives a command."""
    replied = message.reply_to_message
    if replied is not None and replied.sender is not None and replied.forum_topic_created is None:
        is_answer = replied.sender.id == me.id
    else:
        is_answer = False
    command = command_in(message)
    if command is not None and command.bot:
        return command.bot == me.username.lower()
    # A command of another name may be another bot's.
    is_command = command is not None and command.name in NAMES
    return is_answer or is_command or bool(_mentions(message, me))


def without_mentions(message: TelegramMessage, me: Me) -> str:
    """The text or caption without the bot's name, which is only the address."""
    text, _ = _words(message)
    spans = _mentions(message, me)
    if not spans:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in reversed(spans):
        units = units[: 2 * entity.offset] + units[2 * (entity.offset + entity.length) :]
    rest = units.decode("utf-16-le", "surrogatepass")
    return re.sub(" {2,}", " ", rest).strip(" \n,:;")


def _mentions(message: TelegramMessage, me: Me) -> list[Entity]:
    """Where the bot is named, in the order of the text."""
    text, entities = _words(message)
    units = text.encode("utf-16-le", "surrogatepass")
    found = []
    for entity in entities:
        named = units[2 * entity.offset : 2 * (entity.offset + entity.length)]
        is_named = named.decode("utf-16-le", "replace").lower() == f"@{me.username.lower()}"
        is_linked = entity.user is not None and entity.user.id == me.id
        if (entity.type == "mention" and is_named) or (entity.type == "text_mention" and is_linked):
            found.append(entity)
    return sorted(found, key=lambda entity: entity.offset)


def _words(message: TelegramMessage) -> tuple[str, tuple[Entity, ...]]:
    if message.text is not None:
        return message.text, message.entities
    return message.caption or "", message.caption_entities
