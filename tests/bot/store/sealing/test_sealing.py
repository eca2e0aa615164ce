"""Customers' words at rest, encrypted: nothing to be read without the key, everything with it."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, Text, cast, select

from bot.secrets.values import SecretError
from bot.store.errors import StoreError
from bot.store.inbox.finding import Asked
from bot.store.privacy.customer_data import sections
from bot.store.sealing import resealing
from bot.store.sealing.keyring import PLAIN, SEALED, new_key, parse_keys
from bot.store.sealing.resealing import sealed_columns, sealed_tables
from bot.store.store import Store
from bot.store.tables.labels import corrections
from bot.store.tables.log import messages
from bot.store.tables.schema import metadata
from tests.bot.store.filled import fill, mark
from tests.bot.store.inbox import test_search
from tests.bot.store.privacy import test_forget, test_retention
from tests.bot.store.privacy.test_customer_data import NOBODY
from tests.bot.store.privacy.test_forget import everything
from tests.bot.store.told import message, tell

# The same in each of pytest's workers, for they stand in the names of tests.
KEY, OTHER = (urlsafe_b64encode(bytes([number] * 32)).decode() for number in (1, 2))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(text: str) -> None:
        monkeypatch.setenv("KEFU_ENCRYPTION_KEY", text)

    return use


@pytest.fixture
async def sealed(url: str, keys: Callable[[str], None]) -> AsyncIterator[Store]:
    keys(KEY)
    async with await Store.open(url) as opened:
        yield opened


def stored(connection: Connection) -> str:
    """All that the database has, as it has it."""
    found = []
    for table in metadata.sorted_tables:
        raw = [cast(column, Text) for column in table.columns]
        found.append(repr(connection.execute(select(*raw)).all()))
    return "".join(found)


def words() -> set[str]:
    """The words of every column that is sealed."""
    return {mark(table, column) for table in sealed_tables() for column in sealed_columns(table)}


async def reseal(store: Store, *, is_off: bool = False) -> int:
    await store.sealing.begin(is_off=is_off)
    changed = 0
    for table in sealed_tables():
        after = None
        while (step := await store.sealing.step(table, after)).rows:
            changed, after = changed + step.changed, step.after
    await store.sealing.end()
    return changed


async def test_no_word_can_be_read_in_the_database_and_all_can_through_the_store(sealed: Store) -> None:
    await sealed._database.write(fill)
    raw, read = await sealed._database.read(stored), await sealed._database.read(everything)
    assert len(words()) >= 20
    assert [word for word in words() if word in raw] == []
    assert [word for word in words() if word not in read] == []


async def test_no_word_is_in_the_bytes_of_the_files(
    folder: Path, keys: Callable[[str], None], tmp_path: Path
) -> None:
    keys(KEY)
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as store:
        await store._database.write(fill)
        await store.inbox.index_messages()
        raw = b"".join(path.read_bytes() for path in folder.glob("kefu.db*"))
    assert [word for word in words() if word.encode() in raw] == []
    # The index of the search has words in small letters, one by one.
    assert b"mark messages text" not in raw


# Texts of customers' tables that can be read without a key: names, ids and fixed words of the desk's own.
OPEN = {
    "customers": {"key", "language"},
    "conversations": {"key", "channel", "status"},
    "custody_changes": {"status", "reason", "after_answer"},
    "messages": {
        "channel", "speaker", "kind", "attachment", "external_id", "delivery", "sender", "delivered_as"
    },
    "understandings": {"release", "intent", "intents", "class_intents", "candidates", "sentiment", "language"},
    "decisions": {"kind", "reason", "intent", "answer_id", "slot", "choices", "timings_ms"},
    "trial_decisions": {"intent", "kind", "reason", "answer_id"},
    "feedback": {"value", "by"},
    "corrections": {"intent", "by", "answer_id"},
    "entity_labels": {"entities", "by"},
    "notes": {"external_id"},
    "drafts": {"intent", "answer_id", "outcome"},
    "topics": {"status", "in_hand_by"},
    "updates": {"channel", "update_id"},
}  # fmt: skip


async def test_a_new_column_of_a_customers_table_is_sealed_or_named_here(store: Store) -> None:
    tables = {one.table for one in await store._database.read(lambda found: sections(found, NOBODY))}
    for table in tables:
        texts = [column for column in table.columns if isinstance(column.type, Text | JSON)]
        assert {column.name for column in texts} == OPEN.get(table.name, set()), table.name


SAME: list[Callable[[Store], Awaitable[None]]] = [
    test_forget.test_nothing_of_a_forgotten_customer_is_in_any_table,
    test_forget.test_others_keep_what_is_theirs_and_corrections_are_unlearned,
    test_forget.test_a_turn_under_way_while_its_customer_is_forgotten_is_answered,
    test_retention.test_what_was_said_long_ago_goes_and_what_is_younger_stays,
    test_retention.test_nothing_of_an_old_customer_is_left_by_the_schema,
]


@pytest.mark.parametrize("same", SAME, ids=lambda test: test.__name__)
async def test_what_the_store_does_it_does_with_a_key_as_well(
    sealed: Store, same: Callable[[Store], Awaitable[None]]
) -> None:
    await same(sealed)


FOUND = test_search.test_all_words_are_found_however_they_are_written


@pytest.mark.parametrize(("asked", "chats"), FOUND.pytestmark[0].args[1])  # type: ignore[attr-defined]
async def test_words_are_found_as_the_index_finds_them(sealed: Store, asked: str, chats: str) -> None:
    await FOUND(sealed, asked, chats)


async def test_a_database_is_not_opened_without_its_key(url: str, keys: Callable[[str], None]) -> None:
    keys(KEY)
    async with await Store.open(url) as store:
        await tell(store, message("12 Elm Road"))
    name = parse_keys(KEY, "").ids[0]
    for wrong in ("", OTHER):
        keys(wrong)
        met = parse_keys(OTHER, "").ids[0] if wrong else "no key"
        with pytest.raises(StoreError, match=f"encrypted with key {name}; met {met}") as refused:
            await Store.open(url)
        assert KEY not in str(refused.value)
        assert OTHER not in str(refused.value)
    keys(KEY)
    async with await Store.open(url) as store:
        assert (await store.transcript("telegram:7"))[0].text == "12 Elm Road"


async def test_what_was_there_before_is_encrypted_step_by_step(
    url: str, keys: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    async with await Store.open(url) as store:
        await store._database.write(fill)
        for number in range(5):
            await tell(store, message(f"12 Elm Road {number}", number), ("Fine.",))
        await store.inbox.index_messages()
        before = await store._database.read(everything)
    keys(KEY)
    async with await Store.open(url) as store:
        await store.sealing.begin(is_off=False)
        first = await store.sealing.step(messages, None)  # and then it is broken off
        assert (first.rows, first.changed) == (2, 2)
    async with await Store.open(url) as store:
        n_changed = await reseal(store)
        assert n_changed > 10
        raw = await store._database.read(stored)
        assert "12 Elm Road" not in raw
        assert [word for word in words() if word in raw] == []
        read = await store._database.read(everything)
        assert read.split("sealing_keys")[0].count("12 Elm Road") == before.count("12 Elm Road")
        assert await reseal(store) == 0


async def test_a_new_key_in_front_takes_over_and_the_old_one_can_go(
    url: str, keys: Callable[[str], None]
) -> None:
    keys(KEY)
    async with await Store.open(url) as store:
        await tell(store, message("12 Elm Road", 1))
    keys(f"{OTHER}, {KEY}")
    async with await Store.open(url) as store:
        await tell(store, message("at number 12", 2))
    keys(OTHER)
    with pytest.raises(
        StoreError, match="put it into KEFU_ENCRYPTION_KEY"
    ):  # the first message needs the old one
        await Store.open(url)
    keys(f"{OTHER}\n{KEY}\n")
    async with await Store.open(url) as store:
        assert await reseal(store) > 0
    keys(OTHER)
    async with await Store.open(url) as store:
        texts = [line.text for line in await store.transcript("telegram:7")]
        assert texts[::2] == ["12 Elm Road", "at number 12"]


async def test_decrypted_it_opens_without_a_key_and_words_are_found_again(
    url: str, keys: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(KEY)
    async with await Store.open(url) as store:
        await tell(store, message("12 Elm Road"))
        assert await reseal(store, is_off=True) > 0
        assert SEALED not in await store._database.read(stored)
    monkeypatch.delenv("KEFU_ENCRYPTION_KEY")
    async with await Store.open(url) as store:
        await store.inbox.index_messages()
        assert len((await store.inbox.search(Asked("elm road")))[0]) == 1


@pytest.mark.parametrize("text", [f"{SEALED}00000000:AAAA", f"{PLAIN}hello", f"{PLAIN}{SEALED}", SEALED])
async def test_what_a_customer_types_never_passes_for_sealed(
    url: str, keys: Callable[[str], None], text: str
) -> None:
    async with await Store.open(url) as store:
        await tell(store, message(text, 1))
        assert (await store.transcript("telegram:7"))[0].text == text
    keys(KEY)
    async with await Store.open(url) as store:
        await reseal(store)
        await tell(store, message(text, 2))
        assert [line.text for line in await store.transcript("telegram:7")][::2] == [text, text]


async def test_a_value_that_was_moved_or_changed_is_noticed(sealed: Store) -> None:
    await tell(sealed, message("12 Elm Road"))
    await sealed.add_correction("somewhere", "identify", "ana")

    def raw(connection: Connection) -> Any:
        return connection.execute(select(cast(messages.c.text, Text)).limit(1)).scalar_one()

    value = await sealed._database.read(raw)
    for column, put in ((corrections.c.text, value), (messages.c.text, value[:-8] + "AAAAAAA=")):
        await sealed._database.write(
            lambda found, column=column, put=put: found.exec_driver_sql(
                f"UPDATE {column.table.name} SET text = '{put}'"  # noqa: S608 - our own words
            )
        )
    with pytest.raises(StoreError, match="was changed outside of kefu"):
        await sealed.corrections()
    with pytest.raises(StoreError, match="was changed outside of kefu"):
        await sealed.transcript("telegram:7")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "key 1 is not base64"),
        ("ä" * 44, "key 1 is not base64"),
        (f"{KEY} {KEY[:20]}", "key 2 has 15 bytes and not 32"),
    ],
)
async def test_a_key_that_cannot_be_one_is_refused_and_not_shown(
    url: str, keys: Callable[[str], None], text: str, told: str
) -> None:
    keys(text)
    with pytest.raises(StoreError, match=told) as refused:
        await Store.open(url)
    assert text not in str(refused.value)


async def test_keys_come_from_a_file_too_and_not_from_both(
    url: str, keys: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    monkeypatch.setenv("KEFU_ENCRYPTION_KEY_FILE", str(path))
    with pytest.raises(SecretError, match="can't be read: No such file"):
        await Store.open(url)
    path.write_text(KEY + "\n")
    async with await Store.open(url) as store:
        assert await store.sealing.key_id() == parse_keys(KEY, "").ids[0]
    keys(KEY)
    with pytest.raises(SecretError, match="KEFU_ENCRYPTION_KEY and KEFU_ENCRYPTION_KEY_FILE are both set"):
        await Store.open(url)


def test_a_key_does_not_show_in_print() -> None:
    keyring = parse_keys(KEY, "here")
    assert KEY[:8] not in repr(keyring)
    assert repr(keyring.keys[0])[2:10] not in repr(keyring)


def test_new_keys_differ_and_can_be_used() -> None:
    one, other = new_key(), new_key()
    assert one != other
    for key in (one, other):
        keyring = parse_keys(key, "here")
        assert keyring.open(keyring.seal("hello", "messages.text"), "messages.text") == "hello"
