"""However a customer lived at the desk: once they are forgotten, no word of theirs is anywhere, not even in free pages.

Words are looked for by their last letters, for an index keeps what words begin with in common only once."""

import logging
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from bot.messages import Button
from bot.store.databases.sqlite import SqliteDatabase
from bot.store.privacy import forget
from bot.store.privacy.customer_data import NOT_OF_CUSTOMERS
from bot.store.store import Store
from bot.store.tables.schema import metadata
from tests.bot.colleagues import add_colleague
from tests.bot.store.filled import KEY, fill, marks_of
from tests.bot.store.told import message, tell

END = 8  # letters that tell a word
HERS, HIS = "990077", "990055"
LETTERS, SIGNS = "bcdfghjklmnpqrstvwxz", "龘靐齉爩麤灪龗鱻麣齾"


class Words:
    """Words nobody says that was given another seed: made up, and kept to be looked for."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.said: set[str] = set()

    def one(self) -> str:
        word = "".join(self._rng.choices(LETTERS, k=14))
        if self._rng.random() < 0.2:
            word = "".join(self._rng.choices(SIGNS, k=END))
        self.said.add(word)
        return word

    def line(self) -> str:
        return " ".join(self.one() for _ in range(self._rng.randint(1, 30)))

    def pick(self, n: int) -> int:
        return self._rng.randrange(n)


async def live(store: Store, words: Words, deeds: list[int]) -> None:
    """One customer with a desk, and another one beside her who says other things."""
    name = f"{words.one()} {words.one()}"
    who: dict[str, Any] = {"customer_name": name, "customer_key": f"telegram:{HERS}"}
    other, staff = Words(2**40), await add_colleague(store, "ben")
    ids: list[int] = []
    for number, deed in enumerate(deeds, 1):
        said = message(words.line(), number, HERS, attachment=words.one(), **who)
        match deed:
            case 0:
                entity = said.text.split()[0]
                buttons = (Button(words.one(), f"slot:x:{words.one()}"),)
                turn = await tell(
                    store,
                    said,
                    (words.line(),),
                    entity=entity,
                    state={"slots": {"x": words.one()}},
                    buttons=buttons,
                )
                ids.append(turn.message_id)
            case 1 if ids:
                edit = message(
                    words.line(), 1000 + number, HERS, kind="edit", replaces=str(number - 1), **who
                )
                await store.replace_message(edit)
            case 2 if ids:
                text_ = (await store.transcript(f"telegram:{HERS}", after=ids[-1] - 1, limit=1))[0].text
                await store.add_correction(text_, "identify", "ana", words.line(), ids[-1])
                await store.add_correction(text_, "identify", "ana")
            case 3 if ids:
                await store.undo_correction(
                    await store.add_correction("where is it", "x", "ana", "", ids[-1])
                )
            case 4:
                payload = {"message": {"from": {"id": int(HERS)}, "text": words.line()}}
                await store.record_updates("telegram", [(str(number), payload)])
            case 5:
                await store.inbox.index_messages()
            case 6:
                await tell(store, message(words.line(), number, conversation_key="telegram:-100", **who))
                await tell(store, message(other.line(), 2000 + number, HIS, conversation_key="telegram:-100"))
            case 7:
                await tell(store, message(other.line(), number, HIS), (other.line(),))
            case 8 if ids:
                await store.inbox.index_messages()
                await store.saved_views.save(
                    staff, words.one(), view="open", asked=name, filters=(), is_shared=True
                )
            case 9 if ids:
                await store.mark_sending(ids[-1] + 1)
                await store.mark_failed(ids[-1] + 1, words.line())
            case _:
                await store.set_language(f"telegram:{HERS}", words.one())
    last = message(words.line(), 5000, HERS, **who)  # she is known, whatever was done
    await tell(store, last, state={"slots": {"x": words.one()}})
    await store.inbox.index_messages()


def forms(word: str) -> list[bytes]:
    """As it may stand in a file: as it is, or as JSON has it."""
    end = word[-END:]
    return [end.encode(), end.encode("ascii", "backslashreplace")]


def met_in(raw: bytes, words: set[str]) -> set[str]:
    return {word for word in words if any(form in raw for form in forms(word))}


def rows_of(connection: Connection) -> bytes:
    """All that all tables hold, those that no module of ours names as well."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    names = connection.execute(text(query)).scalars().all()
    found = [repr(connection.execute(text(f'SELECT * FROM "{name}"')).all()) for name in names]  # noqa: S608
    return "".join(found).encode()


async def exported(store: Store) -> bytes:
    """What the next training would learn from, and what running desks are taught."""
    dialogues = [repr(one) async for one in store.conversations_for_export(silence_s=0)]
    return (repr(dialogues) + repr(await store.corrections_since(0))).encode()


async def traces(store: Store, folder: Path, words: set[str]) -> set[str]:
    raw = b"".join(path.read_bytes() for path in folder.glob("kefu*.db*"))
    raw += await store._database.read(rows_of) + await exported(store) + repr(vars(store.insights)).encode()
    return met_in(raw, words)


def copy_of(empty_log: Path, folder: Path) -> str:
    shutil.copy(empty_log, folder)
    return f"sqlite:///{folder / 'kefu.db'}"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), deeds=st.lists(st.integers(0, 10), min_size=3, max_size=25))
async def test_no_word_of_a_forgotten_customer_is_left(
    tmp_path_factory: pytest.TempPathFactory,
    empty_log: Path,
    caplog: pytest.LogCaptureFixture,
    seed: int,
    deeds: list[int],
) -> None:
    folder, words = tmp_path_factory.mktemp("raw"), Words(seed)
    caplog.set_level(logging.DEBUG, "bot")
    async with await Store.open(copy_of(empty_log, folder)) as store:
        await live(store, words, deeds)
        assert await traces(store, folder, words.said)
        await store.forget(f"telegram:{HERS}")
        assert await traces(store, folder, words.said) == set()
        assert met_in(caplog.text.encode(), words.said) == set()
    assert met_in(b"".join(path.read_bytes() for path in folder.glob("kefu*")), words.said) == set()


async def test_no_word_is_left_in_the_rows_of_either_database(store: Store) -> None:
    words = Words(11)
    await live(store, words, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 6, 2, 4])

    async def left() -> set[str]:
        return met_in(await store._database.read(rows_of) + await exported(store), words.said)

    assert await left()
    await store.forget(f"telegram:{HERS}", rewrite=True)
    assert await left() == set()


def customers_marks() -> set[str]:
    tables = [table for table in metadata.sorted_tables if table.name not in NOT_OF_CUSTOMERS]
    return {word for table in tables for word in marks_of(table)}


# What stays of a customer, by docs/privacy.md: fixed words of the desk's own, ids and times.
STAYS = {
    "conversations": {"channel"},
    "custody-changes": {"status", "reason", "after-answer"},
    "messages": {"kind"},
    "decisions": {"kind", "reason", "intent", "answer-id", "slot", "choices", "timings-ms"},
    "feedback": {"value"},
    "topics": {"in-hand-by"},
    "updates": {"update-id"},
}


async def test_of_every_column_nothing_is_left_but_what_the_data_map_says(store: Store) -> None:
    await store._database.write(fill)
    await store.forget(KEY)
    raw = (await store._database.read(rows_of)).decode()
    left = {word for word in customers_marks() if word in raw}
    assert left == {f"mark-{table}-{column}-krams" for table, names in STAYS.items() for column in names}


LEFT_OUT = ("drop_words", "purge", "drop_understood", "empty_messages", "drop_beside_messages", "drop_corrections",
            "empty_conversations", "empty_customers", "drop_views_about", "_forget_updates", "_empty_shared")  # fmt: skip


@pytest.mark.parametrize("step", [*LEFT_OUT, "erase_traces"])
async def test_each_step_of_forgetting_is_missed_where_it_is_left_out(
    tmp_path: Path, empty_log: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The search for words can fail: with any step left out it does."""

    def nothing(*_: Any, **__: Any) -> int:
        return 0

    async def not_erased(*_: Any, **__: Any) -> bool:
        return True

    if step == "erase_traces":
        monkeypatch.setattr(SqliteDatabase, step, not_erased)
    else:
        monkeypatch.setattr(forget, step, nothing)
    words, deeds = Words(7), [0, 0, 1, 2, 4, 5, 6, 8, 9, 3, 0]
    async with await Store.open(copy_of(empty_log, tmp_path)) as store:
        await live(store, words, deeds)
        if step in {"drop_beside_messages", "_empty_shared"}:
            await add_beside(store, words)
        await store.forget(f"telegram:{HERS}")
        assert await traces(store, tmp_path, words.said)


async def add_beside(store: Store, words: Words) -> None:
    def write(connection: Connection) -> None:
        query = "INSERT INTO notes (conversation_id, text, at) SELECT id, :text, :at FROM conversations"
        connection.execute(text(query), {"text": words.one(), "at": "2026-03-02 09:14:00"})
        state = f'{{"said": "{words.one()}"}}'
        connection.execute(text("UPDATE conversations SET state = :state"), {"state": state})

    await store._database.write(write)
