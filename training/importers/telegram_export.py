"""Telegram Desktop's chat export, result.json: one chat, or the whole account."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from training.errors import TrainingError
from training.importers.json_stream import JsonStream
from training.importers.source import Found, Item, Options, Source, parse_time
from training.importers.speakers import Speakers, check_named, counted, plain
from training.turns import Dialogue, DialogueTurn

NOT_CHATS = ("saved_messages", "public_channel", "private_channel")
KINDS = ("photo", "media_type", "file", "contact_information", "location_information", "poll")
CHAT_FIELDS = ("name", "type", "id")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as far as it is read: what stands before its messages, and these with their lines, once."""

    name: str
    kind: str
    line: int
    messages: Iterator[tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """A message with a text. `sender` is the name shown, or the id of an account that is gone or an option names."""

    sender: str
    text: str
    at: datetime
    line: int


def read_telegram(source: Source, options: Options) -> Iterator[Item]:
    """Each chat, cut where nobody wrote for `gap_hours`, as dialogues. The file is read twice.

    Raises TrainingError with the names met if --agent names none of them."""
    told = {plain(name) for name in (*options.agents, *options.customers, *options.bots)}
    by_chat = [Counter(_senders(chat.messages, told)) for chat in _chats(source)]
    for senders in by_chat:
        source.names.update(senders)
    _check_agents(source, options)
    roles = Speakers(options, knows_words=False)
    for senders, chat in zip(by_chat, _chats(source), strict=True):
        if chat.kind in NOT_CHATS:
            yield source.skipped(chat.line, "no chat with customers", f"{chat.name} ({chat.kind})")
        elif not any(roles.is_told(name) for name in senders):
            yield source.skipped(chat.line, "a chat in which no agent wrote", chat.name)
        else:
            yield from _chat(chat, source, options, roles, told)
    roles.check(source)


def _check_agents(source: Source, options: Options) -> None:
    if not source.names:
        raise TrainingError(
            f"{source.path}: no messages; wanted result.json of Telegram Desktop (Export chat history, JSON)"
        )
    if not options.agents:
        raise TrainingError(
            f"{source.path}: who is staff? Met {counted(source.names)}; name them with --agent NAME, again for each"
        )
    if not {plain(name) for name in options.agents} & {plain(name) for name in source.names}:
        check_named(options, source.names, str(source.path))


def _chats(source: Source) -> Iterator[Chat]:
    """The chats one after the other; what is left of one's messages is passed over."""
    with source.open() as file:
        stream = JsonStream(file, source.path)
        try:
            yield from _chats_of(stream)
        except RecursionError as error:
            raise TrainingError(f"{source.path}:{stream.line}: nested too deeply") from error
        stream.end()


def _chats_of(stream: JsonStream) -> Iterator[Chat]:
    """An account lists its chats under chats.list and left_chats.list; one chat is the document itself."""
    head: dict[str, Any] = {}
    line = stream.line
    for key in stream.members():
        begins = stream.peek()
        if key == "messages" and begins == "[":
            yield from _chat_of(stream, head, line)
        elif key in ("chats", "left_chats") and begins == "{":
            yield from _listed(stream)
        elif key in CHAT_FIELDS:
            head[key] = stream.value()
        else:
            stream.skip()


def _listed(stream: JsonStream) -> Iterator[Chat]:
    for key in stream.members():
        if key != "list" or stream.peek() != "[":
            stream.skip()
            continue
        for _ in stream.items():
            if stream.peek() == "{":
                yield from _chats_of(stream)
            else:
                stream.skip()


def _chat_of(stream: JsonStream, head: Mapping[str, Any], line: int) -> Iterator[Chat]:
    messages = ((stream.line, stream.value()) for _ in stream.items())
    name = head.get("name") or head.get("id") or "chat"
    yield Chat(str(name), str(head.get("type", "")), line, messages)
    for _ in messages:
        pass


def _senders(messages: Iterable[tuple[int, Any]], told: set[str]) -> Iterator[str]:
    for _, message in messages:
        if isinstance(message, dict) and message.get("type") == "message":
            yield _sender(message, told)


def _sender(message: Mapping[str, Any], told: set[str]) -> str:
    number = str(message.get("from_id") or "")
    return number if plain(number) in told else str(message.get("from") or number or "deleted account")


def _chat(chat: Chat, source: Source, options: Options, roles: Speakers, told: set[str]) -> Iterator[Item]:
    stretch: list[Said] = []
    for line, message in chat.messages:
        said = _said(message, line, told)
        if isinstance(said, str):
            met = message.get("id", "") if isinstance(message, dict) else message
            yield source.skipped(line, said, f"{chat.name}, message {met}", is_part=True)
            continue
        if stretch and said.at - stretch[-1].at > timedelta(hours=options.gap_hours):
            yield from _dialogue(stretch, source, roles)
            stretch = []
        stretch.append(said)
    yield from _dialogue(stretch, source, roles)


def _said(message: Any, line: int, told: set[str]) -> Said | str:
    """A message's words, or why it has none."""
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
    return Said(_sender(message, told), text, at, line) if at else "no time"


def plain_text(text: Any) -> str:
    """A text given as a string, or as a list of strings and {type, text} parts."""
    if isinstance(text, str):
        return text
    if isinstance(text, dict):
        return plain_text(text.get("text"))
    return "".join(plain_text(part) for part in text) if isinstance(text, list) else ""


def _dialogue(stretch: Sequence[Said], source: Source, roles: Speakers) -> Iterator[Item]:
    turns = tuple(
        DialogueTurn(role, said.text, said.at) for said in stretch if (role := roles.role(said.sender))
    )
    if any(turn.speaker == "customer" for turn in turns):
        yield Found(Dialogue("", turns, "telegram", turns[0].at, turns[-1].at), stretch[0].line)
    elif turns:
        yield source.skipped(stretch[0].line, "a dialogue in which no customer wrote", stretch[0].text)
