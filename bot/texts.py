"""What an operator writes for the desk to answer with: answers, articles and entity rules, read together."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.errors import BotError
from bot.settings import Settings
from nlu.errors import NluError
from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.articles import Passage, article_files, load_articles
from retrieval.errors import RetrievalError

T = TypeVar("T")


class TextsError(BotError):
    """Answers, articles or entity rules can't be used: a line for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Answers, articles and entity rules, read from files of that state. Models share them, and what the rules are taught."""

    state: str
    book: AnswerBook
    passages: tuple[Passage, ...]
    rules: EntityRules


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """What could be read, None for a part that could not; `problems` has a line for all that is wrong."""

    book: AnswerBook | None
    passages: tuple[Passage, ...] | None
    rules: EntityRules | None
    problems: tuple[str, ...]


@dataclass
class _Reading:
    problems: list[str] = field(default_factory=list)

    def attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except (BotError, NluError, RetrievalError) as error:
            self.problems += str(error).splitlines()
            return None


def load_texts(settings: Settings, beside: Texts | None = None) -> Texts:
    """The answers, articles and rules of a workspace; `beside` where its files haven't changed. Raises TextsError."""
    state = state_of(text_files(settings.folder))
    if beside is not None and beside.state == state:
        return beside
    read = read_texts(settings, settings.actions)
    if read.book is None or read.passages is None or read.rules is None or read.problems:
        raise TextsError("\n".join(read.problems))
    return Texts(state, read.book, read.passages, read.rules)


def read_texts(settings: Settings, actions: Collection[str] | None) -> ReadTexts:
    """Read all of them, whatever is wrong with some; `actions` are the names answers may call, None where not known."""
    reading, folder = _Reading(), settings.folder
    rules = reading.attempt(lambda: entity_rules(settings))
    book = reading.attempt(lambda: load_answers(folder / "answers"))
    if book is not None and actions is not None:
        reading.attempt(lambda: check_actions(book, actions))
    passages = reading.attempt(lambda: load_articles(folder / "knowledge"))
    return ReadTexts(book, passages, rules, tuple(reading.problems))


def entity_rules(settings: Settings) -> EntityRules:
    """Those of entities.yaml, as they hold where the desk is."""
    desk = settings.desk
    return load_rules(
        settings.folder / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone
    )


def check_actions(book: AnswerBook, names: Collection[str]) -> None:
    """Raise BotError with a line for each answer that calls an action kefu.toml doesn't have."""
    known = ", ".join(names) or "none"
    wrong = [
        f"{answer.place}: answer {answer.id!r} calls action {answer.action!r}; kefu.toml has [actions.*]: {known}"
        for answer in book.answers
        if answer.action is not None and answer.action not in names
    ]
    if wrong:
        raise BotError("\n".join(wrong))


def text_files(workspace: Path) -> Iterator[Path]:
    """The files that `load_texts` reads."""
    yield workspace / "entities.yaml"
    yield from sorted((workspace / "answers").glob("*.yaml"))
    yield from article_files(workspace / "knowledge")


def state_of(paths: Iterable[Path]) -> str:
    """Changes whenever one of the files is written, added or removed."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            stat = path.stat()
            digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return digest.hexdigest()
