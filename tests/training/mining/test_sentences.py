"""What a sentence of staff is for."""

import pytest

from training.mining.replies import read_reply
from training.mining.sentences import sentences, stands_alone, use_of, without_address


@pytest.mark.parametrize(
    ("use", "text"),
    [
        ("chatter", "Thanks for reaching out to us!"),
        ("chatter", "One moment please while I look."),
        ("chatter", "Is there anything else I can help you with?"),
        ("chatter", "My name is Sophie and I am here to help."),
        ("chatter", "请稍等一下"),
        ("sympathy", "I'm so sorry to hear that."),
        ("sympathy", "非常抱歉给您带来不便"),
        ("question", "What's your order number?"),
        ("question", "Please send us your account number."),
        ("question", "请问您的订单号是多少？"),
        ("deed", "I've cancelled the order for you."),
        ("deed", "Your refund has been processed."),
        ("deed", "It's on its way to your inbox."),
        ("deed", "已为您取消订单"),
        ("statement", "We are open from nine to five each weekday."),
        ("statement", "We ship to Ireland within 5 days."),
        ("statement", "You can return it within 30 days."),
        ("statement", "1. Open the settings of your account."),
    ],
)
def test_sentences_are_told_apart(use: str, text: str) -> None:
    assert use_of(text) == use


@pytest.mark.parametrize(
    ("met", "left"),
    [
        ("@123456 Hi Ann! Try a restart first. ^JD", "Try a restart first."),
        ("Dear Mr Smith, try a restart first. - Beth", "Try a restart first."),
        ("Try a restart , it 's quick .", "Try a restart, it's quick."),
        ("You have 1/2 a day.", "You have 1/2 a day."),
    ],
)
def test_whom_it_is_addressed_to_and_who_signed_is_left_out(met: str, left: str) -> None:
    assert without_address(met) == left


def test_items_of_a_list_are_sentences_and_abbreviations_end_none() -> None:
    text = "Do this: 1. Open it, e.g. with Mr. Smith. 2. Close it. 好的。再试一次！"
    assert list(sentences(text)) == [
        "Do this:",
        "1. Open it, e.g. with Mr. Smith.",
        "2. Close it.",
        "好的。",
        "再试一次！",
    ]


def test_a_sentence_that_leans_on_the_one_before_does_not_stand_alone() -> None:
    assert not stands_alone("They can be reached by phone.")
    assert not stands_alone("Yes, it is.")
    assert stands_alone("It takes 3 to 5 days.")
    assert stands_alone("Returns are free.")


def test_a_reply_of_chatter_says_nothing() -> None:
    assert read_reply("Hi there! Thanks for your patience. One moment please.") == ()
