"""A small desk on Telegram: the channel over real HTTP to a Bot API server of ours, a real log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.channels.telegram.channel import THE_BOT, TelegramChannel, telegram_channel
from bot.channels.telegram.tempo import Tempo
from bot.desk import beside
from bot.engine import Engine
from bot.hearing import Hearing
from bot.secrets.bots import BotToken
from bot.settings import Settings, Telegram, Web
from bot.store.store import Store
from nlu.understanding import Understanding
from retrieval.candidates import Findings
from tests.bot.channels.fake_bot_api import TOKEN, FakeBotApi
from tests.bot.fakes import MEANINGS, FakeRetriever, FakeUnderstander, make_engine, make_settings, with_parts

QUICK = Tempo(
    messages_per_second=1000,
    chat_s=0.0,
    group_messages_per_minute=1000,
    answer_s=5.0,
    first_pause_s=0.02,
    longest_pause_s=0.1,
    conflict_pause_s=0.1,
    typing_after_s=0.3,
    typing_every_s=0.1,
    look_every_s=0.1,
    left_after_s=0.2,
    forum_pause_s=0.2,
    drain_s=2.0,
)

IMPATIENT = replace(QUICK, answer_s=0.5)


@dataclass
class SlowUnderstander(FakeUnderstander):
    """Takes its time over every text, or waits for `go` with "slowly"."""

    takes_s: float = 0.0
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def understand(self, text: str) -> Understanding:
        if "slowly" in text:
            self.begun.set()
            await self.go.wait()
        await asyncio.sleep(self.takes_s)
        return await super().understand(text)


class OrderRetriever(FakeRetriever):
    """Takes every text with an order number for a question after it."""

    def search(self, text: str, vector: object = None, class_probs: object = None) -> Findings:
        known = text in self.meanings or "LW-" not in text
        return super().search(text if known else "Where is my parcel?", vector, class_probs)


@dataclass
class TelegramDesk:
    """The parts of a running desk, to look at."""

    api: FakeBotApi
    store: Store
    engine: Engine
    understander: SlowUnderstander
    channel: TelegramChannel


def telegram_settings(
    folder: Path, api: FakeBotApi, staff_group: int = 0, *, webhook: bool = False, **conversation: Any
) -> Settings:
    telegram = Telegram(base_url=api.base_url, poll_timeout_s=1, staff_group=staff_group, webhook=webhook)
    changed = {"telegram": telegram, "web": Web(public_url="https://desk.example/chat/")}
    return make_settings(folder, **conversation).model_copy(update=changed)


@asynccontextmanager
async def telegram_desk(
    folder: Path,
    api: FakeBotApi,
    *,
    store: Store | None = None,
    token: str = TOKEN,
    takes_s: float = 0.0,
    tempo: Tempo = QUICK,
    account: BotToken = THE_BOT,
    **conversation: Any,
) -> AsyncIterator[TelegramDesk]:
    """The desk at work; `conversation` are options of [conversation], or `webhook`. Makes a log in the folder unless
    given one."""
    settings = telegram_settings(folder, api, **conversation)
    if store is None:
        async with (
            await Store.open(f"sqlite:///{folder / 'kefu.db'}") as opened,
            telegram_desk(
                folder,
                api,
                store=opened,
                token=token,
                takes_s=takes_s,
                tempo=tempo,
                account=account,
                **conversation,
            ) as desk,
        ):
            yield desk
        return
    engine, _ = make_engine(store, settings)
    understander = SlowUnderstander(takes_s=takes_s)
    retriever = OrderRetriever(MEANINGS)
    engine.dialogue = with_parts(engine.dialogue, understander=understander, retriever=retriever)
    opening = telegram_channel(engine, store, settings, token, tempo=tempo, account=account)
    async with (
        beside(Hearing(store, engine.news, lambda: None).run()),
        opening as channel,
    ):
        yield TelegramDesk(api, store, engine, understander, channel)
