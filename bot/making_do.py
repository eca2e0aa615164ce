"""A desk whose current release can't be read makes do: patterns find numbers and names, what was said before in the same
words is answered, the rest goes to people."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.dialogue.answering import Answering
from bot.dialogue.decide import NOT_UNDERSTOOD
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.talk import Talk
from bot.loading import current_release, files_state
from bot.messages import Decision
from bot.model import Model
from bot.outgoing.actions import Actions
from bot.reader.reader import Reader
from bot.reader.threaded import ThreadedReader
from bot.settings import Settings
from bot.texts import load_texts
from nlu.files import BadRelease, ReleaseFiles
from nlu.patterns import PatternUnderstander
from nlu.understanding import Understanding
from retrieval.candidates import Findings
from retrieval.errors import RetrievalError
from retrieval.example_files import read_examples
from retrieval.examples import Example
from retrieval.lexical_retriever import LexicalRetriever

NO_RELEASE = "none"  # in the place of a release's name


def make_do(settings: Settings, actions: Actions) -> Model:
    """A model without a release: rules, answers, and the examples of the current release where those can be read.

    Raises BotError, NluError or RetrievalError naming the file that is wrong."""
    state, texts = files_state(settings.folder), load_texts(settings)
    options = settings.understanding
    understander = PatternUnderstander(
        texts.rules, language=settings.desk.language, max_chars=options.max_chars
    )
    retriever = LexicalRetriever(_examples(settings), texts.book)
    reader = ThreadedReader(Reader(understander, retriever))
    answering = Answering(texts.book, actions, settings, reader.budget.passage_threshold)
    return Model(NO_RELEASE, state, reader, PlainDialogue(reader, answering), texts)


@dataclass(frozen=True, slots=True)
class PlainDialogue(Dialogue):
    """Doesn't ask to say in other words what it couldn't understand either: a person does."""

    def _decide(self, talk: Talk, understanding: Understanding, findings: Findings) -> Decision:
        decision = Dialogue._decide(self, talk, understanding, findings)
        if decision.reason in NOT_UNDERSTOOD and not decision.choices:
            return Decision("hand_over", "no_model", decision.intent, findings.confidence)
        return decision


def _examples(settings: Settings) -> Sequence[Example]:
    with suppress(BadRelease, RetrievalError):
        examples, _ = read_examples(ReleaseFiles(current_release(settings.folder)).examples)
        return [examples[int(row)] for row in examples.rows()]
    return []
