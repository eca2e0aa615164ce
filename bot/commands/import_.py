"""`kefu import`: other programs' dialogues come into the workspace."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workspace_option
from bot.commands.source_options import column, format_option, source_options
from bot.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from training.importers.intake import Intake
    from training.importers.source import Skipped

MAX_REASONS = 20
N_EXAMPLES = 3
EXPORTED = "log"  # dialogues/log.jsonl belongs to `kefu export`


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@workspace_option
@format_option
@click.option("--name", default="", help="Of the file in WORKSPACE/dialogues. Default: as FILE is called.")
@click.option("--replace", is_flag=True, help="Write the file anew instead of adding to it.")
@click.option("--dry-run", is_flag=True, help="Read and report, write nothing.")
@click.option("--intent", help="CSV: what the customer wants.", **column)
@click.option("--sentiment", help="CSV: negative, neutral, positive or angry.", **column)
@click.option(
    "--out-of-scope", multiple=True, metavar="INTENT", help="The file's name for what the desk isn't for."
)
@source_options
def command(
    files: tuple[Path, ...],
    workspace: Path,
    form: str | None,
    name: str,
    replace: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Import dialogues from FILES: JSONL, CSV/TSV, Rasa NLU, CoNLL, Telegram Desktop's result.json, transcripts.

    All of it is read and checked before anything is written. What is in the workspace already, under whatever
    file name, is not imported again."""
    from rich.console import Console

    from bot.progress import LateBar
    from training.dialogue_writing import Writing
    from training.dialogues import dialogue_files, read_dialogues
    from training.importers.intake import Incoming, Known, bring_in
    from training.importers.source import Options

    folder = load_settings(workspace).folder / "dialogues"
    incoming = [Incoming(path, folder / f"{target_name(path, name)}.jsonl") for path in files]
    renewed = {one.target for one in incoming} if replace else set()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        writing = None if dry_run else stack.enter_context(Writing(folder))
        bar = stack.enter_context(LateBar(console))
        there = [path for path in dialogue_files(workspace) if path not in renewed]
        known = Known(read_dialogues(there, bar.show))
        intakes = bring_in(
            incoming,
            known,
            Options(**options),
            form=form,
            replaces=replace,
            writing=writing,
            watch=bar.show,
        )
        written = writing.place() if writing is not None else ()
    _report(intakes, console)
    _tell_written(written, console, is_dry=dry_run)


def target_name(path: Path, name: str) -> str:
    """What the file in dialogues/ is called, without .jsonl."""
    from training.errors import TrainingError

    if name and not re.fullmatch(r"\w[\w.-]*", name):
        raise TrainingError(f"--name {name!r}: wanted letters, digits, '-', '_' and '.'")
    stem = Path(path.name.removesuffix(".gz")).stem
    found = name.removesuffix(".jsonl") or re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "imported"
    if found == EXPORTED:
        raise TrainingError(
            f"{path}: {found}.jsonl is written anew by every `kefu export`; give --name another"
        )
    return found


def _report(intakes: "Sequence[Intake]", console: "Console") -> None:
    from rich.markup import escape

    for one in intakes:
        counts = {"skipped": one.n_skipped, "turns": one.n_turns, "intents": len(one.intents)}
        counts["entities"] = one.n_entities
        shown = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        dialogues = f"dialogues {one.n_read:,} (new {one.n_new:,}, already there {one.n_known:,})"
        console.print(f"[bold]{escape(one.path.name)}[/], read as {one.format}: {dialogues}, {shown}")
        for note in one.notes:
            console.print(f"  {escape(note)}")
    for heading, is_part in (("Skipped", False), ("Read, but without this part", True)):
        _reasons(heading, intakes, console, is_part=is_part)


def _reasons(heading: str, intakes: "Sequence[Intake]", console: "Console", *, is_part: bool) -> None:
    """Every reason with how often it was met and the first places."""
    from rich.markup import escape

    counts: Counter[str] = Counter()
    examples: dict[str, list[Skipped]] = {}
    for intake in intakes:
        for (reason, only_part), tally in intake.skipped.items():
            if only_part is is_part:
                counts[reason] += tally.n_met
                examples.setdefault(reason, []).extend(tally.examples)
    if counts:
        console.print(f"{heading}:")
    for reason, n_met in counts.most_common(MAX_REASONS):
        console.print(f"  {n_met:,} x {escape(reason)}")
        for one in examples[reason][:N_EXAMPLES]:
            met = f"  {one.met}" if one.met else ""
            console.print(f"      [dim]{escape(one.place + met)}")
    if len(counts) > MAX_REASONS:
        console.print(f"  and {len(counts) - MAX_REASONS} more reasons")


def _tell_written(written: Sequence[Path], console: "Console", *, is_dry: bool) -> None:
    from rich.markup import escape

    for path in written:
        console.print(f"written: {escape(str(path))}")
    if is_dry:
        console.print("Nothing was written (--dry-run).")
    elif not written:
        console.print("Nothing new; nothing was written.")
