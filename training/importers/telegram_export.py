"""Telegram Desktop's chat export, result.json: one chat, or the whole account."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from training.errors import TrainingError
from training.importers.source import Found, Item, Options, Source, parse_time
from training.importers.speakers import Speakers, counted, missing
from training.turns import Dialogue, DialogueTurn

NOT_CHATS = ("saved_messages", "public_channel", "private_channel")
KINDS = ("photo", "media_type", "file", "contact_information", "location_information", "poll")


@dataclass(frozen=True, slots=True)
class Said:
    """A message with a text. `sender` is the name shown, or the id of an account that is gone."""

    sender: str
    text: str
    at: datetime


def read_telegram(source: Source, options: Options) -> Iterator[Item]:
    """Each chat, cut where nobody wrote for `gap_hours`, as dialogues.

    Raises TrainingError with the names met if --agent names none of them."""
    chats = _chats(source)
    senders = Counter(sender for chat in chats for sender in _senders(chat))
    roles = _roles(source, options, senders)
    for number, chat in enumerate(chats, 1):
        yield from _chat(chat, number, source, options, roles)
    roles.check(source.path)


def _chats(source: Source) -> list[Mapping[str, Any]]:
    try:
        with source.open() as file:
            document = json.load(file)
    except (json.JSONDecodeError, RecursionError) as error:
        raise TrainingError(f"{source.path}: not JSON: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("messages"), list):
        return [document]
    found: list[Any] = []
    for part in ("chats", "left_chats"):
        listed = document.get(part) if isinstance(document, dict) else None
        found += listed["list"] if isinstance(listed, dict) and isinstance(listed.get("list"), list) else []
    chats = [chat for chat in found if isinstance(chat, dict) and isinstance(chat.get("messages"), list)]
    if not chats:
        raise TrainingError(
            f"{source.path}: no chats; wanted result.json of Telegram Desktop (Export chat history, JSON)"
        )
    return [chat for chat in chats if chat.get("type") not in NOT_CHATS]


def _senders(chat: Mapping[str, Any]) -> Iterator[str]:
    for message in chat["messages"]:
        if isinstance(message, dict) and message.get("type") == "message":
            yield _sender(message)


def _sender(message: Mapping[str, Any]) -> str:
    return str(message.get("from") or message.get("from_id") or "deleted account")


def _roles(source: Source, options: Options, senders: Mapping[str, int]) -> Speakers:
    if not options.agents:
        raise TrainingError(
            f"{source.path}: who is staff? Met {counted(senders)}; name them with --agent NAME, again for each"
        )
    absent = missing(options.agents, senders)
    if len(absent) == len(options.agents):
        raise TrainingError(
            f"{source.path}: --agent {absent[0]!r}: not among the names met: {counted(senders)}"
        )
    return Speakers(options, knows_words=False)


def _chat(
    chat: Mapping[str, Any], number: int, source: Source, options: Options, roles: Speakers
) -> Iterator[Item]:
    name = f"chat {chat.get('name') or number!r}"
    said: list[Said] = []
    for message in chat["messages"]:
        found = _said(message)
        if isinstance(found, Said):
            said.append(found)
        elif found:
            met = message.get("id", "") if isinstance(message, dict) else message
            yield source.skipped(number, found, f"{name}, message {met}", is_part=True)
    if not any(roles.is_told(one.sender) for one in said):
        yield source.skipped(number, "a chat in which no agent wrote", name)
        return
    for stretch in _stretches(said, timedelta(hours=options.gap_hours)):
        turns = tuple(_turns(stretch, roles))
        if not any(turn.speaker == "customer" for turn in turns):
            yield source.skipped(
                number, "a dialogue in which no customer wrote", f"{name}: {stretch[0].text}"
            )
        else:
            yield Found(Dialogue("", turns, "telegram", stretch[0].at, stretch[-1].at), number)


def _said(message: Any) -> Said | str:
    """A message's words, or why it has none; "" for what isn't a message of a person."""
    if not isinstance(message, dict):
        return "not a message"
    if message.get("type") != "message":
        return "a service message (joined, pinned, called, ...)"
    text = plain_text(message.get("text")).strip()
    if not text:
        kind = next(
            (str(message[key]) if key == "media_type" else key for key in KINDS if key in message), "empty"
        )
        return f"no text ({kind.replace('_', ' ')})"
    at = parse_time(str(message.get("date_unixtime") or message.get("date") or ""))
    return Said(_sender(message), text, at) if at else "no time"


def plain_text(text: Any) -> str:
    """A text given as a string, or as a list of strings and {type, text} parts."""
    if isinstance(text, str):
        return text
    if isinstance(text, dict):
        return plain_text(text.get("text"))
    return "".join(plain_text(part) for part in text) if isinstance(text, list) else ""


def _stretches(said: Sequence[Said], gap: timedelta) -> Iterator[list[Said]]:
    stretch: list[Said] = []
    for one in said:
        if stretch and one.at - stretch[-1].at > gap:
            yield stretch
            stretch = []
        stretch.append(one)
    if stretch:
        yield stretch


def _turns(stretch: Sequence[Said], roles: Speakers) -> Iterator[DialogueTurn]:
    for one in stretch:
        if role := roles.role(one.sender):
            yield DialogueTurn(role, one.text, one.at)
