"""A canary answers its share of the conversations, and each of them always."""

from pathlib import Path

from sqlalchemy import select

from bot.store.store import Store
from bot.store.tables.log import understandings
from bot.trial.canary import Canary
from tests.bot.fakes import MEANINGS, Customer, FakeRetriever, make_engine, make_settings, with_parts

KEYS = [f"web:{number}" for number in range(4000)]


async def test_its_conversations_are_answered_by_it_and_logged_so(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    other = with_parts(engine.dialogue, retriever=FakeRetriever(MEANINGS | {"hi": ("thanks", 0.99)}))
    engine.canary = Canary("new", other, 0.5)
    mine = next(key for key in KEYS if engine.canary.has(key))
    others = next(key for key in KEYS if not engine.canary.has(key))

    answered = [(await Customer(engine, key=key).send("hi")).decision for key in (mine, others)]

    assert [one.answer_id for one in answered if one] == ["thanks", "greeting"]
    releases = await log._database.read(
        lambda connection: list(connection.execute(select(understandings.c.release)).scalars())
    )
    assert releases == ["new", "test"]


def test_the_share_is_kept_and_a_larger_one_only_adds(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    tenth, half = (Canary("new", engine.dialogue, share) for share in (0.1, 0.5))
    of_tenth, of_half = ({key for key in KEYS if canary.has(key)} for canary in (tenth, half))
    assert 330 <= len(of_tenth) <= 470  # four standard deviations
    assert of_tenth < of_half


def test_another_release_gets_other_conversations(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    one, other = (
        {key for key in KEYS if Canary(name, engine.dialogue, 0.1).has(key)} for name in ("new", "newer")
    )
    assert len(one & other) < 100  # 40 by chance
