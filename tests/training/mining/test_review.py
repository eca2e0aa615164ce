import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.training.mining.proposals import SAID, requests, write_proposal_files
from training.mining.edits import merge, rename, set_status
from training.mining.proposal import ProposalError
from training.mining.proposal_files import VECTORS, read_requests
from training.mining.review import ChangedMeanwhile, Review, fingerprint


@pytest.fixture
def review(tmp_path: Path) -> Review:
    return Review(write_proposal_files(tmp_path / "desk"))


def base(review: Review, name: str) -> str:
    return fingerprint(review.read().get(name))


def split(review: Review, name: str, new: str, rows: list[int] | None) -> None:
    review.split(name, new, rows, base=base(review, name), by="ann")


def texts(review: Review, name: str) -> list[str]:
    return [request.text for _, request in review.texts(name, 0, 100)[0]]


def test_an_edit_is_in_the_files_and_others_see_it(review: Review) -> None:
    other = Review(review.folder.parent)
    assert other.read().get("where")
    review.edit(
        partial(rename, name="where", new="parcel"),
        bases={"where": base(review, "where")},
        by="ann",
        what="rename",
    )
    assert other.read().find("where") is None
    assert texts(other, "parcel") == list(SAID["where"])


def test_an_edit_on_what_somebody_changed_meanwhile_is_refused(review: Review) -> None:
    seen = base(review, "where")
    other = Review(review.folder.parent)
    other.edit(
        partial(set_status, name="where", status="dropped"), bases={"where": seen}, by="bo", what="drop"
    )
    with pytest.raises(ChangedMeanwhile):
        review.edit(
            partial(set_status, name="where", status="accepted"),
            bases={"where": seen},
            by="ann",
            what="accept",
        )
    assert review.read().get("where").status == "dropped"


def test_many_at_once_lose_nothing(review: Review) -> None:
    def accept(name: str) -> None:
        mine = Review(review.folder.parent)
        mine.edit(partial(set_status, name=name, status="accepted"), bases={}, by=name, what="accept")

    workers = [threading.Thread(target=accept, args=(name,)) for name in SAID]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [one.status for one in review.read().intents] == ["accepted"] * 3


def test_chosen_texts_are_split_off_and_come_back_when_that_is_undone(review: Review) -> None:
    rows = [
        row
        for row, request in review.texts("where", 0, 10)[0]
        if "late" in request.text or "here" in request.text
    ]
    edited = review.split("where", "late", rows, base=base(review, "where"), by="ann")
    assert texts(review, "late") == ["where is my parcel", "my parcel is late", "parcel not here"]
    assert texts(review, "where") == [SAID["where"][3]]
    assert (review.read().get("late").n_requests, review.read().get("where").n_requests) == (3, 1)
    review.undo(edited.number, by="ann")
    assert texts(review, "where") == list(SAID["where"])
    assert review.read().find("late") is None


def test_a_part_is_split_again_and_merged_elsewhere(review: Review) -> None:
    first = review.texts("where", 0, 10)[0]
    split(review, "where", "late", [row for row, _ in first[:3]])
    split(review, "late", "later", [first[0][0]])
    review.edit(partial(merge, name="later", into="cancel"), bases={}, by="ann", what="merge")
    assert texts(review, "late") == list(SAID["where"][1:3])
    assert sorted(texts(review, "cancel")) == sorted((*SAID["cancel"], SAID["where"][0]))
    assert len({(one.dialogue, one.turn) for one in read_requests(review.folder / "requests.jsonl")}) == 11


def test_a_group_is_split_in_two_by_its_vectors(review: Review) -> None:
    vectors = np.eye(4, dtype=np.float16)[[0, 0, 1, 1, 2, 2, 2, 3, 1, 1, 0]]  # the last of "where" lies apart
    np.save(review.folder / VECTORS, vectors)
    split(review, "where", "mail", None)
    assert texts(review, "mail") == [SAID["where"][3]]


def test_without_vectors_texts_have_to_be_chosen(review: Review) -> None:
    with pytest.raises(ProposalError, match="choose texts to split off"):
        split(review, "where", "mail", None)
    np.save(review.folder / VECTORS, np.zeros((3, 4), np.float16))  # of another mining
    with pytest.raises(ProposalError, match="choose texts to split off"):
        split(review, "where", "mail", None)


def test_a_refused_split_leaves_the_files_as_they_were(review: Review) -> None:
    with pytest.raises(ProposalError, match="already"):
        split(review, "where", "hours", [4])
    with pytest.raises(ProposalError, match="some to go"):
        split(review, "where", "late", [0, 1])  # requests of another intent
    assert list(read_requests(review.folder / "requests.jsonl")) == requests()


def test_texts_come_page_by_page(review: Review) -> None:
    page, count = review.texts("where", 2, 1)
    assert [request.text for _, request in page] == [SAID["where"][2]]
    assert count == 4
    assert review.texts("where", 4, 10) == ([], 4)
