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
    "serve": "[On the web](web.md) and [Telegram](telegram.md) have the rest.",
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
    """Every command by name, in the order `kefu --help` has them."""
    context = click.Context(kefu)
    found = {name: kefu.get_command(context, name) for name in kefu.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def _help(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    return f"```text\n{command.get_help(context)}\n```"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    click.echo(os.path.relpath(PAGE))
