"""The desk in a terminal: a prompt, replies, buttons as numbered choices."""

import asyncio
import re
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.engine import Engine
from bot.messages import ButtonPress, Message, Reply, Turn

QUIT = frozenset({"/quit", "/exit"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class Terminal:
    """One conversation on a console. `read_line` gives the next line, None at the end of the input."""

    engine: Engine
    console: Console
    read_line: Callable[[], str | None]
    explain: bool = False
    key: str = field(default_factory=lambda: f"terminal:{uuid.uuid4().hex[:12]}")
    _buttons: list[tuple[str, ButtonPress]] = field(default_factory=list)
    _count: int = 0

    async def run(self) -> None:
        """Talk until /quit or the end of the input."""
        while (line := await asyncio.to_thread(self.read_line)) is not None and line.strip() not in QUIT:
            if not line.strip():
                continue
            turn = await self.engine.handle(self._message(line.strip()))
            if self.explain:
                self._explain(turn)
            self._show(turn)

    def _message(self, line: str) -> Message:
        self._count += 1
        message = Message(
            channel="terminal",
            conversation_key=self.key,
            customer_key=self.key,
            external_id=str(self._count),
            received_at=datetime.now(UTC),
            text=line,
        )
        return _as_press(message, line, self._buttons) or _as_command(message)

    def _show(self, turn: Turn) -> None:
        if not turn.replies:
            self.console.print("[dim](a person has the conversation; /bot brings me back)[/dim]")
            return
        self._buttons = []
        for reply in turn.replies:
            self._show_reply(reply)

    def _show_reply(self, reply: Reply) -> None:
        # Replies may quote the customer: neither markup nor control codes of theirs reach the screen.
        self.console.print(f"[cyan]●[/cyan] {escape(_CONTROL.sub('', reply.text))}", highlight=False)
        for index, button in enumerate(reply.buttons):
            self._buttons.append((button.label, ButtonPress(reply.message_id, index)))
            number = len(self._buttons)
            self.console.print(
                f"   [bold]{number}[/bold] {escape(_CONTROL.sub('', button.label))}", highlight=False
            )

    def _explain(self, turn: Turn) -> None:
        budget = self.engine.dialogue.reader.budget
        thresholds = (budget.answer_threshold, budget.clarify_threshold)
        for name, value in explain(turn, thresholds):
            self.console.print(f"[dim]{name:>12}  {escape(_CONTROL.sub('', value))}[/dim]", highlight=False)


def explain(turn: Turn, thresholds: tuple[float, float]) -> list[tuple[str, str]]:
    """What was understood, found and decided, as lines of a name and a value.

    `thresholds`: the least confidence to answer, and the least probability of one of three choices to ask back."""
    answers_from, asks_from = thresholds
    lines: list[tuple[str, str]] = []
    if (understanding := turn.understanding) is not None:
        if understanding.read_as != understanding.text:
            lines.append(("read as", repr(understanding.read_as)))
        lines.append(("classifier", _probs((found.intent, found.prob) for found in understanding.intents)))
        if understanding.several:
            lines.append(("together", _probs((found.intent, found.prob) for found in understanding.several)))
        entities = (
            (entity.label, entity.value, entity.text, entity.source) for entity in understanding.entities
        )
        lines.append(("entities", ", ".join(f"{a}={b} ({c!r}, {d})" for a, b, c, d in entities) or "none"))
        mood = _mood(understanding.sentiment, understanding.sentiment_prob)
        lines.append(("language", f"{understanding.language}, sentiment {mood}"))
    if (findings := turn.findings) is not None:
        lines.append(("intents", _probs((found.intent, found.prob) for found in findings.intents)))
        lines.append(("answers", _probs((found.id, found.prob) for found in findings.answers[:5]) or "none"))
        lines.append(
            ("passages", _probs((found.id, found.score) for found in findings.passages[:3]) or "none")
        )
        near = (f"{found.text!r} {found.intent} {found.similarity:.2f}" for found in findings.neighbours[:3])
        lines.append(("neighbours", ", ".join(near) or "none"))
        lines.append(("confidence", f"{findings.confidence:.3f} (answers from {answers_from:.3f})"))
        one_of_three = f"{findings.choice_prob:.3f} (asks back from {asks_from:.3f})"
        lines.append(("one of three", f"{one_of_three}; in scope {findings.scope_prob:.2f}"))
    if (decision := turn.decision) is not None:
        details = (
            decision.intent,
            decision.answer_id,
            decision.slot and f"slot {decision.slot}",
            *decision.choices,
        )
        about = ", ".join(str(detail) for detail in details if detail)
        lines.append(
            ("decision", f"{decision.kind} because {decision.reason}" + (f": {about}" if about else ""))
        )
    timings = ", ".join(f"{name} {ms:.1f}" for name, ms in turn.timings_ms.items())
    return [*lines, ("ms", timings)]


def table_of_commands() -> Table:
    """What can be typed besides messages."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("/help /human /bot /language /privacy /forget", "as on Telegram")
    table.add_row("a number", "presses that button")
    table.add_row("/quit", "ends the chat (as does Ctrl-D)")
    return table


def lines_of_stdin(console: Console) -> Callable[[], str | None]:
    """Lines typed at a prompt, or those of a pipe, which are shown as they are read."""
    is_typed = sys.stdin.isatty()

    def read_line() -> str | None:
        try:
            line = console.input("[bold green]>[/bold green] ") if is_typed else _next_line()
        except (EOFError, KeyboardInterrupt):
            return None
        if not is_typed:
            console.print(f"[bold green]>[/bold green] {escape(_CONTROL.sub('', line))}", highlight=False)
        return line

    return read_line


def _next_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _as_press(message: Message, line: str, buttons: list[tuple[str, ButtonPress]]) -> Message | None:
    if line.isdecimal() and 1 <= int(line) <= len(buttons):
        label, press = buttons[int(line) - 1]
        return replace(message, kind="button", text=label, button=press)
    return None


def _as_command(message: Message) -> Message:
    word, _, argument = message.text[1:].partition(" ")
    if message.text.startswith("/") and word.isalpha():
        return replace(message, kind="command", command=word.lower(), argument=argument.strip())
    return message


def _mood(sentiment: str | None, prob: float) -> str:
    return "not known" if sentiment is None else f"{sentiment} {prob:.2f}"


def _probs(pairs: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {prob:.2f}" for name, prob in pairs)
