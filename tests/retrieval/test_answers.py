"""Answers: what a workspace may write, what is refused and where, what is never printed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook, MissingSlot, check, render, say, say_value
from retrieval.errors import RetrievalError
from retrieval.templates import MAX_CHARS, TemplateError, fill

ORDER = """\
- id: order_shipped
  intent: order_status
  title: Where is my order
  slots: [{name: order_number, entity: order_number, ask: "Which order?"}]
  action: get_order
  conditions: ["result.status == 'shipped'"]
  variants:
    en: ["{{ order_number }} comes {{ result.eta | date }}.", "On its way: {{ order_number }}, due {{ result.eta | date }}."]
    zh: ["订单 {{ order_number }} 将于{{ result.eta | date }}送达。"]
  buttons: [{label: "A person", intent: talk_to_person}]
- id: order_unknown
  intent: order_status
  variants: "I can't find that one."
  also_for: [talk_to_person]
- id: handover
  intent: talk_to_person
  variants: ["One moment."]
  hand_over: true
"""


def book(folder: Path, text: str = ORDER) -> AnswerBook:
    (folder / "a.yaml").write_text(text, "utf-8")
    return load_answers(folder)


def test_answers_are_read_in_file_order_with_all_they_say(tmp_path: Path) -> None:
    answers = book(tmp_path)
    assert answers.intents == ("order_status", "talk_to_person")
    assert [answer.id for answer in answers.of_intent("order_status")] == ["order_shipped", "order_unknown"]
    assert [answer.id for answer in answers.of_intent("talk_to_person")] == ["handover", "order_unknown"]
    shipped = answers.get("order_shipped")
    assert (shipped.slots[0].entity, shipped.action, shipped.buttons[0].intent) == (
        "order_number",
        "get_order",
        "talk_to_person",
    )
    assert say(shipped.slots[0].ask, {}, language="en") == "Which order?"
    assert answers.get("handover").hand_over
    assert answers.actions == ("get_order",)


def test_the_language_and_the_seed_choose_the_variant(tmp_path: Path) -> None:
    answer = book(tmp_path).get("order_shipped")
    context = {"order_number": "LW-1", "result": {"eta": "2026-03-14"}}
    assert render(answer, context, language="en", seed=0) == "LW-1 comes Saturday 14 March."
    assert render(answer, context, language="en", seed=1).startswith("On its way")
    assert render(answer, context, language="zh-Hans") == "订单 LW-1 将于3月14日周六送达。"
    assert render(answer, context, language="fr", seed=0).startswith("LW-1")


@pytest.mark.parametrize("known", [{}, {"order_number": None}, {"order_number": ""}])
def test_a_missing_slot_is_raised_by_name_and_never_printed(
    tmp_path: Path, known: dict[str, str | None]
) -> None:
    answer = book(tmp_path).get("order_shipped")
    with pytest.raises(MissingSlot) as raised:
        render(answer, {**known, "result": {"eta": "2026-03-14"}}, language="en")
    assert raised.value.name == "order_number"


def test_a_variant_that_would_print_a_hole_gives_way_to_one_that_does_not(tmp_path: Path) -> None:
    text = "- {id: a, intent: a, variants: ['Hi {{ customer.name }}!', 'Hi!']}"
    answer = book(tmp_path, text).get("a")
    assert {render(answer, {"customer": {"name": None}}, language="en", seed=n) for n in range(4)} == {"Hi!"}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("- id: a\n  intent: a\n  varaints: [x]\n", 3, "did you mean 'variants'"),
        (
            "- id: a\n  intent: a\n  variants: [x]\n- id: a\n  intent: b\n  variants: [x]\n",
            4,
            "taken already",
        ),
        (
            "- id: a\n  intent: a\n  variants:\n    - fine\n    - 'Your {{ order_no }}'\n",
            5,
            "'order_no' is neither",
        ),
        ("- id: a\n  intent: a\n  variants:\n    en: [x]\n    zh: ['{{ order']\n", 5, "not a template"),
        ("- id: a\n  intent: a\n  variants: ['{{ x.append(1) }}']\n", 3, "no call"),
        (
            "- id: a\n  intent: a\n  variants: [x]\n  buttons:\n  - {label: L, intent: aa}\n",
            4,
            "did you mean 'a'",
        ),
        (
            "- id: a\n  intent: a\n  variants: [x]\n  buttons:\n  - {label: L, answer: b}\n",
            4,
            "answer 'b' has no answer",
        ),
        ("- id: a\n  intent: a\n  variants: [x]\n  buttons:\n  - {label: L}\n", 5, "exactly one"),
        ("- id: a\n  intent: a\n  conditions: ['result ==']\n  variants: [x]\n", 3, "not a template"),
        ("- id: a\n  intent: a\n  variants: []\n", 3, "at least one text"),
        ("- id: a\n  intent: a\n", 1, "without variants"),
        ("- id: a\n  intent: a\n  variants: [3]\n", 3, "wanted a text"),
        ("- id: a\n  intent: a\n  hand_over: maybe\n  variants: [x]\n", 3, "true or false"),
        ("- id: Big A\n  intent: a\n  variants: [x]\n", 1, "small letters"),
        ("- id: a\n  intent: a\n  id: b\n", 3, "duplicate key"),
        ("- id: a\n  intent: [\n", 3, "not YAML"),
        ("id: a\n", 1, "wanted a list"),
        ("- a\n", 1, "keys and values"),
        ("- id: a\n  intent: a\n  confirm: Sure?\n  variants: [x]\n", 3, "no action to confirm"),
        (
            "- id: a\n  intent: a\n  slots: [{name: result, ask: x}]\n  variants: [x]\n",
            3,
            "meaning of its own",
        ),
        ("- id: a\n  intent: a\n  variants: ['{{ result.x }}']\n", 3, "wanted an action"),
        (
            "- {id: a, intent: a, action: x, variants: [x]}\n- {id: b, intent: a, action: y, variants: [x]}\n",
            2,
            "one action",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_file_and_line(
    tmp_path: Path, text: str, line: int, word: str
) -> None:
    with pytest.raises(RetrievalError) as raised:
        book(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'a.yaml'}:{line}: ")
    assert word in str(raised.value)


def test_all_that_is_wrong_with_all_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("""\
- id: Big
  intent: a
  varaints: [x]
  hand_over: maybe
- id: b
  intent: a
  action: one
  slots: [{nam: x}, 5]
  variants: ['{{ order }} {{ parcel }}', 3, '{{']
  buttons: [{label: L, intent: nowhere}, {label: L}]
""")
    (tmp_path / "b.yaml").write_text("""\
- {id: b, intent: a, action: two, variants: [x], also_for: [nobody]}
- {id: c, intent: c, variants: {en: [], Q: ['{{ result.x }}']}, confirm: Sure?}
""")
    with pytest.raises(RetrievalError) as raised:
        load_answers(tmp_path)
    told = str(raised.value).splitlines()
    wanted = [
        ("a.yaml:3", "unknown key 'varaints'"), ("a.yaml:1", "id is 'Big'"), ("a.yaml:1", "without variants"),
        ("a.yaml:4", "true or false"), ("a.yaml:8", "unknown key 'nam'"), ("a.yaml:8", "name is None"),
        ("a.yaml:8", "has no ask"), ("a.yaml:8", "a slot is 5"), ("a.yaml:9", "'order' is neither"),
        ("a.yaml:9", "'parcel' is neither"), ("a.yaml:9", "holds 3"), ("a.yaml:9", "not a template"),
        ("a.yaml:10", "exactly one"), ("a.yaml:10", "intent 'nowhere'"), ("b.yaml:1", "taken already"),
        ("b.yaml:1", "action is 'two'"), ("b.yaml:1", "intent 'nobody'"), ("b.yaml:2", "empty list"),
        ("b.yaml:2", "language code"), ("b.yaml:2", "no action to confirm"), ("b.yaml:2", "uses result"),
    ]  # fmt: skip
    for place, words in wanted:
        assert sum(f"/{place}: " in line and words in line for line in told) == 1, (place, words)
    assert len(told) == len(wanted)


def test_a_file_that_is_no_yaml_is_told_with_the_faults_of_others_and_no_consequences(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "- {id: order, intent: order, slots: [{name: number, ask: Which?}, variants: x}\n"
    )
    (tmp_path / "b.yaml").write_text("id: a\n")
    (tmp_path / "c.yaml").write_text(
        "- {id: b, intent: order, variants: ['{{ number }}'], buttons: [{label: L, answer: order}], hand_over: 3}\n"
    )
    with pytest.raises(RetrievalError) as raised:
        load_answers(tmp_path)
    told = [line.removeprefix(f"{tmp_path}/") for line in str(raised.value).splitlines()]
    assert [line[:6] for line in told] == ["a.yaml", "b.yaml", "c.yaml"], told
    assert "hand_over is 3" in told[2]


def test_answers_of_one_intent_may_use_each_others_slots(tmp_path: Path) -> None:
    text = """\
- {id: a, intent: i, conditions: [order_number is not defined], variants: [x]}
- {id: b, intent: i, slots: [{name: order_number, ask: Which?}], variants: ['{{ order_number }}']}
- {id: c, intent: j, variants: [x]}
"""
    assert book(tmp_path, text).get("b").slots[0].entity == "order_number"
    with pytest.raises(RetrievalError, match="neither a slot"):
        book(tmp_path, text.replace("intent: j, ", "intent: j, conditions: [order_number is not defined], "))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match=r"no \*\.yaml"):
        load_answers(tmp_path)


@pytest.mark.parametrize(
    ("condition", "context", "outcome"),
    [
        ("result.status == 'shipped'", {}, None),
        ("result.status == 'shipped'", {"result": {"status": "shipped"}}, True),
        ("result.status == 'shipped'", {"result": {"status": "late"}}, False),
        ("result.days > 3", {"result": {}}, False),
        ("result.days > 3", {"result": {"days": "many"}}, False),
        ("result.status == 'a' and is_open", {"is_open": False}, False),
        ("result.status == 'a' and is_open", {"is_open": True}, None),
        ("result.status == 'a' or is_open", {"is_open": True}, True),
        ("not (result.a or is_open)", {"is_open": True}, False),
        ("not result.a", {}, None),
        ("sentiment == 'negative'", {"sentiment": None}, False),
        ("order_number is not defined", {}, True),
        ("result.status in ['a', 'b']", {"result": {"status": "b"}}, True),
        ("result.items | length > 1", {"result": {"items": [1, 2]}}, True),
    ],
)
def test_conditions_have_three_values(
    condition: str, context: dict[str, object], outcome: bool | None
) -> None:
    assert check(condition, context) is outcome


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ x.__init__.__globals__ }}",
        "{{ x|attr('__class__') }}",
        "{% for n in range(9) %}{% endfor %}",
        "{{ 'a' * 999999999 }}",
        "{{ '%99999999d' % 1 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% include 'a' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ lipsum() }}",
        "x" * 5000,
    ],
)
def test_the_sandbox_refuses_tricks(template: str) -> None:
    with pytest.raises(TemplateError):
        fill(template, {"x": "y"})


def test_a_class_hidden_behind_an_item_is_a_hole() -> None:
    for template in ("{{ x['__class__'] }}", "{{ x.upper }}", "{{ x.items }}"):
        with pytest.raises(MissingSlot):
            fill(template, {"x": {"a": 1}})


def test_a_rendered_text_has_a_bound() -> None:
    assert (
        len(fill("{% for line in result %}{{ line }}{% endfor %}", {"result": ["abc" * 999] * 999}))
        == MAX_CHARS
    )


@given(
    st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.text("ab {}") | st.integers() | st.booleans())
)
def test_no_context_makes_a_template_print_none(context: dict[str, object]) -> None:
    if context.get("a") in (None, "") or context.get("b") in (None, ""):
        with pytest.raises(MissingSlot):
            fill("[{{ a }}|{{ b }}]", context)
    else:
        assert fill("[{{ a }}|{{ b }}]", context) == f"[{context['a']}|{context['b']}]"


def test_money_is_written_as_the_language_does() -> None:
    assert (
        fill("{{ a | money }} {{ b | money('EUR') }}", {"a": "39.00 GBP", "b": 5, "language": "en"})
        == "£39.00 €5.00"
    )
    assert fill("{{ a | money }}", {"a": "199 CNY", "language": "zh"}) == "¥199.00"


def test_a_date_is_read_by_customers_as_they_write_it() -> None:
    assert say_value("2026-03-14", "date", language="en") == "Saturday 14 March"
    assert say_value("2026-03-14", "date", language="zh") == "3月14日周六"
    assert say_value("LW-11111", "order_number", language="en") == "LW-11111"
