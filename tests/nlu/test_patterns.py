"""Understanding without a model."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlu.patterns import PatternUnderstander, word_vector
from nlu.rules import EntityRules


def test_patterns_and_names_are_found() -> None:
    rules = EntityRules({"email": "email", "product": "text"}, names={"floor lamp": ("product", "lamp")})
    [understood] = PatternUnderstander(rules).understand_batch(["Is the floor lamp back? anna@example.org"])
    assert [(one.label, one.value) for one in understood.entities] == [
        ("product", "lamp"),
        ("email", "anna@example.org"),
    ]
    assert understood.intents == ()
    assert understood.sentiment is None


def test_names_that_staff_mark_are_found_from_then_on() -> None:
    understander = PatternUnderstander(EntityRules({"product": "text"}))
    understander.teach({"lampshade": ("product", "lampshade")})
    [understood] = understander.understand_batch(["a lampshade"])
    assert [one.value for one in understood.entities] == ["lampshade"]


def test_texts_with_the_same_words_are_near_and_others_are_not() -> None:
    same = word_vector("Where is my order?") @ word_vector("my order, where is")
    other = word_vector("Where is my order?") @ word_vector("the mirror arrived broken")
    assert same > 0.7 > 0.5 > other


@given(st.text())
def test_a_vector_has_length_one_whatever_the_text(text: str) -> None:
    assert np.isclose(np.linalg.norm(word_vector(text)), 1.0, atol=1e-5)
