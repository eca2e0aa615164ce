"""A desk whose current release can't be read makes do: patterns find numbers and names, what was said before in the same
words is answered, the rest goes to people."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.dialogue.answering import Answering
from bot.dialogue.decide import NOT_UNDERSTOOD
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.talk import Talk
from bot.loading import Model, current_release, files_state, load_model
from bot.messages import Decision
from bot.outgoing.actions import Actions
from bot.settings import Settings
from bot.texts import load_texts
from nlu.errors import NluError
from nlu.files import BadRelease, ReleaseFiles
from nlu.patterns import PatternUnderstander
from nlu.understanding import Understanding
from retrieval.candidates import Findings
from retrieval.errors import RetrievalError
from retrieval.example_files import read_examples
from retrieval.examples import Example
from retrieval.lexical_retriever import LexicalRetriever

NO_RELEASE = "none"  # in the place of a release's name

logger = logging.getLogger(__name__)


def load_or_make_do(settings: Settings, actions: Actions) -> Model:
    """The current release, or what there is without it. Raises what `load_model` does for all but an unreadable release:
    a workspace that was never trained, answers with errors."""
    current_release(settings.folder)
    try:
        return load_model(settings, actions)
    except (NluError, RetrievalError) as error:
        model = make_do(settings, actions)  # raises where it is the answers that are wrong
        logger.critical(
            "the current release can't be read, so only what was said before in the same words is answered, and the rest "
            "goes to people. Mend it, or go back with `kefu releases promote NAME`; no restart is needed: %s",
            error,
        )
        return replace(model, problem=str(error))


def make_do(settings: Settings, actions: Actions) -> Model:
    """A model without a release: rules, answers, and the examples of the current release where those can be read.

    Raises BotError, NluError or RetrievalError naming the file that is wrong."""
    state, texts = files_state(settings.folder), load_texts(settings)
    options = settings.understanding
    understander = PatternUnderstander(
        texts.rules, language=settings.desk.language, max_chars=options.max_chars
    )
    retriever = LexicalRetriever(_examples(settings), texts.book)
    answering = Answering(texts.book, actions, settings, retriever.budget.passage_threshold)
    dialogue = PlainDialogue(understander, retriever, answering)
    return Model(NO_RELEASE, state, understander, retriever, dialogue, texts)


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
