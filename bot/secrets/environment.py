"""What is wrong with the environment that a desk is started in: a line for each variable, never its value."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import BotError
from bot.secrets.bots import TOKEN, telegram_bots
from bot.secrets.values import VARIABLE, SecretError, secret
from bot.settings import WANTED_ADDRESS, Settings, SettingsError
from bot.store.databases.database import parse_url
from bot.store.sealing.keyring import read_keyring
from bot.web_address import is_web_address

WHERE = "environment"
NOT_SHOWN = "met a value that is not shown"


def environment_problems(settings: Settings | None, workspace: Path) -> Iterator[str]:
    """All of it at once; of what kefu.toml names only where that could be read."""
    yield from _problems_of(_check_database)
    yield from _problems_of(read_keyring)
    yield from _problems_of(_check_api_key)
    yield from _problems_of(lambda: secret("KEFU_SIGNING_KEY"))
    if settings is None:
        yield from _problems_of(lambda: secret("TELEGRAM_BOT_TOKEN"))
        return
    yield from _of_bots(settings)
    yield from _of_variables(settings, workspace / "kefu.toml")
    yield from _of_webhook(settings)


def _problems_of(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except BotError as error:
        yield f"{WHERE}: {error}"


def _check_database() -> None:
    if url := secret("KEFU_DATABASE_URL"):
        try:
            parse_url(url)
        except BotError as error:
            raise SecretError(f"KEFU_DATABASE_URL: {NOT_SHOWN}: {error}") from None


def _check_api_key() -> None:
    key = secret("KEFU_API_KEY")
    if key != key.strip() or not key.isprintable():
        raise SecretError(f"KEFU_API_KEY: {NOT_SHOWN}; wanted printable signs without spaces around them")


def _of_bots(settings: Settings) -> Iterator[str]:
    try:
        bots = telegram_bots(settings)
    except SettingsError as error:
        yield from str(error).splitlines()
        return
    for one in bots:
        if not TOKEN.fullmatch(one.token):
            wanted = "wanted a token as @BotFather gives it, such as 123456:ABC-DEF"
            yield f"{WHERE}: {one.variable} is no token: {NOT_SHOWN}; {wanted}"


def _of_variables(settings: Settings, path: Path) -> Iterator[str]:
    """Of those that kefu.toml names with $NAME, each told where it is used."""
    for key, value in _with_variables(settings):
        for name in dict.fromkeys(VARIABLE.findall(value)):
            try:
                is_set = bool(secret(name))
            except SecretError as error:
                yield f"{path}: {key}: {error}"
            else:
                if not is_set:
                    yield f"{path}: {key}: the environment variable {name} is not set, nor {name}_FILE"


def _with_variables(settings: Settings) -> Iterator[tuple[str, str]]:
    for name, action in settings.actions.items():
        for header, value in action.headers.items():
            yield f"actions.{name}.headers.{header}", value
    if settings.watch.webhook.startswith("$"):
        yield "watch.webhook", settings.watch.webhook


def _of_webhook(settings: Settings) -> Iterator[str]:
    named = VARIABLE.fullmatch(settings.watch.webhook)
    try:
        address = secret(named[1]) if named else ""
    except SecretError:
        return  # `_of_variables` tells it
    if named and address and not is_web_address(address, to_post_to=True):
        yield f"{WHERE}: {named[1]}: {NOT_SHOWN}; {WANTED_ADDRESS}"
