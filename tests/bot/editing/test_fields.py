"""An answer's fields changed in its file: the new values are there, and nothing else moved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.editing.changing import change_fields
from bot.editing.entries import append_entry, entries_of, remove_entry, replace_entry
from bot.editing.errors import EditRefused
from bot.editing.fields import EntryFields, Texts, fields_of
from bot.editing.writing import new_entry
from tests.shop_desk import SHOP

FILES = sorted((SHOP / "answers").glob("*.yaml"))
PLACES = [
    pytest.param(path, index, id=entry.id)
    for path in FILES
    for index, entry in enumerate(entries_of(path.read_text("utf-8")))
]


def data(text: str) -> Any:
    return YAML(typ="safe").load(text)


def more_and_french(texts: Texts) -> Texts:
    longer = {
        language: (*several, "One more: “{{ x }}”\n # no comment") for language, several in texts.items()
    }
    return {**longer, "fr": ("Bonjour\nà tous",)}


def first_changed(texts: Texts) -> Texts:
    return {language: ('Another "text": {a, b}, yes!', *several[1:]) for language, several in texts.items()}


def turned(texts: Texts) -> Texts:
    return {language: several[::-1] for language, several in texts.items()}


def first_and_chinese_gone(texts: Texts) -> Texts:
    return {language: several[1:] or several for language, several in texts.items() if language != "zh"}


CHANGES = [more_and_french, first_changed, turned, first_and_chinese_gone]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("path", "index"), PLACES)
def test_changed_texts_are_read_back_and_all_else_stays(path: Path, index: int, change: Any) -> None:
    text = path.read_text("utf-8")
    old = fields_of(text, index)
    new = replace(
        old, variants=change(old.variants), title=change(old.title) if old.title else {}, hand_over=True
    )

    changed = change_fields(text, index, new)

    assert fields_of(changed, index) == new
    was, entry = entries_of(text)[index], entries_of(changed)[index]
    assert changed[: entry.start] == text[: was.start]
    assert changed[entry.end :] == text[was.end :]
    for before, after in zip(data(text), data(changed), strict=True):
        for key in {*before, *after} - {"title", "variants", "hand_over"}:
            assert after[key] == before[key]
    kept = [line for line in was.text.splitlines() if not is_of_the_fields(line, was.text)]
    assert [line for line in kept if line not in entry.text.splitlines()] == []


def is_of_the_fields(line: str, entry: str) -> bool:
    """Whether a line holds the title, the variants or whether it is handed over."""
    lines = entry.splitlines()
    key = ""
    for other in lines:
        if other.startswith(("  ", "- ")) and other[2:3].strip() and other[2:3] not in "-#":
            key = other[2:].partition(":")[0]
        if other is line or other == line:
            return key in {"title", "variants", "hand_over"}
    return False


@pytest.mark.parametrize(("path", "index"), PLACES)
def test_nothing_changed_is_nothing_written(path: Path, index: int) -> None:
    text = path.read_text("utf-8")
    entry = entries_of(text)[index]

    assert change_fields(text, index, fields_of(text, index)) == text
    assert replace_entry(text, index, entry.text) == text


@pytest.mark.parametrize(("path", "index"), PLACES)
def test_an_answer_is_taken_out_and_put_back(path: Path, index: int) -> None:
    text = path.read_text("utf-8")
    gone = entries_of(text)[index]
    if gone.anchors:
        pytest.skip("others take parts of it")

    without = remove_entry(text, index)
    again = append_entry(without, gone.text)

    others = [entry for entry in entries_of(text) if entry is not gone]
    assert [entry.text for entry in entries_of(without)] == [entry.text for entry in others]
    assert [entry.text for entry in entries_of(again)] == [entry.text for entry in (*others, gone)]


AWKWARD = """# The shop's own.
-   id: first   # the rule
    intent: a
    variants:
    # the usual one
    - 'It''s fine'  # short
    # the other
    - >-
      Folded
      text

    - |
      # no comment
      line
    hand_over: true   # a person
    # - off for now

- {id: second, intent: b, variants: ["Hello!", "Hi!"]}
- # a comment here
  id: third
  intent: c
  variants: "One"
- id: fourth
  variants: &shared {en: Yes, zh: [好, 行]}
  intent: d
- {id: fifth, intent: e, variants: *shared}
- <<: {title: T}
  id: sixth
  intent: f
  variants: x
- {id: seventh, title: "a, b: c", intent: g, variants: y}
- {id: eighth, intent: h, variants: z, title: {en: T} }
"""


def changed(index: int, newline: str = "\n", **fields: Any) -> str:
    text = AWKWARD.replace("\n", newline)
    return change_fields(text, index, replace(fields_of(text, index), **fields))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_go_where_their_text_goes(newline: str) -> None:
    after = changed(
        0, newline, variants={"": ("# no comment\nline", "It's fine", "A\nnew one")}, hand_over=False
    )

    assert after.count("\r") == (after.count("\n") if newline == "\r\n" else 0)
    assert after.replace("\r\n", "\n").startswith(
        """# The shop's own.
-   id: first   # the rule
    intent: a
    variants:
    - |
      # no comment
      line
    # the usual one
    - 'It''s fine'  # short
    - |-
      A
      new one
    # - off for now

- {id: second"""
    )


@pytest.mark.parametrize(
    ("index", "fields", "line"),
    [
        (1, {"variants": {"": ("Hello!", "Hey: you")}}, 'variants: ["Hello!", "Hey: you"]}'),
        (1, {"variants": {"": ("Hi!", "Hello!", "x")}}, 'variants: ["Hi!", "Hello!", "x"]}'),
        (1, {"variants": {"en": ("Hi!",), "zh": ("你好",)}}, 'variants: {en: "Hi!", zh: "你好"}}'),
        (1, {"hand_over": True}, '["Hello!", "Hi!"], hand_over: true}'),
        (1, {"title": {"": ("Greet",)}}, 'title: "Greet"}'),
        (6, {"title": {}}, "intent: g, variants: y}"),
        (7, {"title": {}}, "intent: h, variants: z }"),
        (2, {"variants": {"": ("Two",)}}, '  variants: "Two"\n'),
        (2, {"variants": {"": ("a", "b")}}, '  variants:\n    - "a"\n    - "b"\n- id: fourth'),
        (2, {"title": {"en": ("T",), "zh": ("题",)}}, '  intent: c\n  title: {en: "T", zh: "题"}\n'),
        (2, {"hand_over": True}, '  variants: "One"\n  hand_over: true\n- id: fourth'),
        (3, {"variants": {"en": ("Sure",), "zh": ("好", "行")}}, "&shared {en: Sure, zh: [好, 行]}"),
        (3, {"variants": {"en": ("yes",), "zh": ("好",)}}, '&shared {en: "yes", zh: "好"}'),
    ],
)
def test_each_way_of_writing_is_kept(index: int, fields: dict[str, Any], line: str) -> None:
    after = changed(index, **fields)
    assert line in after
    now = fields_of(after, index)
    assert {name: getattr(now, name) for name in fields} == fields


def test_what_stands_elsewhere_is_not_changed_here() -> None:
    assert fields_of(AWKWARD, 4).shared == {"variants"}
    with pytest.raises(EditRefused, match="another answer"):
        changed(4, variants={"en": ("No",)})
    with pytest.raises(EditRefused, match="<<"):
        fields_of(AWKWARD, 5)


@pytest.mark.parametrize(
    "entry",
    [
        "- id: a\n  variants: {en: &t [One, Two], zh: *t}\n",
        "- id: a\n  variants:\n    en: &t\n      - One\n      - Two\n    zh: *t\n  intent: b\n",
    ],
)
def test_what_would_become_something_else_is_refused(entry: str) -> None:
    fields = fields_of(entry, 0)
    assert fields.variants == {"en": ("One", "Two"), "zh": ("One", "Two")}
    for variants in (
        {"en": ("One",), "zh": ("One", "Two")},
        {"en": ("A", "Two"), "zh": ("B", "Two")},
    ):
        with pytest.raises(EditRefused, match="YAML"):
            change_fields(entry, 0, replace(fields, variants=variants))


@pytest.mark.parametrize("text", ["a: 1\n", "[{id: a}, {id: b}]\n", "- id: a\n  x: [\n", "just words\n"])
def test_a_file_that_is_no_list_of_answers_is_refused(text: str) -> None:
    with pytest.raises(EditRefused):
        entries_of(text)


def test_a_new_answer_is_written_as_the_others_are() -> None:
    fields = EntryFields({"en": ("Gift wrap",)}, {"en": ("Yes: £3.", 'Sure "so"'), "zh": ("可以",)}, True)
    text = new_entry("gift_wrap", "gift_wrap", fields)

    assert data(text) == [
        {
            "id": "gift_wrap",
            "intent": "gift_wrap",
            "title": {"en": "Gift wrap"},
            "variants": {"en": ["Yes: £3.", 'Sure "so"'], "zh": ["可以"]},
            "hand_over": True,
        }
    ]
    assert fields_of(append_entry("", text), 0) == fields


@pytest.mark.parametrize(
    "said",
    ["a\u2028b", "\u200d x", "tab\there", "emoji 😀\nline\n  in", "end \nline", "true", "x: #y", "é\x85"],
)
def test_odd_texts_are_read_back_as_they_were(said: str) -> None:
    said = said.strip()
    for before in ("One", "[One, Two]"):
        text = f"- id: a\n  variants: {before}\n"
        for texts in ((said,), (said, "b", said)):
            new = replace(fields_of(text, 0), variants={"": texts})
            assert fields_of(change_fields(text, 0, new), 0) == new
