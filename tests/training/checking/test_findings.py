"""What is wrong with labelled messages."""

from dataclasses import replace

import numpy as np
import pytest

from training.checking.cross_reading import CrossRead
from training.checking.findings import CLOSE_MESSAGES, FEW, clashes, leaks, personal, too_close, too_few
from training.checking.label_errors import margins, suspects
from training.dataset import LabelledText

LABELS = ("cancel", "refund", "status")


def row(text: str, intent: str | None = "cancel", *further: str) -> LabelledText:
    return LabelledText(text, f"dialogue of {text}", intent, further=further)


def read(*given: tuple[str, tuple[float, float, float]]) -> CrossRead:
    """Rows with their own intent, and the probabilities of cancel, refund and status."""
    rows = tuple(row(f"message {i}", intent) for i, (intent, _) in enumerate(given))
    return CrossRead(rows, LABELS, np.array([probs for _, probs in given]))


CLEAR = [("cancel", (0.9, 0.05, 0.05)), ("refund", (0.1, 0.8, 0.1)), ("status", (0.0, 0.1, 0.9))] * 3


def test_a_message_that_looks_like_another_intents_own_is_suspected() -> None:
    found = suspects(read(*CLEAR, ("cancel", (0.02, 0.95, 0.03)), ("status", (0.3, 0.4, 0.3))))
    [clearest, *rest] = found
    assert (clearest.given, clearest.likely, clearest.row.text) == ("cancel", "refund", "message 9")
    assert (clearest.given_prob, clearest.likely_prob) == (0.02, 0.95)
    assert rest == []  # less like a refund than refunds are: unclear, not wrong


def test_the_clearest_come_first() -> None:
    found = suspects(
        read(
            *CLEAR,
            ("cancel", (0.1, 0.89, 0.01)),
            ("status", (0.98, 0.01, 0.01)),
            ("refund", (0.05, 0.04, 0.91)),
        )
    )
    assert [one.row.text for one in found] == ["message 10", "message 11", "message 9"]


def test_a_margin_is_negative_where_another_intent_is_likelier() -> None:
    found = margins(read(("cancel", (0.7, 0.2, 0.1)), ("cancel", (0.2, 0.5, 0.3))))
    assert found == pytest.approx([0.5, -0.3])


def test_a_message_with_several_intents_may_look_like_any_of_them() -> None:
    found = read(*CLEAR, *[("cancel", (0.02, 0.95, 0.03))] * CLOSE_MESSAGES)
    both = tuple(
        replace(one, further=("refund",)) if i >= len(CLEAR) else one for i, one in enumerate(found.rows)
    )
    assert len(suspects(found)) == CLOSE_MESSAGES
    assert too_close(found)
    assert suspects(replace(found, rows=both)) == []
    assert too_close(replace(found, rows=both)) == []


def test_where_all_labels_fit_nobody_is_suspected() -> None:
    assert suspects(read(*CLEAR)) == []


def test_texts_with_several_intents_are_found_whatever_their_case_and_numbers() -> None:
    found = clashes(
        [
            row("Cancel order 12!"),
            row("cancel order 7", "refund"),
            row("cancel order 8"),
            row("hello", "status"),
            row("hello", None),
        ]
    )
    [clash] = found
    assert clash.intents == ("cancel", "refund")
    assert [one.text for one in clash.rows] == ["Cancel order 12!", "cancel order 7", "cancel order 8"]


def test_intents_that_are_read_as_each_other_are_named_with_their_messages() -> None:
    confused = [("cancel", (0.2, 0.7, 0.1))] * CLOSE_MESSAGES
    [close] = too_close(read(*CLEAR, *confused, ("cancel", (0.1, 0.85, 0.05))))
    assert (close.intent, close.other, close.n, close.n_of) == ("cancel", "refund", 4, 7)
    assert close.rows[0].text == "message 12"


def test_a_few_slips_make_no_intents_too_close() -> None:
    assert too_close(read(*CLEAR, *[("cancel", (0.2, 0.7, 0.1))] * (CLOSE_MESSAGES - 1))) == []


def test_intents_with_few_examples_are_named_the_poorest_first() -> None:
    rows = [
        *(row(f"a {i}") for i in range(FEW)),
        *(row(f"b {i}", "refund") for i in range(4)),
        row("c", "status", "refund"),
        row("d", "out_of_scope"),
    ]
    assert too_few(rows) == [("status", 1), ("refund", 5)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to ana@shop.example", ("email",)),
        ("my card is 4111 1111 1111 1111, mail a@b.example", ("email", "card")),
        ("write to <email>", ()),
        ("where is order 12345", ()),
    ],
)  # fmt: skip
def test_personal_data_is_found(text: str, kinds: tuple[str, ...]) -> None:
    found = personal([row(text)], country="US")
    assert [one.kinds for one in found] == ([kinds] if kinds else [])


def test_test_messages_that_were_learned_from_are_found() -> None:
    known = [row("Where is order 12?", "status")]
    [leak] = leaks(known, [row("where is order 99", None), row("cancel it")])
    assert (leak.text, leak.row) == ("where is order 99", known[0])
