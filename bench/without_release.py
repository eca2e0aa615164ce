"""What a desk answers whose release can't be read: patterns and words alone.

    python -m bench.without_release --workspace examples/shop

Each fifth of the workspace's labelled messages, whole dialogues at a time, is looked for among the others."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from bench.command import run
from retrieval.answers import AnswerBook
from retrieval.budget import MAX_CHOICES
from retrieval.examples import Example
from retrieval.lexical_retriever import LexicalRetriever
from training.dialogues import dialogue_files, read_dialogues

FOLDS = 5
NOTHING = np.zeros(0, np.float32)


@click.command(context_settings={"show_default": True})
@click.option("--workspace", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--seed", default=0, help="Which dialogues are in which fifth.")
def main(workspace: Path, seed: int) -> None:
    """Shares answered, asked about and handed over, and how many of them rightly."""
    said = [
        [Example(turn.text, turn.intents[0]) for turn in dialogue.turns if turn.intents]
        for dialogue in read_dialogues(dialogue_files(workspace))
    ]
    random.Random(seed).shuffle(said)
    counts: Counter[str] = Counter()
    for fold in range(FOLDS):
        known = [one for i, some in enumerate(said) if i % FOLDS != fold for one in some]
        asked = [one for some in said[fold::FOLDS] for one in some]
        counts += outcomes(known, asked)
    n = counts.total()
    for kind in ("answered", "asked", "handed over"):
        right, wrong = counts[f"{kind} right"], counts[f"{kind} wrong"]
        share = f", {right / (right + wrong):.1%} of them rightly" if kind != "handed over" else ""
        click.echo(f"{kind:12} {(right + wrong) / n:6.1%}{share}")
    click.echo(f"{n:,} messages")


def outcomes(known: Sequence[Example], asked: Sequence[Example]) -> Counter[str]:
    """How often each thing is done, "right" where the message's own intent is meant or offered."""
    retriever, counts = LexicalRetriever(known, AnswerBook(())), Counter[str]()
    budget = retriever.budget
    for message in asked:
        found = retriever.search(message.text, NOTHING, NOTHING)
        intents = [one.intent for one in found.intents]
        if intents and found.confidence >= budget.answer_threshold:
            kind, is_right = "answered", intents[0] == message.intent
        elif intents and found.choice_prob >= budget.clarify_threshold:
            kind, is_right = "asked", message.intent in intents[:MAX_CHOICES]
        else:
            kind, is_right = "handed over", True
        counts[f"{kind} {'right' if is_right else 'wrong'}"] += 1
    return counts


if __name__ == "__main__":
    run(main)
