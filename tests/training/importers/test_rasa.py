"""Rasa's NLU YAML: examples of intents, with entities in brackets."""

from pathlib import Path

import pytest

from tests.training.importers.reading import dialogues, entities, intents, read, reasons, said
from training.errors import TrainingError

NLU = """version: "3.1"
# Customers' questions
nlu:
- intent: book
  examples: |
    - to [Rome](city)
    - to [NYC](city:New York) on [friday]{"entity": "day", "value": "fri"}
    - [a](x)[b]{"entity": "y"} 🙂
- intent: faq/hours
  examples:
  - when are you [open](state)
  - text: |
      on sundays?
    metadata: {sentiment: neutral}
"""


def test_examples_of_intents_with_their_entities(tmp_path: Path) -> None:
    found = dialogues(tmp_path, "rasa", NLU)
    assert intents(found) == [("book",), ("book",), ("book",), ("faq/hours",), ("faq/hours",)]
    assert [said(one) for one in found][1:] == [
        [("customer", "to NYC on friday")],
        [("customer", "ab 🙂")],
        [("customer", "when are you open")],
        [("customer", "on sundays?")],
    ]
    assert [entities(one) for one in found] == [
        [("Rome", "city", "")],
        [("NYC", "city", "New York"), ("friday", "day", "fri")],
        [("a", "x", ""), ("b", "y", "")],
        [("open", "state", "")],
        [],
    ]
    assert found[4].turns[0].entities == ()


def test_several_intents_are_written_as_one(tmp_path: Path) -> None:
    content = "nlu:\n- intent: cancel+refund+cancel\n  examples: |\n    - stop it, money back\n- intent: +\n  examples: |\n    - more\n"
    assert intents(dialogues(tmp_path, "rasa", content)) == [("cancel", "refund"), ("+",)]


def test_each_example_has_its_line(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "rasa", NLU)
    assert [one.line for one in found] == [6, 7, 8, 11, 12]


def test_what_is_no_example_is_told(tmp_path: Path) -> None:
    content = """nlu:
- synonym: credit
  examples: |
    - cc
- regex: number
  examples: |
    - \\d+
- lookup: city
  examples: |
    - Rome
- intent: book
- just text
- intent: go
  examples: |
    -
    - to [Rome]{"entity": "city", "role": "to"}
    - [x]{"nope": 1}
    - [x]{broken}
    - [x]{"entity": ""}
rules: []
"""
    [found], skipped = read(tmp_path, "rasa", content)
    assert entities(found.dialogue) == [("Rome", "city", "")]
    broken = 'an entity that isn\'t {"entity": "...", "value": "..."}'
    assert reasons(skipped) == [
        ("20", "section 'rules' holds no dialogues"),
        ("2", "synonyms are no dialogues; entities.yaml takes them as a gazetteer"),
        ("5", "patterns are no dialogues; entities.yaml takes them"),
        ("8", "look-up tables are no dialogues; entities.yaml takes them as a gazetteer"),
        ("11", "no intent with examples"),
        ("12", "neither an intent nor anything else of Rasa's"),
        ("15", "no text"),
        ("16", "roles and groups of entities are not kept"),
        ("17", broken),
        ("18", broken),
        ("19", broken),
    ]
    assert [one.is_part for one in skipped] == [True] * 4 + [False] * 3 + [True] + [False] * 3


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - x\n bad\n", "file:5: not YAML: "),
        ("- a\n", "file: not Rasa's YAML: wanted 'nlu:' with a list of intents"),
        ("stories:\n- story: x\n", "file: no list under 'nlu:'; met stories"),
        ("nlu: text\n", "file: no list under 'nlu:'; met nlu"),
        ("nlu: []\nnlu: []\n", "file:2: not YAML: "),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(TrainingError) as raised:
        read(tmp_path, "rasa", content)
    assert problem in str(raised.value)
