import pytest

from tests.training.mining.proposals import HOURS, WHERE, proposal
from training.mining.edits import Part, change_between, merge, rename, set_answers, set_status, split, undo
from training.mining.proposal import ProposalError


def test_a_merged_intent_has_the_requests_texts_and_answers_of_both() -> None:
    merged = merge(proposal(), "cancel", "where").get("where")
    assert merged.n_requests == 6
    assert merged.groups == ("2", "3")
    assert merged.examples[:2] == ("where is my parcel", "cancel it")
    assert merged.answers == (WHERE, HOURS)
    assert "3" not in merged.near


def test_a_part_that_was_split_off_owns_its_requests_and_the_rest_stays() -> None:
    part, rest = Part(("2.1",), 1, ("my parcel is late",)), Part((), 3, ("where is my parcel",))
    edited = split(proposal(), "where", "late", part, rest)
    assert [one.name for one in edited.intents] == ["hours", "where", "late", "cancel"]
    assert edited.get("late").answers == edited.get("where").answers
    owners = [edited.owner_of(group) for group in ("2", "2.1", "2.1.4", "2.2")]
    assert [owner and owner.name for owner in owners] == ["where", "late", "late", "where"]
    assert edited.owner_of("21") is None


@pytest.mark.parametrize("name", ["", "Late", "2late", "late parcel", "l" * 81, "../etc", "hours"])
def test_a_name_that_files_cannot_have_or_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ProposalError):
        rename(proposal(), "where", name)


def test_an_intent_is_not_merged_with_itself_nor_split_into_nothing() -> None:
    with pytest.raises(ProposalError, match="itself"):
        merge(proposal(), "where", "where")
    with pytest.raises(ProposalError, match="some to go and some to stay"):
        split(proposal(), "where", "late", Part(("2.1",), 4, ()), Part((), 0, ()))
    with pytest.raises(ProposalError, match="'parcel' is not among the 3"):
        merge(proposal(), "parcel", "where")


def test_coverage_counts_what_is_kept_and_reviewed_what_is_decided() -> None:
    edited = set_status(set_status(proposal(), "hours", "accepted"), "cancel", "dropped")
    assert edited.n_reviewed == 2
    assert edited.coverage == pytest.approx(8 / 20)


def test_each_edit_can_be_undone_while_what_it_made_is_unchanged() -> None:
    before = proposal()
    part, rest = Part(("2.1",), 1, ("my parcel is late",)), Part((), 3, ("where is my parcel",))
    for after in (
        merge(before, "cancel", "where"),
        rename(before, "where", "parcel"),
        set_status(before, "hours", "dropped"),
        set_answers(before, "where", (HOURS,)),
        split(before, "where", "late", part, rest),
    ):
        assert after != before
        undone = undo(after, change_between(before, after))
        assert sorted(undone.intents, key=lambda one: one.name) == sorted(
            before.intents, key=lambda one: one.name
        )


def test_an_edit_is_not_undone_over_a_later_one() -> None:
    before = proposal()
    merged = merge(before, "cancel", "where")
    renamed = rename(merged, "where", "parcel")
    with pytest.raises(ProposalError, match="changed since"):
        undo(renamed, change_between(before, merged))
    taken = rename(merged, "hours", "cancel")
    with pytest.raises(ProposalError, match="taken meanwhile"):
        undo(taken, change_between(before, merged))
