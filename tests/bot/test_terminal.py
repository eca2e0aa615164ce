"""The terminal: lines in, replies and numbered choices out."""

from io import StringIO
from typing import Any

from rich.console import Console

from bot.channels.terminal import Terminal
from tests.bot.fakes import Make


async def chat(customer: Make, *lines: str, explain: bool = False, several: Any = None) -> str:
    waiting, screen = list(lines), StringIO()
    console = Console(file=screen, width=200)
    terminal = Terminal(
        customer(several=several).engine,
        console,
        lambda: waiting.pop(0) if waiting else None,
        explain=explain,
    )
    await terminal.run()
    assert not waiting or "/quit" in lines
    return screen.getvalue()


async def test_a_chat_ends_with_the_input(customer: Make) -> None:
    assert "Your order number?" in await chat(customer, "", "Where is my parcel?")


async def test_a_chat_ends_with_quit(customer: Make) -> None:
    assert "Bye" not in await chat(customer, "hi", "/quit", "bye")


async def test_buttons_are_numbered_choices(customer: Make) -> None:
    screen = await chat(customer, "something with my order", "1")

    assert "1 Where is my order" in screen
    assert "Your order number?" in screen


async def test_silence_is_explained(customer: Make) -> None:
    assert "/bot" in await chat(customer, "/human", "hello?")


async def test_an_unknown_command_gets_help(customer: Make) -> None:
    assert "/privacy" in await chat(customer, "/nonsense")


async def test_explain_shows_all_intents_found_together(customer: Make) -> None:
    text = "where is LW-11111"
    found = {text: {"order_status": 0.9, "cancel_order": 0.4}}
    screen = await chat(customer, text, explain=True, several=found)
    assert "together  order_status 0.90, cancel_order 0.40" in screen


async def test_explain_shows_the_decision_and_its_reason(customer: Make) -> None:
    screen = await chat(customer, "where is LW-11111", explain=True)

    for shown in (
        "order_number=LW-11111",
        "order_status 0.95",
        "answers from 0.800",
        "answer because confident",
        "order_shipped",
    ):
        assert shown in screen


async def test_a_reply_cannot_steer_the_terminal(customer: Make) -> None:
    screen = await chat(customer, "I have a complaint", "\x1b[2J [red]x[/red]")

    assert "\x1b" not in screen
    assert "[red]x[/red]" in screen
