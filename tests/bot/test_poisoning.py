"""Hostile customers: what they press moves no answer, neither at once nor after what was exported is trained on."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from bot.desk import Desk, open_desk
from bot.messages import ButtonPress, Message, Turn
from bot.reader.threaded import ThreadedReader
from bot.settings import load_settings
from bot.store.tables.log import messages
from tests.bot.commands.logged import run
from tests.tiny import SENTENCES, make_turn, train_tiny
from training.dialogues import read_dialogues

pytestmark = pytest.mark.slow

N_CLICKS = 200
LONG_AGO = datetime.now(UTC) - timedelta(days=3)
PROBES = (
    "where is my lamp", "where is my blue lamp", "please cancel A-1042", "cancel the sofa now", "give my money back",
    "refund the rug please", "money back for A-1042", "are you open today", "when do you open", "sing a song",
    "who won the game", "hello where is my sofa please",
)  # fmt: skip


@dataclass
class Mob:
    """Customers who press what is wrong: all under one key, or each under their own."""

    desk: Desk
    is_one: bool
    n_pressed: int = 0

    async def attack(self, number: int, text: str) -> None:
        """Ask for something, choose what it least is, and call the answer helpful."""
        who = "web:eve" if self.is_one else f"web:eve{number}"
        at = LONG_AGO + timedelta(seconds=40 * number)

        async def send(place: int, said: str, press: ButtonPress | None = None) -> Turn:
            kind = "text" if press is None else "button"
            return await self.desk.engine.handle(
                Message(
                    "web",
                    f"web:chat{number}",
                    who,
                    f"{number}-{place}",
                    at + timedelta(seconds=place),
                    kind=kind,
                    text=said,
                    button=press,
                )
            )

        turn = await send(0, text)
        if turn.decision is None or turn.decision.kind != "clarify" or len(turn.decision.choices) < 2:
            return
        wrong = turn.decision.choices[-1]
        answered = await send(1, wrong, press_of(turn, f"intent:{wrong}"))
        self.n_pressed += 1
        if helpful := press_of(answered, "helpful"):
            await send(2, "Yes", helpful)
            self.n_pressed += 1


def texts() -> Iterator[str]:
    """What customers say to this desk, of all its intents."""
    chance = random.Random(1)
    for intent in cycle(one for one in SENTENCES if one != "out_of_scope"):
        yield str(make_turn(intent, chance)["text"])


def press_of(turn: Turn, payload: str) -> ButtonPress | None:
    for reply in turn.replies:
        for index, button in enumerate(reply.buttons):
            if button.payload == payload:
                return ButtonPress(reply.message_id, index)
    return None


async def replies_to_probes(desk: Desk, name: str) -> list[tuple[str, str | None, str | None]]:
    """What the desk does with each probe, each the first words of somebody new."""
    found = []
    for number, text in enumerate(PROBES):
        key = f"web:{name}{number}"
        turn = await desk.engine.handle(Message("web", key, key, "1", LONG_AGO, text=text))
        assert turn.decision is not None
        found.append((turn.decision.kind, turn.decision.intent, turn.decision.answer_id))
    return found


@pytest.mark.parametrize("is_one", [True, False], ids=["one customer", "200 customers"])
async def test_200_hostile_clicks_move_no_answer_at_once_nor_after_training(
    trained: Path, tiny_base: Path, is_one: bool
) -> None:
    settings = load_settings(trained)
    async with open_desk(settings) as desk:
        before = await replies_to_probes(desk, "before")
        mob = Mob(desk, is_one)
        assert isinstance(desk.model.reader, ThreadedReader)
        retriever = desk.model.reader.reader.retriever
        usual = retriever.budget
        # A desk that asks back whatever is said, so that each message can be answered for by a press.
        retriever.budget = replace(usual, answer_threshold=1.01, clarify_threshold=0.0)
        for number, text in enumerate(texts()):
            if mob.n_pressed >= N_CLICKS:
                break
            await mob.attack(number, text)
        retriever.budget = usual
        assert mob.n_pressed >= N_CLICKS
        await desk.learn_corrections()
        assert await replies_to_probes(desk, "at once") == before
        given = await desk.store.labels.given()
        assert len({one.by for one in given if one.by.startswith("web:eve")}) == (
            1 if is_one else len({one.conversation_id for one in given})
        )
        old = messages.update().values(at=LONG_AGO)
        await desk.store._database.write(lambda connection: connection.execute(old))

    await asyncio.to_thread(run, trained, "export")
    exported = [
        turn for dialogue in read_dialogues([trained / "dialogues" / "log.jsonl"]) for turn in dialogue.turns
    ]
    assert len([turn for turn in exported if turn.speaker == "customer"]) >= N_CLICKS / 2
    assert [turn.text for turn in exported if turn.intents] == []

    await asyncio.to_thread(train_tiny, trained, tiny_base)
    async with open_desk(settings) as desk:
        assert await replies_to_probes(desk, "after") == before
