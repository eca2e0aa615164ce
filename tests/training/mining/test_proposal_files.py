from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.mining.proposals import proposal, requests, write_proposal_files
from training.mining.proposal import Proposal, ProposalError, ProposedAnswer
from training.mining.proposal_files import (
    PROPOSAL,
    REQUESTS,
    mined_folder,
    read_proposal,
    read_requests,
    write_mined,
    write_proposal,
)

HOSTILE = (
    '"; drop: [',
    "{{ x }}",
    "# no\ncomment",
    "tab\there",
    "- id: x",
    "null",
    "😀 ¿qué?",
    "\x07\u2028",
    "'",
    "\\",
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_mined(tmp_path, proposal(), requests())
    assert read_proposal(tmp_path / PROPOSAL) == proposal()
    assert list(read_requests(tmp_path / REQUESTS)) == requests()


def test_odd_words_are_kept_as_they_are(tmp_path: Path) -> None:
    first, *others = proposal().intents
    odd = replace(first, examples=HOSTILE, answers=(ProposedAnswer(HOSTILE, heard=HOSTILE),))
    write_proposal(tmp_path / PROPOSAL, replace(proposal(), intents=(odd, *others)))
    assert read_proposal(tmp_path / PROPOSAL).intents[0] == odd


def test_an_empty_proposal_is_one(tmp_path: Path) -> None:
    write_proposal(tmp_path / PROPOSAL, Proposal(0, 0, ()))
    assert read_proposal(tmp_path / PROPOSAL) == Proposal(0, 0, ())


@pytest.mark.parametrize(
    ("met", "put", "told"),
    [
        (
            "    status: open",
            "    status: maybe",
            r"proposal.yaml:\d+: status is 'maybe'; wanted one of open, accepted",
        ),
        ("requests: 4", "requests: many", r"proposal.yaml:\d+: requests is 'many'; wanted a whole number"),
        ("cohesion: 0.70", "cohesion: 7", r"cohesion is 7; wanted a number from 0 to 1"),
        ("groups:", "grups:", r"unknown key 'grups' in an intent; did you mean 'groups'"),
        ('name: "cancel"', 'name: "hours"', r"intent 'hours' stands twice"),
        ('groups: ["3"]', 'groups: ["1"]', r"group '1' belongs to 'hours' already"),
        ('name: "cancel"', 'name: "a: b"', r"name is 'a: b'; wanted small letters"),
        ('"when do you open"', "12", r"examples holds 12; wanted a text"),
        ("language:", "[language:", r"proposal.yaml:\d+: not YAML"),
    ],
)
def test_a_slip_is_told_with_its_line(tmp_path: Path, met: str, put: str, told: str) -> None:
    write_proposal(tmp_path / PROPOSAL, proposal())
    text = (tmp_path / PROPOSAL).read_text("utf-8")
    assert met in text
    (tmp_path / PROPOSAL).write_text(text.replace(met, put, 1), "utf-8")
    with pytest.raises(ProposalError, match=told):
        read_proposal(tmp_path / PROPOSAL)


def test_a_workspace_that_was_not_mined_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match="kefu mine DIALOGUES"):
        read_proposal(tmp_path / PROPOSAL)


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"dialogue": "a"}', '{"dialogue": "a", "turn": -1, "text": "x"}']
)
def test_a_broken_line_of_requests_is_told(tmp_path: Path, line: str) -> None:
    path = mined_folder(write_proposal_files(tmp_path / "w")) / REQUESTS
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(ProposalError, match=f"{REQUESTS}:12: met"):
        list(read_requests(path))
