"""Replies on their way: pending -> sending -> delivered | failed | blocked.

A reply is committed as pending with its turn, marked sending before the channel is called and delivered
after it answered. A process killed between the last two leaves a reply of which nobody knows whether it
arrived: that window, one network call long, is the only one in which a customer can see a reply twice.
After a restart such a reply is given again with `attempts` > 0; a channel that can't ask whether it
arrived should send it, for a customer left without an answer is worse off."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, exists, or_, select, update
from sqlalchemy.sql import ColumnElement

from bot.messages import Button
from bot.store.ages import is_older
from bot.store.records import Outgoing
from bot.store.tables.log import conversations, customers, messages
from bot.store.values import buttons_from, now, storable

UNKNOWN_AFTER_S = 120  # several servers on one PostgreSQL: one that takes longer over a reply counts as dead
WAITING = ("pending", "sending")
_earlier, _asked, _pointed = (messages.alias(name) for name in ("earlier", "asked", "pointed"))
_ARRIVED = (
    update(messages)
    .where(messages.c.id == bindparam("arrived"))
    .values(delivery="delivered", delivered_as=bindparam("delivered_as"), sender=None)
)


def undelivered(connection: Connection, channel: str, sender: str, *, is_alone: bool) -> list[Outgoing]:
    """The oldest waiting reply of each conversation, oldest first; not those that `sender` itself has in hand."""
    is_first = ~exists().where(
        _earlier.c.conversation_id == messages.c.conversation_id,
        _earlier.c.id < messages.c.id,
        _earlier.c.delivery.in_(WAITING),
    )
    query = (
        select(
            messages,
            conversations.c.key,
            _asked.c.external_id.label("reply_to"),
            case(
                (_pointed.c.speaker == "customer", _pointed.c.external_id), else_=_pointed.c.delivered_as
            ).label("pointed_at"),
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(_asked, _asked.c.id == messages.c.in_reply_to)
        .outerjoin(_pointed, _pointed.c.id == messages.c.quotes)
        .where(messages.c.channel == channel, messages.c.delivery.in_(WAITING), is_first)
        .where(_is_free(sender, is_alone=is_alone))
        .order_by(messages.c.id)
    )
    return [_outgoing_from(row) for row in connection.execute(query)]


def mark_sending(connection: Connection, message_id: int, sender: str, *, is_alone: bool) -> bool:
    """Take a reply in hand; False when another server was faster or it waits no longer."""
    claim = (
        update(messages)
        .where(messages.c.id == message_id, _is_free(sender, is_alone=is_alone))
        .values(delivery="sending", sender=sender, sending_since=now(), attempts=messages.c.attempts + 1)
    )
    return connection.execute(claim).rowcount == 1


def keep_sending(connection: Connection, message_id: int, sender: str) -> bool:
    """Say that a reply is still in hand; False when it is not: another server took it, or it waits no longer."""
    ours = and_(messages.c.delivery == "sending", messages.c.sender == sender)
    renewal = update(messages).where(messages.c.id == message_id, ours).values(sending_since=now())
    return connection.execute(renewal).rowcount == 1


def senders_at_work(connection: Connection, channel: str, sender: str, since: timedelta) -> list[str]:
    """Who else has had a reply in hand for so long."""
    query = select(messages.c.sender).where(
        messages.c.channel == channel,
        messages.c.delivery == "sending",
        messages.c.sender != sender,
        is_older(messages.c.sending_since, since),
    )
    return [str(name) for name in connection.execute(query.distinct()).scalars()]


def put_back(connection: Connection, channel: str, sender: str) -> int:
    """Let what a process had in hand be taken by another; how many replies."""
    its_own = and_(messages.c.channel == channel, messages.c.sender == sender)
    left = update(messages).where(its_own, messages.c.delivery == "sending")
    return connection.execute(left.values(delivery="pending", sender=None)).rowcount


def mark_delivered(connection: Connection, message_ids: Sequence[int], external_id: str = "") -> None:
    if message_ids:
        connection.execute(_ARRIVED, [{"arrived": one, "delivered_as": external_id} for one in message_ids])


def mark_failed(connection: Connection, message_id: int, reason: str) -> None:
    values = {"delivery": "failed", "failure": storable(reason), "sender": None}
    connection.execute(update(messages).where(messages.c.id == message_id).values(values))


def mark_blocked(connection: Connection, customer_key: str) -> None:
    """The customer blocked the bot: nothing more is sent in the conversations they began."""
    key = storable(customer_key)
    connection.execute(update(customers).where(customers.c.key == key).values(blocked_at=now()))
    theirs = (
        select(conversations.c.id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(customers.c.key == key)
    )
    waiting = and_(messages.c.conversation_id.in_(theirs), messages.c.delivery.in_(WAITING))
    connection.execute(update(messages).where(waiting).values(delivery="blocked", sender=None))


def buttons_of(connection: Connection, message_id: int, conversation_key: str | None) -> tuple[Button, ...]:
    query = select(messages.c.buttons).where(messages.c.id == message_id)
    if conversation_key is not None:
        query = query.join(conversations, conversations.c.id == messages.c.conversation_id)
        query = query.where(conversations.c.key == storable(conversation_key))
    return buttons_from(connection.execute(query).scalar_one_or_none() or [])


def _is_free(sender: str, *, is_alone: bool) -> ColumnElement[bool]:
    """Nobody has it in hand: it is pending, or was left by a process that is gone."""
    left = and_(messages.c.delivery == "sending", messages.c.sender != sender)
    if not is_alone:
        left = and_(left, is_older(messages.c.sending_since, timedelta(seconds=UNKNOWN_AFTER_S)))
    return or_(messages.c.delivery == "pending", left)


def _outgoing_from(row: Row[Any]) -> Outgoing:
    return Outgoing(
        message_id=row.id,
        conversation_key=row.key,
        text=row.text,
        buttons=buttons_from(row.buttons),
        attempts=row.attempts,
        reply_to=row.reply_to or "",
        quotes=row.pointed_at or "",
        attachment=row.attachment,
    )
