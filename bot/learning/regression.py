"""Regression cases: messages of a workspace's regression.yaml whose decision must stay as it is.

Each is the first message of a conversation. No system of the company is called: where an answer needs one, that it is an
answer of the right intent is all that is looked at."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import BotError
from bot.learning.replaying import Heard, PastDesk, Said
from bot.loading import load_release
from bot.messages import DecisionKind
from bot.settings import Settings
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook

KINDS = get_args(DecisionKind)
KEYS = {"message", "decision", "answer", "slot"}


@dataclass(frozen=True, slots=True)
class RegressionCase:
    """What a message must get: a decision, the id of an answer or None, and the slot that is asked for, "" for any."""

    message: str
    decision: DecisionKind
    answer: str | None
    slot: str = ""


def read_cases(workspace: Path) -> tuple[RegressionCase, ...]:
    """Those of WORKSPACE/regression.yaml, none where there is no such file.

    Raises BotError naming the case that isn't one."""
    path = workspace / "regression.yaml"
    if not path.exists():
        return ()
    try:
        content = YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise BotError(f"{path}: can't be read: {error}") from error
    if not isinstance(content, list):
        raise BotError(f"{path}: met {type(content).__name__}, wanted a list of cases")
    return tuple(_case(one, f"{path}: case {number}") for number, one in enumerate(content, 1))


def _case(content: Any, place: str) -> RegressionCase:
    if not isinstance(content, dict) or not isinstance(content.get("message"), str):
        raise BotError(f"{place}: met {content!r}, wanted a message with a decision and an answer")
    if unknown := content.keys() - KEYS:
        raise BotError(
            f"{place}: met {', '.join(sorted(map(str, unknown)))}; there is {', '.join(sorted(KEYS))}"
        )
    answer = content.get("answer")
    decision: Any = content.get("decision")
    if decision not in KINDS:
        raise BotError(f"{place}: decision: met {decision!r}, wanted one of {', '.join(KINDS)}")
    if answer is not None and not isinstance(answer, str):
        raise BotError(f"{place}: answer: met {answer!r}, wanted the id of an answer or null")
    return RegressionCase(content["message"], decision, answer, str(content.get("slot") or ""))


async def run_cases(
    cases: Sequence[RegressionCase], settings: Settings, release: Path
) -> list[tuple[RegressionCase, str]]:
    """Each case with why it failed, "" where it passed.

    Raises BotError for a case that names an answer that isn't there, NluError or RetrievalError for a release that can't
    be opened."""
    book = load_answers(settings.folder / "answers")
    for case in cases:
        if case.answer is not None and book.find(case.answer) is None:
            raise BotError(
                f"{settings.folder / 'regression.yaml'}: {case.message!r}: there is no answer {case.answer!r}"
            )
    understander, retriever = await asyncio.to_thread(load_release, settings, release, book)
    desk = PastDesk(settings, release.name, book, understander, retriever)
    heard = await asyncio.to_thread(desk.hear, [[Said(case.message)] for case in cases])
    return [(case, _why_failed(case, met[0], book)) for case, met in zip(cases, heard, strict=True)]


def _why_failed(case: RegressionCase, heard: Heard | None, book: AnswerBook) -> str:
    if heard is None:
        met, is_right = "silence", False
    elif heard.needs_system:
        wanted = book.find(case.answer) if case.answer else None
        intents = (wanted.intent, *wanted.also_for) if wanted else (heard.decision.intent,)
        met = f"an answer to {heard.decision.intent} that needs a system"
        is_right = heard.decision.intent in intents and case.decision in {"answer", "ask"}
    else:
        decision = heard.decision
        met = f"{decision.kind} {decision.answer_id or decision.slot or decision.reason}"
        is_right = (decision.kind, decision.answer_id) == (case.decision, case.answer)
        is_right = is_right and case.slot in {"", decision.slot}
    return "" if is_right else f"wanted {case.decision} {case.answer or case.slot}".rstrip() + f", met {met}"
