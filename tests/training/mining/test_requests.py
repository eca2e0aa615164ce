"""Which of a customer's lines are requests."""

import pytest

from training.mining.requests import find_requests
from training.turns import Dialogue, DialogueTurn, Speaker


def found(*lines: str) -> list[str]:
    """The requests of a dialogue; lines of staff begin with ">", those of a bot with "*"."""
    speakers: dict[str, Speaker] = {">": "agent", "*": "bot"}
    turns = tuple(DialogueTurn(speakers.get(line[:1], "customer"), line.lstrip(">* ")) for line in lines)
    return [request.text for request in find_requests([Dialogue("d", turns)])]


def test_a_greeting_is_passed_over_and_what_follows_is_the_request() -> None:
    assert found("Hi there!", "> Good morning, how can I help?", "my lamp arrived broken") == [
        "my lamp arrived broken"
    ]


def test_a_request_may_stand_in_the_first_line() -> None:
    assert found("hello, where is my parcel?", "> On its way.") == ["hello, where is my parcel?"]


def test_an_answer_to_a_question_is_no_request() -> None:
    assert found(
        "I want to cancel my order",
        "> May I have your name and the order number?",
        "John Miller from Leeds, order 48213",
        "> Done.",
    ) == ["I want to cancel my order"]


def test_a_value_asked_for_before_the_request_is_none() -> None:
    assert found(
        "hello",
        "> Hi, what is your name please?",
        "peter jones smith",
        "> How can I help?",
        "reset my password",
    ) == ["reset my password"]


def test_a_question_in_an_answer_is_a_request() -> None:
    assert found(
        "Please cancel my order",
        "> What is the number?",
        "48213, and can you tell me when the refund for the lamp arrives?",
    )[1:] == ["48213, and can you tell me when the refund for the lamp arrives?"]


def test_what_is_said_when_asked_whether_there_is_anything_else_is_a_request() -> None:
    assert found("cancel my order please", "> Done. Anything else?", "change the delivery address") == [
        "cancel my order please",
        "change the delivery address",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "thanks so much, you've been great",
        "ok",
        "yes please",
        "no that's all thank you",
        "48213",
        "john@example.com",
        "have a nice day, bye!",
        "好的，谢谢您",
        "您好，在吗",
        "👍",
        "",
        "https://example.com/order/1",
    ],
)
def test_small_talk_and_values_are_no_requests(said: str) -> None:
    assert found(said) == []
    assert found("my lamp arrived broken", "> I'm sorry.", said) == ["my lamp arrived broken"]


def test_chinese_requests_are_found_without_spaces() -> None:
    assert found(
        "你好", "> 您好，有什么可以帮您？", "我的订单怎么还没发货", "> 请提供订单号", "LW-48213"
    ) == ["我的订单怎么还没发货"]


def test_neither_staff_nor_bots_make_requests() -> None:
    assert found("> Would you like to cancel your order?", "* How do I track the parcel?") == []


def test_a_bot_s_question_is_answered_like_a_person_s() -> None:
    assert found("refund the lamp please", "* Which order is it?", "the blue one from march") == [
        "refund the lamp please"
    ]


def test_a_request_says_where_it_stands() -> None:
    turns = (DialogueTurn("customer", "hi"), DialogueTurn("customer", " cancel my order "))
    [request] = find_requests([Dialogue("d7", turns)])
    assert (request.dialogue, request.turn, request.text) == ("d7", 1, "cancel my order")


def test_a_long_letter_is_cut() -> None:
    [request] = found("my lamp is broken " * 2000)
    assert len(request) <= 600
