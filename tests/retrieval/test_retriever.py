"""Everything findable, found: intents, answers and passages for one message."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.articles import Passage
from retrieval.budget import Budget
from retrieval.candidates import Findings
from retrieval.fusion import N_CLASS_FEATURES, N_SCOPE_FEATURES, OUT_OF_SCOPE, Fusion
from retrieval.memory import Example, Memory
from retrieval.retriever import Retriever

WORDS = ("where", "cancel", "money", "open", "lamp", "rug", "song", "wash")
WIDTH = len(WORDS) + 1
EXAMPLES = (
    ("where is it", "status"), ("where", "status"), ("cancel it", "cancel"), ("cancel my lamp", "cancel"),
    ("money back", "refund"), ("my money", "refund"), ("a song", OUT_OF_SCOPE),
)  # fmt: skip
LABELS = ("cancel", OUT_OF_SCOPE, "refund", "status")
ANSWERS = """
- {id: status, intent: status, title: Where it is, variants: ["Dear {{ customer }}, it is on its way."]}
- {id: refund_lamp, intent: refund, title: Money for a lamp, variants: ["The money for your lamp comes back."]}
- {id: refund_rug, intent: refund, title: Money for a rug, variants: ["The money for your rug comes back."]}
"""
PASSAGES = (
    Passage("article:care#1", "Care", "Wash the rug cold.", "care.md"),
    Passage("article:care#2", "Light", "A lamp needs a bulb.", "care.md"),
)
FUSION = Fusion(
    (1.0, 0.5, 0.2, 0.2, 0.2, 0.3)[:N_CLASS_FEATURES],
    (1.0, 0.5, 1.0, 0.0, 0.5, 0.0, -0.2, -1.0)[: N_SCOPE_FEATURES + 1],
    (0.2, 0.2, 2.0, 0.0, 1.0, 0.0, -0.5, -1.0)[: N_SCOPE_FEATURES + 1],
)
NO_ANSWERS = AnswerBook(())
BUDGET = Budget(0.05, 0.9, 0.4, 0.5)


def vector_of(text: str) -> NDArray[np.float32]:
    """Bag of known words, with a little of something common to all."""
    found = np.array([*(float(word in text.lower()) for word in WORDS), 0.3], np.float32)
    return found / np.float32(np.linalg.norm(found))


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([vector_of(text) for text in texts], np.float32)


@pytest.fixture
def book(tmp_path: Path) -> AnswerBook:
    (tmp_path / "answers.yaml").write_text(ANSWERS, "utf-8")
    return load_answers(tmp_path)


def make(
    book: AnswerBook = NO_ANSWERS,
    examples: Sequence[tuple[str, str]] = EXAMPLES,
    labels: tuple[str, ...] = LABELS,
    passages: Sequence[Passage] = (),
) -> Retriever:
    vectors = encode([text for text, _ in examples]).reshape(-1, WIDTH)
    memory = Memory([Example(text, intent) for text, intent in examples], vectors)
    return Retriever(labels, memory, FUSION, BUDGET, answers=book, passages=passages, encode=encode)


def ask(retriever: Retriever, text: str, *, top: int = 5) -> Findings:
    probs = np.full(len(retriever.labels), 1 / len(retriever.labels), np.float32)
    return retriever.search(text, vector_of(text), probs, top=top)


def is_sound(findings: Findings) -> bool:
    probs = [ranked.prob for ranked in findings.intents]
    shares = (*probs, findings.confidence, findings.scope_prob)
    return (
        probs == sorted(probs, reverse=True) and sum(probs) <= 1 + 1e-9 and all(0 <= p <= 1 for p in shares)
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [("where is my lamp", "status"), ("cancel", "cancel"), ("i want my money", "refund")],
)
def test_the_intent_of_like_examples_comes_first(text: str, intent: str) -> None:
    findings = ask(make(), text)
    assert findings.intents[0].intent == intent
    assert findings.neighbours[0].intent == intent
    assert is_sound(findings)


def test_out_of_scope_is_no_intent_but_lowers_the_confidence() -> None:
    retriever = make()
    song, status = ask(retriever, "a song"), ask(retriever, "where is it")
    assert OUT_OF_SCOPE not in {ranked.intent for ranked in song.intents}
    assert song.confidence < status.confidence
    assert song.scope_prob < status.scope_prob


@pytest.mark.parametrize("text", ["", "   ", "xyzzy plugh", "你好", "👍", '" OR * NOT (', "a" * 4096])
def test_unknown_words_find_something_and_nothing_breaks(text: str, book: AnswerBook) -> None:
    findings = ask(make(book, passages=PASSAGES), text)
    assert len(findings.intents) == 3
    assert is_sound(findings)


def test_without_an_example_every_intent_is_as_likely_as_the_classifier_says() -> None:
    retriever = make(examples=())
    findings = retriever.search("cancel", vector_of("cancel"), np.array([0.1, 0.1, 0.7, 0.1], np.float32))
    assert findings.intents[0].intent == "refund"
    probs = {ranked.intent: ranked.prob for ranked in findings.intents}
    assert probs["cancel"] == pytest.approx(probs["status"])
    assert findings.neighbours == ()
    assert is_sound(findings)


def test_with_one_intent_there_is_only_that() -> None:
    findings = ask(make(examples=[("where is it", "status")], labels=("status",)), "where")
    assert [(ranked.intent, ranked.prob) for ranked in findings.intents] == [("status", pytest.approx(1))]
    assert is_sound(findings)


def test_an_intent_that_only_a_correction_knows_is_found() -> None:
    retriever = make()
    retriever.learn("can you wash my rug", "washing", vector_of("can you wash my rug"), correction_id=1)
    findings = ask(retriever, "can you wash my rug")
    assert findings.intents[0].intent == "washing"
    assert findings.confidence == pytest.approx(1)
    assert retriever.unlearn(1)
    assert "washing" not in {ranked.intent for ranked in ask(retriever, "can you wash my rug").intents}
    assert not retriever.unlearn(1)


@pytest.mark.parametrize("intent", ["cancel", "refund", "status"])
def test_a_correction_decides_for_its_own_text(intent: str) -> None:
    retriever = make()
    retriever.learn("cancel it", intent, vector_of("cancel it"), correction_id=1)
    findings = ask(retriever, "cancel it")
    assert findings.intents[0].intent == intent
    assert (findings.confidence, findings.scope_prob) == (pytest.approx(1), pytest.approx(1))


def test_what_a_correction_settles_is_told() -> None:
    retriever = make()
    assert not ask(retriever, "cancel it").is_corrected
    retriever.learn("cancel it", "refund", vector_of("cancel it"), correction_id=1)
    assert ask(retriever, "cancel it").is_corrected
    assert not ask(retriever, "where is it").is_corrected


def test_a_message_can_be_corrected_to_out_of_scope() -> None:
    retriever = make()
    retriever.learn("where is it", OUT_OF_SCOPE, vector_of("where is it"), correction_id=1)
    findings = ask(retriever, "where is it")
    assert (findings.confidence, findings.scope_prob) == (pytest.approx(0), pytest.approx(0))


def test_a_correction_counts_less_the_farther_it_is() -> None:
    retriever = make()
    retriever.learn(
        "cancel my lamp song rug", "refund", vector_of("cancel my lamp song rug"), correction_id=1
    )
    near, far = ask(retriever, "cancel my lamp song rug"), ask(retriever, "cancel my lamp song")
    probs = [next(r.prob for r in found.intents if r.intent == "refund") for found in (near, far)]
    assert probs[0] == pytest.approx(1)
    assert 0 < probs[1] < 1
    assert ask(retriever, "cancel").intents[0].intent == "cancel"


def test_another_answer_than_an_intents_first_must_be_clearly_nearer(
    book: AnswerBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, exception = (answer.id for answer in book.of_intent("refund"))
    text = "money for my rug" if exception == "refund_rug" else "money for my lamp"
    firsts = []
    for lead in (0.0, 0.04, 1.0):
        monkeypatch.setattr("retrieval.retriever.FIRST_LEAD", lead)
        firsts.append(next(found.id for found in ask(make(book), text).answers if found.intent == "refund"))
    assert firsts == [exception, exception, rule]


def test_of_an_intents_answers_the_one_most_like_the_message_comes_first(book: AnswerBook) -> None:
    retriever = make(book)
    for text, first in (("money for my rug", "refund_rug"), ("money for my lamp", "refund_lamp")):
        answers = [found for found in ask(retriever, text).answers if found.intent == "refund"]
        assert answers[0].id == first
        assert answers[0].prob > answers[1].prob
        likeliest = ask(retriever, text).intents[0]
        assert sum(found.prob for found in answers) == pytest.approx(likeliest.prob)


@pytest.mark.parametrize("taught", ["refund_rug", "refund_lamp"])
def test_an_answer_that_staff_named_comes_first_for_such_a_message(book: AnswerBook, taught: str) -> None:
    retriever = make(book)
    text = "money for my rug and lamp"
    retriever.learn(text, "refund", vector_of(text), correction_id=1, answer_id=taught)

    same, other = ask(retriever, text), ask(retriever, "my money")

    assert (same.taught_answer, same.answers[0].id) == (taught, taught)
    assert same.answers[0].prob == pytest.approx(1)
    assert other.taught_answer is None
    retriever.unlearn(1)
    assert ask(retriever, text).taught_answer is None


def test_an_answer_that_is_gone_is_not_named(book: AnswerBook) -> None:
    retriever = make(book)
    retriever.learn("my money", "refund", vector_of("my money"), correction_id=1, answer_id="no_more")
    findings = ask(retriever, "my money")
    assert findings.taught_answer is None
    assert {found.id for found in findings.answers if found.intent == "refund"} == {
        "refund_lamp",
        "refund_rug",
    }


def test_passages_come_with_their_source(book: AnswerBook) -> None:
    passages = ask(make(book, passages=PASSAGES), "how to wash a rug").passages
    assert [found.id for found in passages] == ["article:care#1", "article:care#2"]
    assert (passages[0].source, passages[0].text) == ("care.md", "Wash the rug cold.")
    assert passages[0].score > passages[1].score
    assert ask(make(book), "how to wash a rug").passages == ()


def test_top_limits_what_is_found(book: AnswerBook) -> None:
    findings = ask(make(book, passages=PASSAGES), "money", top=1)
    assert [len(findings.intents), len(findings.passages), len(findings.neighbours)] == [1, 1, 1]


def test_searching_goes_on_while_corrections_come_and_go() -> None:
    retriever = make()
    wrong: list[BaseException] = []
    is_over = threading.Event()

    def search() -> None:
        try:
            while not is_over.is_set():
                assert is_sound(ask(retriever, "can you wash my rug"))
        except BaseException as error:
            wrong.append(error)

    searchers = [threading.Thread(target=search) for _ in range(4)]
    for thread in searchers:
        thread.start()
    for i in range(1000):
        retriever.learn("wash my rug", f"new {i}", vector_of("wash my rug"), correction_id=i)
        retriever.unlearn(i)
    is_over.set()
    for thread in searchers:
        thread.join()
    assert wrong == []


def test_answers_that_say_nearly_the_same_are_found(book: AnswerBook) -> None:
    retriever = make(book)
    assert retriever.alike(0.999) == []
    assert retriever.alike(0.3) == [("refund_lamp", "refund_rug")]
    assert make().alike(0.0) == []
