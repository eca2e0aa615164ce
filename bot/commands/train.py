"""`kefu train`: dialogues become a release."""

from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workspace_option
from bot.errors import BotError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from training.dataset import Dataset
    from training.registry import Release
    from training.trained import Options, Watch


@click.command()
@workspace_option
@click.option(
    "--speed",
    type=click.Choice(["fast", "full"]),
    help="fast leaves the encoder as it is: a minute on a CPU. full fine-tunes it, and is kept unless that is "
    "worse. Default: full with a CUDA GPU, else fast.",
)
@click.option(
    "--base-model",
    metavar="MODEL",
    help="An encoder in place of all-MiniLM-L6-v2: a folder, or an id of the Hugging Face hub; "
    "intfloat/multilingual-e5-small for other languages than English.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1, 200),
    help="Rounds of the full training at most; it stops once nothing more is gained.",
)
@click.option(
    "--search",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Try N sets of hyperparameters first, and train with the best. What was tried is kept in the release; "
    "the same command with a larger N goes on from there. Ctrl-C ends the search with the best so far.",
)
@click.option(
    "--like",
    metavar="RELEASE",
    help="Train with the hyperparameters that a search found for an earlier release: its name, or current.",
)
@click.option(
    "--test-share",
    type=click.FloatRange(0, 0.5),
    default=0.15,
    show_default=True,
    help="Share of the dialogues held back to measure with; 0 for none.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Another one holds other dialogues back."
)
@click.option(
    "--no-promote", is_flag=True, help="Only make the release; `kefu releases promote` makes it current."
)
def command(workspace: Path, no_promote: bool, like: str | None, **options: Any) -> None:
    """Train a release from the workspace's dialogues.

    All of dialogues/*.jsonl is read. The release lands in releases/, with a report of how good it is, and
    becomes current. On several GPUs: torchrun --nproc_per_node=2 $(which kefu) train --speed full"""
    from training.ranks import OtherRank

    if like and options["search"]:
        raise click.UsageError(
            "--search looks for hyperparameters, --like takes found ones: give one of them"
        )
    with suppress(OtherRank):
        train_workspace(workspace, promote=not no_promote, like=like, **options)


def train_workspace(
    workspace: Path,
    *,
    promote: bool = True,
    like: str | None = None,
    frozen: frozenset[str] = frozenset(),
    **chosen: Any,
) -> Path:
    """Train with progress shown; the folder of the new release."""
    check_can_train()
    from rich.console import Console

    from bot.loading import prepare
    from bot.progress import Stages
    from training.dataset import build_dataset
    from training.dialogues import files_to_learn_from, read_dialogues
    from training.ranks import rank
    from training.registry import Registry
    from training.search import hyperparameters_of
    from training.trained import Watch

    settings = load_settings(workspace)
    files = files_to_learn_from(workspace)
    options = options_of(settings, **chosen)
    if like:
        options = replace(options, hyperparameters=hyperparameters_of(Registry(workspace), like))
    console = Console(stderr=True, quiet=rank() != 0)
    with Stages(console) as stages:
        stages.show("reading dialogues", 0, 0)
        dataset = build_dataset(read_dialogues(files))
        watch = Watch(stages.show, stages.tell)
        release = make_release(settings, dataset, options, watch, frozen=frozen)
    if promote:
        prepare(settings, release.name)
        Registry(workspace).promote(release.name)
    _tell(console, release.folder, release.manifest, is_current=promote)
    return release.folder


def check_can_train() -> None:
    """Raises BotError where what training needs isn't installed."""
    if find_spec("torch") is None:
        raise BotError("training needs more than serving does; pip install 'kefu[train]' brings it")


def options_of(settings: Settings, **chosen: Any) -> "Options":
    """What was chosen, the rest as kefu.toml and the machine have it."""
    from training.trained import Options, default_speed

    options = Options(
        max_wrong_answers=settings.decide.max_wrong_answers, precision=settings.understanding.precision
    )
    options = replace(options, **{name: value for name, value in chosen.items() if value is not None})
    return options if chosen.get("speed") else replace(options, speed=default_speed())


def make_release(
    settings: Settings,
    dataset: "Dataset",
    options: "Options",
    watch: "Watch",
    *,
    frozen: frozenset[str] = frozenset(),
) -> "Release":
    """Train with a workspace's entity rules and articles; see `training.pipeline.train`."""
    from bot.texts import entity_rules
    from retrieval.answer_files import load_answers
    from retrieval.articles import load_articles
    from training.pipeline import train

    book = load_answers(settings.folder / "answers")
    from_articles = frozenset(answer.intent for answer in book.answers if answer.knowledge)
    return train(
        dataset,
        settings.folder,
        options,
        rules=entity_rules(settings),
        passages=load_articles(settings.folder / "knowledge"),
        passage_intents=from_articles,
        watch=watch,
        frozen=frozen,
    )


def _tell(console: Any, folder: Path, manifest: dict[str, Any], *, is_current: bool) -> None:
    metrics, budget = manifest["metrics"], manifest["budget"]
    console.print(
        f"[bold]{folder.name}[/] {'is current' if is_current else 'is ready'}: {manifest['speed']} training"
    )
    where = "held-back dialogues" if metrics["is_held_out"] else "cross-validation"
    span = f", entities F1 {metrics['span_f1']:.1%}" if metrics["span_f1"] is not None else ""
    console.print(f"  intents right {metrics['accuracy']:.1%}{span} ({where})")
    console.print(
        f"  answers on its own from confidence {budget['answer_threshold']:.2f}: "
        f"{metrics['coverage']:.0%} of messages, {metrics['wrong_answers']:.1%} of those wrong "
        f"(budget {budget['max_wrong_answers']:.0%})"
    )
    console.print(f"  report: {folder / 'report.html'}")
