"""Benchmarks in the terminal: what is wrong with a file is one line, how far a training is goes to stderr."""

import sys

import click

from bot.cli import our_errors
from training.pace import in_words


def run(command: click.Command) -> None:
    """Run a benchmark; an error of ours is one line on stderr and exit status 1."""
    try:
        command()
    except our_errors() as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(1)


def show_progress(stage: str, done: int, total: int) -> None:
    """A line for every twentieth of a stage."""
    if total and done % max(1, total // 20) == 0:
        click.echo(f"{stage} {done}/{total}", err=True)


def show_wait(seconds: float) -> None:
    """How long a training takes at most, before its first step."""
    click.echo(f"up to about {in_words(seconds)} on this CPU", err=True)
