"""Labels read from where the log keeps them: whose, how and when."""

from pathlib import Path

import pytest

from bot.messages import Button, Decision, Draft
from bot.news import News
from bot.review.recognising import Recogniser
from bot.settings import Settings
from bot.staffing import Staffing
from bot.store.inbox.views import Person
from bot.store.labels.given import GivenLabel
from bot.store.store import Store
from retrieval.answers import Answer, AnswerBook, Phrasing
from tests.bot.colleagues import add_colleague
from tests.bot.store.told import message, tell

CLARIFY = Decision("clarify", "uncertain", choices=("refund_status", "refund_request"))
HELD = Decision("hand_over", "drafted", intent="order_status")


def told(labels: list[GivenLabel]) -> list[tuple[str, str, str, str]]:
    return [(one.origin, one.intent, one.by, one.trust) for one in labels]


async def draft(store: Store, text: str, chat: str) -> tuple[int, int]:
    """A draft that waits: the conversation, and the draft."""
    offered = Draft("It is on its way.", (), "order_status", "order_status_shipped", {})
    turn = await tell(store, message(text, chat=chat), (), HELD, status="waiting", draft=offered)
    waiting = await store.inbox.draft(turn.conversation_id)
    assert waiting is not None
    return turn.conversation_id, waiting.id


async def test_everything_people_said_is_a_label_with_its_origin(store: Store) -> None:
    ben = Person(await add_colleague(store, "ben"), "ben")
    staffing = Staffing(store, Settings(folder=Path()), News())
    asked = await tell(store, message("my refund", chat="1"), decision=CLARIFY)
    await store.add_feedback(asked.replies[0].message_id, "refund_request", "telegram:1")
    answered = await tell(store, message("where is it", chat="2"), buttons=(Button("Yes", "helpful"),))
    await store.add_feedback(answered.replies[0].message_id, "not_helpful", "telegram:2")
    await store.inbox.label("where is it", "cancel_order", ben, answered.message_id, note="he said so later")
    for chat, deed in enumerate(("sent", "edited", "rejected"), start=3):
        conversation_id, number = await draft(store, f"is it {deed}", str(chat))
        if deed == "rejected":
            await staffing.reject_draft(conversation_id, ben.id, number)
        else:
            said = None if deed == "sent" else "It comes on Friday."
            await staffing.send_draft(conversation_id, ben.id, number, said)

    given = await store.labels.given()

    assert told(given) == [
        ("chosen", "refund_request", "telegram:1", "customer"),
        ("not_helpful", "order_status", "telegram:2", "customer"),
        ("correction", "cancel_order", "ben", "staff"),
        ("draft_sent", "order_status", "ben", "staff"),
        ("draft_edited", "order_status", "ben", "implied"),
        ("draft_rejected", "order_status", "ben", "implied"),
    ]
    assert [one.is_against for one in given] == [False, True, False, False, False, True]
    assert given[2].note == "he said so later"
    assert given[0].taken_for == "order_status"


async def test_what_staff_wrote_is_a_label_where_it_is_an_answers_text(store: Store) -> None:
    ben = await add_colleague(store, "ben")
    staffing = Staffing(store, Settings(folder=Path()), News())
    for chat, reply in enumerate(
        ("Your money is back within 14 days, Anna.", "No idea, sorry.", "Hello!"), start=1
    ):
        turn = await tell(store, message("please return it to me", chat=str(chat)), (), None)
        await staffing.say(turn.conversation_id, ben, reply)
        await staffing.say(turn.conversation_id, ben, "Your money is back within 14 days, Otto.")

    replies = await store.labels.handoff_replies()
    found = list(Recogniser(book()).labels(replies))

    assert [one.reply for one in replies] == [
        "Your money is back within 14 days, Anna.", "No idea, sorry.", "Hello!",
    ]  # fmt: skip
    assert [(one.intent, one.answer_id, one.by, one.text) for one in found] == [
        ("refund_request", "refund", "ben", "please return it to me")
    ]


def book() -> AnswerBook:
    texts = {
        "refund": ("refund_request", "Your money is back within {{ days }} days, {{ name }}."),
        "hello": ("greeting", "Hello and welcome to all of you!"),
        "short": ("order_status", "{{ order_number }} is here."),
    }
    return AnswerBook(
        Answer(answer_id, intent, Phrasing({"en": (text,)}), Phrasing({"en": ("",)}))
        for answer_id, (intent, text) in texts.items()
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("  your money is back within 3\n days, Mia. ", "refund"),
        ("Your money is back within 3 days, Mia. And a pony.", None),
        ("LW-1 is here.", None),
        ("Hello and welcome to all of you!", None),
        ("Your money is back within " + "9 days, " * 2000, None),
    ],
)
def test_a_text_is_an_answers_only_as_a_whole(said: str, found: str | None) -> None:
    answer = Recogniser(book()).find(said)
    assert (answer.id if answer else None) == found


async def test_of_a_forgotten_customer_no_label_is_left(store: Store) -> None:
    ben = Person(await add_colleague(store, "ben"), "ben")
    asked = await tell(store, message("my own refund", chat="1"), decision=CLARIFY)
    await store.add_feedback(asked.replies[0].message_id, "refund_request", "telegram:1")
    await store.inbox.label("my own refund", "refund_request", ben, asked.message_id)
    await store.labels.dismiss([asked.message_id], ben)
    await store.forget("telegram:1")
    assert await store.labels.given() == []
    assert (await store.labels.taught(None)).n == 0
    assert [entry.details for entry in await store.accounts.audit()] == [
        {"messages": 1},
        {"message": asked.message_id},
    ]
