"""A long message is understood by the sentences in it that the desk has to do with."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoder
from nlu.gist import MAX_PIECES, WHOLE_PIECES, GistReader, is_long, sentences
from nlu.heads import Heads, LinearHead, TagHead
from nlu.rules import EntityRules
from nlu.signs import N_SIGNS
from nlu.tagging import tag_names, transition_mask
from nlu.understander import Understander

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CHATTER = ("sing a song.", "tell me a joke.", "who won the game?") * 30
REQUEST = "please cancel the blue lamp now!"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("hi", ["hi"]),
        ("My card is lost. What now, please? Thanks", ["My card is lost.", "What now, please? Thanks"]),
        ("Hi. I lost my card in Rome. It is 3.50 a day", ["Hi. I lost my card in Rome.", "It is 3.50 a day"]),
        ("it's late and cold  where is my lamp", ["it's late and cold", "where is my lamp"]),  # lines
        ("我的订单在哪里？请快一点！谢谢。", ["我的订单在哪里？", "请快一点！谢谢。"]),
        ("lamp " * (WHOLE_PIECES + 9), [("lamp " * WHOLE_PIECES).strip(), ("lamp " * 9).strip()]),
    ],
)
def test_where_sentences_end(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == found


@pytest.mark.parametrize(
    ("text", "long"),
    [("lamp " * WHOLE_PIECES, False), ("lamp " * (WHOLE_PIECES + 1), True), ("x" * 999, False)],
)
def test_from_when_a_text_is_long(text: str, long: bool) -> None:
    assert is_long(text) == long


def buried(at: int) -> str:
    return " ".join([*CHATTER[:at], REQUEST, *CHATTER[at:]])


@pytest.mark.slow
class TestReading:
    @pytest.fixture
    def understander(self, release: Path) -> Understander:
        return Understander.load(release, EntityRules())

    @pytest.mark.parametrize("at", [0, len(CHATTER) // 2, len(CHATTER)])
    def test_a_request_among_chatter_is_what_the_message_is_about(
        self, at: int, understander: Understander
    ) -> None:
        found = understander.understand_batch([buried(at)], now=NOW)[0]
        alone = understander.understand_batch([REQUEST], now=NOW)[0]
        assert REQUEST in found.read_as
        assert len(found.read_as) < 3 * len(REQUEST)
        assert found.intents[0].intent == alone.intents[0].intent == "cancel_order"
        assert found.text == buried(at)

    def test_words_of_every_sentence_stand_where_they_stood(self, understander: Understander) -> None:
        """A tag head that calls every word a product names each of them, however late."""
        tags = tag_names(["product"])
        mask = transition_mask(tags)
        of_tags = understander.heads.tag
        assert of_tags is not None
        everything = LinearHead(
            tags, np.zeros((of_tags.scores.width, 3), np.float32), np.array([0, 5, 0], np.float32)
        )
        understander.heads = Heads(understander.heads.intent, TagHead(everything, mask, mask[0]))
        text = buried(len(CHATTER)).replace("lamp", "lqmp")
        found = understander.understand_batch([text], now=NOW)[0].entities
        assert [entity.text for entity in found][-4:] == ["blue", "lqmp", "now", "!"]
        assert all(text[entity.start : entity.end] == entity.text for entity in found)
        assert "".join(entity.text for entity in found) == text.replace(" ", "")

    def test_without_a_head_the_gist_is_the_beginning(self, release: Path) -> None:
        encoder = Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json")
        read = GistReader(encoder).encode(buried(len(CHATTER)))
        assert read.text.startswith("sing a song. tell me a joke.")
        assert MAX_PIECES - 8 < len(read.text.replace(".", " .").replace("?", " ?").split()) <= MAX_PIECES
        assert np.linalg.norm(read.vector) == pytest.approx(1, abs=1e-5)

    def test_a_text_that_fits_is_read_whole(self, release: Path) -> None:
        encoder = Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json")
        read, [whole] = GistReader(encoder).encode(REQUEST), encoder.encode([REQUEST])
        assert (read.text, read.words, read.gist) == (whole.text, whole.words, None)
        assert np.array_equal(read.vector, whole.vector)

    def test_who_is_angry_in_one_sentence_is_angry(self, understander: Understander) -> None:
        sentiment = understander.heads.sentiment
        assert sentiment is not None
        weight = np.zeros((sentiment.width, 2), np.float32)
        weight[-N_SIGNS + 3, 1] = 20  # insults
        understander.heads = replace(
            understander.heads,
            sentiment=LinearHead(("neutral", "angry"), weight, np.array([2, 0], np.float32)),
        )
        found, calm = understander.understand_batch([f"{buried(9)} you are all idiots!", buried(9)], now=NOW)
        assert "idiots" not in found.read_as
        assert (found.sentiment, calm.sentiment) == ("angry", "neutral")
