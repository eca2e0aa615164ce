"""A Telegram Bot API server on 127.0.0.1 that speaks real HTTP, and fails on request."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456:AAE-secret_Token"
ME = {"id": 123456, "is_bot": True, "first_name": "Kefu", "username": "Kefu_bot"}
JSON_PARAMS = frozenset({"reply_markup", "reply_parameters", "commands", "allowed_updates", "scope"})
NUMBERS = frozenset({"chat_id", "from_chat_id", "message_id", "message_thread_id", "offset", "timeout"})


class Refused(Exception):
    """An answer with ok: false."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def response(self) -> web.Response:
        body = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return web.json_response(body, status=self.status)


@dataclass(frozen=True)
class Fault:
    """What happens to one call: it is carried out or not, and then this comes instead of the answer."""

    status: int = 502
    body: bytes = b"<html>Bad Gateway</html>"
    is_done: bool = False
    is_cut: bool = False  # the connection is closed without a word
    delay_s: float = 0.0


def refuse(status: int, description: str, **parameters: Any) -> Fault:
    return Fault(status, Refused(status, description, **parameters).response().body)


def too_many(seconds: int = 1) -> Fault:
    return refuse(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


BAD_GATEWAY = Fault()
CUT = Fault(is_cut=True)
CUT_AFTER = Fault(is_cut=True, is_done=True)
HANG = Fault(delay_s=30.0)
GARBAGE = Fault(status=200, body=b"\xff<!doctype html>")
NO_RESULT = Fault(status=200, body=b'{"ok": true}')
NOT_A_LIST = Fault(status=200, body=b'{"ok": true, "result": "?"}')
UNAUTHORIZED = refuse(401, "Unauthorized")
CONFLICT = refuse(409, "Conflict: terminated by other getUpdates request")


@dataclass(frozen=True)
class Call:
    """A call as it arrived."""

    method: str
    params: dict[str, Any]
    at: float


@dataclass
class Sent:
    """A message the bot sent, as the chat shows it."""

    message_id: int
    chat_id: int
    text: str
    at: float
    rows: list[list[dict[str, str]]]
    thread_id: int | None
    reply_to: int | None

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.rows for button in row]

    def data(self, label: str) -> str:
        return next(button["callback_data"] for row in self.rows for button in row if button["text"] == label)


@dataclass
class ForumTopic:
    """A topic of a group."""

    name: str
    is_open: bool = True


@dataclass
class FakeBotApi:
    """Keeps updates until they are acknowledged, and what the bot sent."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)  # queries that wait to be answered
    answered: list[str] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    migrated: dict[int, int] = field(default_factory=dict)
    menus: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    forums: dict[int, dict[int, ForumTopic]] = field(default_factory=dict)  # by chat, topics by number
    has_webhook: bool = False
    webhook: dict[str, Any] = field(
        default_factory=dict
    )  # as it was set last, or what getWebhookInfo says of one
    send_takes_s: float = 0.0
    token: str = TOKEN
    base_url: str = ""
    _faults: dict[str, list[tuple[int | None, Fault]]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _n_polls: int = 0
    _next_id: int = 1000
    _next_message_id: int = 1

    # what a test does

    def fail(self, method: str, *faults: Fault, chat: int | None = None) -> None:
        """The next calls of a method (to that chat) end so, one fault each."""
        self._faults.setdefault(method, []).extend((chat, fault) for fault in faults)

    def push(self, update_id: int | None = None, **update: Any) -> int:
        """Something happened; its update_id."""
        self._next_id += 1
        number = self._next_id if update_id is None else update_id
        self.updates.append({"update_id": number, **update})
        self._news.set()
        return number

    def say(
        self, text: str | None = None, chat: int = 7, *, update_id: int | None = None, **fields: Any
    ) -> int:
        """A customer writes; the message's number. Group chats have negative ids, their writers are user 7."""
        message = self.message(text, chat, **fields)
        self.push(update_id, message=message)
        return int(message["message_id"])

    def message(self, text: str | None = None, chat: int = 7, **fields: Any) -> dict[str, Any]:
        """A message as Telegram describes it, commands and mentions found."""
        self._next_message_id += 1
        made: dict[str, Any] = {
            "message_id": self._next_message_id,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": person(abs(chat) if chat > 0 else 7),
        }
        if text is not None:
            made |= {"text": text, "entities": entities(text)}
        return made | fields

    def edit(self, message_id: int, text: str | None, chat: int = 7, **fields: Any) -> None:
        """A customer edits a message."""
        edited = self.message(text, chat, message_id=message_id, edit_date=int(time.time()), **fields)
        self.push(edited_message=edited)

    def press(self, sent: Sent, label: str, user: int = 7) -> str:
        """A customer presses a button; the id of the query."""
        return self.press_data(sent.data(label), sent, user)

    def press_data(self, data: str, sent: Sent | None, user: int = 7) -> str:
        query_id = str(77_000 + len(self.pressed) + len(self.answered))
        self.pressed.add(query_id)
        query: dict[str, Any] = {"id": query_id, "from": person(user), "chat_instance": "1", "data": data}
        if sent is not None:
            message = self.message(sent.text, sent.chat_id, message_id=sent.message_id)
            message["from"] = ME
            if sent.thread_id is not None:
                message |= {"message_thread_id": sent.thread_id, "is_topic_message": True}
            query["message"] = message | {"reply_markup": {"inline_keyboard": sent.rows}}
        else:
            query["inline_message_id"] = "abc"
        self.push(callback_query=query)
        return query_id

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def texts(self, chat: int = 7) -> list[str]:
        return [sent.text for sent in self.sent if sent.chat_id == chat]

    async def until(self, is_so: Callable[[], bool], within_s: float = 60.0) -> None:
        """Wait for something; fails where it doesn't come."""
        deadline = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < deadline, f"waited {within_s} s in vain; sent: {self.sent}"
            await asyncio.sleep(0.005)

    async def replies(self, n: int, chat: int = 7) -> list[str]:
        """Wait until a chat got so many messages, and a little longer for one too many."""
        await self.until(lambda: len(self.texts(chat)) >= n)
        await asyncio.sleep(0.05)
        assert len(self.texts(chat)) == n, self.texts(chat)
        return self.texts(chat)

    async def silence(self, chat: int = 7) -> None:
        """Wait until all updates are acknowledged, and a little longer for a reply that shouldn't come."""
        await self.until(lambda: not self.updates)
        before = len(self.texts(chat))
        await asyncio.sleep(0.15)
        assert len(self.texts(chat)) == before, self.texts(chat)

    # what the server does

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return Refused(401, "Unauthorized").response()
        try:
            params = {name: _value(name, _read(value)) for name, value in (await request.post()).items()}
        except ConnectionResetError:  # the bot was killed half-way through the call
            return web.Response()
        self.calls.append(Call(method, params, time.monotonic()))
        fault = self._fault(method, params.get("chat_id"))
        if fault is not None and not fault.is_done:
            return await self._misbehave(request, fault)
        try:
            result = await getattr(self, f"_{method}", self._no_such_method)(params)
        except Refused as refusal:
            return refusal.response()
        if fault is not None:
            return await self._misbehave(request, fault)
        return web.json_response({"ok": True, "result": result})

    def _fault(self, method: str, chat: int | None) -> Fault | None:
        for position, (only_chat, fault) in enumerate(self._faults.get(method, [])):
            if only_chat in {None, chat}:
                del self._faults[method][position]
                return fault
        return None

    @staticmethod
    async def _misbehave(request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.is_cut and request.transport is not None:
            request.transport.close()
        return web.Response(status=fault.status, body=fault.body)

    async def _no_such_method(self, params: dict[str, Any]) -> None:
        raise Refused(404, "Not Found")

    async def _getMe(self, params: dict[str, Any]) -> dict[str, Any]:
        return ME | {"id": int(self.token.partition(":")[0])}

    async def _getWebhookInfo(self, params: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        } | self.webhook

    async def _deleteWebhook(self, params: dict[str, Any]) -> bool:
        assert "drop_pending_updates" not in params
        self.has_webhook = False
        return True

    async def _setWebhook(self, params: dict[str, Any]) -> bool:
        assert "drop_pending_updates" not in params
        if not params["url"].startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.has_webhook, self.webhook = True, params
        return True

    async def _setMyCommands(self, params: dict[str, Any]) -> bool:
        chat = params.get("scope", {}).get("chat_id", "")
        self.menus[params.get("language_code", "") or str(chat)] = params["commands"]
        return True

    async def _createForumTopic(self, params: dict[str, Any]) -> dict[str, Any]:
        chat = params["chat_id"]
        if chat not in self.forums:
            raise Refused(400, "Bad Request: the chat is not a forum")
        assert 0 < len(params["name"]) <= 128
        self._next_message_id += 1
        self.forums[chat][self._next_message_id] = ForumTopic(params["name"])
        return {"message_thread_id": self._next_message_id, "name": params["name"], "icon_color": 7322096}

    async def _editForumTopic(self, params: dict[str, Any]) -> bool:
        topic = self._topic(params, "TOPIC_ID_INVALID")
        if topic.name == params["name"]:
            raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
        topic.name = params["name"]
        return True

    async def _closeForumTopic(self, params: dict[str, Any]) -> bool:
        return self._open(self._topic(params, "TOPIC_ID_INVALID"), is_open=False)

    async def _reopenForumTopic(self, params: dict[str, Any]) -> bool:
        return self._open(self._topic(params, "TOPIC_ID_INVALID"), is_open=True)

    async def _deleteForumTopic(self, params: dict[str, Any]) -> bool:
        self._topic(params, "TOPIC_ID_INVALID")
        del self.forums[params["chat_id"]][params["message_thread_id"]]
        self.sent = [
            sent
            for sent in self.sent
            if (sent.chat_id, sent.thread_id) != (params["chat_id"], params["message_thread_id"])
        ]
        return True

    @staticmethod
    def _open(topic: ForumTopic, *, is_open: bool) -> bool:
        if topic.is_open == is_open:
            raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
        topic.is_open = is_open
        return True

    def _topic(self, params: dict[str, Any], description: str) -> ForumTopic:
        topics = self.forums.get(params["chat_id"], {})
        if params["message_thread_id"] not in topics:
            raise Refused(400, f"Bad Request: {description}")
        return topics[params["message_thread_id"]]

    async def _copyMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        origin = f"copy of {params['from_chat_id']}/{params['message_id']}"
        copied = await self._sendMessage(params | {"text": origin})
        return {"message_id": copied["message_id"]}

    async def _editMessageText(self, params: dict[str, Any]) -> dict[str, Any]:
        [sent] = [sent for sent in self.sent if sent.message_id == params["message_id"]]
        sent.text = params["text"]
        return self.message(sent.text, sent.chat_id, message_id=sent.message_id)

    async def _getUpdates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        if self.has_webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._n_polls += 1
        number, deadline = self._n_polls, time.monotonic() + params.get("timeout", 0)
        offset = params.get("offset", 0)
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        while not self._from(offset) and (left_s := deadline - time.monotonic()) > 0:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left_s, 0.05))
            if self._n_polls != number:
                raise Refused(409, "Conflict: terminated by other getUpdates request")
        return self._from(offset)[:100]

    def _from(self, offset: int) -> list[dict[str, Any]]:
        return [update for update in self.updates if update["update_id"] >= offset]

    async def _sendMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        chat, text, rows = params["chat_id"], params.get("text", ""), _rows(params)
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat in self.migrated:
            new = self.migrated[chat]
            raise Refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=new)
        if not 0 < len(text.encode("utf-16-le")) <= 2 * 4096:
            raise Refused(400, "Bad Request: message is empty or too long")
        if any(len(button["callback_data"].encode()) > 64 for row in rows for button in row):
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if chat in self.forums and "message_thread_id" in params:
            self._topic(params, "message thread not found")
        await asyncio.sleep(self.send_takes_s)
        self._next_message_id += 1
        thread, quote = params.get("message_thread_id"), params.get("reply_parameters", {}).get("message_id")
        sent = Sent(self._next_message_id, chat, text, time.monotonic(), rows, thread, quote)
        self.sent.append(sent)
        return self.message(text, chat, message_id=sent.message_id)

    async def _sendDocument(self, params: dict[str, Any]) -> dict[str, Any]:
        assert len(params["caption"]) <= 1024
        [content] = [
            value for name, value in params.items() if name.startswith("document") or "attached" in name
        ]
        return await self._sendMessage(params | {"text": f"{params['caption']}\n{content}"[:4000]})

    async def _sendChatAction(self, params: dict[str, Any]) -> bool:
        return True

    async def _answerCallbackQuery(self, params: dict[str, Any]) -> bool:
        query_id = params["callback_query_id"]
        if query_id not in self.pressed:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self.pressed.discard(query_id)
        self.answered.append(query_id)
        return True

    async def _editMessageReplyMarkup(self, params: dict[str, Any]) -> dict[str, Any]:
        [sent] = [sent for sent in self.sent if sent.message_id == params["message_id"]]
        if sent.rows == _rows(params):
            raise Refused(400, "Bad Request: message is not modified")
        sent.rows = _rows(params)
        return self.message(sent.text, sent.chat_id, message_id=sent.message_id)


def person(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": "Anna", "last_name": "Lee", "language_code": "en"}


def entities(text: str) -> list[dict[str, Any]]:
    """Commands and mentions, with offsets in UTF-16 code units."""
    found, offset = [], 0
    for word in text.split(" "):
        length = len(word.encode("utf-16-le")) // 2
        if re.match(r"/\w", word) and offset == 0:
            found.append({"type": "bot_command", "offset": 0, "length": length})
        if word.startswith("@"):
            found.append({"type": "mention", "offset": offset, "length": len(word.rstrip(",:.?!"))})
        offset += length + 1
    return found


@asynccontextmanager
async def bot_api(port: int = 0, api: FakeBotApi | None = None) -> AsyncIterator[FakeBotApi]:
    """The server, listening; `base_url` says where."""
    api = api or FakeBotApi()
    async with bot_apis(api, port=port):
        yield api


@asynccontextmanager
async def bot_apis(*apis: FakeBotApi, port: int = 0) -> AsyncIterator[None]:
    """One server for several bots, told apart by their tokens as on Telegram."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        return await next((api for api in apis if api.token == token), apis[0]).handle(request)

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    for api in apis:
        api.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/bot"
    try:
        yield
    finally:
        await runner.cleanup()


def _rows(params: dict[str, Any]) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = params.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _read(value: Any) -> str:
    return value.file.read().decode() if isinstance(value, web.FileField) else str(value)


def _value(name: str, value: str) -> Any:
    if name in JSON_PARAMS:
        return json.loads(value)
    return int(value) if name in NUMBERS else value
