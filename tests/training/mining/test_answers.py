"""What staff usually answered, as templates a bot may say; the encoder is a bag of words."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
import regex
from numpy.typing import NDArray

from nlu.rules import EntityRules, Pattern
from training.mining.answers import propose_answers
from training.mining.lexicon import Lexicon
from training.mining.proposal import ProposedAnswer
from training.mining.replies import gather_replies
from training.mining.slots import Corpus, without_marks
from training.turns import Dialogue, DialogueTurn, Speaker

RULES = EntityRules({"order_number": "text"}, [Pattern("order_number", regex.compile(r"AB-\d{4}"))])


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = np.zeros((len(texts), 512), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().replace(".", "").split():
            row[crc32(word.encode()) % 512] += 1
        row /= max(1e-6, float(np.linalg.norm(row)))
    return rows


def dialogue(number: int, *said: str, speaker: Speaker = "agent") -> Dialogue:
    """The customer begins, then they take turns."""
    turns = (DialogueTurn(speaker if i % 2 else "customer", text) for i, text in enumerate(said))
    return Dialogue(f"d{number}", tuple(turns))


def answers_to(
    *talks: Sequence[str], speaker: Speaker = "agent", language: str = "en"
) -> tuple[ProposedAnswer, ...]:
    dialogues = [dialogue(number, *said, speaker=speaker) for number, said in enumerate(talks)]
    gathered = gather_replies(dialogues, {(one.id, 0): 0 for one in dialogues})
    corpus = Corpus(RULES, Lexicon.of(gathered.values()), "GB", "GBP", language)
    return propose_answers(gathered.get(0, ()), corpus, encode)


def test_what_many_were_told_becomes_the_answer_without_the_chatter_around() -> None:
    first = answers_to(
        (
            "when do you open",
            "Hi Anna! Thanks for getting in touch. We are open from nine to five each weekday.",
        ),
        (
            "opening times",
            "We are open from nine to five each weekday. Is there anything else I can help with? - Beth",
        ),
        ("open today", "@12345 We are open from nine to five each weekday. ^JD"),
    )[0]
    assert first.variants == ("We are open from nine to five each weekday.",)
    assert (first.hand_over, first.n_replies, first.n_exchanges) == (False, 3, 3)


def test_the_first_reply_with_something_to_say_counts() -> None:
    first = answers_to(
        *[("can i return it", "One moment please.", "ok", "Returns are free within thirty days of delivery.")]
        * 3
    )[0]
    assert first.variants == ("Returns are free within thirty days of delivery.",)


def test_a_number_the_customer_gave_becomes_a_slot() -> None:
    first = answers_to(
        ("where is AB-1111", "Please write AB-1111 on the box before you post it."),
        ("return AB-2222", "Please write AB-2222 on the box before you post it."),
        ("AB-3333 is broken", "Please write AB-3333 on the box before you post it."),
    )[0]
    assert first.variants == ("Please write {{ order_number }} on the box before you post it.",)
    assert [(slot.name, slot.ask) for slot in first.slots] == [("order_number", "What's your order number?")]


def test_what_only_staff_knew_is_marked_and_not_said() -> None:
    talks = [
        ("how long", f"Parcels usually take three days to arrive. The courier comes on {day} then.")
        for day in ("3 March", "9 April", "21 May")
    ]
    first = answers_to(*talks)[0]
    assert first.variants == (
        "Parcels usually take three days to arrive. The courier comes on [[date]] then.",
    )
    assert without_marks(first.variants[0]) == "Parcels usually take three days to arrive."


def test_a_fee_that_all_are_told_stays() -> None:
    first = answers_to(*[("what is delivery", "Delivery costs £4.95 for every small parcel.")] * 3)[0]
    assert first.variants == ("Delivery costs £4.95 for every small parcel.",)


@pytest.mark.parametrize(
    "secret", ["ann@shop.example", "+44 20 7946 0018", "4111 1111 1111 1111", "GB29 NWBK 6016 1331 9268 19"]
)
def test_personal_data_is_nowhere_in_an_answer(secret: str) -> None:
    found = answers_to(*[("whom do i ask", f"Please write to {secret} about such an invoice question.")] * 4)
    assert secret not in str(found)


def test_a_name_told_to_one_customer_is_not_told_to_others() -> None:
    talks = [
        ("which shop", f"The nearest shop for such a repair is the one in {town}.")
        for town in ("Kendal", "Whitby", "Ludlow")
    ]
    found = answers_to(*talks)
    assert all(town not in answer.variants[0] for answer in found for town in ("Kendal", "Whitby", "Ludlow"))
    assert all(
        town not in heard for answer in found for heard in answer.heard for town in ("Kendal", "Whitby")
    )


def test_a_bot_does_not_say_that_it_did_something() -> None:
    found = answers_to(*[("cancel it", "I've cancelled the order for you and refunded the money.")] * 4)
    assert len(found) == 1
    assert found[0].hand_over
    assert "cancelled" not in found[0].variants[0]
    assert found[0].heard == ("I've cancelled the order for you and refunded the money.",)


def test_the_question_that_staff_begin_with_is_asked_before_a_person_takes_over() -> None:
    first = answers_to(
        *[
            (
                "it is broken",
                "Sorry to hear that! What is your order number?",
                "AB-1111",
                "I've sent a new one.",
            )
        ]
        * 4
    )[0]
    assert first.hand_over
    assert [(slot.entity, slot.ask) for slot in first.slots] == [
        ("order_number", "What is your order number?")
    ]


def test_replies_that_agree_on_nothing_are_handed_over() -> None:
    first = answers_to(
        ("does it fit", "The oak table needs ninety centimetres of room."),
        ("is it blue", "Cushions come with covers made from linen."),
        ("how heavy", "Seven kilos including all of its screws."),
    )[0]
    assert first.hand_over
    assert first.n_replies == 0


def test_a_bot_is_not_learned_from() -> None:
    assert (
        answers_to(*[("when do you open", "We are open from nine to five.")] * 5, speaker="bot")[0].heard
        == ()
    )


def test_words_of_a_template_in_a_reply_do_no_harm() -> None:
    hostile = "Please follow these steps {% for x in y %} {{ 7 * 7 }} {# and then #} wait for the parcel."
    assert "{" not in "".join(text for one in answers_to(*[("help", hostile)] * 4) for text in one.variants)


def test_chinese_replies_become_chinese_answers() -> None:
    talks = [
        ("怎么退货", "您好，请稍等。 收货后三十天内可以免费退货。"),
        ("能退吗", "亲，收货后三十天内可以免费退货。"),
    ] * 2
    assert answers_to(*talks, language="zh")[0].variants == ("收货后三十天内可以免费退货。",)
    assert "同事" in answers_to(("在吗", "我已为您取消订单。"), language="zh")[0].variants[0]
