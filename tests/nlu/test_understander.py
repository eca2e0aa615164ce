"""Text becomes an Understanding: values of its own for each caller, offsets of the original text."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from nlu.files import BadRelease
from nlu.heads import Heads, LinearHead, TagHead, save_heads, tag_width
from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from nlu.tagging import tag_names, transition_mask
from nlu.understander import Understander

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STRANGE = (
    "",
    "   \n\t",
    "👩🏽‍🚀 where's my lamp?? 🛋️🛋️",
    "cafe\u0301 lamp nai\u0308ve, mail e\u0301@x.org or me@example.org",
    "我的 lamp 在哪里？邮箱 me@example.org。",
    "\ud83d half an emoji, me@example.org",
    "where is\u2028my\u00a0blue lamp\x00 please",
    "x" * 4096,
    "where is my lamp " * 300 + "me@example.org",
    "İSTANBUL ﬁne ǅ lamp",
)


@pytest.fixture
def rules(tmp_path: Path) -> EntityRules:
    (tmp_path / "entities.yaml").write_text("email: {kind: email}\n", "utf-8")
    return load_rules(tmp_path / "entities.yaml", country="GB", currency="GBP", zone=UTC)


@pytest.fixture
def understander(release: Path, rules: EntityRules) -> Understander:
    return Understander.load(release, rules)


@pytest.mark.parametrize("text", STRANGE)
def test_every_span_stands_where_it_says_in_the_original(text: str, understander: Understander) -> None:
    understanding = understander.understand_batch([text], now=NOW)[0]
    assert understanding.text == text
    for entity in understanding.entities:
        assert entity.text == text[entity.start : entity.end]
        assert entity.text.strip() == entity.text != ""
    assert [e.value for e in understanding.entities if e.label == "email"] == (
        ["me@example.org"] if "me@" in text else []
    )


def test_another_order_number_is_the_same_request(release: Path, tmp_path: Path) -> None:
    (tmp_path / "entities.yaml").write_text("order_number: {patterns: [{regex: '[A-Z]-[0-9]{4}'}]}\n")
    understander = Understander.load(release, load_rules(tmp_path / "entities.yaml"))
    texts = ["when comes order A-1042", "when comes order A-9971"]
    one, other = understander.understand_batch(texts, now=NOW)
    assert one.vector == pytest.approx(other.vector, abs=1e-6)
    assert [one.entities[0].value, other.entities[0].value] == ["A-1042", "A-9971"]


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_has_probabilities_and_a_vector(text: str, understander: Understander) -> None:
    understanding = understander.understand_batch([text], now=NOW)[0]
    assert understanding.class_probs.sum() == pytest.approx(1, abs=1e-5)
    assert len(understanding.class_probs) == len(understander.labels)
    assert np.linalg.norm(understanding.vector) == pytest.approx(1, abs=1e-5)
    probs = [one.prob for one in understanding.intents]
    assert probs == sorted(probs, reverse=True)
    assert understanding.intents[0].prob == pytest.approx(float(understanding.class_probs.max()))
    assert len(understanding.language) == 2


def test_what_was_taught_is_understood(understander: Understander) -> None:
    understanding = understander.understand_batch(["please cancel A-1042 i am angry"], now=NOW)[0]
    assert understanding.intents[0].intent == "cancel_order"
    assert understander.understand_batch(["i am angry"], now=NOW)[0].sentiment in {"negative", "angry"}
    assert ("order_number", 14) in [(e.label, e.start) for e in understanding.entities]


def test_entities_dont_overlap_and_patterns_come_first(release: Path, rules: EntityRules) -> None:
    """A tag head that calls everything a product leaves alone what a pattern found."""
    understander = Understander.load(release, rules)
    tags = tag_names(["product"])
    mask = transition_mask(tags)
    width = understander.encoder.width
    everything = LinearHead(
        tags, np.zeros((tag_width(width), 3), np.float32), np.array([0, 5, 0], np.float32)
    )
    understander.heads = Heads(understander.heads.intent, TagHead(everything, mask, mask[0]))
    found = understander.understand_batch(["mail me@example.org about the lamp"], now=NOW)[0].entities
    assert [(e.label, e.text, e.source) for e in found] == [
        ("product", "mail", "model"),
        ("email", "me@example.org", "pattern"),
        ("product", "about", "model"),
        ("product", "the", "model"),
        ("product", "lamp", "model"),
    ]


def test_many_threads_get_the_same_as_one(understander: Understander) -> None:
    texts = [text for text in STRANGE if len(text) < 100] * 3
    wanted = [u.intents for u in understander.understand_batch(texts, now=NOW)]
    found: dict[int, list[object]] = {}

    def work(number: int) -> None:
        found[number] = [u.intents for u in understander.understand_batch(texts, now=NOW)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(8)] == [wanted] * 8


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_loaded_release_understands_as_before(precision: str, release: Path, rules: EntityRules) -> None:
    one, other = (Understander.load(release, rules, precision=precision) for _ in range(2))
    for a, b in zip(*(u.understand_batch(STRANGE, now=NOW) for u in (one, other)), strict=True):
        assert (a.class_probs == b.class_probs).all()
        assert (a.entities, a.sentiment, a.intents) == (b.entities, b.sentiment, b.intents)


def test_heads_that_dont_fit_the_encoder_are_refused(release: Path, rules: EntityRules) -> None:
    heads = Heads(LinearHead(("a", "b"), np.zeros((7, 2), np.float32), np.zeros(2, np.float32)))
    (release / "heads.safetensors").unlink()
    save_heads(heads, release / "heads.safetensors")
    (release / "labels.json").write_text('{"intent": ["a", "b"]}')
    with pytest.raises(
        BadRelease, match=r"heads\.safetensors: the intent head reads 7 numbers, .* gives it 32"
    ):
        Understander.load(release, rules)
