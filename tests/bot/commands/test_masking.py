"""Personal data of conversations that are over are masked at rest, as an export masks them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.commands.masking import mask_of
from bot.retaining import Retaining
from bot.settings import Retention, Settings
from bot.store.store import Store
from bot.store.tables.log import conversations, messages, understandings
from tests.bot.commands.logged import make_desk, run
from tests.bot.commands.test_log_commands import whole_log
from tests.bot.store.privacy.test_forget import everything
from tests.bot.store.told import message, tell

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=40)
SAID = "I am Priya Raman, where is LW-48213? priya@raman.example, call 020 7946 0123"
PERSONAL = ("Priya", "Raman", "raman.example", "7946")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = make_desk(tmp_path / "desk")
    (folder / "kefu.toml").write_text('[desk]\ncountry = "GB"\n[retention]\nmask_days = 30\n')
    return folder


def on_log(workspace: Path, work: Callable[[Store], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            return await work(store)

    return asyncio.run(go())


async def live(store: Store, status: str = "closed") -> None:
    """Priya in one conversation, in all that is kept beside the messages too."""
    who: dict[str, Any] = {"customer_name": "Priya Raman"}
    turn = await tell(
        store,
        message(SAID, 1, **who),
        ("Dear Priya, LW-48213 is on its way.",),
        entity="LW-48213",
        state={"slots": {"email": "priya@raman.example"}},
    )
    await store.replace_message(message(SAID + "!", 2, kind="edit", replaces="1", **who))
    await store.add_correction(SAID + "!", "order_status", "ana", message_id=turn.message_id)
    await store.inbox.index_messages()
    over = update(conversations).values(last_at=LONG_AGO, status=status)
    await store._database.write(lambda found: found.execute(over))


async def text_of(store: Store) -> str:
    """All that is stored, the customer's own row left out: it stays, for they may come back."""
    rows = await store._database.read(everything)
    return rows.replace("'telegram:7', 'Priya Raman'", "")


async def test_a_conversation_that_is_over_is_masked_everywhere(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        await live(store)
        desk = Retaining(store, settings_for(tmp_path), mask_of(settings_for(tmp_path)), pause_s=0)
        before = await text_of(store)
        assert [one for one in PERSONAL if one not in before] == []
        await desk.look(NOW)
        left = await text_of(store)
        assert [one for one in PERSONAL if one in left] == []
        lines = [line.text for line in await store.transcript("telegram:7")]
        assert lines == [
            "I am <person>, where is LW-48213? <email>, call <phone>!",
            "Dear <person>, LW-48213 is on its way.",
        ]
        [correction] = await store.corrections()
        assert correction.text == lines[0]
        entry = (await store.accounts.audit(None, 9))[0]
        assert entry.details == {"masked": 1}


async def test_masking_again_changes_nothing_and_a_new_word_is_masked_later(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        await live(store)
        mask = mask_of(settings_for(tmp_path))
        unmark = update(conversations).values(masked_at=None)
        for _ in range(2):
            told = await store.masking.next(NOW)
            assert told is not None
            await store.masking.put(told, told.masked(mask))
            once = await store.transcript("telegram:7")
            assert await store.masking.next(NOW) is None
            await store._database.write(lambda found: found.execute(unmark))
            assert await store.transcript("telegram:7") == once
        again = update(conversations).values(masked_at=LONG_AGO, last_at=LONG_AGO + timedelta(days=1))
        await store._database.write(lambda found: found.execute(again))
        assert await store.masking.count(NOW) == 1


async def test_what_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        await live(store)
        told = await store.masking.next(NOW)
        assert told is not None
        mask = mask_of(settings_for(tmp_path))
        changed = update(messages).where(messages.c.speaker == "customer").values(text="I'm a@b.example")
        await store._database.write(lambda found: found.execute(changed))
        await store.masking.put(told, told.masked(mask))
        lines = [line.text for line in await store.transcript("telegram:7")]
        assert lines == ["I'm a@b.example", "Dear <person>, LW-48213 is on its way."]

        again = await store.masking.next(NOW)
        assert again is not None
        await store.masking.put(again, again.masked(mask))
        assert (await store.transcript("telegram:7"))[0].text == "I'm <email>"
        assert await store.masking.next(NOW) is None


@pytest.mark.parametrize("change", [{"last_at": NOW}, {"status": "person"}])
async def test_a_conversation_that_went_on_meanwhile_is_left(tmp_path: Path, change: dict[str, Any]) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        await live(store)
        told = await store.masking.next(NOW)
        assert told is not None
        goes_on = update(conversations).values(change)
        await store._database.write(lambda found: found.execute(goes_on))
        before = await text_of(store)
        await store.masking.put(told, told.masked(mask_of(settings_for(tmp_path))))
        assert await text_of(store) == before

        over = update(conversations).values(status="bot")
        await store._database.write(lambda found: found.execute(over))
        assert await store.masking.count(NOW + timedelta(days=1)) == 1


async def test_entities_that_are_nobodys_keep_their_place(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        said = "priya@raman.example asks for LW-48213"
        await tell(store, message(said, 1), entity="LW-48213")
        told = await store.masking.next(NOW + timedelta(days=1))
        assert told is not None
        await store.masking.put(told, told.masked(mask_of(settings_for(tmp_path))))
        query = select(messages.c.text, understandings.c.entities).join(understandings)
        row = await store._database.read(lambda found: found.execute(query).one())
        [entity] = row.entities
        assert row.text[entity["start"] : entity["end"]] == entity["text"] == entity["value"] == "LW-48213"


@pytest.mark.parametrize("status", ["waiting", "person"])
async def test_a_conversation_in_peoples_hands_is_left(tmp_path: Path, status: str) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        await live(store, status)
        assert await store.masking.next(NOW) is None


def test_the_command_counts_then_masks_and_the_file_holds_no_trace(workspace: Path) -> None:
    on_log(workspace, live)
    assert "1 conversations to be masked" in run(workspace, "retention", "--dry-run").output
    assert b"priya@raman.example" in whole_log(workspace)
    assert "1 masked" in run(workspace, "retention", "--yes").output
    assert b"priya@raman.example" not in whole_log(workspace)
    assert "0 conversations to be masked" in run(workspace, "retention", "--yes").output


def settings_for(folder: Path) -> Settings:
    desk = Settings(folder=folder).desk.model_copy(update={"country": "GB"})
    return Settings(folder=folder, desk=desk, retention=Retention(mask_days=30))
