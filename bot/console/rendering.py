"""Pages from templates: the one place that knows what every page of the console needs."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from aiohttp import web
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.channels.web.labels import preferred_language
from bot.console.access import SIGNED_IN
from bot.console.console import console_of
from bot.console.cookies import NOTICE, drop_cookie
from bot.console.csrf import FIELD
from bot.console.headers import PAGE_HEADERS
from bot.console.icons import icon
from bot.console.links import PREFIX
from bot.console.navigation import menu
from bot.console.notices import read_notice
from bot.console.template_parts import template_parts
from bot.store.staff.records import Role
from bot.store.values import now
from bot.wording import Wording, wording

OPEN_ALERTS = web.RequestKey("OPEN_ALERTS", int)
TEMPLATES = Path(__file__).parent / "templates"


@cache
def load_templates() -> Environment:
    """The console's templates, each compiled once, when it is first used."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["icon"] = icon
    environment.filters["initials"] = initials
    environment.filters["template_parts"] = template_parts
    return environment


def words_for(request: web.Request) -> Wording:
    """The wording in the language that the browser prefers."""
    accepted = request.headers.get("Accept-Language", "")
    return wording(preferred_language("", accepted, console_of(request).settings.desk.language))


def render(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> web.Response:
    """A template as the answer, a whole page or a part for htmx; `values` are its own names."""
    console, words = console_of(request), words_for(request)
    here = request.get(SIGNED_IN)
    notice = read_notice(request)
    shared = {
        "say": words.say,
        "language": words.language,
        "desk": console.settings.desk.name,
        "root": console.root,
        "me": here.staff if here else None,
        "menu": menu(words, here.staff.role, request.get(OPEN_ALERTS, 0)) if here else (),
        "path": request.path.removeprefix(PREFIX),
        "csrf_token": here.session.csrf_token if here else "",
        "csrf": _csrf_field(here.session.csrf_token) if here else Markup(),
        "notice": notice,
        "role_name": partial(role_name, words),
        "moment": partial(_moment, words, console.settings.desk.zone),
        "clock": partial(_clock, words, console.settings.desk.zone),
        "ago": partial(_ago, words),
    }
    text = console.templates.get_template(template).render(shared | values)
    response = web.Response(
        text=text, status=status, content_type="text/html", headers=PAGE_HEADERS | (headers or {})
    )
    if notice is not None:
        drop_cookie(console, response, NOTICE)
    return response


def role_name(words: Wording, role: Role) -> str:
    """A role as people call it."""
    names: dict[Role, str] = {
        "admin": words.say("Admin"),
        "lead": words.say("Lead"),
        "agent": words.say("Agent"),
    }
    return names[role]


def _csrf_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)


def _moment(words: Wording, zone: tzinfo, at: datetime) -> Markup:
    """A date and time in the desk's zone."""
    local = at.astimezone(zone)
    told = format_datetime(
        local,
        "d MMM y, HH:mm" if words.language == "en" else "y年M月d日 HH:mm",
        locale=_locale(words.language),
    )
    return _time(local, told)


def _clock(words: Wording, zone: tzinfo, at: datetime) -> Markup:
    """The time of a day, with the day unless it is today."""
    local = at.astimezone(zone)
    if local.date() != now().astimezone(zone).date():
        return _moment(words, zone, at)
    return _time(local, format_datetime(local, "HH:mm", locale=_locale(words.language)))


def _ago(words: Wording, at: datetime) -> Markup:
    """How long ago, or how soon."""
    if abs(at - now()) < timedelta(minutes=1):
        return _time(at, words.say("just now"))
    told = format_timedelta(at - now(), add_direction=True, locale=_locale(words.language), threshold=1.1)
    return _time(at, told)


@lru_cache
def _locale(language: str) -> Locale:
    """Kept, for to read one takes longer than to write a date with it."""
    return Locale.parse(language)


def _time(at: datetime, told: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), escape(told))


def first_page(words: Wording, role: Role) -> str:
    """Where somebody of this role begins."""
    return menu(words, role)[0].path


def initials(name: str) -> str:
    """One or two letters that stand for somebody."""
    parts: Sequence[str] = name.replace("@", " ").replace(".", " ").split()
    return "".join(part[0] for part in parts[:2]).upper() or "?"
