"""The head that finds all intents of a message: what it is fitted on, how it is chosen, what it finds."""

from dataclasses import replace

import numpy as np
import pytest

from nlu.encoder import Encoded
from training import several
from training.dataset import LabelledText
from training.fast import fit
from training.features import Features
from training.off_topic import GROUP
from training.several import (
    MIN_SEVERAL,
    best_f1,
    choose_several,
    fit_several_head,
    gold_of,
    has_several,
    held_out_several,
    several_labels,
)
from training.turns import OUT_OF_SCOPE

WORDS = ("cancel", "refund", "where", "please", "my", "order", "now", "again")
INTENT_OF = {"cancel": "cancel", "refund": "refund", "where": "status"}
WIDTH = len(WORDS)


def encoded(text: str) -> Encoded:
    """Each word has a direction of its own, blurred by its neighbours'; the vector is their mean."""
    found = text.split()
    states = np.stack([np.eye(WIDTH, dtype=np.float32)[WORDS.index(word)] for word in found])
    states = 0.8 * states + 0.2 * states.mean(axis=0) + 0.5
    vector = states.mean(axis=0)
    return Encoded(
        text,
        vector / np.linalg.norm(vector),
        states,
        np.zeros(len(found), np.int64),
        tuple((0, 1) for _ in found),
    )


def features(*rows: LabelledText) -> Features:
    ones = tuple(encoded(row.text) for row in rows)
    return Features(rows, np.stack([one.vector for one in ones]), ones)


def said(text: str, group: str) -> LabelledText:
    """A text with the intents its words have."""
    first, *further = [INTENT_OF[word] for word in text.split() if word in INTENT_OF] or [OUT_OF_SCOPE]
    return LabelledText(text, group, first, further=tuple(further))


def messages(n: int = 120, *, share: float = 0.5) -> Features:
    """Fillers around one word that asks for something, in a share of the messages around two."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        asked = rng.permutation(list(INTENT_OF))[: 2 if rng.random() < share else 1]
        words = [*rng.choice(WORDS[3:], 3), *asked]
        rows.append(said(" ".join(rng.permutation(words).tolist()), f"d{i}"))
    return features(*rows)


NAMES = features(*(LabelledText(word, "", intent) for word, intent in INTENT_OF.items()))


def test_all_intents_of_a_new_message_are_found() -> None:
    known = messages()
    head = fit_several_head(known, choose_several(known, NAMES))
    assert head.labels == ("cancel", "refund", "status")

    def found(text: str) -> set[str]:
        return {intent for intent, _ in head.found(encoded(text))}

    assert found("cancel my order now refund please") == {"cancel", "refund"}
    assert found("where my order again") == {"status"}
    assert found("please where cancel refund") == {"status", "cancel", "refund"}
    assert found("please my order") == set()


def test_the_likeliest_intent_comes_first() -> None:
    known = messages()
    head = fit_several_head(known, choose_several(known, NAMES))
    probs = [prob for _, prob in head.found(encoded("cancel my order now refund please"))]
    assert probs == sorted(probs, reverse=True)
    assert head.threshold <= min(probs)


def test_what_is_chosen_holds_on_messages_not_learned_from() -> None:
    chosen = choose_several(messages(), NAMES)
    assert chosen.probs.shape == chosen.gold.shape == (120, 3)
    found = chosen.probs >= chosen.threshold
    assert (found == chosen.gold).mean() > 0.95


def test_messages_held_out_are_judged_by_a_head_of_the_others() -> None:
    known, other = messages(90), messages(40)
    chosen = choose_several(known, NAMES, held_out=other)
    assert (chosen.gold == gold_of(other.rows, chosen.labels)).all()
    assert len(chosen.probs) == 40


def test_leaving_a_part_out_is_as_if_it_had_never_been_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "NAME_WEIGHTS", (2.0,))
    known = messages(30)
    labels = several_labels(known.rows)
    read = several._as_one_row
    parts = [several._Examples.of(known.only(range(i, i + 10)), labels, read) for i in (0, 10, 20)]
    named = several._Examples.of(NAMES, labels, read)
    [(_, scores)] = several._out_of_fold(parts, named, (0.5,), n_unseen=2)
    others = [
        several._Examples.of(known.only(chosen), labels, read)
        for chosen in ([*range(10), *range(20, 30)], range(20))
    ]
    for part, rest, got in zip(parts[1:], others, (scores[:10], scores[10:]), strict=True):
        wanted = part.best_scores(rest.sums().plus(named.sums(), 2.0).solve(0.5))
        assert got == pytest.approx(wanted, abs=1e-8)


def test_names_teach_an_intent_that_has_hardly_an_example() -> None:
    rare = [row for row in messages(60).rows if "refund" not in row.intents]
    known = features(*rare, said("refund my order", "x"), said("refund now please", "y"))
    chosen = choose_several(known, NAMES)
    names = replace(
        chosen, message=replace(chosen.message, name_weight=3.0), words=replace(chosen.words, name_weight=3.0)
    )
    none = replace(
        chosen, message=replace(chosen.message, name_weight=0.0), words=replace(chosen.words, name_weight=0.0)
    )
    place = chosen.labels.index("refund")
    asked = encoded("again refund order")
    with_names, without = (fit_several_head(known, one).probs(asked)[place] for one in (names, none))
    assert with_names > without


@pytest.mark.parametrize("seed", range(5))
def test_the_best_f1_is_that_of_the_best_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = rng.random((30, 4)) < 0.3
    scores = np.round(0.5 * gold + rng.random(gold.shape), 1)  # with ties

    def f1(threshold: float) -> float:
        found = scores >= threshold
        return float(2 * (found & gold).sum() / (found.sum() + gold.sum()))

    assert best_f1(scores, gold) == pytest.approx(max(f1(one) for one in np.unique(scores)))


def test_the_threshold_is_half_the_best_f1() -> None:
    chosen = choose_several(messages(), NAMES)
    assert chosen.threshold == pytest.approx(best_f1(chosen.probs, chosen.gold) / 2)


def test_a_budget_is_kept_on_messages_in_which_several_are_found() -> None:
    chosen = replace(
        choose_several(messages(), NAMES),
        threshold=0.5,
        probs=np.array([[0.9, 0.8, 0.1], [0.9, 0.1, 0.1], [0.7, 0.1, 0.6], [0.9, 0.9, 0.95]]),
        gold=np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 1, 1]], bool),
    )
    held_out = held_out_several(chosen)
    assert held_out.confidence.tolist() == [0.8, 0.6, 0.9]
    assert held_out.is_right.tolist() == [True, False, True]


def test_messages_with_one_intent_each_need_no_such_head() -> None:
    one_each = messages(80, share=0)
    assert not has_several(one_each.rows)
    model = fit(one_each, spoken=NAMES)
    assert model.several is None
    assert model.heads.several is None
    assert has_several([said("cancel refund", "d")] * MIN_SEVERAL)
    assert not has_several([said("cancel refund", "d")] * (MIN_SEVERAL - 1))


def test_what_ships_with_kefu_or_has_no_intent_teaches_nothing() -> None:
    known = messages(60)
    shipped = LabelledText("my order", f"{GROUP} 1", OUT_OF_SCOPE)
    more = features(*known.rows, shipped, LabelledText("again", "d", None))
    assert choose_several(more, NAMES).probs == pytest.approx(choose_several(known, NAMES).probs)


def test_of_too_many_messages_those_with_several_intents_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "MAX_MESSAGES", 70)
    known = messages(100, share=0.3)
    kept = several._learned_from(known, seed=0)
    assert len(kept.rows) == 70
    assert {row for row in known.rows if len(row.intents) > 1} <= set(kept.rows)
