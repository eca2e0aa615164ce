"""A real Chromium, and a tab of it that notes every complaint."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000  # with a machine that has other things to do

expect.set_options(timeout=PATIENCE_MS)

# Texts with less contrast to what is painted behind them than WCAG's 4.5, and how much they have.
FAINT = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (item) => {
    const colour = getComputedStyle(item).backgroundColor;
    return (rgb(colour)[3] ?? 1) > 0 ? colour : ground(item.parentElement);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const item = text.parentElement;
    if (!text.data.trim() || !item.checkVisibility() || item.closest("script, noscript, .unseen")) continue;
    const [light, dark] = [luminance(getComputedStyle(item).color), luminance(ground(item))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faint.push([text.data, contrast]);
  }
  return faint;
}"""
# What reaches beyond the right edge, or holds more than it is wide; the menu may, for it scrolls by itself.
WIDER = """[...document.body.querySelectorAll("*")]
  .filter((item) => item.checkVisibility() && !item.matches(".unseen, svg *") && !item.closest(".rail"))
  .filter((item) => item.getBoundingClientRect().right > innerWidth + 0.5 || item.scrollWidth > item.clientWidth + 1)
  .filter((item) => getComputedStyle(item).display !== "inline")
  .map((item) => item.outerHTML)"""


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
