"""The bots on Telegram that a desk is to answer as, by their tokens in the environment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.secrets.values import SecretError, secret
from bot.settings import Settings, SettingsError

TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)  # as @BotFather gives it


@dataclass(frozen=True, slots=True)
class BotToken:
    """A bot, by its name in kefu.toml, and the environment variable with its token; never shown with it."""

    name: str
    variable: str

    @property
    def token(self) -> str:
        return secret(self.variable)


THE_BOT = BotToken("", "TELEGRAM_BOT_TOKEN")  # needs no table in kefu.toml


def telegram_bots(settings: Settings) -> tuple[BotToken, ...]:
    """All that have a token; TELEGRAM_BOT_TOKEN's only where it is set.

    Raises SettingsError with a line for each variable that is not set or can't be read, and for two bots that are one."""
    wrong: list[str] = []
    found: dict[str, BotToken] = {}
    for key, one in _named(settings):
        try:
            token = one.token
        except SecretError as error:
            wrong.append(f"{key}: {error}")
            continue
        if token and token in found:
            wrong.append(f"{key}: {one.variable} holds the token of {found[token].variable}'s bot")
        elif token:
            found[token] = one
        elif one is not THE_BOT:
            wrong.append(f"{key}: the environment variable {one.variable} is not set")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return tuple(found.values())


def _named(settings: Settings) -> Iterator[tuple[str, BotToken]]:
    """Each with where its variable is named."""
    yield "environment", THE_BOT
    for name, bot in settings.telegram.bots.items():
        yield (
            f"{settings.folder / 'kefu.toml'}: telegram.bots.{name}.token_env",
            BotToken(name, bot.token_env),
        )
