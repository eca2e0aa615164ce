"""Names that a workspace's own release tags in transcripts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from training.mining.entity_entries import entities_with
from training.mining.mining import Options, mine
from training.mining.proposal import ProposedEntity
from training.mining.tagged import tagged_entities, with_tagged
from training.registry import Registry

TEXTS = (
    "cancel the lamp",
    "please cancel the lamp now",
    "I want the Lamp cancelled",
    "cancel LW-11111",
    "hello",
)


def names_of(found: Sequence[ProposedEntity]) -> dict[str, tuple[str, ...]]:
    return {one.name: one.names for one in found}


@pytest.mark.slow
def test_what_the_release_learned_to_tag_is_proposed_where_no_rule_finds_it(trained: Path) -> None:
    labels = Registry(trained).current()
    assert labels is not None
    shown: list[tuple[int, int]] = []
    found = tagged_entities(trained, TEXTS, EntityRules(), lambda *done: shown.append(done))
    assert "lamp" in {name.casefold() for name in names_of(found)["product"]}
    assert all(not any(sign.isdigit() for sign in name) for one in found for name in one.names)
    assert shown == [(number, len(TEXTS)) for number in range(len(TEXTS))]

    listed = EntityRules({"product": "text"}, names={"lamp": ("product", "lamp")})
    assert "lamp" not in names_of(tagged_entities(trained, TEXTS, listed)).get("product", ())


def test_before_the_first_release_nothing_is(workspace: Path) -> None:
    assert tagged_entities(workspace, TEXTS, EntityRules()) == ()


def test_of_a_type_that_was_counted_too_the_names_of_both_are_proposed() -> None:
    counted = (ProposedEntity("product", names=("Pip lamp",), n_seen=5), ProposedEntity("date", "date"))
    tagged = (
        ProposedEntity("product", names=("Oslo bench", "pip lamp"), n_seen=4),
        ProposedEntity("date", names=("soon",)),
        ProposedEntity("room", names=("kitchen",), n_seen=3),
    )
    found = with_tagged(counted, tagged)
    assert found == (
        ProposedEntity("product", names=("Pip lamp", "Oslo bench"), n_seen=9),
        ProposedEntity("date", "date"),
        ProposedEntity("room", names=("kitchen",), n_seen=3),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# ours\nproduct:\n  gazetteer:\n    Pip lamp: [light]  # the small one\n\nemail: {kind: email}\n",
            '# ours\nproduct:\n  gazetteer:\n    "Oslo bench": []\n    Pip lamp: [light]  # the small one\n\nemail: {kind: email}\n',
        ),
        (
            "product:\n    patterns: ['P-[0-9]+']\n",
            'product:\n    gazetteer:\n      "Oslo bench": []\n      "LIGHT": []\n    patterns: [\'P-[0-9]+\']\n',
        ),
        ("product: {gazetteer: {Pip lamp: []}}\n", None),
        ("product:\n  gazetteer: {Pip lamp: []}\n", None),
        ("product:\n", None),
    ],
)
def test_names_come_into_the_list_there_is(before: str, after: str | None, tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(before, "utf-8")
    wanted = ProposedEntity("product", names=("Oslo bench", "LIGHT"))
    text, changed = entities_with(path, [wanted])
    assert text == (after or before)
    assert changed == (("product",) if after else ())
    path.write_text(text, "utf-8")
    assert "product" in load_rules(path).labels


@pytest.mark.slow
def test_they_stand_in_the_proposal(trained: Path, tmp_path: Path) -> None:
    chats = tmp_path / "chats.csv"
    lines = [f"{number},customer,{TEXTS[number % 3]} {'again ' * (number % 4)}" for number in range(60)]
    lines += [f"{number},agent,Done." for number in range(60)]
    chats.write_text("\n".join(["conversation,speaker,text", *sorted(lines)]), "utf-8")
    proposal = mine([chats], trained, Options())
    assert "lamp" in {name.casefold() for name in names_of(proposal.entities)["product"]}
