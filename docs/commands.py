"""Writes docs/commands.md from what the commands say of themselves: python -m docs.commands"""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from bot.cli import kefu

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100
INTRO = """# Commands

`kefu COMMAND --help` says the same. This page is made of it.

A command works on the workspace in the current folder, or on that of `--workspace`. What you can put right (a typing error in a file,
a missing release) is one line on stderr and exit status 1; a wrong option is exit status 2."""
MORE = {
    "init": "[Getting started](getting-started.md) goes on from there.",
    "import": "[Importing](import.md) has each format with an example.",
    "validate": "[Dialogues](dialogues.md), [answers](answers.md), [entities](entities.md) and "
    "[configuration](configuration.md) say what is right.",
    "train": "[The report](report.md) explains what to look at afterwards.",
    "releases": "[Architecture](architecture.md#a-release) says what a release is made of.",
    "releases shadow": "[Releases](releases.md#a-release-in-shadow) says what it sees, and what agreement means.",
    "releases canary": "[Releases](releases.md#a-canary) says which conversations it gets.",
    "serve": "[On the web](web.md) and [Telegram](telegram.md) have the rest.",
    "staff add": "[The console](console.md#accounts) says what the roles may do.",
    "correct": "[Architecture](architecture.md#corrections) says how a correction reaches the memory.",
}


def page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join([INTRO, _help(kefu, "kefu"), *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for name, command in commands().items():
        yield f"## kefu {name}"
        yield _help(command, f"kefu {name}")
        if name in MORE:
            yield MORE[name]


def commands() -> dict[str, click.Command]:
    """Every command by name, in the order `kefu --help` has them; "staff add" is one too."""
    return dict(_below(kefu, ""))


def _below(group: click.Group, start: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _below(command, f"{start}{name} ")
        elif command is not None:
            yield f"{start}{name}", command


def _help(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    return f"```text\n{command.get_help(context)}\n```"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    click.echo(os.path.relpath(PAGE))
