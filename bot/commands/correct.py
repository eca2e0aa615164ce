"""`kefu correct`: teach the desk what a text means, at once."""

import asyncio
import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.store import Store


@click.command()
@workspace_option
@click.argument("text", required=False)
@click.option(
    "--intent", metavar="INTENT", help="What the text means: an intent of the answers, or out_of_scope."
)
@click.option("--answer", metavar="ID", help="What is right to say to it: the id of an answer.")
@click.option(
    "--by",
    metavar="NAME",
    default=lambda: os.environ.get("USER", "staff"),
    show_default="you",
    help="Who says so, for the list.",
)
@click.option("--note", default="", help="Why, for the list.")
@click.option("--undo", type=int, metavar="ID", help="Take a correction back; --list shows the ids.")
@click.option("--list", "is_list", is_flag=True, help="Show the corrections that hold.")
def command(
    workspace: Path,
    text: str | None,
    intent: str | None,
    answer: str | None,
    by: str,
    note: str,
    undo: int | None,
    is_list: bool,
) -> None:
    """Teach the desk what a text means, at once.

    For instance: kefu correct "wheres my stuff" --intent order_status

    With --answer in place of --intent, or beside it where several intents have that answer, it is given that very answer.

    A running server knows it within a second, every later release too. `kefu export` writes it as the label
    of the messages that say TEXT, so that training learns it."""
    if [text is not None, undo is not None, is_list].count(True) != 1:
        raise click.UsageError("wanted one of TEXT with --intent or --answer, --undo ID, or --list")
    if (text is None) != (intent is None and answer is None):
        raise click.UsageError("TEXT and --intent or --answer go together")
    from bot.settings import load_settings

    settings = load_settings(workspace)
    if text is not None:
        asyncio.run(_add(settings, text, _meaning(settings, intent, answer), by, note, answer))
    elif undo is not None:
        asyncio.run(_undo(settings, undo, by))
    else:
        asyncio.run(_list(settings))


async def _add(settings: "Settings", text: str, intent: str, by: str, note: str, answer: str | None) -> None:
    async with await _open(settings) as store:
        correction_id = await store.add_correction(text, intent, by, note, answer_id=answer)
    told = f" and gets {answer}" if answer else ""
    click.echo(
        f"Correction {correction_id}: this text now means {intent}{told}. Take it back with --undo {correction_id}."
    )


async def _undo(settings: "Settings", correction_id: int, by: str) -> None:
    async with await _open(settings) as store:
        await store.undo_correction(correction_id, by)
    click.echo(f"Correction {correction_id} no longer holds.")


async def _list(settings: "Settings") -> None:
    async with await _open(settings) as store:
        standing = await store.corrections()
    for correction in standing:
        at = correction.at.astimezone(settings.desk.zone)
        note = f"  ({correction.note})" if correction.note else ""
        answer = f" ({correction.answer_id})" if correction.answer_id else ""
        click.echo(
            f"{correction.id:>5}  {at:%Y-%m-%d %H:%M}  {correction.by}  {correction.intent}{answer}: {correction.text}{note}"
        )
    if not standing:
        click.echo("No corrections yet.")


def _meaning(settings: "Settings", intent: str | None, answer_id: str | None) -> str:
    """The intent that is meant. One that nobody answers would only make the desk fall silent, and is most often a slip."""
    from bot.dialogue.decide import OUT_OF_SCOPE
    from retrieval.answer_files import load_answers
    from retrieval.errors import RetrievalError

    folder = settings.folder / "answers"
    book = load_answers(folder)
    known = [*book.intents, OUT_OF_SCOPE]
    if intent is not None and intent not in known:
        near = difflib.get_close_matches(intent, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "add an answer first"
        raise BotError(
            f"{folder}: intent {intent!r} is not among the {len(known)} that have an answer; {hint}"
        )
    if answer_id is None:
        return str(intent)
    try:
        answer = book.get(answer_id)
    except RetrievalError as error:
        raise BotError(f"{folder}: {error}") from error
    theirs = (answer.intent, *answer.also_for)
    if intent is not None and intent not in theirs:
        raise BotError(f"{folder}: {answer_id} answers {', '.join(theirs)}, not {intent}")
    return intent or answer.intent


async def _open(settings: "Settings") -> "Store":
    from bot.store.store import Store

    return await Store.open(settings.database_url, exclusive=False)
