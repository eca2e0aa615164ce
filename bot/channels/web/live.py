"""The socket of the chat page: messages in, the transcript as it grows out."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from bot.channels.web.channel import CHANNEL, WebChannel
from bot.channels.web.conversations import conversation_of, line
from bot.channels.web.errors import Refused, apologising, parse_json, refused, unfit
from bot.channels.web.hub import Listener
from bot.channels.web.origins import check_origin
from bot.channels.web.shapes import (
    FRAMES,
    MAX_BYTES,
    ErrorFrame,
    Frame,
    Hello,
    NewPress,
    NewText,
    Ping,
    Pong,
    PressFrame,
    Shape,
    TextFrame,
    TranscriptFrame,
    TypingFrame,
)

HEARTBEAT_S = 20.0
HELLO_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
MAX_UNDER_WAY = 8  # messages of one socket that wait for their turn
PENALTY_S = 1.0  # for each frame too many, the socket is not read for this long


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Talk to one tab until it goes away."""
    channel = request.app[CHANNEL]
    client = channel.client_of(request)
    check_origin(request, channel.settings.web)
    channel.check_sockets(client)
    channel.check_rate(client)
    response = web.WebSocketResponse(
        heartbeat=HEARTBEAT_S, timeout=CLOSE_WITHIN_S, max_msg_size=MAX_BYTES, compress=False, autoping=False
    )
    await response.prepare(request)
    with channel.counting(response, client):
        await Session(channel, response, client).run()
    return response


@dataclass
class Session:
    """One open socket."""

    channel: WebChannel
    socket: web.WebSocketResponse
    client: str
    conversation: str = ""
    language: str = ""
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Greet, then hear and tell at the same time, until the socket closes."""
        hello = await self._hello()
        if hello is None:
            await self.socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        self.conversation, self.language = conversation_of(hello.token), hello.language
        with self.channel.hub.listening(self.conversation) as listener:
            telling = asyncio.create_task(self._tell_or_close(listener, hello.after))
            try:
                await self._hear()
            finally:
                # What they wait for, a turn, goes on without them.
                for task in (telling, *self._answering):
                    task.cancel()
                await asyncio.gather(telling, *self._answering, return_exceptions=True)

    async def _hello(self) -> Hello | None:
        try:
            frame = await self.socket.receive(timeout=HELLO_WITHIN_S)
            said = _parse(frame.data) if frame.type is WSMsgType.TEXT else None
        except TimeoutError:
            return None
        except Refused as refusal:
            await self._send(ErrorFrame(error=refusal.body))
            return None
        return said if isinstance(said, Hello) else None

    async def _hear(self) -> None:
        async for received in self.socket:
            if received.type is WSMsgType.PONG:
                continue
            client_message_id = None
            try:
                if received.type is WSMsgType.PING:
                    self.channel.check_rate(self.client)
                    await self._pong(received.data)
                    continue
                frame = _parse(received.data)
                client_message_id = getattr(frame, "client_message_id", None)
                self.channel.check_rate(self.client)
                await self._take(frame)
            except Refused as refusal:
                await self._send(ErrorFrame(error=refusal.body, client_message_id=client_message_id))
                await asyncio.sleep(PENALTY_S)

    async def _pong(self, data: bytes) -> None:
        with suppress(ConnectionError):
            await self.socket.pong(data)

    async def _take(self, frame: Frame) -> None:
        if isinstance(frame, Ping):
            await self._send(Pong())
            return
        if isinstance(frame, Hello):
            raise refused(400, "unexpected", "met a second 'hello'; wanted 'message', 'press' or 'ping'")
        if len(self._answering) >= MAX_UNDER_WAY:
            message = f"{MAX_UNDER_WAY} messages wait for their turn already"
            raise refused(429, "too_many_requests", message, retry_after_s=1)
        task = asyncio.create_task(self._answer(frame))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, frame: TextFrame | PressFrame) -> None:
        """Have a message answered; the answer itself comes with the transcript, in every tab."""
        known = {
            "conversation": self.conversation,
            "client_message_id": frame.client_message_id,
            "language": self.language,
        }
        if isinstance(frame, TextFrame):
            new: NewText | NewPress = NewText(text=frame.text, **known)
        else:
            new = NewPress(button=frame.button, **known)
        try:
            await self.channel.conversations.answer(new)
        except Refused as refusal:
            await self._send(ErrorFrame(error=refusal.body, client_message_id=frame.client_message_id))

    async def _tell_or_close(self, listener: Listener, after: int) -> None:
        try:
            with apologising():
                await self._tell(listener, after)
        except Refused as refusal:
            await self._send(ErrorFrame(error=refusal.body))
            await self.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _tell(self, listener: Listener, after: int) -> None:
        after = await self._tell_news(after)
        while True:
            is_typing = await listener.next()
            if is_typing is None:
                after = await self._tell_news(after)
            else:
                await self._send(TypingFrame(is_typing=is_typing))

    async def _tell_news(self, after: int) -> int:
        """Send what follows the message `after`; the id of the last one that was sent."""
        conversations, has_more = self.channel.conversations, True
        while has_more:
            stretch = await conversations.resume(self.conversation, after)
            frame = TranscriptFrame(
                conversation=self.conversation,
                status=await conversations.status(self.conversation) or "bot",
                messages=tuple(line(message) for message in stretch.messages),
                is_restart=stretch.is_restart,
            )
            if await self._send(frame):
                waiting = [message.id for message in stretch.messages if message.is_waiting]
                conversations.mark_delivered(waiting)
            if stretch.messages:
                after = stretch.messages[-1].id
            elif stretch.is_restart:
                after = 0
            has_more = stretch.has_more
        return after

    async def _send(self, shape: Shape) -> bool:
        """Whether the socket took it: not where the browser is gone."""
        try:
            await self.socket.send_str(shape.model_dump_json())
        except ConnectionError:
            return False
        return True


def _parse(data: str | bytes) -> Frame:
    try:
        return FRAMES.validate_python(parse_json(data))
    except ValidationError as error:
        raise unfit(error) from error
