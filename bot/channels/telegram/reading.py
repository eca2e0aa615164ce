"""An update, as Telegram sent it, becomes what the desk has to do about it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import ValidationError

from bot.channels.telegram.addressing import Me, command_in, is_addressed, without_mentions
from bot.channels.telegram.events import Blocked, Heard, Ignored, Incoming, Moved, Query
from bot.channels.telegram.keyboards import label_of, press_of
from bot.channels.telegram.kinds import carried
from bot.channels.telegram.place import Place, customer_key
from bot.channels.telegram.shapes import (
    CallbackQuery,
    ChatMemberUpdated,
    TelegramMessage,
    Update,
)
from bot.channels.telegram.staff.reading import read_staff_message, read_staff_press
from bot.messages import Message
from bot.store.records import StoredUpdate

logger = logging.getLogger(__name__)


def read_update(stored: StoredUpdate, me: Me, staff_group: int = 0) -> Incoming:
    """What an update asks for; one that can't be read is passed over, for it will never be readable.

    `staff_group` is the chat in which staff write, 0 where there is none."""
    try:
        update = Update.model_validate(stored.payload)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, found["loc"])) for found in error.errors())
        logger.warning("update %s can't be read (%s)", stored.update_id, fields)
        return Incoming(stored.update_id, Ignored())
    if staff_group and _chat_id(update) == staff_group:
        return _read_of_staff(update, stored.update_id, me)
    if update.callback_query is not None:
        return _read_press(update.callback_query, stored.update_id, me)
    if update.my_chat_member is not None:
        return Incoming(stored.update_id, _read_membership(update.my_chat_member, me))
    if update.edited_message is not None:
        return Incoming(stored.update_id, _read_edit(update.edited_message, stored.update_id, me))
    if update.message is not None:
        return Incoming(stored.update_id, _read_message(update.message, stored.update_id, me))
    return Incoming(stored.update_id, Ignored())


def _chat_id(update: Update) -> int | None:
    message = update.message or update.edited_message
    if update.callback_query is not None:
        message = update.callback_query.message
    return None if message is None else message.chat.id


def _read_of_staff(update: Update, update_id: str, me: Me) -> Incoming:
    """Something in the staff group; what it numbers is never a customer's."""
    if update.callback_query is not None:
        press = update.callback_query
        return Incoming(update_id, read_staff_press(press) or Ignored(), Query(press.id, press.data))
    message = update.message or update.edited_message
    assert message is not None  # noqa: S101 - the chat is known from it
    if message.migrate_to_chat_id is not None:
        logger.error(
            "the staff group became a supergroup: put its new id, %d, into [telegram] staff_group",
            message.migrate_to_chat_id,
        )
    is_edit = update.edited_message is not None
    return Incoming(update_id, read_staff_message(message, me, is_edit=is_edit) or Ignored())


def _read_message(message: TelegramMessage, update_id: str, me: Me) -> Heard | Moved | Ignored:
    here = message.chat.id
    if message.migrate_to_chat_id is not None:
        return Moved(_chat(here, me), _chat(message.migrate_to_chat_id, me))
    if message.migrate_from_chat_id is not None:
        return Moved(_chat(message.migrate_from_chat_id, me), _chat(here, me))
    kind, attachment = carried(message)
    if kind is None or not _is_for(me, message):
        return Ignored()
    said = replace(_said(message, update_id, me), kind=kind, attachment=attachment)
    command = command_in(message)
    if command is None:
        return Heard(replace(said, text=without_mentions(message, me)))
    if command.bot not in {"", me.username.lower()}:
        return Ignored()
    text = message.text or ""
    return Heard(replace(said, kind="command", text=text, command=command.name, argument=command.argument))


def _read_edit(message: TelegramMessage, update_id: str, me: Me) -> Heard | Ignored:
    text = without_mentions(message, me)
    # A place that is shared live is "edited" with every step.
    if not text or not _is_for(me, message):
        return Ignored()
    edited = replace(
        _said(message, update_id, me),
        external_id=f"{message.message_id}.{update_id}",
        received_at=message.edit_date or message.date,
        kind="edit",
        text=text,
        replaces=str(message.message_id),
    )
    return Heard(edited)


def _said(message: TelegramMessage, update_id: str, me: Me) -> Message:
    """What is the same for all that is said: where, by whom, when."""
    author = message.sender if message.sender_chat is None else None
    # In the name of a chat: a group's admins can hide behind it.
    author_id = author.id if author else (message.sender_chat or message.chat).id
    return Message(
        channel=me.channel,
        conversation_key=_place(message, me).key,
        customer_key=customer_key(author_id, me.channel),
        external_id=str(message.message_id),
        received_at=message.date,
        customer_name=author.name if author else "",
        language=author.language_code if author else "",
        update_id=update_id,
        quotes="" if message.quoted is None else str(message.quoted),
    )


def _read_press(press: CallbackQuery, update_id: str, me: Me) -> Incoming:
    message = press.message
    if message is None:  # under a message sent through the bot to a chat it is not in
        return Incoming(update_id, Ignored(), Query(press.id, press.data))
    place, keyboard = _place(message, me), message.reply_markup
    heard = Heard(
        Message(
            channel=me.channel,
            conversation_key=place.key,
            customer_key=customer_key(press.sender.id, me.channel),
            external_id=f"press.{press.id}",
            received_at=datetime.now(UTC),  # Telegram doesn't say when
            kind="button",
            text=label_of(keyboard, press.data),
            button=press_of(press.data),
            customer_name=press.sender.name,
            language=press.sender.language_code,
            update_id=update_id,
        )
    )
    return Incoming(update_id, heard, Query(press.id, press.data, place, message.message_id, keyboard))


def _read_membership(changed: ChatMemberUpdated, me: Me) -> Blocked | Ignored:
    place = _chat(changed.chat.id, me)
    is_gone = changed.new_chat_member.status in {"kicked", "left"}
    if place.is_group and not is_gone:
        logger.info(
            "the bot is in group %d: the number [telegram] staff_group wants for staff", place.chat_id
        )
    return Blocked(place) if is_gone and not place.is_group else Ignored()


def _is_for(me: Me, message: TelegramMessage) -> bool:
    if message.chat.type == "channel" or message.is_automatic_forward:
        return False
    is_robot = message.sender is not None and message.sender.is_bot and message.sender_chat is None
    if is_robot:  # two bots that answer each other never end
        return False
    return not _place(message, me).is_group or is_addressed(message, me)


def _chat(chat_id: int, me: Me) -> Place:
    return Place(chat_id, channel=me.channel)


def _place(message: TelegramMessage, me: Me) -> Place:
    # In a group without topics a thread id only says which message is answered, and can't be sent to.
    thread_id = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, thread_id, me.channel)
