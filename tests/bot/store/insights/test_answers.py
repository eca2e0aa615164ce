"""What became of answers: counted by hand here, and changes kept with all that belongs to them, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from bot.store.inbox.views import Person
from bot.store.insights.answer_usage import Usage
from bot.store.insights.answers import NewChange
from bot.store.store import Store
from bot.store.tables.log import decisions, messages
from tests.bot.store.log import Log
from tests.bot.store.told import message, tell

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def give(log: Log, minutes: float, chat: str, answer_id: str, kind: str = "answer") -> int:
    """A message that gets an answer; the reply's id."""
    asked = await log.say(at(minutes), chat, f"{answer_id}?", kind=kind)
    reply = await log.reply(at(minutes), chat, "bot")

    def link(connection: Connection) -> None:
        connection.execute(
            update(decisions).where(decisions.c.message_id == asked).values(answer_id=answer_id)
        )
        connection.execute(update(messages).where(messages.c.id == reply).values(in_reply_to=asked))

    await log.store._database.write(link)
    return reply


async def test_answers_are_counted_with_what_came_of_them(store: Store) -> None:
    log = Log(store)
    await give(log, -1, "6", "shipped")  # before the time that is asked for
    liked, disliked = await give(log, 1, "7", "shipped"), await give(log, 2, "8", "shipped")
    await log.opine(at(2), liked, "helpful")
    await log.opine(at(3), disliked, "not_helpful")
    await log.opine(at(3), disliked, "refund")  # chosen in a clarification: no opinion
    await log.move(at(30), "waiting", "8")
    await give(log, 5, "9", "late")
    await give(log, 6, "9", "damaged", "hand_over")
    await log.move(at(6), "waiting", "9", "always_a_person")  # as it shall be
    await give(log, 7, "10", "late")
    await log.move(at(7 + 61), "waiting", "10")  # for other reasons, by then
    await give(log, 8, "11", "late")
    await log.say(at(9), "11", kind="clarify", reason="uncertain")
    await log.move(at(10), "waiting", "11")

    usage = await store.answers.usage(["shipped", "late", "damaged", "never"], START)

    assert usage == {
        "shipped": Usage(2, 1, 1, 1),
        "late": Usage(3, 0, 0, 1),
        "damaged": Usage(1),
        "never": Usage(),
    }
    assert await store.answers.log_begins() == at(-1)
    assert [(one.text, one.at) for one in await store.answers.latest_given("shipped", 2)] == [
        ("shipped?", at(2)),
        ("shipped?", at(1)),
    ]


async def test_a_log_without_messages_has_no_use(store: Store) -> None:
    assert await store.answers.usage(["shipped"], START) == {"shipped": Usage()}
    assert await store.answers.usage([], START) == {}
    assert await store.answers.log_begins() is None


async def test_a_change_is_kept_with_its_audit_entry_and_what_is_learned(store: Store) -> None:
    lea = Person(await store.accounts.add("lea@shop.example", "Lea", "lead", None), "Lea")
    published: list[str] = []
    change = NewChange("a", "all.yaml", None, "- {id: a}\x00", "answer_added", "wrap", ("wrap it",))

    await store.answers.record(change, lea, lambda: published.append("a"))

    [kept] = await store.answers.changes("a")
    assert (kept.by, kept.file, kept.before, kept.after) == (lea, "all.yaml", None, "- {id: a}\ufffd")
    assert await store.answers.change(kept.id) == kept
    assert await store.answers.change(kept.id + 1) is None
    newest, *_ = await store.accounts.audit()
    assert (newest.action, newest.target) == ("answer_added", "a")
    assert [(one.text, one.intent) for one in await store.corrections()] == [("wrap it", "wrap")]
    assert published == ["a"]


async def test_what_can_not_be_published_is_not_kept(store: Store) -> None:
    lea = Person(await store.accounts.add("lea@shop.example", "Lea", "lead", None), "Lea")
    before = await store.accounts.audit()

    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await store.answers.record(NewChange("a", "f", None, "x", "answer_added", "i", ("q",)), lea, fail)

    assert await store.answers.changes("a") == []
    assert await store.accounts.audit() == before
    assert await store.corrections() == []


async def test_a_forgotten_customers_question_is_no_example_any_more(store: Store) -> None:
    lea = Person(await store.accounts.add("lea@shop.example", "Lea", "lead", None), "Lea")
    await tell(store, message("I'm Priya,\n can you  wrap it?", 1, "880077"))
    examples = ("I'm Priya, can you wrap it?", "wrap it please")
    change = NewChange("a", "all.yaml", None, "- {id: a}", "answer_added", "wrap", examples)
    await store.answers.record(change, lea, lambda: None)

    await store.forget("telegram:880077")

    assert [one.text for one in await store.corrections()] == ["wrap it please"]
    assert [one.after for one in await store.answers.changes("a")] == ["- {id: a}"]
