"""Releases on trial in the database, and when a shadow has shown enough."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.store.candidates.records import Rate, ShadowCounts, ShadowDecision
from bot.store.candidates.verdict import binomial_tail, verdict
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.bot.colleagues import add_colleague
from tests.bot.store.log import Log
from tests.bot.store.told import START, message

AGREED = ShadowDecision(0, "order_status", 0.9, "answer", "confident", None, agrees=True)


def decided(message_id: int, **changes: Any) -> ShadowDecision:
    return replace(AGREED, message_id=message_id, **changes)


async def test_one_release_is_on_trial_at_a_time(store: Store) -> None:
    ana = await add_colleague(store, "ana")
    first = await store.trials.start("shadow", "new", "old", by=ana)
    assert (first.kind, first.release, first.beside, first.by, first.ended_at) == (
        "shadow",
        "new",
        "old",
        "ana",
        None,
    )
    with pytest.raises(StoreError, match="new is on trial"):
        await store.trials.start("canary", "newer", "old", share=0.1)
    assert await store.trials.open() == first

    assert await store.trials.end(first.id, by=ana)

    assert await store.trials.open() is None
    assert not await store.trials.end(first.id), "it is over already"
    second = await store.trials.start("canary", "newer", "old", share=0.1)
    assert await store.trials.close(second.id, "superseded", "another serves")
    assert [(one.outcome, one.reason) for one in await store.trials.latest(5)] == [
        ("superseded", "another serves"),
        ("ended", ""),
    ]


async def test_what_staff_do_with_trials_is_in_the_audit_log_and_what_ends_by_itself_is_not(
    store: Store,
) -> None:
    ana = await add_colleague(store, "ana")
    first = await store.trials.start("canary", "new", "old", share=0.2, by=ana)
    await store.trials.end(first.id, "refused", by=ana)
    second = await store.trials.start("shadow", "new", "old")
    await store.trials.close(second.id, "promoted", "new serves")

    entries = [(one.action, one.target, one.by, one.details) for one in await store.accounts.audit()]

    assert entries == [
        ("trial_started", "new", "", {"kind": "shadow"}),
        ("trial_ended", "new", "ana@shop.example", {"kind": "canary", "outcome": "refused"}),
        ("trial_started", "new", "ana@shop.example", {"kind": "canary", "share": 0.2}),
    ]


@pytest.mark.parametrize(
    ("kind", "share"), [("shadow", 0.5), ("canary", None), ("canary", 0.0), ("canary", 1.0)]
)
async def test_a_canary_has_a_share_and_a_shadow_none(store: Store, kind: Any, share: float | None) -> None:
    with pytest.raises(StoreError, match="share"):
        await store.trials.start(kind, "new", "old", share=share)


async def test_what_a_shadow_would_have_done_is_counted_and_the_differences_are_listed(store: Store) -> None:
    log = Log(store)
    trial = await store.trials.start("shadow", "new", "old")
    same = await log.say(START, text="where is it")
    other = await log.say(START, "8", "send it back", intent="return_request")
    lost = await log.say(START, text="hm?", kind="clarify", reason="uncertain", intent=None)
    kept = decided(same)
    found = [
        kept,
        decided(other, intent="refund", kind="hand_over", agrees=False),
        decided(lost, intent=None, kind="answer", answer_id="care", agrees=False),
    ]

    await store.trials.record(trial.id, found, dropped=2)
    await store.trials.record(trial.id, [kept], dropped=1)  # again, after a doubtful failure

    counts = await store.trials.counts(trial.id)
    assert (counts.messages, counts.agreed, counts.live_answered, counts.shadow_answered) == (3, 1, 2, 2)
    assert (counts.only_live, counts.only_shadow, counts.live_handed_over, counts.shadow_handed_over) == (
        1,
        1,
        0,
        1,
    )
    assert counts.by_intent == {"": Rate(0, 1), "order_status": Rate(1, 1), "return_request": Rate(0, 1)}
    first, second = await store.trials.disagreements(trial.id)
    assert (first.text, first.live.kind, first.shadow.answer_id) == ("hm?", "clarify", "care")
    assert (second.text, second.live.intent, second.shadow.intent) == (
        "send it back",
        "return_request",
        "refund",
    )
    assert await store.trials.disagreements(trial.id, before_id=lost) == [second]
    assert await store.trials.disagreements(trial.id, intent="return_request") == [second]
    assert (await store.trials.latest())[0].dropped == 3


async def test_nothing_is_added_once_a_trial_is_over(store: Store) -> None:
    number = await Log(store).say(START)
    trial = await store.trials.start("shadow", "new", "old")
    await store.trials.end(trial.id)

    await store.trials.record(trial.id, [decided(number)], dropped=4)

    assert (await store.trials.counts(trial.id)).messages == 0
    assert (await store.trials.latest())[0].dropped == 0


async def test_a_forgotten_customer_leaves_no_decision_of_a_shadow(store: Store) -> None:
    log = Log(store)
    trial = await store.trials.start("shadow", "new", "old")
    theirs, others = await log.say(START, "7"), await log.say(START, "8")
    await store.trials.record(trial.id, [decided(theirs), decided(others)])

    await store.forget("telegram:7")
    await store.trials.record(trial.id, [decided(theirs)])  # what was on its way

    assert (await store.trials.counts(trial.id)).messages == 1


async def test_a_canary_is_compared_with_the_release_beside_it(store: Store) -> None:
    log = Log(store)
    await log.say(START, release="new")  # before it began
    trial = await store.trials.start("canary", "new", "r1", share=0.5)
    for number, kind in enumerate(("answer", "answer", "hand_over", "ask")):
        await log.say(START + timedelta(minutes=number), "7", kind=kind)
    asked = await log.say(START, "8", release="new")
    await log.say(START, "8", kind="clarify", release="new")
    conversation = await store.conversation(message(chat="8"))
    reply = await log.reply(START, "8", "bot", in_reply_to=asked)
    await log.opine(START, reply, "not_helpful")
    await log.rate(START + timedelta(hours=1), reply, 2)
    await store.trials.end(trial.id)
    await log.say(START, "8", release="new")  # after it

    [over] = await store.trials.latest()
    live, canary = await store.trials.rates(over)

    assert conversation.id > 0
    assert (live.messages, live.answered, live.asked, live.handed_over) == (
        4,
        Rate(2, 4),
        Rate(1, 4),
        Rate(1, 4),
    )
    assert (canary.messages, canary.answered, canary.asked) == (2, Rate(1, 2), Rate(1, 2))
    assert (canary.not_helpful, live.not_helpful) == (Rate(1, 1), Rate(0, 0))
    assert (canary.rating.n, canary.rating.mean, canary.rating.interval) == (1, 2.0, None)
    assert live.rating.n == 0


def counts(agreed: int, messages: int, only_live: int = 0, only_shadow: int = 0) -> ShadowCounts:
    return ShadowCounts(messages, agreed, only_live=only_live, only_shadow=only_shadow)


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (counts(99, 99), "wait"),  # too few
        (counts(30, 99), "wait"),  # too few for a bad word as well
        (counts(196, 200), "promote"),
        (counts(184, 200), "wait"),  # 92 %, but perhaps below 90
        (counts(150, 200), "refuse"),
        (counts(196, 200, only_live=12, only_shadow=1), "refuse"),  # answers less
        (counts(196, 200, only_live=3, only_shadow=1), "promote"),  # that may be chance
    ],
)
def test_a_shadow_is_judged_when_it_has_seen_enough(seen: ShadowCounts, word: str) -> None:
    assert verdict(seen, messages=100, agreement=0.9).word == word


def test_the_interval_is_wilsons_and_the_test_exact() -> None:
    low, high = Rate(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert binomial_tail(8, 10) == pytest.approx(56 / 1024)
    assert binomial_tail(0, 0) == 1.0
