"""The console put together: one aiohttp application, mounted below the desk's own."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels.web.assets import give_asset, load_assets
from bot.console import (
    account,
    alerts,
    answer,
    answer_new,
    answer_preview,
    answers,
    audit_log,
    autonomy,
    canned,
    clusters,
    conversation,
    deeds,
    details,
    drafting,
    exporting,
    inbox,
    insights,
    join,
    live,
    marks,
    review,
    saved_views,
    sign_in,
    team,
)
from bot.console.access import at_the_door, me
from bot.console.alerts import count_alerts
from bot.console.console import CONSOLE, Console, console_of
from bot.console.errors import errors_as_pages
from bot.console.links import PREFIX
from bot.console.live import close_pages
from bot.console.notices import see_other
from bot.console.passwords import Passwords
from bot.console.rendering import TEMPLATES, first_page, load_templates, words_for
from bot.console.routes import Route, add_routes, get
from bot.engine import Engine
from bot.grouping import Grouping

STATIC = TEMPLATES.with_name("static")


def console_app(
    engine: Engine, learn: Callable[[], Awaitable[object]], passwords: Passwords | None = None
) -> web.Application:
    """Everything staff see; `learn` brings the memory up to the corrections that are stored."""
    app = web.Application(middlewares=[errors_as_pages, at_the_door, count_alerts])
    assets = {"icon.svg": load_assets()["icon.svg"], **load_assets(STATIC)}
    app[CONSOLE] = Console(
        engine.store,
        engine.settings,
        passwords or Passwords(),
        load_templates(),
        assets,
        engine,
        learn,
        Grouping(lambda: engine.dialogue.understander),
    )
    app.on_shutdown.append(close_pages)
    app.on_cleanup.append(stop_grouping)
    add_routes(app, ROUTES)
    return app


def mount(app: web.Application, console: web.Application) -> None:
    """Put the console where its links point."""
    app.add_subapp(PREFIX, console)


async def stop_grouping(app: web.Application) -> None:
    """Stop reading messages for it. An on_cleanup signal."""
    await app[CONSOLE].grouping.close()


async def start(request: web.Request) -> web.Response:
    """Go where somebody of this role begins."""
    return see_other(request, first_page(words_for(request), me(request).role))


async def static(request: web.Request) -> web.Response:
    """A file of the pages."""
    return give_asset(request, console_of(request).assets)


ROUTES: tuple[Route, ...] = (
    get("", start, role="agent"),
    get("/", start, role="agent"),
    get("/static/{name}", static, role=None),
    *saved_views.ROUTES,
    *inbox.ROUTES,
    *conversation.ROUTES,
    *deeds.ROUTES,
    *drafting.ROUTES,
    *details.ROUTES,
    *marks.ROUTES,
    *exporting.ROUTES,
    *live.ROUTES,
    *review.ROUTES,
    *canned.ROUTES,
    *autonomy.ROUTES,
    *answers.ROUTES,
    *answer_new.ROUTES,
    *answer_preview.ROUTES,
    *answer.ROUTES,
    *insights.ROUTES,
    *clusters.ROUTES,
    *alerts.ROUTES,
    *sign_in.ROUTES,
    *join.ROUTES,
    *account.ROUTES,
    *team.ROUTES,
    *audit_log.ROUTES,
)
