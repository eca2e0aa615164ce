"""Several requests in one message."""

import numpy as np
import pytest

from bot.dialogue.requests import MAY_BE_MEANT, Request, apart, clauses
from bot.messages import Decision
from nlu.understanding import Entity, Understanding
from retrieval.candidates import Findings, RankedIntent
from tests.bot.fakes import Make, outcome


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("where is my order", ()),
        ("cancel my order and where is my refund", ("cancel my order", "where is my refund")),
        (
            "I need an invoice. Also how do I return this?",
            ("I need an invoice.", "Also how do I return this?"),
        ),
        ("salt and pepper mills", ()),
        ("Hi there. I ordered a rug on Monday", ()),
        ("do you deliver to Cork\nwhat does it cost", ("do you deliver to Cork", "what does it cost")),
        ("我要取消订单，另外退款什么时候到", ("我要取消订单", "另外退款什么时候到")),
        ("取消订单，退款多久到账？", ("取消订单", "退款多久到账？")),
        ("帮我改一下地址。对了发票开了吗", ("帮我改一下地址。", "对了发票开了吗")),
        ("订单LW-10023到哪了，以及怎么退货", ("订单LW-10023到哪了", "以及怎么退货")),
        ("你好，我要退货", ()),
        ("你好，我要退货，运费谁出", ("你好，我要退货", "运费谁出")),
        ("我想买沙发和餐桌", ()),
        ("", ()),
    ],
)
def test_clauses_are_what_may_ask_for_something_each(text: str, wanted: tuple[str, ...]) -> None:
    assert clauses(text) == wanted


def request(
    intent: str, other: str = "", prob: float = 0.0, *, text: str = "words", number: bool = False
) -> Request:
    entities = (Entity("order_number", 0, len(text), text, text, "pattern"),) if number else ()
    vector = np.ones(1, np.float32)
    ranked = (RankedIntent(intent, 0.9), RankedIntent(other or "greeting", prob))
    return Request(
        Understanding(text, text, (), entities, vector, vector, "en"),
        Findings(ranked, 0.9, 1.0, 1.0, (), (), ()),
        Decision("answer", "confident", intent, 0.9),
    )  # fmt: skip


def named(*requests: Request) -> list[str | None]:
    return [one.decision.intent for one in apart(requests)]


def test_requests_for_different_things_are_apart() -> None:
    assert named(request("cancel"), request("refund")) == ["cancel", "refund"]
    assert named(request("cancel"), request("cancel")) == ["cancel"]
    assert named(request("a"), request("b"), request("c")) == ["a", "b"]


def test_what_may_be_meant_by_the_other_clause_is_no_request_of_its_own() -> None:
    late = request("late", "status", MAY_BE_MEANT)
    assert named(late, request("status")) == ["late"]
    assert named(request("status"), late) == ["status"]
    assert named(request("late", "status", MAY_BE_MEANT - 0.01), request("status")) == ["late", "status"]


def test_a_mere_value_or_a_thank_you_is_no_request() -> None:
    assert named(request("cancel"), request("status", text="LW-1", number=True)) == ["cancel"]
    assert named(request("cancel"), request("thanks")) == ["cancel"]


async def test_two_requests_get_one_reply(customer: Make) -> None:
    turn = await customer().send("where is LW-11111 and also my lamp arrived broken")
    assert outcome(turn) == ("hand_over", "damaged")
    assert turn.decision is not None
    assert turn.decision.choices == ("order_status", "item_damaged")
    [reply] = turn.replies
    told, sorry = reply.text.split("\n\n")
    assert "LW-11111" in told
    assert sorry == "So sorry, a person looks at it."


async def test_two_answers_are_one_answer(customer: Make) -> None:
    anna = customer(passages={"how wide is the sofa": 0.9})
    turn = await anna.send("where is LW-22222\nhow wide is the sofa")
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.reason) == ("answer", "several")
    labels = [button.label for button in turn.replies[0].buttons]
    assert labels.count("Helpful") == 1


async def test_what_can_be_answered_comes_before_what_must_be_asked_for(customer: Make) -> None:
    anna = customer()
    turn = await anna.send("cancel LW-11111 and where is LW-22222")
    assert outcome(turn) == ("ask", "cancel_order")
    told, asked = turn.replies[0].text.split("\n\n")
    assert "LW-22222" in told
    assert asked == "Shall I cancel LW-11111?"
    assert await anna.say("yes") == ("answer", "cancelled")


async def test_a_request_that_must_wait_is_announced_and_taken_up(customer: Make) -> None:
    anna = customer()
    turn = await anna.send("cancel LW-11111 and also I want to return something")
    assert outcome(turn) == ("ask", "cancel_order")
    assert turn.replies[0].text == "I'll come to “Send something back” in a moment. Shall I cancel LW-11111?"
    turn = await anna.send("yes")
    assert [reply.text for reply in turn.replies][-1] == "About “Send something back”: Which product?"
    assert await anna.say("the lamp") == ("answer", "return_how_to")


async def test_a_waiting_request_survives_a_no_to_the_first(customer: Make) -> None:
    anna = customer()
    await anna.say("cancel LW-11111 and also I want to return something")
    assert await anna.say("no") == ("answer", "cancel_order")
    assert await anna.say("the lamp") == ("answer", "return_how_to")


async def test_a_person_who_is_asked_for_comes_at_once(customer: Make) -> None:
    turn = await customer().send("cancel LW-11111 and also a human please")
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.reason) == ("hand_over", "customer_asked")


async def test_a_number_said_once_goes_for_both(customer: Make) -> None:
    anna = customer()
    turn = await anna.send("cancel LW-11111 and Where is my parcel?")
    told, asked = turn.replies[0].text.split("\n\n")
    assert "LW-11111" in told
    assert asked == "Shall I cancel LW-11111?"


TWO = "perhaps LW-22222 can go back"
MEANT = {TWO: {"order_status": 0.9, "cancel_order": 0.8}}


async def test_two_requests_in_one_clause_are_found_in_the_message_as_a_whole(customer: Make) -> None:
    turn = await customer(several=MEANT).send(TWO)
    assert turn.decision is not None
    assert turn.decision.choices == ("order_status", "cancel_order")
    told, asked = turn.replies[0].text.split("\n\n")
    assert "LW-22222" in told
    assert asked == "Shall I cancel LW-22222?"


async def test_a_greeting_is_no_request_beside_another(customer: Make) -> None:
    text = "hi, where is LW-11111"
    turn = await customer(several={text: {"greeting": 0.99, "order_status": 0.9}}).send(text)
    assert outcome(turn) == ("answer", "order_shipped")
    assert turn.decision is not None
    assert turn.decision.reason == "confident"


@pytest.mark.parametrize(
    "found",
    [
        {"return_request": 0.9, "cancel_order": 0.6},  # the second is below the budget's threshold
        {"return_request": 0.9, "cancel_order": 0.9, "unheard_of": 0.9},  # it has no answer
    ],
)
async def test_what_is_not_surely_asked_for_is_offered(found: dict[str, float], customer: Make) -> None:
    text = "something with my order"
    turn = await customer(several={text: found}).send(text)
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.reason) == ("clarify", "uncertain")
    assert turn.decision.choices[:2] == ("return_request", "cancel_order")


async def test_what_is_out_of_scope_asks_for_nothing(customer: Make) -> None:
    text = "sing me a song of parcels"
    turn = await customer(several={text: {"order_status": 0.9, "cancel_order": 0.9}}).send(text)
    assert turn.decision is not None
    assert turn.decision.reason == "out_of_scope"


async def test_of_three_requests_two_are_gone_through_and_one_is_on_a_button(customer: Make) -> None:
    text = "something with my order"
    found = {"return_request": 0.9, "change_date": 0.9, "complaint": 0.9, "product_info": 0.8}
    anna = customer(several={text: found}, passages={text: 0.9})
    turn = await anna.send(text)
    assert turn.decision is not None
    assert (turn.decision.kind, turn.decision.intent) == ("ask", "return_request")
    assert turn.replies[0].text == (
        "It is 2 m wide.\n\nI'll come to “Another day” in a moment. Which order is it from?"
    )
    assert "Complain" in [button.label for button in turn.replies[0].buttons]
    await anna.send("LW-11111")
    turn = await anna.send("the lamp")
    assert turn.replies[-1].text.startswith("About “Another day”: ")
