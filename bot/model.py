"""A release with the workspace's texts becomes what answers."""

from dataclasses import dataclass

from bot.dialogue.answering import Answering
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.reading import Reads
from bot.loading import load_reader
from bot.outgoing.actions import Actions
from bot.reader.threaded import ThreadedReader
from bot.reader.threads import reading_threads
from bot.settings import Settings
from bot.texts import Texts


@dataclass(frozen=True, slots=True)
class Model:
    """A release in use: what reads messages with it, and the dialogue made of that.

    `state` is the `files_state` it was read from, `texts` what it answers with; `problem` says why the release can't be
    read where the desk makes do without."""

    release: str
    state: str
    reader: Reads
    dialogue: Dialogue
    texts: Texts | None = None
    problem: str = ""


def load_model(
    settings: Settings,
    actions: Actions,
    *,
    candidate: str | None = None,
    beside: Model | None = None,
    in_background: bool = False,
) -> Model:
    """Read all that a workspace answers with, as `load_reader` does; `beside` is a model in use, and one that works
    `in_background` gives way to all else that wants the processor."""
    in_use = beside.reader if beside else None
    loaded = load_reader(
        settings,
        candidate=candidate,
        texts=beside.texts if beside else None,
        beside=in_use.reader if isinstance(in_use, ThreadedReader) else None,
    )
    reader = ThreadedReader(loaded.reader, reading_threads(in_background=in_background))
    dialogue = dialogue_of(settings, actions, loaded.texts, reader)
    return Model(loaded.release, loaded.state, reader, dialogue, loaded.texts)


def dialogue_of(settings: Settings, actions: Actions, texts: Texts, reader: Reads) -> Dialogue:
    """What answers from these texts with what that reader makes of a message."""
    return Dialogue(reader, Answering(texts.book, actions, settings, reader.budget.passage_threshold))
