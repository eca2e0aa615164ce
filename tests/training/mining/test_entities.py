"""Entity types found in what is said."""

from pathlib import Path

import pytest

from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from training.mining.entities import EntityCount
from training.mining.entity_entries import entities_with
from training.mining.proposal import ProposalError, ProposedEntity
from training.turns import Dialogue, DialogueTurn, Speaker


def counted(*texts: str, speaker: Speaker = "customer") -> EntityCount:
    count = EntityCount("GB", "GBP")
    for number, text in enumerate(texts):
        count.add(Dialogue(str(number), (DialogueTurn(speaker, text),)))
    return count


def proposed(*texts: str, speaker: Speaker = "customer") -> dict[str, ProposedEntity]:
    return {one.name: one for one in counted(*texts, speaker=speaker).propose()}


def test_numbers_of_one_form_are_named_by_the_word_before_and_found_by_their_pattern(tmp_path: Path) -> None:
    found = proposed(*(f"where is my order LW-7{number}" for number in range(1000, 1006)))
    text, added = entities_with(tmp_path / "entities.yaml", [found["order_number"]])
    assert added == ("order_number",)
    (tmp_path / "entities.yaml").write_text(text, "utf-8")
    [met] = load_rules(tmp_path / "entities.yaml").find("it is lw 71999 again")
    assert (met.label, met.text) == ("order_number", "lw 71999")


def test_a_bare_number_counts_only_where_it_is_called_something() -> None:
    assert "booking_number" in proposed(*(f"my booking number is 48{number}" for number in range(1000, 1006)))
    assert proposed(*(f"i paid 48{number} for it" for number in range(1000, 1006))) == {}


def test_names_that_are_spoken_of_as_things_are_products() -> None:
    texts = [
        f"the Halo pendant is {what}, says Beth in Kendal" for what in ("dim", "dark", "bent", "blue", "late")
    ]
    assert proposed(*texts)["product"].names == ("Halo pendant",)


def test_what_is_met_too_seldom_or_known_already_or_said_by_a_bot_is_not_proposed() -> None:
    said = [f"order AB-{number} came on 3 March" for number in range(1000, 1006)]
    assert proposed(*said[:2]) == {}
    assert proposed(*said, speaker="bot") == {}
    known = EntityRules({"order_number": "text"})
    assert [one.name for one in counted(*said).propose(known)] == ["date"]


def test_a_type_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match=r"entities.yaml:\d+: not a regular expression"):
        entities_with(tmp_path / "entities.yaml", [ProposedEntity("code", patterns=("(",))])
