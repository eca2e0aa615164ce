"""Questions in one language to a desk that was trained in others.

    python -m bench.crosslingual --workspace examples/shop --questions bench/shop_zh.csv --base-model FOLDER

The workspace is trained without its messages in the language of the questions (--with-own: with them), and asked as a
desk is. A question is right where its intent comes first, one that is out of scope where it isn't answered."""

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.command import run
from bench.measure import percentiles
from bench.texts import read_csv
from bot.dialogue.decide import decide
from bot.dialogue.state import ConversationState
from bot.loading import load_release
from bot.messages import Decision
from bot.settings import load_settings
from nlu.language import detect_language
from nlu.rule_files import load_rules
from retrieval.answer_files import load_answers
from retrieval.articles import load_articles
from training.base_model import DEFAULT
from training.dataset import Dataset, LabelledText, build_dataset, check
from training.dialogues import OUT_OF_SCOPE, dialogue_files, read_dialogues
from training.pipeline import train
from training.trained import Options

MADE = ("releases", ".kefu", "kefu*.db*")


@click.command(context_settings={"show_default": True})
@click.option("--workspace", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--questions", "questions_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--with-own", is_flag=True, help="Leave the messages in the questions' language in.")
@click.option("--base-model", default=DEFAULT)
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--epochs", type=int, help="Of the full training.")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    workspace: Path, questions_path: Path, with_own: bool, json_path: Path | None, **options: Any
) -> None:
    """Train a copy of a workspace, ask it, print what went wrong and the figures."""
    questions = read_csv(questions_path)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(workspace, Path(scratch) / "desk", ignore=shutil.ignore_patterns(*MADE)))
        dataset = build_dataset(read_dialogues(dialogue_files(copy)))
        if not with_own:
            dataset = in_other_languages(dataset, questions, load_settings(copy).desk.language)
        figures, wrong = ask(copy, dataset, questions, options)
    for line in wrong:
        click.echo(line)
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def in_other_languages(dataset: Dataset, questions: Sequence[LabelledText], language: str) -> Dataset:
    """The messages that are in none of the questions' languages; `language` is that of texts that don't tell."""
    of_questions = {detect_language(question.text, language) for question in questions}
    rows = tuple(row for row in dataset.rows if detect_language(row.text, language) not in of_questions)
    found = replace(dataset, rows=rows)
    check(found)
    return found


def ask(
    workspace: Path, dataset: Dataset, questions: Sequence[LabelledText], options: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The figures of a release trained on the dataset, and a line for each question that went wrong."""
    settings = load_settings(workspace)
    desk, budget = settings.desk, settings.decide.max_wrong_answers
    precision = settings.understanding.precision
    rules = load_rules(
        workspace / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone
    )
    book = load_answers(workspace / "answers")
    release = train(
        dataset,
        workspace,
        Options(test_share=0, max_wrong_answers=budget, precision=precision, **options),
        rules=rules,
        passages=load_articles(workspace / "knowledge"),
        passage_intents=frozenset(answer.intent for answer in book.answers if answer.knowledge),
    )
    understander, retriever = load_release(settings, release.folder, book)
    right = answered = wrongly = among = 0
    times, wrong = [], []
    for question in questions:
        start = time.perf_counter()
        understanding = understander.understand_batch([question.text])[0]
        times.append(1000 * (time.perf_counter() - start))
        findings = retriever.search(understanding.read_as, understanding.vector, understanding.class_probs)
        decision = decide(
            understanding, findings, retriever.budget, state=ConversationState(), answerable=book.intents
        )
        best = findings.intents[0].intent
        is_answer = decision.kind == "answer"
        is_right = not is_answer if question.intent == OUT_OF_SCOPE else best == question.intent
        right += is_right
        answered += is_answer
        wrongly += is_answer and not is_right
        among += is_right or question.intent in decision.choices
        if not is_right:
            wrong.append(f"{question.text}: meant {question.intent}, {_told(decision, best)}")
    n = len(questions)
    figures = {
        "trained_on": len(dataset.labelled()),
        "questions": n,
        "right": round(right / n, 4),
        "right_or_offered": round(among / n, 4),
        "answered": round(answered / n, 4),
        "answered_wrongly": round(wrongly / n, 4),
        "p50_ms": percentiles(times, 50)[0],
    }
    return figures, wrong


def _told(decision: Decision, best: str) -> str:
    return f"{decision.kind} {best} ({decision.reason}, {decision.prob:.2f})"


if __name__ == "__main__":
    run(main)
