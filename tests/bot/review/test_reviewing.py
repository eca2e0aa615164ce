"""What is worth a person's minute, and in which order."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.review.reviewing import MOST_TOGETHER, most_valuable_first, together, untaught
from bot.store.inbox.views import ReviewItem
from bot.store.records import LoggedEntity


def item(text: str, *, n: int = 1, **changes: Any) -> ReviewItem:
    values: dict[str, Any] = {
        "message_ids": tuple(range(n)),
        "conversation_id": 1,
        "text": text,
        "at": datetime(2026, 3, 2, tzinfo=UTC),
        "intent": "order_status",
        "class_intent": "order_status",
        "confidence": 0.99,
        "decision": "answer",
        "reason": "confident",
        "is_unhelpful": False,
    }
    values |= changes
    # The second intent has what the first leaves.
    ranked = [[values["intent"], values["confidence"]], ["another", 1 - values["confidence"]]]
    return ReviewItem(**values | {"ranked": json.dumps(ranked)})


def order(*items: ReviewItem) -> list[str]:
    return [one.item.text for one in most_valuable_first(items)]


def test_what_was_surely_right_is_left_out() -> None:
    assert order(item("sure")) == []


@pytest.mark.parametrize("text", ["yes please", "no thanks", "好的"])
def test_a_yes_or_no_to_what_the_bot_asked_is_left_out(text: str) -> None:
    doubtful = item(text, confidence=0.5, decision="clarify", reason="uncertain")
    assert order(doubtful) == []
    assert order(replace(doubtful, is_unhelpful=True)) == [text]


def test_complaints_come_before_doubts_and_doubts_before_certainty() -> None:
    doubtful = item("doubtful", confidence=0.6, decision="clarify", reason="uncertain")
    unhelpful = item("unhelpful", is_unhelpful=True)
    nearly = item("nearly", confidence=0.9)
    assert order(nearly, doubtful, unhelpful) == ["unhelpful", "doubtful", "nearly"]


def test_what_many_ask_comes_before_what_one_asks() -> None:
    once = item("once", confidence=0.5, reason="uncertain", decision="clarify")
    often = item("often", n=8, confidence=0.6, reason="uncertain", decision="clarify")
    assert order(once, often) == ["often", "once"]


def test_a_disagreement_counts_and_what_is_not_for_the_desk_counts_less() -> None:
    split = item("split", class_intent="refund", confidence=0.9)
    outside = item("outside", confidence=0.5, decision="clarify", reason="out_of_scope")
    uncertain = item("uncertain", confidence=0.5, decision="clarify", reason="uncertain")
    assert order(outside, split, uncertain) == ["uncertain", "split", "outside"]
    [one] = most_valuable_first([split])
    assert one.why == ("uncertain", "disagreement")


def test_between_two_intents_comes_before_between_many() -> None:
    two = item("two", confidence=0.45, reason="uncertain", decision="clarify")
    many = replace(item("many", confidence=0.45), ranked='[["a", 0.45], ["b", 0.2], ["c", 0.2]]')
    assert order(many, two) == ["two", "many"]


def test_what_is_near_to_what_was_labelled_waits_behind_what_is_far() -> None:
    near = item("near", message_ids=(1,), confidence=0.5, reason="uncertain", decision="clarify")
    far = item("far", message_ids=(2,), confidence=0.7, reason="uncertain", decision="clarify")
    queue = most_valuable_first([near, far])
    assert [one.item.text for one in queue] == ["near", "far"]
    assert [one.item.text for one in untaught(queue, {1: 0.8})] == ["far", "near"]
    assert untaught(queue, {}) == queue


def test_what_a_customer_chose_instead_is_worth_a_look() -> None:
    other = item("other", chosen=("refund",))
    same = item("same", chosen=("order_status",))
    assert order(other, same) == ["other"]
    assert most_valuable_first([other])[0].why == ("chosen",)


def test_small_talk_is_nothing_to_review_unless_it_was_wrong() -> None:
    thanks = item("ta", intent="thanks", class_intent="thanks", confidence=0.8)
    wrong = item("no thanks", intent="thanks", class_intent="thanks", confidence=0.8, is_unhelpful=True)
    assert order(thanks, wrong) == ["no thanks"]


def test_a_value_that_was_asked_for_is_nothing_to_review() -> None:
    doubt: dict[str, Any] = {
        "confidence": 0.4,
        "class_intent": "refund",
        "decision": "ask",
        "reason": "missing_slot",
    }
    number = LoggedEntity("order_number", 5, 13, "LW-10023", "LW-10023")
    bare = item("it's LW-10023", entities=(number,), **doubt)
    more = item("lost LW-10023", entities=(number,), **doubt)
    wrong = item("it's LW-10023 then", entities=(number,), is_unhelpful=True)
    assert order(bare, more, wrong) == ["lost LW-10023", "it's LW-10023 then"]


def test_those_that_mean_the_same_are_one_entry_and_come_first() -> None:
    doubt: dict[str, Any] = {"confidence": 0.5, "decision": "clarify", "reason": "uncertain"}
    alone = item("alone", message_ids=(9,), **doubt | {"confidence": 0.3})
    like = [item(f"like {number}", message_ids=(number,), **doubt) for number in (1, 2, 3)]
    queue = most_valuable_first([alone, *like])
    first, second = together(queue, [[2, 1, 3], [9]])
    assert [one.text for one in first.items] == ["like 2", "like 1", "like 3"]
    assert (first.n_messages, second.item.text) == (3, "alone")
    assert first.worth == pytest.approx(1.0 * 2)  # log2(1 + 3)


def test_two_messages_stay_apart_and_what_is_gone_is_left_out() -> None:
    doubt: dict[str, Any] = {"confidence": 0.5, "decision": "clarify", "reason": "uncertain"}
    queue = most_valuable_first([item(str(number), message_ids=(number,), **doubt) for number in (1, 2)])
    found = together(queue, [[1, 2, 77]])
    assert sorted(one.item.text for one in found) == ["1", "2"]


def test_a_large_group_comes_in_parts() -> None:
    doubt: dict[str, Any] = {"confidence": 0.5, "decision": "clarify", "reason": "uncertain"}
    ids = range(1, MOST_TOGETHER + 6)
    queue = most_valuable_first([item(str(number), message_ids=(number,), **doubt) for number in ids])
    found = together(queue, [list(ids)])
    assert len(found[0].items) == MOST_TOGETHER
    assert sum(len(one.items) for one in found) == len(ids)
