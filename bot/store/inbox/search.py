"""Every word of every message, to be found again: FTS5 on SQLite, a text-search index on PostgreSQL.

Messages are indexed a little after they are stored, by `index_messages`, so that no turn waits for it. Chinese
is written without spaces: each of its characters counts as a word, and a run of them as a phrase."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select, text

from bot.store.sealing.columns import keyring_of
from bot.store.tables.log import messages

BATCH = 2000  # messages
OPENED = 20_000  # messages: some half a second of processor time, see docs/benchmarks.md
LARGEST_ID = 2**31 - 1
LATE = 1000  # ids before the newest: with several processes a smaller id may be stored later

_HAN = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_WORD = re.compile(rf"{_HAN}|(?:(?!{_HAN})\w)+")

_NEWEST = {
    "sqlite": "SELECT max(id) FROM message_words_content",
    "postgresql": "SELECT max(message_id) FROM message_words",
}
_MISSING = {
    "sqlite": "NOT EXISTS (SELECT 1 FROM message_words_content WHERE message_words_content.id = messages.id)",
    "postgresql": "NOT EXISTS (SELECT 1 FROM message_words WHERE message_words.message_id = messages.id)",
}
_INSERT = {
    "sqlite": "INSERT INTO message_words (rowid, words) VALUES (:id, :words)",
    "postgresql": "INSERT INTO message_words VALUES (:id, to_tsvector('simple', :words)) ON CONFLICT DO NOTHING",
}
_DELETE = {
    "sqlite": "DELETE FROM message_words WHERE rowid = :id",
    "postgresql": "DELETE FROM message_words WHERE message_id = :id",
}
_FIND = {
    "sqlite": "SELECT rowid FROM message_words WHERE message_words MATCH :query AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit",
    "postgresql": "SELECT message_id FROM message_words WHERE words @@ to_tsquery('simple', :query) "
    "AND message_id < :before ORDER BY message_id DESC LIMIT :limit",
}


def words_of(said: str) -> list[str]:
    """The words of a text as they are compared: small letters without accents, Chinese characters one by one."""
    if said.isascii():  # most of what there is, and several times as fast
        return _WORD.findall(said.casefold())
    plain = unicodedata.normalize("NFKD", said.casefold())
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def wording_of(said: str) -> str:
    """The same for texts that say the same words; a text without words is its own."""
    return " ".join(words_of(said)) or said


def index_messages(connection: Connection) -> int:
    """Index what isn't yet, BATCH messages at most; how many there were. Where words are sealed there is no index."""
    if keyring_of(connection.dialect) is not None:
        return 0
    kind = connection.dialect.name
    newest = connection.execute(text(_NEWEST[kind])).scalar_one() or 0
    query = text(
        f"SELECT id, text FROM messages WHERE id > :after AND text <> '' AND {_MISSING[kind]} "  # noqa: S608 - fixed words
        "ORDER BY id LIMIT :limit"
    )
    rows = connection.execute(query, {"after": newest - LATE, "limit": BATCH}).all()
    _insert(connection, [(row.id, row.text) for row in rows])
    return len(rows)


def reindex(connection: Connection, message_id: int, said: str) -> None:
    """A message was edited."""
    drop_words(connection, [message_id])
    _insert(connection, [(message_id, said)])


def drop_words(connection: Connection, message_ids: Sequence[int]) -> None:
    """Forget the words of these messages, and on SQLite the traces deleted words leave in the index."""
    if not message_ids:
        return
    connection.execute(text(_DELETE[connection.dialect.name]), [{"id": number} for number in message_ids])


def purge(connection: Connection) -> None:
    """Write the index anew without what was deleted; PostgreSQL does so by itself."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO message_words (message_words) VALUES ('optimize')"))


def find_messages(connection: Connection, asked: str, *, before: int, limit: int) -> list[int]:
    """Ids of the messages below `before` that have all of the words asked for, the newest first; what was typed
    last may be the beginning of a word."""
    if keyring_of(connection.dialect) is not None:
        return _find_opened(connection, asked, before=before, limit=limit)
    kind = connection.dialect.name
    query = _fts5(asked) if kind == "sqlite" else _tsquery(asked)
    if not query:
        return []
    values: dict[str, Any] = {"query": query, "before": before, "limit": limit}
    return list(connection.execute(text(_FIND[kind]), values).scalars())


def looked_through(connection: Connection) -> int | None:
    """How many of the newest messages a search opens; None where it has an index of all of them."""
    return None if keyring_of(connection.dialect) is None else OPENED


def _find_opened(connection: Connection, asked: str, *, before: int, limit: int) -> list[int]:
    """The same where words are sealed, by opening the newest OPENED messages."""
    pattern = _pattern(_phrases(asked))
    if pattern is None:
        return []
    query = select(messages.c.id, messages.c.text).where(messages.c.id < before, messages.c.text != "")
    rows = connection.execute(query.order_by(messages.c.id.desc()).limit(OPENED))
    found = (row.id for row in rows if pattern(f" {' '.join(words_of(row.text))} "))
    return list(islice(found, limit))


def _pattern(phrases: list[list[str]]) -> Callable[[str], bool] | None:
    """Whether words, each between two spaces, have all of these phrases; the last may go on."""
    if not phrases:
        return None
    wanted = [f" {' '.join(words)} " for words in phrases]
    if _is_open(phrases[-1][-1]):
        wanted[-1] = wanted[-1][:-1]
    return lambda said: all(phrase in said for phrase in wanted)


def _insert(connection: Connection, said: Sequence[tuple[int, str]]) -> None:
    if said and keyring_of(connection.dialect) is None:
        values = [{"id": number, "words": " ".join(words_of(words))} for number, words in said]
        connection.execute(text(_INSERT[connection.dialect.name]), values)


def _phrases(asked: str) -> list[list[str]]:
    """The words of each thing between spaces: "LW-48213" is two that stand together."""
    return [words for part in asked.split() if (words := words_of(part))]


def _is_open(word: str) -> bool:
    """Whether a word that was typed last may go on."""
    return re.fullmatch(_HAN, word) is None


def _fts5(asked: str) -> str:
    phrases = _phrases(asked)
    written = ['"' + " ".join(words) + '"' for words in phrases]
    return " AND ".join(written) + ("*" if phrases and _is_open(phrases[-1][-1]) else "")


def _tsquery(asked: str) -> str:
    phrases = _phrases(asked)
    written = ["(" + " <-> ".join(f"'{word}'" for word in words) + ")" for words in phrases]
    if phrases and _is_open(phrases[-1][-1]):
        written[-1] = written[-1][:-1] + ":*)"
    return " & ".join(written)
