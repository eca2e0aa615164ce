"""The sentiment watch's alerts: how many there are in the menu, and the messages behind one."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.console.access import SIGNED_IN
from bot.console.console import console_of
from bot.console.forms import number_of
from bot.console.inbox.lists import naming
from bot.console.rendering import OPEN_ALERTS, render, words_for
from bot.console.routes import get, may
from bot.naming import series_name


@web.middleware
async def count_alerts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """For the menu of those who see them; parts of pages have none."""
    here = request.get(SIGNED_IN)
    is_page = request.method == "GET" and request.headers.get("HX-Request") != "true"
    if here is not None and is_page and may(here.staff.role, "lead"):
        request[OPEN_ALERTS] = await console_of(request).store.alerts.count_open()
    return await handler(request)


async def behind_part(request: web.Request) -> web.Response:
    """The unhappy messages an alert comes from."""
    alerts = console_of(request).store.alerts
    alert = await alerts.find(number_of(request))
    if alert is None:
        raise web.HTTPNotFound
    values = naming(words_for(request)) | {"behind": await alerts.behind(alert)}
    return render(request, "behind.html", **values)


async def alert_values(request: web.Request) -> dict[str, Any]:
    """What the insights page shows of them."""
    words, alerts = words_for(request), console_of(request).store.alerts
    return {
        "alerts": await alerts.open(),
        "over": await alerts.over(),
        "series_name": lambda alert: series_name(words, *alert.series),
    }


ROUTES = (get("/insights/alerts/{id}", behind_part, role="lead"),)
