"""Chinese characters of the same sound, one typed for the other."""

import pytest

from nlu.homophones import Homophones, pairs_of
from nlu.spelling import count_words

MESSAGES = (
    "我要退款",
    "退款多久到账",
    "我要退货",
    "快递还没到",
    "快递到哪了",
    "订单 LW-1 的发票",
    "你好",
    "再见",
    "再见",
)


@pytest.fixture(scope="module")
def homophones() -> Homophones:
    return Homophones(count_words(MESSAGES))


def test_pairs_are_those_of_one_run() -> None:
    assert pairs_of("退款, 好。abc订单号 1") == {"退款", "订单", "单号"}
    assert count_words(["退款退款", "退款a"]) == {"a": 1, "款退": 1, "退款": 2}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("我要退宽", "我要退款"),  # at the end: one neighbour, and a pair of two texts
        ("请问快弟还没到吗", "请问快递还没到吗"),
        ("退宽多久到账", "退款多久到账"),
        ("退款LW-1快弟", "退款LW-1快递"),
        ("我要退票", "我要退票"),  # no character of this sound was seen there
        ("订蛋的发飘", "订蛋的发飘"),  # its pairs are of one text each
        ("在见", "再见"),
        ("我要退款", "我要退款"),
        ("天气", "天气"),
        ("款", "款"),
        ("", ""),
        ("cancel LW-1 👍", "cancel LW-1 👍"),
    ],
)
def test_what_a_text_is_read_as(homophones: Homophones, written: str, read: str) -> None:
    assert homophones.read(written) == read


def test_where_nobody_wrote_chinese_nothing_is_changed() -> None:
    assert Homophones(count_words(["where is my order"])).read("我要退宽") == "我要退宽"
