from functools import partial
from pathlib import Path

import pytest

from retrieval.answer_files import load_answers
from tests.training.mining.proposals import SAID, write_proposal_files
from training.dialogue_writing import write_dialogues
from training.dialogues import dialogue_files, problems, read_dialogues
from training.mining.accepting import accept
from training.mining.edits import rename, set_status
from training.mining.proposal import Proposal, ProposalError
from training.mining.review import Review
from training.turns import Dialogue, DialogueTurn


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write_proposal_files(tmp_path / "desk")


def labels(workspace: Path) -> dict[str, tuple[str, ...]]:
    found = read_dialogues(dialogue_files(workspace))
    return {
        turn.text: turn.intents for dialogue in found for turn in dialogue.turns if turn.speaker == "customer"
    }


def edit(workspace: Path, change: partial[Proposal]) -> None:
    Review(workspace).edit(change, bases={}, by="ann", what="edit")


def test_everything_becomes_labelled_dialogues_answers_and_entities(workspace: Path) -> None:
    accepted = accept(workspace, everything=True)
    assert (accepted.n_texts, accepted.n_dialogues) == (10, 10)
    assert labels(workspace)["when do you open"] == ("hours",)
    assert "tell me a joke" not in labels(workspace)
    assert list(problems(dialogue_files(workspace))) == []
    book = load_answers(workspace / "answers")
    assert [answer.intent for answer in book.answers] == ["hours", "where", "cancel"]
    assert "order_number" in (workspace / "entities.yaml").read_text("utf-8")


def test_personal_data_is_masked(workspace: Path) -> None:
    accept(workspace, everything=True)
    text = (workspace / "dialogues" / "mined.jsonl").read_text("utf-8")
    assert "ann@x.example" not in text
    assert "7946" not in text
    assert "<email>" in text
    assert "<phone>" in text


def test_a_sentence_that_only_staff_could_fill_is_never_said(workspace: Path) -> None:
    accept(workspace, everything=True)
    where, cancel = (load_answers(workspace / "answers").get(name) for name in ("where", "cancel"))
    assert where.variants.templates == ("Your parcel {{ order_number }} takes three days.",)
    assert [slot.name for slot in where.slots] == ["order_number"]
    assert "[[" not in (workspace / "answers" / "mined.yaml").read_text("utf-8")
    assert cancel.hand_over  # no reply that could be said again


def test_only_what_was_accepted_is_written(workspace: Path) -> None:
    with pytest.raises(ProposalError, match="none accepted"):
        accept(workspace)
    assert not (workspace / "answers").exists()
    edit(workspace, partial(set_status, name="hours", status="accepted"))
    assert accept(workspace).intents == ("hours",)
    assert set(labels(workspace)) == set(SAID["hours"])


def test_what_was_dropped_is_left_out_of_everything(workspace: Path) -> None:
    edit(workspace, partial(set_status, name="cancel", status="dropped"))
    assert accept(workspace, everything=True).intents == ("hours", "where")
    assert "cancel it" not in labels(workspace)


def test_accepting_again_changes_no_file(workspace: Path) -> None:
    accept(workspace, everything=True)
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    accept(workspace, everything=True)
    assert {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()} == before


def test_after_another_review_its_own_entries_follow_and_those_of_people_stay(workspace: Path) -> None:
    accept(workspace, everything=True)
    path = workspace / "answers" / "mined.yaml"
    path.write_text(path.read_text("utf-8").replace("from nine to five", "all day"), "utf-8")
    edit(workspace, partial(rename, name="where", new="parcel"))
    accepted = accept(workspace, everything=True)
    assert [answer.id for answer in load_answers(workspace / "answers").answers] == [
        "hours",
        "parcel",
        "cancel",
    ]
    assert "all day" in path.read_text("utf-8")
    assert [note for note in accepted.notes if "'hours' is answered already, in answers/mined.yaml" in note]
    assert labels(workspace)["parcel not here"] == ("parcel",)


def test_an_answer_that_stands_in_another_file_stays_the_one(workspace: Path) -> None:
    (workspace / "answers").mkdir()
    mine = '- {id: my_hours, intent: hours, variants: ["Never."]}\n- {id: cancel, intent: stop, variants: ["No."]}\n'
    (workspace / "answers" / "own.yaml").write_text(mine, "utf-8")
    accepted = accept(workspace, everything=True)
    assert (workspace / "answers" / "own.yaml").read_text("utf-8") == mine
    assert accepted.answers == ("where",)
    assert [note.split(" is ")[0] for note in accepted.notes] == ["intent 'hours'", "answer id 'cancel'"]


def test_answers_that_are_broken_already_are_told_and_nothing_is_written(workspace: Path) -> None:
    (workspace / "answers").mkdir()
    (workspace / "answers" / "own.yaml").write_text("- {id: x}\n", "utf-8")
    with pytest.raises(ProposalError, match=r"answers/own.yaml:1: "):
        accept(workspace, everything=True)
    assert not (workspace / "dialogues").exists()
    assert not (workspace / "entities.yaml").exists()


def test_a_dialogue_of_the_workspace_moves_rather_than_being_there_twice(workspace: Path) -> None:
    others = workspace / "dialogues" / "log.jsonl"
    others.parent.mkdir()
    first = DialogueTurn("customer", "when do you open", intents=("opening_hours",))
    write_dialogues(others, [Dialogue("d0", (first,)), Dialogue("own", (DialogueTurn("customer", "hi"),))])
    accept(workspace, everything=True)
    assert list(problems(dialogue_files(workspace))) == []
    assert [dialogue.id for dialogue in read_dialogues([others])] == ["own"]
    assert labels(workspace)["when do you open"] == ("opening_hours",)  # a label of people stays


def test_entity_types_that_are_there_stay_as_they_were(workspace: Path) -> None:
    own = "# mine\norder_number:\n  patterns: ['\\d{9}']\n"
    (workspace / "entities.yaml").write_text(own, "utf-8")
    assert accept(workspace, everything=True).entities == ()
    assert (workspace / "entities.yaml").read_text("utf-8") == own
