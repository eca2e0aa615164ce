"""How files of other programs are read: the options that `kefu import` and `kefu mine` have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

FORMAT_NAMES = ("jsonl", "telegram", "rasa", "conll", "csv", "transcript")

Command = TypeVar("Command", bound=Callable[..., Any])
column: dict[str, Any] = {"metavar": "COLUMN", "default": ""}
_several: dict[str, Any] = {"metavar": "NAME", "multiple": True}
_OPTIONS = (
    click.option("--text", help="CSV: what was said; a header's name or a number from 1.", **column),
    click.option("--answer", help="CSV: what was answered in the same row.", **column),
    click.option("--speaker", help="CSV: who said it.", **column),
    click.option("--conversation", help="CSV: rows with the same value are one dialogue.", **column),
    click.option("--time", help="CSV: when, in ISO 8601 or Unix time.", **column),
    click.option("--header/--no-header", "has_header", default=None, help="CSV: what the first row is."),
    click.option("--agent", "agents", help="A name that is staff; may be repeated.", **_several),
    click.option("--customer", "customers", help="A name that is a customer; may be repeated.", **_several),
    click.option("--bot", "bots", help="A name that is a bot; may be repeated.", **_several),
    click.option(
        "--not-a-speaker",
        "not_speakers",
        help="Transcripts: a word before a colon that is no name.",
        **_several,
    ),
    click.option(
        "--gap",
        "gap_hours",
        type=click.FloatRange(min=0, min_open=True),
        default=24.0,
        show_default=True,
        metavar="HOURS",
        help="Telegram: a pause this long ends a dialogue.",
    ),
    click.option("--encoding", default="", help="Default: UTF-8, or UTF-16 by its mark."),
)

format_option = click.option(
    "--format", "form", type=click.Choice(FORMAT_NAMES), help="Default: told by the content."
)


def source_options(command: Command) -> Command:
    """Add the options; a command gets them by the names of `training.importers.source.Options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
