"""A workspace's files become what reads messages: the current release, the answers, the articles, the entity rules."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError
from bot.reader.reader import Reader
from bot.reader.threads import give_way
from bot.settings import Settings
from bot.texts import Texts, entity_rules, load_texts, state_of, text_files
from nlu.checksums import check_as_written
from nlu.encoder import encoder_digest
from nlu.errors import NluError
from nlu.files import ReleaseFiles
from nlu.rules import EntityRules
from nlu.understander import Understander, served_precision
from nlu.values.kinds import warm_up
from retrieval.answers import AnswerBook
from retrieval.articles import Passage, load_articles
from retrieval.errors import RetrievalError
from retrieval.fusion import load_fusion
from retrieval.memory import load_memory
from retrieval.retriever import Retriever
from retrieval.vector_cache import VectorCache

VECTORS = Path(".kefu", "vectors")  # in the workspace: a file for each encoder
WARM_UP = "call 020 7946 0018 tomorrow at noon, please"


@dataclass(frozen=True, slots=True)
class LoadedReader:
    """What reads messages with a release, the texts it finds answers in, and the `files_state` of both."""

    release: str
    state: str
    texts: Texts
    reader: Reader


def load_reader(
    settings: Settings,
    *,
    candidate: str | None = None,
    texts: Texts | None = None,
    beside: Reader | None = None,
) -> LoadedReader:
    """Read a release and the texts of a workspace; takes a second, so not in the event loop.

    `candidate` is another release than the current one. `texts` read before and the encoder of a reader in use `beside` are
    taken where the files are the same. Raises BotError, NluError or RetrievalError naming the file that is missing or wrong."""
    state = files_state(settings.folder)  # before reading: what changes meanwhile is seen the next time
    release = (
        current_release(settings.folder) if candidate is None else find_release(settings.folder, candidate)
    )
    texts = load_texts(settings, texts)
    in_use = beside.understander if beside else None
    understander, retriever = load_release(
        settings,
        release,
        texts.book,
        texts.passages,
        rules=texts.rules,
        beside=in_use if isinstance(in_use, Understander) else None,
    )
    # Tables of dates, currencies, units and languages are made at their first use: three quarters of a second.
    understander.understand_batch([WARM_UP])
    warm_up()
    return LoadedReader(release.name, state, texts, Reader(understander, retriever))


def load_release(
    settings: Settings,
    release: Path,
    book: AnswerBook,
    passages: Sequence[Passage] | None = None,
    *,
    rules: EntityRules | None = None,
    beside: Understander | None = None,
) -> tuple[Understander, Retriever]:
    """What a release understands and finds in a workspace; passages and rules are its own, given where read already."""
    options = settings.understanding
    files = ReleaseFiles(release)
    check_as_written(files, files.encoder(served_precision(files, options.precision)))
    understander = Understander.load(
        release,
        rules or entity_rules(settings),
        precision=options.precision,
        threads=options.threads,
        language=settings.desk.language,
        max_chars=options.max_chars,
        beside=beside,
    )
    fusion, budget = load_fusion(files.fusion, settings.decide.max_wrong_answers)

    encoder = understander.encoder
    cache = VectorCache(settings.folder / VECTORS, encoder.digest, encoder.encode_passages)
    retriever = Retriever(
        understander.labels,
        load_memory(files.index, files.examples),
        fusion,
        budget,
        answers=book,
        passages=load_articles(settings.folder / "knowledge") if passages is None else passages,
        encode=cache.encode,
    )
    cache.save()
    return understander, retriever


def prepare(settings: Settings, name: str) -> None:
    """Encode the answers for a release that brings another encoder, before it is made current: so the desk takes it over in a
    moment. Gives way to a desk that serves beside it; what can't be loaded is left to the desk, which names it."""
    with ThreadPoolExecutor(1, initializer=give_way) as threads:
        threads.submit(_prepare, settings, name).result()


def _prepare(settings: Settings, name: str) -> None:
    with suppress(BotError, NluError, RetrievalError):
        release = find_release(settings.folder, name)
        if _encoder_of(settings, release) != _encoder_of(settings, current_release(settings.folder)):
            texts = load_texts(settings)
            load_release(settings, release, texts.book, texts.passages, rules=texts.rules)


def _encoder_of(settings: Settings, release: Path) -> str:
    files = ReleaseFiles(release)
    return encoder_digest(
        files.encoder(served_precision(files, settings.understanding.precision)), files.tokenizer
    )


def current_release(workspace: Path) -> Path:
    """The folder that releases/current names. Raises BotError where there is none."""
    pointer = workspace / "releases" / "current"
    if not pointer.is_file():
        raise BotError(f"{pointer}: not found; train a first release with `kefu train -w {workspace}`")
    name = pointer.read_text("utf-8").strip()
    release = workspace / "releases" / name
    if not _is_folder_name(name) or not release.is_dir():
        raise BotError(f"{pointer}: names {name!r}, which is no folder beside it")
    return release


def find_release(workspace: Path, name: str) -> Path:
    """The folder of a release. Raises BotError where there is none of that name."""
    release = workspace / "releases" / name
    if not _is_folder_name(name) or not release.is_dir():
        raise BotError(f"{release.parent}: no release {name!r}")
    return release


def _is_folder_name(name: str) -> bool:
    return bool(name) and Path(name).name == name


def files_state(workspace: Path) -> str:
    """Changes whenever a file that `load_model` reads is written, added or removed."""
    return state_of(_watched(workspace))


def _watched(workspace: Path) -> Iterator[Path]:
    yield workspace / "releases" / "current"
    yield from text_files(workspace)
