"""A real Chromium, and a tab of it that notes every complaint."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find_chromium() -> str:
    """Its path. Skips the test where there is none, but not in CI."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: none of {', '.join(NAMES)} is installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_tab(browser: Browser, *, may_say: str = "^$", **options: Any) -> AsyncIterator[Page]:
    """A tab in a context of its own. Errors on its console, in scripts or against the page's policy fail the test,
    but for those that `may_say` matches."""
    context = await browser.new_context(**({"locale": "en-GB"} | options))
    page = await context.new_page()
    complaints = listen(page)
    try:
        yield page
        unexpected = [said for said in complaints if not re.search(may_say, said)]
        assert unexpected == [], unexpected
    finally:
        await context.close()


def listen(page: Page) -> list[str]:
    """What the page complains about, from now on."""
    complaints: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
