"""`kefu init`: a new workspace to put one's own dialogues and answers into."""

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

import click

from bot.errors import BotError


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Make FOLDER a workspace to fill.

    It gets settings, entities, answers and example messages for small talk in English and Chinese, and room
    for articles. Files that are there already are left alone; a folder with a kefu.toml is refused."""
    if (folder / "kefu.toml").exists():
        raise BotError(f"{folder / 'kefu.toml'}: there already; wanted a folder that is no workspace yet")
    with as_file(files("bot") / "starter") as starter:
        made = make_workspace(starter, folder)
    for path in made:
        click.echo(f"  {path}")
    click.echo(_next_steps(folder))


def make_workspace(starter: Path, folder: Path) -> list[Path]:
    """Copy the starter's files that aren't there yet; those that were made."""
    made: list[Path] = []

    def copy(source: str, target: str) -> None:
        if not Path(target).exists():
            Path(target).write_bytes(Path(source).read_bytes())
            made.append(Path(target))

    try:
        copytree(starter, folder, dirs_exist_ok=True, copy_function=copy)
    except OSError as error:
        raise BotError(f"{folder}: the workspace can't be made: {error}") from error
    return sorted(made)


def _next_steps(folder: Path) -> str:
    steps = (
        (f"kefu import FILE -w {folder}", "brings your past dialogues in"),
        (str(folder / "answers"), "wants an answer for each of their intents"),
        (f"kefu validate -w {folder}", "says what is wrong, if anything is"),
        (f"kefu train -w {folder}", "makes a release of it"),
        (f"kefu serve -w {folder}", "answers with it"),
    )
    width = max(len(step) for step, _ in steps)
    return "\n".join(["Next:", *(f"  {step:<{width}}   {purpose}" for step, purpose in steps)])
