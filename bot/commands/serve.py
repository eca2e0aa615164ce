"""`kefu serve`: answer customers on the web and on Telegram."""

import asyncio
import logging
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option

if TYPE_CHECKING:
    from bot.monitoring.logs import LogFormat
    from bot.review.mined import Mined
    from bot.serving import Places
    from bot.settings import Settings


@click.command()
@workspace_option
@click.option("--host", help="Where to listen, in place of [web] host.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="In place of [web] port; 0 takes a free one, which is shown.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="In place of [metrics] port: Prometheus asks there for /metrics.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: an object a line, with the conversation and update it is about.",
)
@click.option("--quiet", is_flag=True, help="Log warnings only, not a line for each message.")
def command(
    workspace: Path,
    host: str | None,
    port: int | None,
    metrics_port: int | None,
    log_format: "LogFormat",
    quiet: bool,
) -> None:
    """Answer customers, until Ctrl-C or SIGTERM.

    The web chat, its widget, the staff's console and the REST API listen on [web] host and port of kefu.toml. With
    TELEGRAM_BOT_TOKEN set the bot answers on Telegram too. Edited answers and new releases are taken over
    without a restart; a change of kefu.toml needs one."""
    from bot.monitoring.logs import set_up_logging
    from bot.operation.configuration import checked_settings

    set_up_logging(quiet=quiet, log_format=log_format)
    settings = checked_settings(workspace)
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    metrics = {} if metrics_port is None else {"port": metrics_port}
    update = {
        "web": settings.web.model_copy(update=chosen),
        "metrics": settings.metrics.model_copy(update=metrics),
    }
    run(settings.model_copy(update=update))


def run(settings: "Settings") -> None:
    """Serve, and say where."""
    from bot.loading import current_release
    from bot.secrets.warnings import secret_warnings
    from bot.serving import serve

    for warning in secret_warnings(settings):
        logging.getLogger(__name__).warning("kefu.toml: %s", warning)
    current_release(settings.folder)  # before a log is made for nothing
    open_mined = cache(partial(_mined, settings))
    mask = None
    if settings.retention.mask_days:
        from bot.commands.masking import mask_of

        mask = mask_of(settings)
    asyncio.run(serve(settings, lambda places: click.echo(addresses(settings, places)), open_mined, mask))


def _mined(settings: "Settings") -> "Mined":
    """What `kefu mine` proposed; what it is made of is loaded when somebody looks at it."""
    from bot.review.mined import Mined
    from training.errors import TrainingError
    from training.mining.review import Review

    return Mined(Review(settings.folder), (TrainingError,))


def addresses(settings: "Settings", places: "Places") -> str:
    """What to open, and what else answers."""
    from bot.console.links import console_link
    from bot.secrets.bots import telegram_bots

    variables = [one.variable for one in telegram_bots(settings)]
    telegram = f"answering with {', '.join(variables)}" if variables else "off; set TELEGRAM_BOT_TOKEN"
    lines = [
        f"{settings.desk.name} answers. Ctrl-C stops it.",
        f"  web chat   {places.web}",
        f"  console    {console_link(places.web)}",
        f"  API        {places.web}api/v1/openapi.json",
        f"  Telegram   {telegram}",
    ]
    if places.metrics:
        lines.append(f"  metrics    {places.metrics}")
    if places.first_admin:
        lines += [
            "Nobody has an account for the console yet. This link makes the first admin; it is good for 24 hours:",
            f"  {places.first_admin}",
        ]
    return "\n".join(lines)
