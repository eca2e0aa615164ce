"""Regression cases: read strictly, run through the engine, no company's system called."""

from pathlib import Path

import pytest

from bot.errors import BotError
from bot.learning.regression import RegressionCase, read_cases, run_cases
from bot.settings import load_settings

ORDER = "where is my order LW-10023"


def write(folder: Path, text: str) -> Path:
    (folder / "regression.yaml").write_text(text, "utf-8")
    return folder


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_cases(tmp_path) == ()


def test_a_case_is_read(tmp_path: Path) -> None:
    write(tmp_path, "- {message: hello, decision: ask, answer: null, slot: order_number}")
    assert read_cases(tmp_path) == (RegressionCase("hello", "ask", None, "order_number"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "met str, wanted a list"),
        ("- hello", "case 1: met 'hello'"),
        ("- {message: a, decision: maybe}", "decision: met 'maybe', wanted one of answer"),
        ("- {message: a, decision: answer, answer: [b]}", r"answer: met \['b'\]"),
        ("- {message: a, decision: answer, answr: b}", "met answr; there is answer"),
        ("- {message: a, decision: answer, answer: b}\n- {message: 3}", "case 2: met"),
        ("- {message: [", "can't be read"),
    ],
)
def test_what_is_no_case_is_named(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BotError, match=told):
        read_cases(write(tmp_path, text))


@pytest.mark.slow
async def test_each_case_is_told_why_it_failed(trained_shop: Path) -> None:
    settings = load_settings(trained_shop)
    release = trained_shop / "releases" / (trained_shop / "releases" / "current").read_text().strip()
    cases = [
        RegressionCase("hiya", "answer", "greeting"),
        RegressionCase("hiya", "answer", "goodbye"),
        RegressionCase("where is my order", "ask", None, "order_number"),
        RegressionCase("where is my order", "ask", None, "email"),
        RegressionCase(ORDER, "answer", "order_status_shipped"),
        RegressionCase(ORDER, "answer", "greeting"),
        RegressionCase("", "answer", "greeting"),
    ]
    why = [reason for _, reason in await run_cases(cases, settings, release)]
    assert why == [
        "",
        "wanted answer goodbye, met answer greeting",
        "",
        "wanted ask email, met ask order_number",
        "",
        "wanted answer greeting, met an answer to order_status that needs a system",
        "wanted answer greeting, met silence",
    ]


@pytest.mark.slow
async def test_a_case_with_an_answer_that_is_gone_is_named(trained_shop: Path) -> None:
    cases = [RegressionCase("hiya", "answer", "gone")]
    with pytest.raises(BotError, match="'hiya': there is no answer 'gone'"):
        await run_cases(cases, load_settings(trained_shop), trained_shop)


@pytest.mark.slow
async def test_the_cases_of_the_shop_pass(trained_shop: Path) -> None:
    release = trained_shop / "releases" / (trained_shop / "releases" / "current").read_text().strip()
    found = await run_cases(read_cases(trained_shop), load_settings(trained_shop), release)
    assert len(found) == 40
    assert [(case.message, why) for case, why in found if why] == []
