"""All that a desk is set up with, looked at together: kefu.toml, the environment, and what the desk answers with."""

from pathlib import Path

from bot.monitoring.collector import tracing_problems
from bot.outgoing.actions import template_problems
from bot.secrets.environment import environment_problems
from bot.settings import Settings, SettingsError, load_settings
from bot.texts import ReadTexts, read_texts


def checked_settings(workspace: Path) -> Settings:
    """The settings of a workspace for a desk that is to serve.

    Raises SettingsError with a line for all that is wrong with kefu.toml and the environment; then also with the texts,
    which are otherwise left to the desk to read, and to tell of by the same words."""
    settings, wrong = read_settings(workspace)
    wrong += environment_problems(settings, workspace)
    if settings is not None and settings.tracing.enabled:  # `kefu doctor` has a check of its own for it
        path = workspace / "kefu.toml"
        wrong += [f"{path}: tracing.enabled: met true; {problem}" for problem in tracing_problems()]
    if wrong or settings is None:
        raise SettingsError("\n".join([*wrong, *texts_of(settings, workspace).problems]))
    return settings


def read_settings(workspace: Path) -> tuple[Settings | None, list[str]]:
    """kefu.toml, None where it can't be read, and a line for each thing that is wrong with it."""
    try:
        settings = load_settings(workspace)
    except SettingsError as error:
        return None, str(error).splitlines()
    path = workspace / "kefu.toml"
    problems = (
        problem for name, action in settings.actions.items() for problem in template_problems(name, action)
    )
    return settings, [f"{path}: {problem}" for problem in problems]


def texts_of(settings: Settings | None, workspace: Path) -> ReadTexts:
    """Answers, articles and entity rules; without settings as the defaults read them, with any action."""
    if settings is None:
        return read_texts(Settings(folder=workspace), None)
    return read_texts(settings, settings.actions)
