"""The table of the console's pages: each says the least role that may open it."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.abc import AbstractMatchInfo
from aiohttp.typedefs import Handler

from bot.store.staff.records import Role

RANKS: dict[Role, int] = {"agent": 0, "lead": 1, "admin": 2}
Access = dict[web.AbstractRoute, Role | None]
ACCESS = web.AppKey("ACCESS", Access)


@dataclass(frozen=True, slots=True)
class Route:
    """A page or an action; without `role` it is open to everybody, signed in or not."""

    method: str
    path: str
    handler: Handler
    role: Role | None


def get(path: str, handler: Handler, *, role: Role | None) -> Route:
    """Something to look at."""
    return Route("GET", path, handler, role)


def post(path: str, handler: Handler, *, role: Role | None) -> Route:
    """Something to do."""
    return Route("POST", path, handler, role)


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Put routes into an application and note who may use them."""
    access = app.setdefault(ACCESS, {})
    for route in routes:
        access[app.router.add_route(route.method, route.path, route.handler)] = route.role


def role_for(access: Access, match: AbstractMatchInfo) -> Role | None:
    """The least role that may. Raises KeyError for a route that isn't in the table: it is open to nobody."""
    route = getattr(match, "route", None)
    return access[route] if route is not None else None


def may(role: Role, least: Role) -> bool:
    """Whether somebody of this role may do what needs `least`."""
    return RANKS[role] >= RANKS[least]
