"""What a client is told when something doesn't work: one shape for REST and the socket."""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from bot.channels.web.shapes import ErrorBody, Failure
from bot.errors import BotError
from bot.monitoring.meters import count_error

RETRY_AFTER_S = 2
MAX_DEPTH = 32  # of arrays and objects within one another
MAX_MET = 80  # characters of what was met that are quoted back
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
# A text that doesn't end is one to the end, so that it is gone through once.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)

logger = logging.getLogger(__name__)


class Refused(BotError):
    """A request that isn't answered as asked; becomes an HTTP status, or an error frame on the socket."""

    def __init__(self, status: int, body: ErrorBody) -> None:
        super().__init__(body.message)
        self.status = status
        self.body = body


def refused(status: int, code: str, message: str, *, retry_after_s: int | None = None) -> Refused:
    """A refusal without a field to blame."""
    return Refused(status, ErrorBody(code=code, message=message, retry_after_s=retry_after_s))


def unfit(error: ValidationError) -> Refused:
    """The first thing about a body that is not as it must be: where, what was met, what was wanted."""
    first = error.errors(include_url=False)[0]
    field = _printable(".".join(str(part) for part in first["loc"])[:MAX_MET]) or "body"
    met = "nothing" if first["type"] == "missing" else _printable(repr(first["input"])[:MAX_MET])
    wanted = _printable(first["msg"])
    body = ErrorBody(
        code="invalid", message=f"{field}: met {met}; {wanted}", field=field, met=met, wanted=wanted
    )
    return Refused(422, body)


def parse_json(raw: str | bytes) -> Any:
    """What a client sent, as JSON's own types. Raises Refused."""
    if _is_deep(raw):
        raise refused(400, "not_json", f"wanted at most {MAX_DEPTH} arrays and objects within one another")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise refused(400, "not_json", "met something that is not JSON") from error


def _is_deep(raw: str | bytes) -> bool:
    """Whether it nests deeper than MAX_DEPTH, brackets within texts left out."""
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket[0], 0)
        if depth > MAX_DEPTH:
            return True
    return False


def _printable(text: str) -> str:
    """Half of a surrogate pair can be written in JSON but not sent."""
    return text.encode("utf-8", "replace").decode()


@contextmanager
def apologising() -> Iterator[None]:
    """The catch-all of this channel: whatever went wrong inside is logged, and the client may try again.

    The engine raises only where the store does, so this is nearly always a database that is away."""
    try:
        yield
    except (Refused, web.HTTPException):
        raise
    except Exception as error:
        # The text of an exception may quote the customer; where it arose does not.
        frames = "".join(traceback.format_tb(error.__traceback__))
        count_error("web")
        logger.error("%s\n%s", type(error).__name__, frames)
        message = "Something went wrong on our side. Nothing is lost: send it again in a moment."
        raise refused(503, "unavailable", message, retry_after_s=RETRY_AFTER_S) from error


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the one shape."""
    try:
        with apologising():
            return await handler(request)
    except Refused as refusal:
        return response_to(refusal)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        text = f"{request.method} {request.path}: {error.reason}"
        answer = response_to(refused(error.status, CODES.get(error.status, "refused"), text))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer


def response_to(refusal: Refused) -> web.Response:
    """A refusal over HTTP."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    if refusal.body.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.body.retry_after_s)
    body = Failure(error=refusal.body).model_dump_json(exclude_none=True)
    return web.Response(status=refusal.status, text=body, content_type="application/json", headers=headers)
