"""Languages and cleaning: careful with short texts, and never moving an offset."""

import errno
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import LanguageIdentifier

from nlu.errors import NluError
from nlu.language import _identifier, detect_language
from nlu.text import clean


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my order please", "en"),
        ("soz wrong number mate its the other one", "en"),
        ("How do I change my PIN?", "en"),
        ("wo ist meine Bestellung denn bitte", "de"),
        ("donde esta mi pedido por favor", "es"),
        ("bonjour ou est ma commande", "fr"),
        ("我的订单在哪里", "zh"),
        ("请问 LW-48213 什么时候到?", "zh"),
        ("帮忙查下LW-10023的快递到哪儿了", "zh"),
        ("注文はいつ届きますか", "ja"),
        ("주문을 취소하고 싶어요", "ko"),
        ("Привет, где мой заказ", "ru"),
        ("Де моє замовлення, будь ласка", "uk"),
        ("أين طلبي", "ar"),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: str) -> None:
    assert detect_language(text, "en") == language


@pytest.mark.parametrize(
    "text", ["", "ok", "danke", "LW-48213", "?!", "a@b.de 07700 900123", "the 客服 lamp is broken again"]
)
@pytest.mark.parametrize("default", ["en"])
def test_what_says_too_little_keeps_the_default(text: str, default: str) -> None:
    assert detect_language(text, default) == default


def test_short_latin_text_does_not_load_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    assert detect_language("hi there", "zh") == "zh"


@given(st.text(st.sampled_from("aé\u0301中 \n\t\x00\u200b\u202e\ufeff🙂\u00a0"), max_size=60))
def test_cleaning_moves_no_offset(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert all(new in (old, " ") for new, old in zip(cleaned, text, strict=True))
    assert cleaned.isprintable()


def test_long_texts_are_cut() -> None:
    assert clean("a" * 9000, max_chars=100) == "a" * 100


def test_where_the_model_cannot_be_unpacked_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    _identifier.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(LanguageIdentifier, "from_model_file", full)
        with pytest.raises(NluError, match=r"wanted room for 70 MB .* No space left on device"):
            detect_language("wo ist meine Bestellung denn bitte", "en")
    assert detect_language("wo ist meine Bestellung denn bitte", "en") == "de", "once there is room"
