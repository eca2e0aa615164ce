"""An update of the staff group becomes an event."""

from bot.channels.telegram.addressing import Me, command_in
from bot.channels.telegram.kinds import carried
from bot.channels.telegram.shapes import CallbackQuery, TelegramMessage
from bot.channels.telegram.staff.events import Commanded, Pressed, Wrote


def read_staff_message(message: TelegramMessage, me: Me, *, is_edit: bool) -> Wrote | Commanded | None:
    """What somebody wrote there, None for what is nothing to the desk: other bots, Telegram's own notes."""
    if message.sender is not None and message.sender.is_bot and message.sender_chat is None:
        return None
    # A supergroup without topics numbers replies as threads; those are no topics.
    thread_id = message.message_thread_id if message.is_topic_message else None
    user_id = message.sender.id if message.sender is not None and message.sender_chat is None else None
    if message.forum_topic_closed is not None:
        return Commanded(thread_id, user_id, message.message_id, "close")
    command = None if is_edit else command_in(message)
    if command is not None:
        if command.bot not in {"", me.username.lower()}:
            return None
        return Commanded(thread_id, user_id, message.message_id, command.name, command.argument)
    kind, _ = carried(message)
    if kind is None:
        return None
    text = message.text if message.text is not None else message.caption or ""
    return Wrote(thread_id, user_id, message.message_id, text, kind, message.quoted, is_edit)


def read_staff_press(press: CallbackQuery) -> Pressed | None:
    """A press under one of the bot's posts there."""
    message = press.message
    if message is None:
        return None
    thread_id = message.message_thread_id if message.is_topic_message else None
    return Pressed(thread_id, press.sender.id, message.message_id, press.data, message.reply_markup)
