"""Words of customers and colleagues are words on every page, whatever they look like."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.autonomy import Levels
from bot.console import live
from bot.console.app import ROUTES
from bot.console.routes import Route
from bot.store.inbox.views import Person
from bot.store.insights.alerts import NewAlert
from tests.bot.console.console_desk import Browser, ConsoleDesk, open_console
from tests.bot.store.log import Log
from tests.training.mining.proposals import proposal, requests, write_proposal_files
from training.mining.proposal import ProposedAnswer, ProposedSlot
from training.mining.proposal_files import mined_folder, write_mined

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"""{SCRIPT}"><img src=x onerror=alert(2)>' onmouseover='alert(3) {{{{ 7 * 7 }}}} &lt;b&gt; where is LW-11111"""
RAW = ("<script>alert", "<img src=x", "' onmouseover='", '"><img')


@pytest.fixture
async def browser(folder: Path) -> AsyncIterator[Browser]:
    async with open_console(folder, staff_group=-1001) as desk:
        yield await full_of_it(desk)


async def full_of_it(desk: ConsoleDesk) -> Browser:
    """An admin at a desk where hostile words stand wherever somebody may write."""
    browser = await desk.signed_in("ana@shop.example", "admin", HOSTILE)
    await desk.accounts.invite("eve@shop.example", "lead", HOSTILE, by=1)
    anna = desk.customer()
    for text in (HOSTILE, f"a human please {HOSTILE}", f"it is still not here {HOSTILE}"):
        await anna.send(text, customer_name=HOSTILE)
    store = desk.store
    await store.inbox.add_note(1, 1, HOSTILE)
    await store.canned.keep(None, "late", "en", HOSTILE, 1)
    await store.saved_views.save(1, HOSTILE, "search", HOSTILE, (), is_shared=True)
    await store.inbox.label(HOSTILE, "order_status", Person(1, HOSTILE), 1, note=HOSTILE)
    desk.engine.levels = Levels("suggest")
    await desk.customer("zoe").send(f"where is LW-22222 {HOSTILE}", customer_name=HOSTILE)
    log, now = Log(store), datetime.now(UTC)
    said = [
        await log.say(
            now - timedelta(hours=hour), str(hour), HOSTILE,
            sentiment="angry", reason="out_of_scope", kind="clarify", intent=HOSTILE, product=HOSTILE,
        )
        for hour in range(1, 9)
    ]  # fmt: skip
    await store.alerts.raise_alert(NewAlert(("product", HOSTILE), now, 0.1, 0.4, 30, said[0], said[-1]))
    write_proposal_files(desk.settings.folder)
    odd = ProposedAnswer((HOSTILE,), (ProposedSlot("details", "text", HOSTILE),), heard=(HOSTILE,))
    intents = tuple(replace(one, examples=(HOSTILE,), answers=(odd, odd)) for one in proposal().intents[:1])
    said = [replace(one, text=HOSTILE) for one in requests()]
    write_mined(mined_folder(desk.settings.folder), replace(proposal(), intents=intents), said)
    return browser


def pages() -> list[Route]:
    """All but files, and the stream of news, which has no end and no words."""
    others = ("/static/", live.ROUTES[0].path)
    return [route for route in ROUTES if route.method == "GET" and not route.path.startswith(others)]


async def test_no_page_takes_words_for_markup(browser: Browser) -> None:
    met = 0
    for route in pages():
        path = re.sub(r"\{\w+\}", "1", route.path)
        for query in ("", "?q=alert&period=30"):
            page = await browser.get(f"{path}{query}")
            if page.status == 404 or "html" not in page.headers.get("Content-Type", ""):
                continue
            for raw in RAW:
                assert raw not in page.text, f"{path}{query}: {raw}"
            assert " 49 &amp;lt;" not in page.text, f"{path}{query}: a template in a template"
            met += "alert(1)" in page.text
    assert met > 10, "hostile words are on most pages"


async def test_a_mined_intent_is_written_as_words(browser: Browser) -> None:
    page = await browser.get("/review/mined/hours")
    assert page.text.count("alert(1)") > 5
    for raw in RAW:
        assert raw not in page.text, raw


async def test_an_address_is_written_as_words(browser: Browser) -> None:
    for path in (f"/inbox/search?q={SCRIPT}", f"/answers/new?intent={SCRIPT}", f"/insights?period={SCRIPT}"):
        assert SCRIPT not in (await browser.get(path)).text, path
