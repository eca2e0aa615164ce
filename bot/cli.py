"""The one command, `kefu`: finds the sub-command's module and turns our errors into one line."""

import importlib
import sys
from pathlib import Path

import click

from bot.errors import BotError
from nlu.errors import NluError
from retrieval.errors import RetrievalError

# Name -> module under bot/commands; imported only when used, so that `kefu serve` never loads torch.
COMMANDS = {
    "demo": "demo",
    "init": "init",
    "import": "import_",
    "mine": "mine",
    "validate": "validate",
    "data": "data",
    "train": "train",
    "retrain": "retrain",
    "releases": "releases",
    "replay": "replay",
    "drift": "drift",
    "serve": "serve",
    "chat": "chat",
    "correct": "correct",
    "export": "export",
    "export-customer": "export_customer",
    "forget": "forget",
    "retention": "retention",
    "encrypt": "encrypt",
    "staff": "staff",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "restore",
}


class LazyCommands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"bot.commands.{COMMANDS[name]}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="kefu")
def kefu() -> None:
    """A customer-service desk that learns from your own support dialogues.

    Everything of one desk lies in a folder, its workspace: settings, answers, dialogues, releases, the log.
    `kefu init FOLDER` makes one; then come import, validate, train and serve."""


workspace_option = click.option(
    "--workspace",
    "-w",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The workspace: a folder with a kefu.toml.",
)


def our_errors() -> tuple[type[Exception], ...]:
    """The errors that mean 'mend your input'; training's only when that package was loaded."""
    errors: list[type[Exception]] = [BotError, NluError, RetrievalError]
    if "training.errors" in sys.modules:
        errors.append(sys.modules["training.errors"].TrainingError)
    return tuple(errors)


def main() -> None:
    """Run `kefu`; an error of ours is one line on stderr and exit status 1."""
    try:
        kefu()
    except our_errors() as error:
        click.secho(f"kefu: {error}", fg="red", err=True)
        sys.exit(1)
