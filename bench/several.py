"""How well two requests in one message are told apart, on a public set of single ones.

    python -m bench.several --train train.csv --test test.csv

Test messages of different intents are joined in pairs ("A and B", "A. Also, B", "A，另外B", ...); an intent counts as found
where the desk would answer it. Single messages show how often one request is taken for two."""

import json
import random
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from bench.command import run
from bench.intents import load
from bench.texts import read_rows
from bot.dialogue.decide import decide
from bot.dialogue.requests import Request, apart, clauses
from bot.dialogue.state import ConversationState
from nlu.rules import EntityRules
from nlu.understander import Understander
from retrieval.retriever import Retriever
from training.base_model import DEFAULT
from training.dataset import Dataset, LabelledText, check
from training.pipeline import train
from training.trained import Options

JOINTS = (" and ", " also ", ". Also, ", "? And ", ". ", "\n")
HAN_JOINTS = ("，", "，另外", "，还有", "。", "，顺便问一下", "\n")
_HAN = re.compile(r"[\u3400-\u9fff]")


@click.command(context_settings={"show_default": True})
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--base-model", default=DEFAULT)
@click.option("--max-wrong-answers", type=float, default=0.05)
@click.option("--seed", type=int, default=0, help="Of the pairs.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    train_path: Path,
    test_path: Path,
    base_model: str,
    max_wrong_answers: float,
    seed: int,
    json_path: Path | None,
) -> None:
    """Train on one file, answer single and joined messages of another."""
    dataset = Dataset(tuple(read_rows(train_path)))
    check(dataset)
    single = read_rows(test_path)
    pairs = joined(single, seed=seed)
    with tempfile.TemporaryDirectory() as workspace:
        options = Options(test_share=0, base_model=base_model, max_wrong_answers=max_wrong_answers)
        release = train(dataset, Path(workspace), options, rules=EntityRules())
        understander, retriever = load(release.folder, max_wrong_answers, options.precision)
        of_single = [answered(row.text, understander, retriever) for row in single]
        of_pairs = [answered(text, understander, retriever) for text, _ in pairs]
    figures = {
        "singles": len(single),
        "single_answered_once": _share(len(found) == 1 for found in of_single),
        "single_answered_twice": _share(len(found) == 2 for found in of_single),
        "pairs": len(pairs),
        "pair_answered_twice": _share(len(found) == 2 for found in of_pairs),
        "of_those_both_right": _share(
            found == wanted for found, (_, wanted) in zip(of_pairs, pairs, strict=True) if len(found) == 2
        ),
    }
    for name, value in figures.items():
        click.echo(f"{name:24} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def joined(rows: Sequence[LabelledText], *, seed: int) -> list[tuple[str, set[str]]]:
    """Each message with another of a different intent, and the two intents."""
    chance = random.Random(seed)
    others = list(rows)
    chance.shuffle(others)
    return [
        (
            f"{one.text.strip()}{chance.choice(HAN_JOINTS if _HAN.search(one.text) else JOINTS)}{other.text.strip()}",
            {str(one.intent), str(other.intent)},
        )
        for one, other in zip(rows, others, strict=True)
        if one.intent != other.intent
    ]


def answered(text: str, understander: Understander, retriever: Retriever) -> set[str]:
    """The intents the desk would answer for a message: two, one, or none."""
    requests = apart(_request(clause, understander, retriever) for clause in clauses(text))
    found = requests if len(requests) > 1 else (_request(text, understander, retriever),)
    return {str(one.decision.intent) for one in found if one.decision.reason == "confident"}


def _request(text: str, understander: Understander, retriever: Retriever) -> Request:
    understanding = understander.understand_batch([text])[0]
    findings = retriever.search(understanding.read_as, understanding.vector, understanding.class_probs)
    decision = decide(
        understanding, findings, retriever.budget, state=ConversationState(), answerable=retriever.labels
    )
    return Request(understanding, findings, decision)


def _share(cases: Iterable[bool]) -> float:
    found = list(cases)
    return round(sum(found) / max(1, len(found)), 4)


if __name__ == "__main__":
    run(main)
