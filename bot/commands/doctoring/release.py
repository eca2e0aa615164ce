"""The release that serves: every file as it was written, and an index that fits."""

from collections.abc import Iterator

from bot.commands.doctoring.findings import Finding, fault, fine
from bot.errors import BotError
from bot.loading import current_release
from bot.settings import Settings
from nlu.errors import NluError
from nlu.files import ReleaseFiles
from nlu.understander import served_precision
from retrieval.errors import RetrievalError
from retrieval.fusion import load_fusion
from retrieval.memory import load_memory
from training.registry import Registry

GO_BACK = "`kefu releases rollback` goes back to the one before; `kefu train` makes a new one"


def files(settings: Settings) -> Iterator[Finding]:
    """The checksum of every file, and the encoder of the precision that is set."""
    pointer = settings.folder / "releases" / "current"
    if not pointer.exists():
        yield fault(f"{pointer}: not found", f"`kefu train -w {settings.folder}` makes a first release")
        return
    try:
        folder = current_release(settings.folder)
    except BotError as error:
        yield fault(
            str(error), "`kefu releases` lists those there are, `kefu releases promote NAME` takes one"
        )
        return
    try:
        release = Registry(settings.folder).open(folder.name)
        release.verify()
    except NluError as error:
        yield fault(str(error), GO_BACK)
        return
    made = ReleaseFiles(folder)
    encoder = made.encoder(served_precision(made, settings.understanding.precision))
    if encoder.is_file():
        yield fine(f"{release.name}, {len(release.manifest['files'])} files as they were written")
    else:
        yield fault(f"{encoder}: not found", "set [understanding] precision to the other one, or train again")


def index(settings: Settings) -> Iterator[Finding]:
    """The memory can be read, and there are thresholds for the budget that is set."""
    try:
        made = ReleaseFiles(current_release(settings.folder))
    except BotError:
        return  # `files` tells it
    try:
        memory = load_memory(made.index, made.examples)
    except RetrievalError as error:
        yield fault(str(error), GO_BACK)
        return
    try:
        load_fusion(made.fusion, settings.decide.max_wrong_answers)
    except RetrievalError as error:
        yield fault(str(error), "raise [decide] max_wrong_answers, or train again")
        return
    yield fine(f"{len(memory):,} examples")
