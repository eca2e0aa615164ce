"""The console put together: one aiohttp application, mounted below the desk's own."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels.web.assets import give_asset, load_assets
from bot.console import live
from bot.console.access import at_the_door, me
from bot.console.accounts import account, audit_log, join, sign_in, team
from bot.console.accounts.passwords import Passwords
from bot.console.answers import answer, autonomy, new_answer, overview, preview
from bot.console.console import CONSOLE, Console, console_of
from bot.console.errors import errors_as_pages
from bot.console.inbox import (
    canned,
    conversation,
    deeds,
    details,
    drafting,
    exporting,
    lists,
    marks,
    saved_views,
)
from bot.console.insights import alerts, page
from bot.console.insights.alerts import count_alerts
from bot.console.learning import retraining, trial
from bot.console.links import PREFIX
from bot.console.live import close_pages
from bot.console.notices import see_other
from bot.console.rendering import TEMPLATES, first_page, load_templates, words_for
from bot.console.review import clusters, conflicts, memory, mined_intent, new_intents, queue
from bot.console.review import mined as mined_list
from bot.console.routes import Route, add_routes, get
from bot.engine import Engine
from bot.review.grouping import Grouping
from bot.review.mined import OpenMined

STATIC = TEMPLATES.with_name("static")


def console_app(
    engine: Engine,
    learn: Callable[[], Awaitable[object]],
    passwords: Passwords | None = None,
    open_mined: OpenMined | None = None,
) -> web.Application:
    """Everything staff see; `learn` brings the memory up to the corrections that are stored, `open_mined` gives what was
    proposed from transcripts."""
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
        Grouping(lambda: engine.dialogue.reader),
        open_mined,
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
    *lists.ROUTES,
    *conversation.ROUTES,
    *deeds.ROUTES,
    *drafting.ROUTES,
    *details.ROUTES,
    *marks.ROUTES,
    *exporting.ROUTES,
    *live.ROUTES,
    *queue.ROUTES,
    *conflicts.ROUTES,
    *memory.ROUTES,
    *new_intents.ROUTES,
    *mined_list.ROUTES,
    *mined_intent.ROUTES,
    *canned.ROUTES,
    *autonomy.ROUTES,
    *overview.ROUTES,
    *new_answer.ROUTES,
    *preview.ROUTES,
    *answer.ROUTES,
    *page.ROUTES,
    *clusters.ROUTES,
    *alerts.ROUTES,
    *retraining.ROUTES,
    *trial.ROUTES,
    *sign_in.ROUTES,
    *join.ROUTES,
    *account.ROUTES,
    *team.ROUTES,
    *audit_log.ROUTES,
)
