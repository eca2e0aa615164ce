"""What was trained on is counted, what was left out is named."""

from training.data_summary import LabelCount, summarize
from training.dataset import LabelledText, Split, build_dataset
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

NAME = (EntityLabel(0, 3, "person"),)


def said(text: str, *intents: str, **labels: object) -> DialogueTurn:
    return DialogueTurn("customer", text, intents=intents, **labels)


def test_labels_are_counted_on_each_side() -> None:
    train = (
        LabelledText("Ann wants it back", "1", "refund", NAME, "negative"),
        LabelledText("no, now", "1", "refund", (), "negative"),
        LabelledText("cancel it", "2", "cancel", ()),
    )
    test = (LabelledText("Bob too", "3", "refund", NAME), LabelledText("sing", "3", OUT_OF_SCOPE, ()))
    dataset = build_dataset(
        [Dialogue("1", (said("a", "refund"), said("b", "refund"), said("c", "cancel"), said("d", "cancel")))]
    )
    summary = summarize(dataset, Split(train, test, 4))
    assert summary.intents == (LabelCount("cancel", 1, 0), LabelCount("refund", 2, 1))
    assert summary.out_of_scope == LabelCount(OUT_OF_SCOPE, 0, 1)
    assert summary.entities == (LabelCount("person", 1, 1),)
    assert summary.sentiments == (LabelCount("negative", 2, 0),)
    assert (summary.messages_train, summary.messages_test, summary.moved) == (3, 2, 4)
    assert summary.dialogues_held_back == 1


def test_what_was_left_out_is_named_with_its_number() -> None:
    turns = (
        *(said(f"Ann {i}", "refund", entities=NAME, sentiment="neutral") for i in range(3)),
        *(said(f"stop {i}", "cancel", "refund") for i in range(2)),
        said(" ", "cancel"),
        said("k"),
        said("sing", OUT_OF_SCOPE),
        DialogueTurn("agent", "Gladly."),
    )
    dataset = build_dataset([Dialogue("1", turns)])
    left_out = summarize(dataset, Split(dataset.rows, (), 0)).left_out
    assert [(one.count, one.what) for one in left_out] == [
        (1, "customer turns without a text"),
        (1, "messages without an intent"),
        (2, "second and further intents of a message"),
        (4, "messages in which nobody looked for entities"),
        (1, "out-of-scope messages for training"),
    ]


def test_nothing_left_out_is_nothing_named() -> None:
    kinds = ("negative", "neutral")
    turns = [
        said(f"text {i}", ("refund", "cancel")[i % 2], entities=NAME, sentiment=kinds[i % 2])
        for i in range(20)
    ]
    outside = [said(f"song {i}", OUT_OF_SCOPE, entities=(), sentiment="neutral") for i in range(5)]
    dataset = build_dataset([Dialogue("1", (*turns, *outside))])
    assert summarize(dataset, Split(dataset.rows, (), 0)).left_out == ()
