"""Calls to the company's own systems: order status, cancelling, a new address."""

import asyncio
import json
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractResolver
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from yarl import URL

from bot.errors import BotError
from bot.monitoring.tracing import span
from bot.outgoing.caller import Caller
from bot.outgoing.hosts import CallRefused, Hosts, written_host
from bot.secrets.values import with_secrets
from bot.settings import Action, Outgoing
from bot.web_address import parse_address

FIRST_PAUSE_S = 0.2  # before the first retry; doubles with each
# The company's word on the matter rather than a fault: "too late to cancel" and the like.
REFUSALS = frozenset({409, 410, 422})

_templates = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_url_templates = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, finalize=lambda value: quote(str(value), safe="")
)
logger = logging.getLogger(__name__)


class ActionFailed(BotError):
    """The company's system could not be reached or gave no usable answer; customers are told politely."""


class _TryAgain(Exception):
    """One attempt failed; `is_unsent` where the system cannot have seen it."""

    def __init__(self, reason: str, *, is_unsent: bool = False) -> None:
        super().__init__(reason)
        self.is_unsent = is_unsent


class Actions:
    """The actions of kefu.toml over one HTTP session; `key` signs the calls.

    Raises BotError for a template that doesn't parse or an environment variable that isn't set."""

    def __init__(
        self,
        actions: Mapping[str, Action],
        environment: Mapping[str, str] = os.environ,
        *,
        outgoing: Outgoing | None = None,
        key: str = "",
        names: AbstractResolver | None = None,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self._actions = dict(actions)
        hosts = Hosts.of(outgoing or Outgoing(), (action.url for action in actions.values()))
        self._caller = Caller(hosts, key, names=names)
        self._headers = {name: _headers(name, action, environment) for name, action in actions.items()}
        self._first_pause_s = first_pause_s
        if wrong := [
            problem for name, action in actions.items() for problem in template_problems(name, action)
        ]:
            raise BotError("\n".join(wrong))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._actions)

    def reading(self) -> "Actions":
        """The same over the same session, but for what changes something: that fails as if the system were away."""
        return ReadingActions(self)

    async def close(self) -> None:
        await self._caller.close()

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        """Call an action; its JSON object is the result, with status "not_found" where the system answers 404.

        Idempotent calls are tried again after timeouts and 5xx, others only where the connection was never
        made; those carry `Idempotency-Key`. Raises ActionFailed when no attempt brought an answer."""
        try:
            with span("action", action=name):
                return await self._run(name, slots, idempotency_key)
        except ActionFailed as failure:
            logger.error("%s", failure)
            raise

    def is_reading(self, name: str) -> bool:
        """Whether an action leaves the company's system as it is."""
        return name in self._actions and self._actions[name].method == "GET"

    async def _run(self, name: str, slots: Mapping[str, str], key: str) -> dict[str, Any]:
        if name not in self._actions:
            raise ActionFailed(f"action {name!r} is not among [actions.*] of kefu.toml")
        action = self._actions[name]
        is_idempotent = (
            action.method in {"GET", "PUT", "DELETE"} if action.idempotent is None else action.idempotent
        )
        request = self._request(name, action, slots, "" if is_idempotent else key)
        for attempt in range(action.retries + 1):
            try:
                return await self._attempt(action, request)
            except _TryAgain as failure:
                logger.warning("action %s, attempt %d: %s", name, attempt + 1, failure)
                if attempt == action.retries or not (is_idempotent or failure.is_unsent):
                    raise ActionFailed(
                        f"action {name!r}: {failure} after {attempt + 1} attempts"
                    ) from failure
            await asyncio.sleep(self._first_pause_s * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _request(self, name: str, action: Action, slots: Mapping[str, str], key: str) -> dict[str, Any]:
        try:
            url = _url_templates.from_string(action.url).render(slots)
            body = {field: _templates.from_string(text).render(slots) for field, text in action.body.items()}
        except TemplateError as error:
            raise ActionFailed(
                f"action {name!r}: {error}; an answer that calls it wants that slot"
            ) from error
        headers = {**self._headers[name], **({"Idempotency-Key": key} if key else {})}
        # Exactly as quoted above: yarl would turn %26 in a path back into &.
        return {"url": _url(name, url), "headers": headers, "json_body": body or None}

    async def _attempt(self, action: Action, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._caller.call(action.method, timeout_s=action.timeout_s, **request)
        except CallRefused as error:
            raise ActionFailed(f"{action.method} {written_host(action.url)}: {error}") from error
        except aiohttp.ClientConnectorError as error:
            raise _TryAgain(f"no connection ({type(error).__name__})", is_unsent=True) from error
        except TimeoutError as error:
            raise _TryAgain(f"no answer within {action.timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise _TryAgain(f"connection broke ({type(error).__name__})") from error
        return _result(answer.status, answer.body)


def _url(name: str, rendered: str) -> URL:
    try:
        return parse_address(rendered, encoded=True)
    except ValueError as error:
        raise ActionFailed(f"action {name!r}: the slots make no address of its url") from error


def _result(status: int, body: bytes) -> dict[str, Any]:
    if status >= 500 or status == 429:
        raise _TryAgain(f"HTTP {status}")
    if status == 404:
        return {**_json_object(body, or_else={}), "status": "not_found"}
    if status in REFUSALS:
        return _json_object(body)
    if not 200 <= status < 300:
        raise ActionFailed(f"HTTP {status}; wanted 2xx, 404, or {sorted(REFUSALS)} with a JSON object")
    return _json_object(body) if body.strip() else {}


def _json_object(body: bytes, or_else: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        result = json.loads(body)
    except (ValueError, RecursionError):
        result = None
    if isinstance(result, dict):
        return result
    if or_else is not None:
        return or_else
    raise ActionFailed(f"met an answer of {len(body)} bytes that is no JSON object")


def _headers(name: str, action: Action, environment: Mapping[str, str]) -> dict[str, str]:
    where = f"[actions.{name}] headers"
    return {header: with_secrets(value, environment, where) for header, value in action.headers.items()}


def template_problems(name: str, action: Action) -> Iterator[str]:
    """A line for each template of an action that doesn't parse; of the url, which may hold a secret, not shown."""
    for key, template in {
        "url": action.url,
        **{f"body.{field}": text for field, text in action.body.items()},
    }.items():
        try:
            _templates.from_string(template)
        except TemplateError as error:
            met = "a value that is not shown" if key == "url" else repr(template)
            yield f"actions.{name}.{key}: met {met}; not a template: {error}"


class ReadingActions(Actions):
    """Actions that leave the company's system as it is."""

    def __init__(self, actions: Actions) -> None:
        self._all = actions

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        """Call an action that only reads. Raises ActionFailed for any other."""
        if not self._all.is_reading(name):
            raise ActionFailed(f"action {name!r} changes something: it is for the customer to confirm")
        return await self._all.run(name, slots, idempotency_key=idempotency_key)
