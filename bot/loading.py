"""A workspace's files become a dialogue: the current release, the answers, the articles, the entity rules."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.actions import Actions
from bot.answering import Answering
from bot.dialogue import Dialogue
from bot.entity_rules import entity_rules
from bot.errors import BotError
from bot.settings import Settings
from nlu.files import ReleaseFiles
from nlu.understander import Understander
from retrieval.answers import AnswerBook, load_answers
from retrieval.articles import article_files, load_articles
from retrieval.fusion import load_fusion
from retrieval.memory import load_memory
from retrieval.retriever import Retriever
from retrieval.vector_cache import VectorCache

VECTORS = Path(".kefu", "vectors.safetensors")  # in the workspace
WARM_UP = "call 020 7946 0018 tomorrow at noon, please"


@dataclass(frozen=True, slots=True)
class Model:
    """A release in use: what it understands and finds, and the dialogue made of both.

    `state` is the `files_state` it was read from."""

    release: str
    state: str
    understander: Understander
    retriever: Retriever
    dialogue: Dialogue


def load_model(settings: Settings, actions: Actions) -> Model:
    """Read all that a workspace answers with; takes a second, so not in the event loop.

    Raises BotError, NluError or RetrievalError naming the file that is missing or wrong."""
    state = files_state(settings.folder)  # before reading: what changes meanwhile is seen the next time
    release = current_release(settings.folder)
    book = load_answers(settings.folder / "answers")
    check_actions(book, actions.names)
    understander, retriever = load_release(settings, release, book)
    # Tables of dates, currencies, units and languages are made at their first use: half a second.
    understander.understand_batch([WARM_UP])
    answering = Answering(book, actions, settings, retriever.budget.passage_threshold)
    return Model(release.name, state, understander, retriever, Dialogue(understander, retriever, answering))


def load_release(settings: Settings, release: Path, book: AnswerBook) -> tuple[Understander, Retriever]:
    """What a release understands and finds in a workspace."""
    options, rules = settings.understanding, entity_rules(settings)
    understander = Understander.load(
        release,
        rules,
        precision=options.precision,
        threads=options.threads,
        language=settings.desk.language,
        max_chars=options.max_chars,
    )
    files = ReleaseFiles(release)
    fusion, budget = load_fusion(files.fusion, settings.decide.max_wrong_answers)

    key = f"{release.name} {options.precision}"
    vectors = VectorCache(settings.folder / VECTORS, key, understander.encoder.encode_passages)
    retriever = Retriever(
        understander.labels,
        load_memory(files.index, files.examples),
        fusion,
        budget,
        answers=book,
        passages=load_articles(settings.folder / "knowledge"),
        encode=vectors.encode,
    )
    vectors.save()
    return understander, retriever


def current_release(workspace: Path) -> Path:
    """The folder that releases/current names. Raises BotError where there is none."""
    pointer = workspace / "releases" / "current"
    if not pointer.is_file():
        raise BotError(f"{pointer}: not found; train a first release with `kefu train -w {workspace}`")
    name = pointer.read_text("utf-8").strip()
    release = workspace / "releases" / name
    if not name or Path(name).name != name or not release.is_dir():
        raise BotError(f"{pointer}: names {name!r}, which is no folder beside it")
    return release


def check_actions(book: AnswerBook, names: Collection[str]) -> None:
    """Raise BotError for an answer that calls an action kefu.toml doesn't have."""
    for answer in book.answers:
        if answer.action is not None and answer.action not in names:
            known = ", ".join(names) or "none"
            raise BotError(
                f"answer {answer.id!r} calls action {answer.action!r}; kefu.toml has [actions.*]: {known}"
            )


def files_state(workspace: Path) -> str:
    """Changes whenever a file that `load_model` reads is written, added or removed."""
    digest = hashlib.sha256()
    for path in _watched(workspace):
        if path.is_file():
            stat = path.stat()
            digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return digest.hexdigest()


def _watched(workspace: Path) -> Iterator[Path]:
    yield workspace / "releases" / "current"
    yield workspace / "entities.yaml"
    yield from sorted((workspace / "answers").glob("*.yaml"))
    yield from article_files(workspace / "knowledge")
