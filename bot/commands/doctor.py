"""`kefu doctor`: whether a desk can serve, and what to do where it can't."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option

if TYPE_CHECKING:
    from bot.commands.doctoring.examination import Examined

MARKS = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}


@click.command()
@workspace_option
@click.option("--json", "as_json", is_flag=True, help="A list of findings, for programs.")
def command(workspace: Path, as_json: bool) -> None:
    """Look at all that a desk needs, and say what to do about what is wrong.

    Settings, answers, permissions, database, release, index, the bot on Telegram, the collector of traces, clock, disk, port, threads, versions of
    libraries. Changes nothing, and works beside a running server. Exit status 1 where something keeps the desk from
    working; warnings alone are 0."""
    from bot.commands.doctoring.examination import examine

    examined = []
    for one in examine(workspace):
        examined.append(one)
        if not as_json:
            _print(one)
    levels = [str(finding.level) for one in examined for finding in one.findings]
    if as_json:
        click.echo(
            json.dumps([found for one in examined for found in _as_json(one)], indent=1, ensure_ascii=False)
        )
    else:
        click.secho(_verdict(levels), bold=True)
    sys.exit(int("fault" in levels))


def _as_json(one: "Examined") -> list[dict[str, str]]:
    return [
        {"check": one.name, "level": str(found.level), "text": found.text, "remedy": found.remedy}
        for found in one.findings
    ]


def _print(one: "Examined") -> None:
    for found in one.findings:
        mark, colour = MARKS[found.level]
        click.echo(f"{click.style(mark, fg=colour)} {one.name:12} {found.text}")
        if found.remedy:
            click.echo(f"  {'':12} {click.style('→', fg=colour)} {found.remedy}")


def _verdict(levels: list[str]) -> str:
    faults, warnings = levels.count("fault"), levels.count("warning")
    if not faults and not warnings:
        return "All is well."
    parts = [
        f"{n} {word}{'s' if n > 1 else ''}" for n, word in ((faults, "fault"), (warnings, "warning")) if n
    ]
    return f"{' and '.join(parts)}."
