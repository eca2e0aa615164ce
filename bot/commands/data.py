"""`kefu data check`: what is wrong with the labelled messages, before a training learns it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.settings import load_settings

if TYPE_CHECKING:
    from training.checking.data_check import DataCheck
    from training.dataset import LabelledText
    from training.registry import Registry

MAX_CHARS = 100  # of a message in a list


@click.group()
def command() -> None:
    """Look at the labelled messages of a workspace."""


@command.command()
@workspace_option
@click.option(
    "--against",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Dialogues kept for testing (*.jsonl): which of their messages are among those learned from?",
)
@click.option(
    "--most", type=click.IntRange(min=1), default=10, show_default=True, help="Findings to list of each kind."
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all findings to this file.",
)
@click.option(
    "--base-model", metavar="MODEL", help="As for `kefu train`. Default: that of the current release."
)
def check(
    workspace: Path, against: tuple[Path, ...], most: int, json_path: Path | None, base_model: str | None
) -> None:
    """Find labels that are probably wrong, and what else keeps a training from being good.

    Each message is read by models that learned from the others. Listed are those that look much more like another
    intent; texts with two intents; intents that are hard to tell apart; intents with few examples; personal data
    that is still in. Nothing is changed. All findings have their file and line."""
    from rich.console import Console

    from bot.progress import Stages
    from bot.texts import entity_rules
    from training.checking.data_check import as_json, check_data
    from training.dataset import build_dataset, show
    from training.dialogues import files_to_learn_from, places_of, read_dialogues
    from training.registry import Registry
    from training.trained import Options, Watch

    settings = load_settings(workspace)
    files, rules = files_to_learn_from(workspace), entity_rules(settings)
    registry = Registry(workspace)
    options = Options(
        precision=settings.understanding.precision, base_model=base_model or _base_model(registry)
    )
    with Stages(Console(stderr=True)) as stages:
        stages.show("reading dialogues", 0, 0)
        dataset = show(build_dataset(read_dialogues(files)), rules)
        tests = _customer_texts(against)
        found = check_data(
            dataset,
            options,
            registry,
            Watch(stages.show, stages.tell),
            country=settings.desk.country,
            tests=tests,
        )
    places = places_of(files)
    if json_path:
        json_path.write_text(json.dumps(as_json(found, places), indent=1, ensure_ascii=False), "utf-8")
    for line in _lines(found, places, most):
        click.echo(line)


def _base_model(registry: "Registry") -> str:
    from training.base_model import DEFAULT

    current = registry.current()
    return str(current.manifest["encoder"]["base_model"]) if current else DEFAULT


def _customer_texts(files: Sequence[Path]) -> "list[LabelledText]":
    from training.dataset import of_turn
    from training.dialogues import read_dialogues

    return [
        of_turn(turn, dialogue.id)
        for dialogue in read_dialogues(files)
        for turn in dialogue.turns
        if turn.speaker == "customer" and turn.text.strip()
    ]


def _lines(found: "DataCheck", places: Mapping[str, str], most: int) -> Iterable[str]:
    """The findings as text, `most` of each kind."""

    def message(row: "LabelledText", what: str) -> list[str]:
        return [f"  {places.get(row.group, row.group)}  {what}", f"    {_short(row.text)}"]

    def section(title: str, parts: Sequence[Sequence[str]], advice: str) -> Iterable[str]:
        if not parts:
            return
        yield click.style(f"\n{title}: {len(parts):,}", bold=True)
        for part in parts[:most]:
            yield from part
        if len(parts) > most:
            yield f"  and {len(parts) - most:,} more (--most, --json)"
        yield click.style(f"  {advice}", dim=True)

    yield f"{found.n:,} labelled messages of {found.n_intents} intents."
    yield from section(
        f"Probably labelled wrong ({len(found.suspects) / max(1, found.n):.1%})",
        [
            message(
                one.row,
                f"{one.given} ({one.given_prob:.0%}), rather {one.likely} ({one.likely_prob:.0%})",
            )
            for one in found.suspects
        ],
        "Read them, and change the intent where it is wrong; the clearest come first.",
    )
    yield from section(
        "Said with several intents",
        [
            [
                f"  {_short(clash.rows[0].text)}",
                *(f"    {places.get(row.group, row.group)}  {row.intent}" for row in clash.rows[:most]),
            ]
            for clash in found.clashes
        ],
        "Choose one, or label both intents on each (`intents`).",
    )
    yield from section(
        "Intents that are hard to tell apart",
        [
            [
                f"  {close.intent}: {close.n} of {close.n_of} messages read as {close.other}",
                *(f"    {_short(row.text)}" for row in close.rows[:2]),
            ]
            for close in found.close
        ],
        "Join the two if one answer does for both; else look for messages in the wrong one, and add clear examples.",
    )
    yield from section(
        "Intents with few examples",
        [[f"  {name}: {n}"] for name, n in found.few],
        "Ten examples or more in customers' own words make an intent dependable.",
    )
    yield from section(
        "Messages with personal data",
        [message(one.row, ", ".join(one.kinds)) for one in found.personal],
        "`kefu import` and `kefu export` mask it; a release keeps its examples as they stand here.",
    )
    yield from section(
        "Test messages that were learned from",
        [message(leak.row, str(leak.row.intent or "no intent")) for leak in found.leaks],
        "Figures measured on them are too good; drop them from one side.",
    )
    if not (found.suspects or found.clashes or found.close or found.few or found.personal or found.leaks):
        yield "Nothing stands out."


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_CHARS else f"{flat[: MAX_CHARS - 1]}…"
