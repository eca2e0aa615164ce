"""Exact rules: what is found, where, which span wins, and what an operator may not write."""

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.errors import NluError
from nlu.rule_files import load_rules
from nlu.rules import EntityRules

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
TYPES = """\
order_number:
  patterns:
    - {regex: '\\bLW[ -]?(?P<digits>\\d{5})\\b', normal: 'LW-{digits}'}
    - {regex: 'order (?P<span>(?P<digits>\\d{5}))\\b', normal: 'LW-{digits}'}
product:
  gazetteer:
    Pip lamp: [pip, bedside lamp, 台灯]
    Ember cast-iron pot: [ember, iron pot, 铸铁锅]
    Fenwick sofa:
date: {kind: date}
amount: {kind: amount}
email: {kind: email}
phone: {kind: phone}
postcode: {kind: postcode}
person: {kind: person}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> EntityRules:
    path = tmp_path_factory.mktemp("workspace") / "entities.yaml"
    path.write_text(TYPES, "utf-8")
    return load_rules(path, country="GB", currency="GBP", zone=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("where is LW-48213?", "where is LW      ?"),
        ("my order 48213 pls", "my order       pls"),
        ("lw48213 or LW 48214", "lw      or LW      "),
        ("the pip lamp, £39, 020 7946 0018, 台灯", "the pip lamp, £39, 020 7946 0018, 台灯"),
        ("", ""),
    ],
)
def test_the_encoder_sees_no_digits_of_what_patterns_find(text: str, shown: str, rules: EntityRules) -> None:
    assert rules.for_encoder(text) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is lw48213?", [("order_number", "lw48213", "LW-48213")]),
        ("my order 48213 pls", [("order_number", "48213", "LW-48213")]),
        ("The BEDSIDE  Lamp and the cast-iron pot", [("product", "BEDSIDE  Lamp", "Pip lamp"), ("product", "iron pot", "Ember cast-iron pot")]),
        ("two fenwick sofas", [("product", "fenwick sofas", "Fenwick sofa")]),
        ("the pipe, a pipeline", []),
        ("台灯什么时候到", [("product", "台灯", "Pip lamp")]),
        ("我的铸铁过和猪铁锅破了", [("product", "铸铁过", "Ember cast-iron pot"), ("product", "猪铁锅", "Ember cast-iron pot")]),
        ("铸铁盘，铸贴过，台等", []),
        ("my fenwik sofa, fenwcik sofa", [("product", "fenwik sofa", "Fenwick sofa"), ("product", "fenwcik sofa", "Fenwick sofa")]),
        ("ember@larkwood.example", [("email", "ember@larkwood.example", "ember@larkwood.example")]),
        ("ring me on 020 7946 0018", [("phone", "020 7946 0018", "+442079460018")]),
        ("bs6 5qt", [("postcode", "bs6 5qt", "BS6 5QT")]),
        ("D02X285 in Dublin", [("postcode", "D02X285", "D02 X285")]),
        ("paid £39 for it next friday", [("amount", "£39", "39.00 GBP"), ("date", "next friday", "2026-12-04")]),
        ("R20 each, see you", []),
        ("EUR 20 on fri next week", [("amount", "EUR 20", "20.00 EUR"), ("date", "fri next week", "2026-12-04")]),
        ("下个月5号可以吗", [("date", "下个月5号", "2026-12-05")]),
    ],
)  # fmt: skip
def test_what_is_written_is_found_with_its_value(
    rules: EntityRules, text: str, found: list[tuple[str, str, str]]
) -> None:
    assert [(one.label, one.text, one.value) for one in rules.find(text, now=NOW)] == found


@given(
    st.lists(
        st.sampled_from(
            [
                "LW-48213",
                "fenwik sofa",
                "the pip",
                "İ",
                "ſ",
                "中",
                "铸铁过了",
                "£39",
                "tomorrow",
                " ",
                "bs6 5qt",
                "3/4",
                "\n",
                "a@b.de",
                "mirrror",
                "'s",
            ]
        )
    )
)
def test_offsets_are_those_of_the_text_and_spans_never_overlap(rules: EntityRules, parts: list[str]) -> None:
    text = " ".join(parts)
    found = rules.find(text, now=NOW)
    assert all(text[one.start : one.end] == one.text and one.text for one in found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))


def test_the_longest_span_wins_and_a_pattern_beats_a_name_as_long(tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(
        "code: {patterns: ['kite|kit']}\nproduct: {gazetteer: {Kite: [], Kite knife set: []}}\n", "utf-8"
    )
    rules = load_rules(path)
    assert [(one.label, one.source) for one in rules.find("kite")] == [("code", "pattern")]
    assert [(one.label, one.source) for one in rules.find("kite knife set")] == [("product", "gazetteer")]


@pytest.mark.parametrize(
    ("label", "text", "value"),
    [
        ("order_number", "LW 48213", "LW-48213"),
        ("product", "that fenwick sofa thing", "Fenwick sofa"),
        ("product", "garden gnome", "garden gnome"),
        ("person", "emma hall", "Emma Hall"),
        ("nobody_knows", "x", "x"),
    ],
)
def test_spans_of_the_model_get_the_same_values(
    rules: EntityRules, label: str, text: str, value: str
) -> None:
    assert rules.normalise(label, text, now=NOW) == value


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a:\n  kidn: date\n", 2, "did you mean 'kind'"),
        ("a:\n  kind: dates\n", 2, "wanted one of date"),
        ("a:\n  patterns:\n    - '(x'\n", 3, "not a regular expression"),
        ("a:\n  patterns:\n    - 'x*'\n", 3, "empty text"),
        ("a:\n  patterns:\n    - {regex: 'x', normal: '{y}'}\n", 3, "no group"),
        ("a:\n  patterns:\n    - {regex: '(?:x|a|aa|a+)+$'}\n", 3, "takes too long"),
        (f"a: {{patterns: ['x{{{'9' * 5000}}}']}}", 1, "not a regular expression"),
        (f"a: {{patterns: ['{'(' * 5000}x{')' * 5000}']}}", 1, "not a regular expression"),
        ("a:\n  gazetteer:\n    X: [y]\n    Z: [y]\n", 4, "stands for 'X' already"),
        ("a:\n  gazetteer:\n    X: y\n", 3, "wanted a list"),
        ("- a\n", 1, "by name"),
        ("a: {\n", 2, "not YAML"),
    ],
)
def test_what_cannot_be_used_is_named_with_file_and_line(
    tmp_path: Path, text: str, line: int, word: str
) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(NluError) as raised:
        load_rules(path)
    assert str(raised.value).startswith(f"{path}:{line}: ")
    assert word in str(raised.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text("""\
a: {kind: x, knd: y, kid: z}
b: 5
c:
  patterns: ['(', 'x*', {regx: x}]
  gazetteer: {X: [y], Z: [y], W: 3}
""")
    with pytest.raises(NluError) as raised:
        load_rules(path)
    told = [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]
    assert [line.partition(":")[0] for line in told] == ["1", "1", "1", "2", "4", "4", "4", "5", "5"], told
    for words in (
        "'knd'",
        "'kid'",
        "kind is 'x'",
        "is 5",
        "'('",
        "'x*'",
        "'regx'",
        "for 'X' already",
        "'W' has 3",
    ):
        assert sum(words in line for line in told) == 1, words


def test_a_workspace_without_entities_has_no_rules(tmp_path: Path) -> None:
    assert load_rules(tmp_path / "entities.yaml").find("LW-48213") == []


def test_a_long_hostile_text_takes_no_time(rules: EntityRules) -> None:
    for text in (
        "1 " * 2048,
        "LW-" * 1300,
        "the next " * 450,
        "a@" * 2048,
        "fenwik" * 600,
        "£1,111" * 600,
        "+" * 4096,
    ):
        started = time.perf_counter()
        rules.find(text, now=NOW)
        assert time.perf_counter() - started < 1


def test_names_may_be_long_and_begin_alike(tmp_path: Path) -> None:
    long = "lamp " * 1000 + "shade"
    rules = EntityRules(
        names={
            long: ("product", "long"),
            f"{long}s and more": ("product", "more"),
            "lamp": ("product", "lamp"),
        }
    )
    for text, value in ((long, "long"), (f"{long}s and more", "more"), ("a lamp", "lamp")):
        assert [one.value for one in rules.find(text)] == [value]


def test_taught_names_are_found_and_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(TYPES, "utf-8")
    known = load_rules(path)
    known.teach({"Oslo bench": ("product", "Oslo bench"), "台凳": ("product", "台凳")})

    def found(text: str) -> list[tuple[str, str]]:
        return [(one.label, one.value) for one in known.find(text, now=NOW)]

    assert found("my oslo bench and the pip") == [("product", "Oslo bench"), ("product", "Pip lamp")]
    assert found("我的台凳坏了") == [("product", "台凳")]
    assert found("oslo benches") == []
    known.teach({"Boxing Monday": ("date", "Boxing Monday"), "Oslo bench": ("product", "Oslo bench")})
    assert ("date", "Boxing Monday") not in found("on boxing monday")
    known.teach({})
    assert found("my oslo bench and the pip") == [("product", "Pip lamp")]
