"""Replayed requests and what they add up to, with desks made by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from retrieval.budget import Budget
from tests.training.test_agreement import PHRASES, encode
from training.agreement import Judge
from training.pages import to_json
from training.replay import Deed, Desk, Request, replay
from training.replay_comparing import Comparison, Pairs
from training.replay_figures import Figures, Tally
from training.replay_page import Replayed, headline, render
from training.turns import Dialogue, DialogueTurn

BUDGET = Budget(0.05, 0.8, 0.4, 0.5)
LARGER = Budget(0.2, 0.5, 0.4, 0.5)
ANSWERED = Deed("answered", "confident", "order_status", 0.9, "Your parcel", is_request=True)
UNSURE = Deed("asked", "uncertain", "order_status", 0.6, "Your parcel", is_request=True)
CHATTER = Deed("answered", "confident", "greeting", 0.9, "Hello", is_request=False)
TO_A_PERSON = Deed("handed_over", "angry", None, -math.inf, "", is_request=True)


def dialogue(name: str, text: str, reply: str, *intents: str) -> Dialogue:
    return Dialogue(name, (DialogueTurn("customer", text, intents=intents), DialogueTurn("agent", reply)))


def desk(deeds: dict[str, Deed | None]) -> Desk:
    def hear(dialogues: Sequence[Dialogue]) -> list[list[Deed | None]]:
        return [[deeds[t.text] for t in one.turns if t.speaker == "customer"] for one in dialogues]

    return hear


def judge() -> Judge:
    return Judge(encode, PHRASES)


PAST = [
    dialogue("1", "where is my parcel", "Your parcel comes", "order_status"),
    dialogue("2", "give it back", "You get your money", "refund"),
    dialogue("3", "hi", "Hello"),
    dialogue("4", "hm", "Sorry, the parcel comes"),
    dialogue("5", "rubbish!!", "You get your money"),
]
DEEDS = {
    "where is my parcel": ANSWERED,
    "give it back": ANSWERED,
    "hi": CHATTER,
    "hm": UNSURE,
    "rubbish!!": TO_A_PERSON,
}


def requests(deeds: dict[str, Deed] = DEEDS, learned: frozenset[str] = frozenset()) -> list[Request]:
    return list(replay(PAST, [desk(dict(deeds))], judge(), learned=learned))


def figures(deeds: dict[str, Deed] = DEEDS, learned: frozenset[str] = frozenset()) -> Figures:
    tally = Tally("first", BUDGET, (BUDGET, LARGER))
    for request in requests(deeds, learned):
        tally.add(request)
    return tally.figures(len(PAST))


def test_small_talk_is_no_request() -> None:
    assert [one.dialogue for one in requests()] == ["1", "2", "4", "5"]


def test_a_request_is_beside_the_person_s_reply_and_its_label() -> None:
    right, wrong, unlabelled, handed_over = requests()
    assert (right.judged[0].agrees, right.judged[0].is_right) == (True, True)
    assert (wrong.judged[0].agrees, wrong.judged[0].is_right) == (False, False)
    assert (unlabelled.judged[0].agrees, unlabelled.judged[0].is_right) == (True, None)
    assert handed_over.judged[0].agreement is None


def test_coverage_and_agreement_are_shares_of_requests_and_of_answers() -> None:
    found = figures()
    assert (found.n_requests, found.n_dialogues) == (4, 5)
    assert (found.point.answered.count, found.point.answered.n) == (2, 4)
    assert (found.point.agreed.count, found.point.agreed.n) == (1, 2)
    assert (found.point.right.count, found.point.right.n) == (1, 2)
    assert found.by_did == {"answered": 2, "asked": 1, "handed_over": 1}


def test_a_larger_budget_answers_the_best_guesses_too() -> None:
    small, large = figures().budgets
    assert (small.answered.count, large.answered.count) == (2, 3)
    assert (large.agreed.count, large.agreed.n) == (2, 3)


def test_what_was_learned_from_is_told_and_counted_apart() -> None:
    found = figures(learned=frozenset({"where is my parcel", "hm"}))
    assert found.n_known == 1  # "hm" says too little
    assert (found.unseen.answered.count, found.unseen.answered.n) == (1, 3)


def test_examples_of_both_kinds_are_kept_for_each_intent() -> None:
    taken = next(one for one in figures().intents if one.name == "order_status")
    assert {kind: [one.text for one in some] for kind, some in taken.examples} == {
        "agreed": ["where is my parcel"],
        "disagreed": ["give it back"],
        "asked": ["hm"],
    }
    assert taken.mostly == (("refund", 1),)


def test_examples_and_surest_disagreements_are_bounded() -> None:
    tally = Tally("first", BUDGET, (BUDGET,))
    wrong = requests()[1]
    for i in range(200):
        deed = replace(ANSWERED, confidence=0.8 + i / 1000)
        tally.add(replace(wrong, judged=(replace(wrong.judged[0], deed=deed),)))
    found = tally.figures(200)
    assert [len(some) for _, some in found.intents[0].examples] == [3]
    assert [round(one.judged[0].deed.confidence, 3) for one in found.surest[:2]] == [0.999, 0.998]
    assert found.agreement[-1] == (1, 0)


def compared(second: dict[str, Deed]) -> Comparison:
    pairs = Pairs(("old", "new"))
    for request in replay(PAST, [desk(dict(DEEDS)), desk(dict(second))], judge()):
        pairs.add(request)
    return pairs.compare()


def test_two_releases_that_do_the_same_do_not_differ() -> None:
    found = compared(DEEDS)
    assert (found.n_changed, found.n_only, found.p) == (0, (0, 0), 1)
    assert found.coverage is not None
    assert (found.coverage.low, found.coverage.high) == (0, 0)
    assert "No difference" in found.verdict


def test_changes_are_told_with_their_worth() -> None:
    second = DEEDS | {
        "give it back": UNSURE,
        "hm": ANSWERED,
        "rubbish!!": replace(ANSWERED, intent="hours", said=""),
    }
    found = compared(second)
    assert {one.change: one.counts for one in found.changes} == {
        "now answered": {"better": 1, "worse": 1},
        "no longer answered": {"better": 1},
    }
    assert found.n_only == (0, 1)
    assert found.n_well == (1, 2)


def test_answering_another_intent_is_a_change() -> None:
    refund = replace(ANSWERED, intent="refund", said="Your money")
    (changed,) = compared(DEEDS | {"give it back": refund}).changes
    assert (changed.change, changed.counts) == ("answered otherwise", {"better": 1})


def test_the_headline_says_what_would_have_been_answered() -> None:
    assert (
        headline(figures())
        == "With a budget of 5 % wrong, the bot would have answered 50 % of these 4 requests."
    )


def test_the_page_stands_by_itself_and_escapes_what_people_wrote() -> None:
    hostile = "<script>alert(1)</script>"
    past = [dialogue("1", hostile, "<img src=x onerror=alert(2)>", "order_status")]
    tally = Tally("first", BUDGET, (BUDGET, LARGER))
    for request in replay(past, [desk({hostile: ANSWERED})], judge()):
        tally.add(request)
    html = render(Replayed(("a.jsonl",), (tally.figures(1),), None, ("Mind <b>this</b>.",), "1.0"))
    assert hostile not in html
    assert "<img src=x" not in html
    assert "<b>this</b>" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


def test_the_page_of_two_releases_shows_what_changed() -> None:
    second = DEEDS | {"hm": ANSWERED}
    tallies = [Tally(name, BUDGET, (BUDGET,), which) for which, name in enumerate(("old", "new"))]
    for request in replay(PAST, [desk(dict(DEEDS)), desk(dict(second))], judge()):
        for tally in tallies:
            tally.add(request)
    both = tuple(tally.figures(len(PAST)) for tally in tallies)
    html = render(Replayed(("a.jsonl",), both, compared(second), (), "1.0"))
    assert "Now answered: 1 (1 better, 0 worse, 0 unclear)" in html
    assert "would have answered 75 % of these 4 requests" in html


@pytest.mark.parametrize("deeds", [dict.fromkeys(DEEDS, CHATTER), DEEDS])
def test_json_and_page_can_be_made_of_anything(deeds: dict[str, Deed]) -> None:
    found = Replayed(("a.jsonl",), (figures(deeds),), None, (), "1.0")
    assert "Infinity" not in to_json(found)
    assert "<h1>" in render(found)
