"""The archive that a whole mining is measured with."""

from pathlib import Path
from random import Random

from bench.mining_archive import draw, misspell, write_archive
from training.dialogues import read_dialogues
from training.turns import Dialogue, DialogueTurn

ASKED = DialogueTurn("customer", "where is my parcel 12345 of yesterday")
REPLY = DialogueTurn("agent", "It arrives tomorrow.")


def test_letters_change_places_in_one_word_of_a_customer() -> None:
    changed = misspell(ASKED, Random(0)).text.split()
    differing = [(one, other) for one, other in zip(ASKED.text.split(), changed, strict=True) if one != other]
    assert len(differing) == 1
    assert sorted(differing[0][0]) == sorted(differing[0][1])
    assert misspell(REPLY, Random(0)) == REPLY


def test_an_archive_has_as_many_dialogues_as_wanted_each_under_its_own_id(tmp_path: Path) -> None:
    archive = tmp_path / "archive.jsonl"
    assert write_archive(archive, draw([Dialogue("a", (ASKED, REPLY))], 50, 0.5)) == 100
    read = list(read_dialogues([archive]))
    assert len({one.id for one in read}) == 50
    asked = [one.turns[0].text for one in read]
    assert 15 < sum(text != ASKED.text for text in asked) < 35
    assert {one.turns[1].text for one in read} == {REPLY.text}
