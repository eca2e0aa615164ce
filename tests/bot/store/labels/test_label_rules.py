"""Which labels are learned from, and where people disagree."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.store.labels.given import GivenLabel, Origin
from bot.store.labels.rules import MAX_OF_CUSTOMERS, MIN_CUSTOMERS, conflicts, training_labels

START = datetime(2026, 3, 2, tzinfo=UTC)
WHERE = "Where is it?"


def given(
    origin: Origin, intent: str, by: str = "ben", *, minute: int = 0, text: str = WHERE, **more: Any
) -> GivenLabel:
    values: dict[str, Any] = {"taken_for": "order_status", "message_id": None}
    if origin in {"correction", "settled", "draft_sent"}:
        values["correction_id"] = minute + 1
    return GivenLabel(text, intent, origin, by, START + timedelta(minutes=minute), **(values | more))


def choices(n: int, intent: str, *, text: str = WHERE, taken_for: str = "order_status") -> list[GivenLabel]:
    return [given("chosen", intent, f"web:{i}", minute=i, text=text, taken_for=taken_for) for i in range(n)]


def learned(*labels: GivenLabel) -> str | None:
    return training_labels(labels).intent_of(0, labels[0].wording)


def test_the_newest_word_of_staff_counts_and_that_on_the_message_itself_before_all() -> None:
    labels = training_labels([
        given("correction", "cancel_order", minute=1, message_id=7),
        given("correction", "order_status", minute=3),
        given("sent_answer", "refund", minute=5),
        *choices(50, "refund", taken_for="refund"),
    ])  # fmt: skip
    assert labels.intent_of(7, "where is it") == "cancel_order"
    assert labels.intent_of(8, "where is it") == "order_status"
    assert labels.intent_of(8, "another") is None


def test_what_staff_did_counts_where_nothing_speaks_against_it() -> None:
    sent = given("sent_answer", "refund")
    assert learned(sent) == "refund"
    assert learned(sent, given("draft_edited", "refund")) == "refund"
    assert learned(sent, given("sent_answer", "order_status")) is None
    assert learned(given("draft_edited", "refund"), given("draft_rejected", "refund")) is None
    assert learned(given("draft_rejected", "refund")) is None


def test_customers_confirm_what_the_release_says_and_never_turn_it() -> None:
    n = MIN_CUSTOMERS
    assert learned(*choices(n, "order_status")) == "order_status"
    assert learned(*choices(n - 1, "order_status")) is None
    assert learned(*choices(200, "refund")) is None
    assert learned(*choices(n, "order_status"), given("chosen", "refund", "web:x")) is None
    assert learned(*choices(n, "order_status"), given("not_helpful", "order_status", "web:x")) is None
    assert learned(*[given("helpful", "order_status", f"web:{i}") for i in range(200)]) is None
    one = [given("chosen", "order_status", "web:1", minute=i) for i in range(200)]
    assert learned(*one) is None


def test_customers_teach_only_a_few_wordings_of_an_intent() -> None:
    labels = [one for i in range(40) for one in choices(MIN_CUSTOMERS, "order_status", text=f"text {i}")]
    assert len(training_labels(labels).by_wording) == MAX_OF_CUSTOMERS


def test_two_of_staff_who_disagree_are_found_whatever_the_punctuation() -> None:
    ana = given("correction", "refund", "ana", minute=1)
    ben = given("correction", "order_status", "ben", minute=2, text="where is IT")
    [conflict] = conflicts([ben, ana])
    assert [(side.intent, [one.by for one in side.labels]) for side in conflict.sides] == [
        ("order_status", ["ben"]),
        ("refund", ["ana"]),
    ]
    assert conflict.newest == ben
    assert conflicts([ana, given("correction", "refund", "ben", minute=2)]) == []
    assert conflicts([ana, given("correction", "order_status", "ben", text="Where is she?")]) == []


def test_a_customer_who_chooses_otherwise_later_is_a_side_and_one_before_staff_looked_is_not() -> None:
    staff = given("correction", "order_status", minute=5)
    [conflict] = conflicts([staff, given("chosen", "refund", "web:1", minute=6)])
    assert [side.intent for side in conflict.sides] == ["order_status", "refund"]
    assert conflicts([staff, given("chosen", "refund", "web:1", minute=4)]) == []
    assert conflicts([staff, given("chosen", "order_status", "web:1", minute=6)]) == []
    assert conflicts(choices(200, "refund")) == []


@pytest.mark.parametrize(("n", "is_found"), [(MIN_CUSTOMERS - 1, False), (MIN_CUSTOMERS, True)])
def test_several_who_found_the_answer_not_helpful_speak_against_the_label(n: int, is_found: bool) -> None:
    unhappy = [given("not_helpful", "order_status", f"web:{i}", minute=9) for i in range(n)]
    assert bool(conflicts([given("correction", "order_status"), *unhappy])) is is_found


def test_what_was_settled_is_settled_until_somebody_speaks_up_anew() -> None:
    before = [
        given("correction", "refund", "ana", minute=1),
        given("chosen", "cancel_order", "web:1", minute=2),
        given("settled", "order_status", "cora", minute=3),
    ]
    assert conflicts(before) == []
    assert len(conflicts([*before, given("chosen", "refund", "web:2", minute=4)])) == 1
