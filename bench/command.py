"""Benchmarks in the terminal: what is wrong with a file is one line."""

import sys

import click

from bot.cli import our_errors


def run(command: click.Command) -> None:
    """Run a benchmark; an error of ours is one line on stderr and exit status 1."""
    try:
        command()
    except our_errors() as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(1)
