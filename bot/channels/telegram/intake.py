"""Updates get their turns: in order within a conversation, those of different ones side by side."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.events import Blocked, Heard, Incoming, Moved, Query
from bot.channels.telegram.keyboards import marked
from bot.channels.telegram.outbox import Outbox
from bot.channels.telegram.place import CHANNEL, Place
from bot.channels.telegram.reading import read_update
from bot.channels.telegram.retrying import attempt, persistently
from bot.channels.telegram.staff.events import Commanded, Pressed, Wrote
from bot.channels.telegram.staff.hearing import Hearing
from bot.channels.telegram.tempo import Tempo
from bot.engine import Engine
from bot.messages import Message
from bot.store.records import StoredUpdate
from bot.store.store import Store

MAX_TURNS = 32  # under way at once
BUSY_TURNS = 16  # waiting, from which nobody is shown that somebody writes: each time is a call to Telegram
MAX_WAITING = 1000  # updates; beyond, Telegram keeps them
MAX_EACH = 50  # of one conversation; beyond, they wait in the log, and those of others go past


@dataclass
class Intake:
    """Takes stored updates and sees that each is handled; only the database can make one wait."""

    engine: Engine
    store: Store
    bot: Bot
    outbox: Outbox
    tempo: Tempo
    staff: Hearing | None = None  # where staff have a group
    channel: str = CHANNEL
    _lanes: dict[str, deque[Incoming]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_TURNS))
    _has_room: asyncio.Event = field(default_factory=asyncio.Event)
    _n_waiting: int = 0
    _is_closing: bool = False
    _in_hand: set[str] = field(default_factory=set)
    _left_in_log: Counter[str] = field(default_factory=Counter)  # by lane, how often

    @property
    def is_full(self) -> bool:
        """Whether too many updates wait, or none is taken any more."""
        return self._is_closing or self._n_waiting >= MAX_WAITING

    def take(self, stored: StoredUpdate, me: Me) -> None:
        """Queue an update, unless it is queued already; a press is acknowledged at once, for it shows as waiting until
        then."""
        if stored.update_id in self._in_hand:
            return
        incoming = self._read(stored, me)
        if incoming.query is not None:
            self._spawn(self._acknowledge(incoming.query))
        if incoming.lane in self._left_in_log or len(self._lanes.get(incoming.lane, ())) >= MAX_EACH:
            self._left_in_log[incoming.lane] += 1
            return
        self._in_hand.add(stored.update_id)
        self._n_waiting += 1
        if incoming.lane in self._lanes:
            self._lanes[incoming.lane].append(incoming)
            return
        self._lanes[incoming.lane] = deque([incoming])
        self._spawn(self._follow(incoming.lane, me))

    async def wait_for_room(self) -> None:
        """Return when not too many updates wait."""
        while self._n_waiting >= MAX_WAITING:
            self._has_room.clear()
            await self._has_room.wait()

    async def finish(self) -> None:
        """Let the turns under way come to their end; what waits stays stored for the next start."""
        self._is_closing = True
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Drop everything as it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, lane: str, me: Me) -> None:
        waiting = self._lanes[lane]
        while waiting and not self._is_closing:
            what = f"update {waiting[0].update_id} is not handled yet"
            await persistently(partial(self._handle, waiting[0]), what, self.tempo)
            self._in_hand.discard(waiting.popleft().update_id)
            self._n_waiting -= 1
            self._has_room.set()
            while not waiting and lane in self._left_in_log and not self._is_closing:
                what = "updates left in the log can't be read"
                await persistently(partial(self._take_from_log, lane, me), what, self.tempo)
        del self._lanes[lane]

    async def _take_from_log(self, lane: str, me: Me) -> None:
        """The next of a conversation that had too many waiting."""
        n_left = self._left_in_log[lane]
        read = (self._read(stored, me) for stored in await self.store.open_updates(self.channel))
        theirs = [incoming for incoming in read if incoming.lane == lane]
        if len(theirs) <= MAX_EACH and self._left_in_log[lane] == n_left:  # nothing came meanwhile
            del self._left_in_log[lane]
        for incoming in theirs[:MAX_EACH]:
            self._lanes[lane].append(incoming)
            self._in_hand.add(incoming.update_id)
            self._n_waiting += 1

    def _read(self, stored: StoredUpdate, me: Me) -> Incoming:
        return read_update(stored, me, self.staff.group_id if self.staff else 0)

    async def _handle(self, incoming: Incoming) -> None:
        async with self._turns:
            match incoming.event:
                case Heard(message):
                    await self._answer(message)
                    return  # the turn closed the update
                case Moved(old, new):
                    await self.store.migrate_conversation(old.key, new.key)
                case Blocked(place):
                    await self.store.mark_blocked(place.key)
                case Wrote() | Commanded() | Pressed() if self.staff is not None:
                    await self.staff.hear(incoming.event)
            await self.store.finish_update(self.channel, incoming.update_id)

    async def _answer(self, message: Message) -> None:
        async with self._typing(Place.of(message.conversation_key)):
            turn = await self.engine.handle(message)
        if turn.is_repeat:
            await self.store.finish_update(self.channel, message.update_id)
        self.outbox.wake()

    async def _acknowledge(self, query: Query) -> None:
        await attempt(partial(self.bot.answer_callback_query, query.id), self.tempo)
        keyboard = marked(query.keyboard, query.data) if query.keyboard else None
        if query.place is not None and keyboard is not None:
            edit = partial(
                self.bot.edit_message_reply_markup,
                chat_id=query.place.chat_id,
                message_id=query.message_id,
                reply_markup=keyboard,
            )
            await attempt(edit, self.tempo)

    @asynccontextmanager
    async def _typing(self, place: Place) -> AsyncIterator[None]:
        """Show that somebody is writing, for as long as the block runs; not while many wait."""
        if self._n_waiting > BUSY_TURNS:
            yield
            return
        task = asyncio.create_task(self._keep_typing(place))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])  # or "typing" might reach Telegram after the reply

    async def _keep_typing(self, place: Place) -> None:
        await asyncio.sleep(self.tempo.typing_after_s)
        with suppress(TelegramError):  # only a courtesy
            while True:
                await self.bot.send_chat_action(
                    place.chat_id, ChatAction.TYPING, message_thread_id=place.thread_id
                )
                await asyncio.sleep(self.tempo.typing_every_s)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
