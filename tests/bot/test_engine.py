"""Whole conversations at a small desk: what is said, and the decision and answer it gets."""

import asyncio
import itertools
import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.store.store import Store
from bot.store.tables.log import conversations
from nlu.understanding import Sentiment
from tests.bot.fakes import Customer, Make, make_engine, make_settings, outcome

Line = tuple[str, str, str | None]

CONVERSATIONS: dict[str, list[Line]] = {
    "a slot is asked for and then filled": [
        ("Where is my parcel?", "ask", "order_status"),
        ("LW-11111", "answer", "order_shipped"),
    ],
    "a slot given in passing is not asked for": [("where is LW-11111", "answer", "order_shipped")],
    "a greeting before a request is answered by the request": [
        ("hi", "answer", "greeting"),
        ("hi, where is LW-11111", "answer", "order_shipped"),
    ],
    "a slot is remembered for another intent": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("I want to return something", "ask", "return_request"),
        ("the lamp", "answer", "return_how_to"),
    ],
    "a number before the question is remembered": [
        ("it is LW-11111 by the way", "clarify", None),
        ("Where is my parcel?", "answer", "order_shipped"),
    ],
    "a corrected value repeats the last answer": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("sorry it's LW-22222", "answer", "order_shipped"),
        ("no, the other order, LW-33333", "answer", "order_shipped"),
    ],
    "a new number in words that mean nothing else repeats the last question": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("I mixed them up, look for LW-22222", "answer", "order_shipped"),
    ],
    "a new number for another matter does not": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("perhaps LW-22222 can go back", "clarify", "return_request"),
    ],
    "a set phrase needs no model": [
        ("您好！", "answer", "greeting"),
        ("Hello there", "answer", "greeting"),
        ("多谢", "answer", "thanks"),
        ("再见", "answer", "goodbye"),
        ("转人工", "hand_over", "handover"),
    ],
    "what a button says can be typed": [
        ("Another day!", "ask", "change_date"),
        ("/start", "answer", None),
        ("send it back", "ask", "return_request"),
    ],
    "an unknown order number is corrected": [
        ("where is LW-40400", "answer", "order_unknown"),
        ("LW-22222", "answer", "order_shipped"),
    ],
    "an unknown order number is not taken for the next question": [
        ("where is LW-40400", "answer", "order_unknown"),
        ("I want to return something", "ask", "return_request"),
    ],
    "a date of one question does not answer another": [
        ("it was due monday, where is it", "ask", "order_status"),
        ("LW-11111", "answer", "order_shipped"),
        ("another day please", "ask", "change_date"),
        ("friday", "answer", "new_date"),
        ("sorry, tuesday", "answer", "new_date"),
        ("another day please", "ask", "change_date"),
    ],
    "of two numbers one has to be picked": [
        ("LW-11111 or LW-22222, where are they", "ask", "order_status"),
        ("[LW-22222]", "answer", "order_shipped"),
    ],
    "a slot is asked for twice, then a person takes over": [
        ("Where is my parcel?", "ask", "order_status"),
        ("what do you mean", "ask", "order_status"),
        ("no idea really", "hand_over", "order_status"),
        ("hello?", "silent", None),
    ],
    "a form is left by asking something else and taken up again": [
        ("I want to return something", "ask", "return_request"),
        ("where is LW-11111", "answer", "order_shipped"),
        ("the lamp", "answer", "return_how_to"),
    ],
    "a form is taken up after the other one is filled": [
        ("I want to return something", "ask", "return_request"),
        ("another day please", "ask", "change_date"),
        ("LW-11111", "ask", "change_date"),
        ("friday", "answer", "new_date"),
        ("the rug", "answer", "return_how_to"),
    ],
    "thanks in a form is answered and the form goes on": [
        ("Where is my parcel?", "ask", "order_status"),
        ("thanks", "answer", "thanks"),
        ("LW-11111", "answer", "order_shipped"),
    ],
    "goodbye leaves a form for good": [
        ("Where is my parcel?", "ask", "order_status"),
        ("bye", "answer", "goodbye"),
        ("thanks", "answer", "thanks"),
        ("what do you mean", "clarify", None),
    ],
    "never mind leaves what was to be confirmed": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("never mind, leave it", "answer", "cancel_order"),
        ("thanks", "answer", "thanks"),
    ],
    "never mind leaves a form": [
        ("Where is my parcel?", "ask", "order_status"),
        ("never mind", "answer", "order_status"),
        ("thanks", "answer", "thanks"),
    ],
    "the other order is asked for": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("no, the other order", "ask", "order_status"),
        ("LW-22222", "answer", "order_shipped"),
    ],
    "the other order is asked for before anything is done": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("No, the other one!", "ask", "cancel_order"),
        ("LW-22222", "ask", "cancel_order"),
        ("yes", "answer", "cancelled"),
    ],
    "the other order is asked for in Chinese": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("不是，是另一个订单", "ask", "cancel_order"),
        ("LW-22222", "ask", "cancel_order"),
    ],
    "never mind leaves the question what was meant": [
        ("something with my order", "clarify", "order_status"),
        ("never mind", "answer", None),
        ("something with my order", "clarify", "order_status"),
        ("cancel", "hand_over", None),
    ],
    "never mind leaves what the desk isn't for": [
        ("what is the weather", "clarify", None),
        ("forget it", "answer", None),
        ("and tomorrow?", "clarify", None),
    ],
    "an action is confirmed by a word": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("yes please", "answer", "cancelled"),
    ],
    "an action is confirmed in Chinese": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("好的", "answer", "cancelled"),
    ],
    "an action is confirmed by a button": [("cancel LW-11111", "ask", "cancel_order"), ("[Yes]", "answer", "cancelled")],
    "an action is declined": [("cancel LW-11111", "ask", "cancel_order"), ("no, keep it", "answer", "cancel_order")],
    "cancel is no answer to shall I cancel": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("cancel", "ask", "cancel_order"),
        ("yes, cancel it", "answer", "cancelled"),
    ],
    "a yes for another order is confirmed anew": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("yes but LW-22222", "ask", "cancel_order"),
        ("yes", "answer", "cancelled"),
    ],
    "a form keeps its own order when another one comes up": [
        ("cancel LW-11111", "ask", "cancel_order"),
        ("where is LW-22222", "answer", "order_shipped"),
        ("yes LW-22222", "ask", "cancel_order"),
        ("no, LW-11111", "ask", "cancel_order"),
    ],
    "a number without a word is asked about": [
        ("LW-11111", "ask", None),
        ("[Where is my order]", "answer", "order_shipped"),
    ],
    "a slot of free text takes what is written": [
        ("I have a complaint", "ask", "complaint"),
        ("my lamp arrived broken", "answer", "note_taken"),
    ],
    "a question for something else is no free text": [
        ("I have a complaint", "ask", "complaint"),
        ("is it my order?", "ask", "complaint"),
        ("how wide is the sofa", "hand_over", "product_info"),
    ],
    "what isn't known is no free text": [
        ("I have a complaint", "ask", "complaint"),
        ("I don't know", "ask", "complaint"),
        ("no idea", "hand_over", "complaint"),
    ],
    "a person is reached from within a form": [
        ("I have a complaint", "ask", "complaint"),
        ("a human please", "hand_over", "handover"),
    ],
    "an uncertain message is clarified by a button": [
        ("something with my order", "clarify", "order_status"),
        ("[Where is my order]", "ask", "order_status"),
        ("LW-11111", "answer", "order_shipped"),
    ],
    "a choice can be typed": [("something with my order", "clarify", "order_status"), ("2", "ask", "return_request")],
    "a choice can be typed by its name": [
        ("something with my order", "clarify", "order_status"),
        ("send something back", "ask", "return_request"),
    ],
    "nothing is clarified twice in a row": [
        ("something with my order", "clarify", "order_status"),
        ("something with my order", "hand_over", "order_status"),
    ],
    "something else asks for other words, then for a person": [
        ("something with my order", "clarify", "order_status"),
        ("[Something else]", "ask", None),
        ("what is the weather", "hand_over", None),
    ],
    "out of scope twice is handed over": [
        ("what is the weather", "clarify", None),
        ("and tomorrow?", "hand_over", None),
    ],
    "out of scope is forgiven after an answer": [
        ("what is the weather", "clarify", None),
        ("where is LW-11111", "answer", "order_shipped"),
        ("and tomorrow?", "clarify", None),
    ],
    "the company's system is down": [("where is LW-50000", "hand_over", "order_status"), ("hello?", "silent", None)],
    "an answer may end with a person": [("my lamp arrived broken", "hand_over", "damaged"), ("ok", "silent", None)],
    "a person is asked for and given back": [
        ("a human please", "hand_over", "handover"),
        ("where is LW-11111", "silent", None),
        ("[Back to the bot]", "answer", None),
        ("where is LW-11111", "answer", "order_shipped"),
    ],
    "a person is asked for by button": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("[A person]", "hand_over", "handover"),
    ],
    "an answer's button leads on": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("[Send it back]", "ask", "return_request"),
    ],
    "typed commands are understood": [("/help", "answer", None), ("Help!", "answer", None), ("/human", "hand_over", "handover"), ("/bot", "answer", None)],
    "not helpful offers a person": [
        ("where is LW-11111", "answer", "order_shipped"),
        ("[Not helpful]", "answer", None),
        ("[Talk to a person]", "hand_over", "handover"),
    ],
    "a crash is apologised for and handed over": [("crash", "hand_over", None), ("hello?", "silent", None)],
    "empty words get a word": [("   ", "ask", None)],
}  # fmt: skip


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
async def test_conversation(customer: Make, conversation: list[Line]) -> None:
    anna = customer()

    met = [(line, *await anna.say(line)) for line, _, _ in conversation]

    assert met == conversation


async def test_a_passage_answers_what_no_intent_does(customer: Make) -> None:
    anna = customer(passages={"how wide is it": 0.9, "how wide is the sofa": 0.9})

    assert await anna.say("how wide is it") == ("answer", "article:sizes#1")
    assert await anna.say("how wide is the sofa") == ("answer", "sizes")


async def test_beside_a_passage_the_customer_can_choose_what_was_meant(customer: Make) -> None:
    anna = customer(passages={"is it my order?": 0.9})

    assert await anna.say("is it my order?") == ("answer", "article:sizes#1")
    assert await anna.say("[Where is my order]") == ("ask", "order_status")


async def test_an_answer_without_its_passage_is_handed_over(customer: Make) -> None:
    assert await customer().say("how wide is the sofa") == ("hand_over", "product_info")


async def test_three_negative_messages_in_a_row_reach_a_person(customer: Make) -> None:
    anna = customer(moods={"where is LW-11111": "negative", "Where is my parcel?": "negative"})

    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await anna.say("thanks") == ("answer", "thanks")
    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await anna.say("Where is my parcel?") == ("hand_over", "order_status")
    assert anna.last is not None
    assert anna.last.decision is not None
    assert anna.last.decision.reason == "angry"


async def test_an_insult_is_answered_where_it_can_be_and_the_next_reaches_a_person(customer: Make) -> None:
    anna = customer(moods={"where is LW-11111": "angry", "Where is my parcel?": "negative"})

    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await anna.say("Where is my parcel?") == ("hand_over", "order_status")


@pytest.mark.parametrize(("mood", "kind"), [("angry", "hand_over"), ("negative", "clarify")])
async def test_an_insult_that_means_nothing_else_reaches_a_person_at_once(
    customer: Make, mood: Sentiment, kind: str
) -> None:
    assert await customer(moods={"idiots": mood}).say("idiots") == (kind, None)


async def test_a_value_given_in_anger_is_a_value(customer: Make) -> None:
    anna = customer(moods={"it's LW-11111, for god's sake": "angry"})

    assert await anna.say("Where is my parcel?") == ("ask", "order_status")
    assert await anna.say("it's LW-11111, for god's sake") == ("answer", "order_shipped")


async def test_the_same_wording_is_not_given_twice_in_a_row(customer: Make) -> None:
    anna = customer()

    texts = [(await anna.send("where is LW-11111")).replies[0].text for _ in range(4)]

    assert texts[0] != texts[1] == texts[3] != texts[2]


@pytest.mark.parametrize(
    ("said", "decided"), [("Where is my parcel?", ("ask", "order_status")), ("LW-22222", ("ask", None))]
)
async def test_slots_and_the_answer_they_were_for_are_forgotten_after_a_while(
    customer: Make, said: str, decided: tuple[str, str | None]
) -> None:
    anna = customer(forget_slots_after_s=60)
    await anna.send("where is LW-11111")

    anna.now += timedelta(seconds=61)

    assert await anna.say(said) == decided


async def test_the_bot_speaks_again_after_a_long_silence(customer: Make) -> None:
    anna = customer(human_silence_s=3600)
    anna.now = anna.now.replace(year=2099)  # the log's own clock says when the conversation changed hands
    await anna.send("a human please")
    anna.now += timedelta(seconds=3000)
    assert await anna.say("hello?") == ("silent", None)
    anna.now += timedelta(seconds=3000)
    assert await anna.say("hello?") == ("silent", None)

    anna.now += timedelta(seconds=3601)

    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")


async def test_a_repeated_message_gets_the_reply_it_had(customer: Make) -> None:
    anna = customer()
    first = await anna.send("where is LW-11111", external_id="7")

    again = await anna.send("where is LW-11111", external_id="7")

    assert again.is_repeat
    assert again.replies == first.replies


async def test_messages_of_one_conversation_are_handled_in_order(customer: Make) -> None:
    anna = customer()
    messages = [anna.message(text) for text in ("Where is my parcel?", "LW-11111", "thanks")]

    turns = await asyncio.gather(*(anna.engine.handle(message) for message in messages))

    assert [outcome(turn) for turn in turns] == [
        ("ask", "order_status"), ("answer", "order_shipped"), ("answer", "thanks")
    ]  # fmt: skip


async def test_conversations_run_side_by_side(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    anna, ben = Customer(engine, "web:anna"), Customer(engine, "web:ben")
    lane = engine.lanes.of("web:anna")
    async with lane:
        waiting = asyncio.create_task(anna.say("thanks"))

        assert await ben.say("thanks") == ("answer", "thanks")
        assert not waiting.done()

    assert await waiting == ("answer", "thanks")


async def test_an_edit_of_the_last_message_is_answered_anew(customer: Make) -> None:
    anna = customer()
    await anna.send("wher is my prcl", external_id="1")

    turn = await anna.send("where is LW-11111", kind="edit", external_id="1:edit:1", replaces="1")

    assert outcome(turn) == ("answer", "order_shipped")


async def test_an_edit_of_an_older_message_is_only_noted(customer: Make, log: Store) -> None:
    anna = customer()
    await anna.send("where is LW-11111", external_id="1")
    await anna.send("thanks", external_id="2")

    turn = await anna.send("where is LW-22222", kind="edit", external_id="1:edit:1", replaces="1")

    assert turn.replies == ()
    assert (await log.transcript("web:anna"))[0].text == "where is LW-22222"


async def test_an_edit_of_an_unknown_message_stops_nothing(customer: Make) -> None:
    assert (await customer().send("thanks", kind="edit", replaces="99")).replies == ()


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document", "other", "text"])
async def test_a_message_without_words_gets_an_answer(customer: Make, kind: str) -> None:
    turn = await customer().send("", kind=kind, attachment="file")

    assert turn.replies[0].text


async def test_an_album_gets_one_reply(customer: Make) -> None:
    anna = customer()

    turns = [await anna.send(caption, kind="photo") for caption in ("where is LW-11111", "", "")]
    anna.now += timedelta(minutes=1)
    later = await anna.send("", kind="photo")

    assert [len(turn.replies) for turn in (*turns, later)] == [1, 0, 0, 1]


async def test_a_photo_is_understood_by_its_caption(customer: Make) -> None:
    assert outcome(await customer().send("where is LW-11111", kind="photo")) == ("answer", "order_shipped")


@pytest.mark.parametrize(
    "text", ["x" * 4096, "x" * 100_000, "a\x00b", "\ud800", "{{ 7 * 7 }} {% for %}", "💥" * 50]
)
async def test_odd_text_gets_a_reply(customer: Make, text: str) -> None:
    assert (await customer().send(text)).replies


async def test_a_flood_is_answered_once_with_a_request_to_wait(customer: Make) -> None:
    anna = customer(messages_per_minute=3)

    turns = [await anna.send("thanks") for _ in range(6)]
    anna.now += timedelta(seconds=60)

    assert [len(turn.replies) for turn in turns] == [1, 1, 1, 1, 0, 0]
    assert turns[3].decision is None
    assert await anna.say("thanks") == ("answer", "thanks")


async def test_a_button_works_once(customer: Make) -> None:
    anna = customer()
    asked = await anna.send("cancel LW-11111")
    await anna.press("Yes", asked)

    assert outcome(await anna.press("Yes", asked)) == ("answer", None)
    assert len(anna.engine.dialogue.answering.actions.calls) == 1


async def test_the_order_to_cancel_is_the_one_that_was_confirmed(customer: Make) -> None:
    anna = customer()
    await anna.send("cancel LW-11111")
    await anna.send("where is LW-22222")

    await anna.send("yes")

    calls = anna.engine.dialogue.answering.actions.calls
    assert [(name, slots["order_number"]) for name, slots, _ in calls] == [
        ("get_order", "LW-22222"), ("cancel_order", "LW-11111")
    ]  # fmt: skip


async def test_the_yes_of_an_earlier_question_confirms_nothing(customer: Make) -> None:
    anna = customer()
    first = await anna.send("cancel LW-11111")
    await anna.send("no")
    await anna.send("cancel LW-11111")

    await anna.press("Yes", first)

    assert anna.engine.dialogue.answering.actions.calls == []


async def test_a_button_of_somebody_else_shows_nothing(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    anna, eve = Customer(engine, "web:anna"), Customer(engine, "web:eve")
    asked = await anna.send("LW-11111 or LW-22222, where are they")
    await eve.send("Where is my parcel?")

    turn = await eve.press("LW-22222", asked)

    assert turn.decision is not None
    assert turn.decision.reason == "stale_button"


async def test_a_chosen_intent_is_kept_as_a_label(customer: Make, tmp_path: Path) -> None:
    anna = customer()
    await anna.send("something with my order")
    await anna.press("Where is my order")

    assert feedback_in(tmp_path) == ["order_status"]


async def test_feedback_is_stored(customer: Make, tmp_path: Path) -> None:
    anna = customer()
    answered = await anna.send("where is LW-11111")
    await anna.press("Helpful", answered)
    await anna.press("Not helpful", answered)

    assert feedback_in(tmp_path) == ["not_helpful"]


def feedback_in(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "kefu.db")) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM feedback")]


async def test_feedback_buttons_can_be_left_out(customer: Make) -> None:
    turn = await customer(feedback_buttons=False).send("where is LW-11111")

    assert [button.label for button in turn.replies[0].buttons] == ["Send it back", "A person"]


async def test_forget_asks_first_and_then_removes_everything(customer: Make, log: Store) -> None:
    anna = customer()
    await anna.send("where is LW-11111", customer_name="Anna")
    await anna.command("forget")
    assert await anna.say("no") == ("answer", None)
    await anna.command("forget")

    turn = await anna.send("yes")

    assert turn.decision is not None
    assert turn.decision.reason == "forgotten"
    assert [line.speaker for line in await log.transcript("web:anna")] == ["customer", "bot"]
    assert await anna.say("Where is my parcel?") == ("ask", "order_status")


@pytest.mark.parametrize("status", ["waiting", "person"])
async def test_who_is_forgotten_in_a_group_takes_it_from_nobody(
    customer: Make, log: Store, status: str
) -> None:
    anna = customer()
    await anna.send("where is LW-11111", customer_key="web:bob")
    await anna.command("forget")
    taken = update(conversations).values(status=status)
    await log._database.write(lambda connection: connection.execute(taken))

    turn = await anna.send("yes")

    assert turn.decision is not None
    assert turn.decision.reason == "forgotten"
    assert await log.status("web:anna") == status


async def test_a_yes_long_after_forget_removes_nothing(customer: Make, log: Store) -> None:
    anna = customer()
    asked = await anna.command("forget")
    await anna.send("thanks")
    await anna.send("yes")
    await anna.press("Yes", asked)

    assert len(await log.transcript("web:anna")) == 8


async def test_the_language_can_be_chosen(customer: Make) -> None:
    anna = customer()
    await anna.command("language")
    await anna.press("中文")

    turn = await anna.command("help")

    assert "人工" in turn.replies[0].text


async def test_who_writes_chinese_is_answered_in_chinese(customer: Make) -> None:
    turn = await customer().send("今天天气怎么样")

    assert "人工" in turn.replies[0].text


async def test_the_log_line_holds_no_words_of_the_customer(
    customer: Make, caplog: pytest.LogCaptureFixture
) -> None:
    anna = customer()
    with caplog.at_level(logging.INFO):
        for line in ("where is LW-11111", "crash", "secret words"):
            await anna.say(line)

    lines = [record.getMessage() for record in caplog.records if record.name == "bot.engine"]
    assert len([line for line in lines if line.startswith("turn ")]) == 3
    assert not any(word in caplog.text for word in ("11111", "crash\n", "secret"))


LINES = [
    "hi",
    "where is LW-11111",
    "Where is my parcel?",
    "LW-22222",
    "crash",
    "",
    "yes",
    "never mind",
    "a human please",
]
KEYS = itertools.count()
STEPS = st.lists(st.sampled_from([*LINES, "/bot", "/help", "/human", "photo", "press", "edit"]), max_size=12)


@given(steps=STEPS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_bot_is_silent_while_a_person_has_the_conversation(
    customer: Make, log: Store, steps: list[str]
) -> None:
    """Invariant 3: whatever is said, there is a reply exactly where the bot has the conversation."""
    anna = customer()
    anna.key = f"web:{next(KEYS)}"
    for step in steps:
        before = (await log.conversation(anna.message())).status
        anna.now += timedelta(minutes=1)
        if step in {"photo", "edit"}:
            turn = await anna.send("", kind=step, replaces="1" if step == "edit" else "")
        elif step == "press" and anna.last is not None and anna.last.replies and anna.last.replies[0].buttons:
            turn = await anna.press(anna.last.replies[0].buttons[0].label)
        else:
            turn = await anna.send(step)
        pressed_back = step == "press" and turn.decision is not None and turn.decision.reason == "given_back"
        if before == "waiting" and step != "/bot" and not pressed_back:
            assert turn.replies == ()
        elif step != "edit":
            assert turn.replies


async def test_another_order_is_no_address(customer: Make) -> None:
    anna = customer()
    assert await anna.say("send LW-11111 elsewhere") == ("ask", "change_address")
    assert await anna.say("no, the other one, LW-22222") == ("ask", "change_address")
    turn = await anna.send("12 Rose Lane, Bath")
    assert turn.replies[0].text == "LW-22222 goes to 12 Rose Lane, Bath."
