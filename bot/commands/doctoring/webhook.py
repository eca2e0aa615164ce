"""What Telegram has as a bot's webhook, beside what kefu.toml says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from bot.commands.doctoring.findings import Finding, fault, warning
from bot.secrets.bots import BotToken
from bot.settings import Settings
from bot.web_address import parse_address

MANY_WAITING = 100
A_DAY_S = 86400.0
PORTS = (443, 80, 88, 8443)  # that Telegram posts to
START = "`kefu serve` tells Telegram at its start; where it runs, look into its log"


def webhook(hook: dict[str, Any], account: BotToken, settings: Settings) -> Iterator[Finding]:
    """`hook` is Telegram's WebhookInfo. The address of another program is not shown, for its path may hold a token."""
    # The library costs half a second: only where there is a bot.
    from bot.channels.telegram.webhook import webhook_url

    met = str(hook.get("url") or "")
    if settings.telegram.webhook:
        wanted = webhook_url(settings.web.public_url, account.name)
        yield from _of_webhook(met, wanted, hook)
    else:
        wanted = ""
        yield from _of_polling(met)
    yield from _of_updates(hook, "" if not met else met if met == wanted else _host(met))


def _of_webhook(met: str, wanted: str, hook: dict[str, Any]) -> Iterator[Finding]:
    if URL(wanted).port not in PORTS:
        ports = ", ".join(map(str, PORTS))
        yield fault(
            f"Telegram posts to the ports {ports} alone; the webhook is {wanted}",
            "give [web] public_url in kefu.toml an address with one of them, where a proxy listens",
        )
    if not met:
        yield warning(f"Telegram has no webhook; wanted {wanted}", START)
    elif met != wanted:
        yield warning(
            f"Telegram posts to another address, at {_host(met)}; wanted {wanted}",
            f"{START}. If another program sets it again, give the desk a bot of its own",
        )
    else:
        yield from _of_kinds(hook)


def _of_kinds(hook: dict[str, Any]) -> Iterator[Finding]:
    from bot.channels.telegram.api import ALLOWED_UPDATES

    allowed = hook.get("allowed_updates")
    met = set(map(str, allowed)) if isinstance(allowed, list) else set()
    if not met:
        return  # every kind that the desk uses is among Telegram's usual ones
    if lacking := [kind for kind in ALLOWED_UPDATES if kind not in met]:
        yield warning(
            f"Telegram leaves out updates of the kinds {', '.join(lacking)}", f"start kefu again: {START}"
        )


def _of_polling(met: str) -> Iterator[Finding]:
    if met:
        yield warning(
            f"Telegram posts updates to {_host(met)}, while kefu.toml has no webhook: beside one nobody can ask for updates",
            "`kefu serve` removes it at its start. If it should stay, set [telegram] webhook = true and [web] public_url; "
            "if another program needs it, give the desk a bot of its own",
        )


def _of_updates(hook: dict[str, Any], place: str) -> Iterator[Finding]:
    waiting = _number(hook.get("pending_update_count"))
    if waiting > MANY_WAITING:
        yield warning(
            f"{waiting:.0f} updates wait at Telegram, which keeps them for a day",
            "start `kefu serve`; where it runs, look into its log",
        )
    if place and datetime.now(UTC).timestamp() - _number(hook.get("last_error_date")) < A_DAY_S:
        yield warning(
            f"Telegram could not deliver to {place}: {hook.get('last_error_message', 'no reason given')}",
            "check that the address is reached from outside, with a certificate Telegram trusts",
        )


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0


def _host(url: str) -> str:
    try:
        return parse_address(url).host or "an address that can't be read"
    except ValueError:
        return "an address that can't be read"
