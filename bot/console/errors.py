"""What somebody sees where something doesn't work: a page, or a line for htmx."""

import logging
import traceback

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.console.rendering import render, words_for
from bot.store.staff.members import StaffUnknown
from bot.wording import Wording

logger = logging.getLogger(__name__)


@web.middleware
async def errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The catch-all of the console."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return error_page(request, error.status, allow=error.headers.get("Allow", ""))
    except StaffUnknown:
        return error_page(request, 404)
    except Exception as error:
        # The text of an exception may quote what was typed, and an address may hold a token.
        frames = "".join(traceback.format_tb(error.__traceback__))
        resource = request.match_info.route.resource
        place = resource.canonical if resource is not None else "no page"
        logger.error("%s %s: %s\n%s", request.method, place, type(error).__name__, frames)
        return error_page(request, 500)


def error_page(request: web.Request, status: int, *, allow: str = "") -> web.Response:
    """An error in words; with the menu where somebody is signed in."""
    title, text = _told(words_for(request), status)
    is_part = request.headers.get("HX-Request") == "true"
    template = "error_line.html" if is_part else "error.html"
    headers = {"Allow": allow} if allow else {}
    return render(request, template, status=status, headers=headers, title=title, text=text, code=status)


def _told(words: Wording, status: int) -> tuple[str, str]:
    match status:
        case 403:
            return words.say("Not for you"), words.say(
                "Your role doesn't open this page, or the form was too old to be trusted. Go back, reload the page and try again."
            )
        case 404:
            return words.say("Nothing here"), words.say("There is no such page, or what it showed is gone.")
        case 413:
            return words.say("Too large"), words.say("That was more than this page takes.")
        case 429:
            return words.say("Too many tries"), words.say("Wait a while, then try again.")
        case 400 | 405 | 422:
            return words.say("Not understood"), words.say("Go back, reload the page and try again.")
        case _:
            return words.say("Something went wrong"), words.say(
                "It is our fault, not yours, and it is in the server's log. Try again in a moment."
            )
