"""Where Prometheus asks: a port of its own, so that no proxy shows it to the world by accident."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.desk import Desk, beside
from bot.errors import BotError
from bot.monitoring.meters import REGISTRY
from bot.monitoring.standing import DeskStanding

LOOK_EVERY_S = 15.0


@asynccontextmanager
async def metrics_at(desk: Desk, host: str, port: int) -> AsyncIterator[str]:
    """Serve /metrics for as long as the block runs; yields its address. Raises BotError where it can't listen."""
    standing = DeskStanding(desk)
    REGISTRY.register(standing)
    app = web.Application()
    app.router.add_get("/metrics", _metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise BotError(
                f"can't listen on {host}:{port} for metrics: {error.strerror}; "
                "choose another with --metrics-port or [metrics] port in kefu.toml"
            ) from error
        async with beside(_look(standing)):
            taken: int = runner.addresses[0][1]
            yield f"http://{host}:{taken}/metrics"
    finally:
        REGISTRY.unregister(standing)
        await runner.cleanup()


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _look(standing: DeskStanding) -> None:
    while True:
        with suppress(Exception):  # the database may be away; the desk's own log says so
            await standing.look()
        await asyncio.sleep(LOOK_EVERY_S)
