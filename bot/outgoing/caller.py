"""One call over HTTP: allowed, signed, without redirects, cookies or compression, and with an end."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.monitoring.tracing import note, span, trace_headers
from bot.outgoing.hosts import CallRefused, Hosts
from bot.outgoing.resolver import CheckedResolver
from bot.outgoing.signing import signature_headers

MAX_ANSWER_BYTES = 1 << 20
AT_ONCE = 100  # connections


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back."""

    status: int
    body: bytes


class Caller:
    """Calls the hosts it may call; `key` signs, "" signs nothing."""

    def __init__(self, hosts: Hosts, key: str = "", *, names: AbstractResolver | None = None) -> None:
        self._hosts = hosts
        self._key = key
        self._names = names
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        url: URL,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        json_body: Mapping[str, Any] | None = None,
    ) -> HttpAnswer:
        """Raises CallRefused for what isn't allowed or an answer too large; TimeoutError, aiohttp.ClientError."""
        with span("call", method=method):
            return await self._call(method, url, timeout_s, headers or {}, json_body)

    async def _call(
        self,
        method: str,
        url: URL,
        timeout_s: float,
        headers: Mapping[str, str],
        json_body: Mapping[str, Any] | None,
    ) -> HttpAnswer:
        self._hosts.check(url)
        body = b"" if json_body is None else json.dumps(json_body).encode()
        sent = {
            **headers,
            **trace_headers(),
            "Accept-Encoding": "identity",  # a small answer can't unfold into a large one
            **({} if json_body is None else {"Content-Type": "application/json"}),
            **signature_headers(self._key, method, url.raw_path_qs, body, int(time.time())),
        }
        async with self._open().request(
            method,
            url,
            data=body or None,
            headers=sent,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            allow_redirects=False,  # they would carry secret headers elsewhere, or the call to another host
        ) as response:
            note(status=response.status)
            return HttpAnswer(response.status, await _body(response))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = CheckedResolver(self._hosts, self._names)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=AT_ONCE),
                cookie_jar=aiohttp.DummyCookieJar(),  # what is said to one customer's call is not sent with another's
                auto_decompress=False,
            )
        return self._session


async def _body(response: aiohttp.ClientResponse) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"", "identity"}:
        raise CallRefused(f"an answer packed with {encoding[:20]!r}, which was not asked for")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise CallRefused(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)
