"""What the bot would say: sent with one key, changed first, or rejected."""

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import number_of
from bot.console.inbox.deeds import do
from bot.console.routes import post


async def send(request: web.Request) -> web.Response:
    """Say it as it stands."""
    deed = console_of(request).staffing.send_draft(
        number_of(request), me(request).id, number_of(request, "draft")
    )
    return await do(request, deed)


async def reject(request: web.Request) -> web.Response:
    """That isn't to be said."""
    deed = console_of(request).staffing.reject_draft(
        number_of(request), me(request).id, number_of(request, "draft")
    )
    return await do(request, deed)


ROUTES = (
    post("/conversations/{id}/drafts/{draft}/send", send, role="agent"),
    post("/conversations/{id}/drafts/{draft}/reject", reject, role="agent"),
)
