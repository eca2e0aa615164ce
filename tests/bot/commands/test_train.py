"""`kefu train`: what is current afterwards, and what is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from nlu.errors import NluError
from training.errors import TrainingError
from training.ranks import OtherRank

pytestmark = pytest.mark.slow


def train(workspace: Path, base: Path, *options: str) -> Result:
    arguments = ["train", "-w", str(workspace), "--speed", "fast", "--base-model", str(base), *options]
    return CliRunner().invoke(kefu, arguments)


def current(workspace: Path) -> str:
    return (workspace / "releases" / "current").read_text().strip()


def said(result: Result) -> str:
    """The error in one line, as it would stand without click's frame around it."""
    return " ".join(result.output.replace("│", " ").split())


def manifest(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (workspace / "releases" / current(workspace) / "manifest.json").read_text("utf-8")
    )
    return found


def test_a_new_release_becomes_current(trained: Path, tiny_base: Path) -> None:
    before = current(trained)
    result = train(trained, tiny_base)
    assert result.exit_code == 0
    assert current(trained) != before
    assert f"{current(trained)} is current: fast training" in result.output
    assert "intents right" in result.output


def test_it_can_be_made_without_going_live(trained: Path, tiny_base: Path) -> None:
    before = current(trained)
    result = train(trained, tiny_base, "--no-promote")
    assert "is ready: fast training" in result.output
    assert current(trained) == before


def test_a_process_that_only_helped_says_nothing(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def helped(*_: object, **__: object) -> None:
        raise OtherRank

    before = current(trained)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr("training.pipeline.train_fast", helped)
    result = train(trained, tiny_base)
    assert (result.exit_code, result.output) == (0, "")
    assert current(trained) == before


@pytest.mark.parametrize("number", ["0", "-3", "many"])
def test_a_search_has_at_least_one_trial(number: str, trained: Path, tiny_base: Path) -> None:
    result = train(trained, tiny_base, "--search", number)
    assert result.exit_code == 2
    assert "Invalid value for '--search'" in said(result)


def test_a_search_leaves_its_study_and_its_best_in_the_release(trained: Path, tiny_base: Path) -> None:
    result = train(trained, tiny_base, "--search", "3")
    assert result.exit_code == 0, result.output
    release = trained / "releases" / current(trained)
    study = json.loads((release / "study.json").read_text("utf-8"))
    assert len(study["trials"]) == 3
    best = max((one for one in study["trials"] if not one["is_pruned"]), key=lambda one: one["score"])
    assert manifest(trained)["hyperparameters"] == best["hyperparameters"]
    assert manifest(trained)["search"]["trials"] == 3
    assert manifest(trained)["search"]["score"] == best["score"]
    assert "study.json" in manifest(trained)["files"]
    assert list((trained / ".kefu").glob("study-*")) == []
    report = (release / "report.html").read_text("utf-8")
    assert "Search for hyperparameters" in report
    assert 'aria-label="search for hyperparameters"' in report
    assert json.loads((release / "report.json").read_text("utf-8"))["training"]["study"] == study

    more = train(trained, tiny_base, "--search", "4")
    assert more.exit_code == 0, more.output
    longer = json.loads((trained / "releases" / current(trained) / "study.json").read_text("utf-8"))
    assert longer["trials"][:3] == study["trials"]
    assert len(longer["trials"]) == 4


def test_what_was_found_is_taken_again(trained: Path, tiny_base: Path) -> None:
    path = trained / "releases" / current(trained) / "manifest.json"
    content = manifest(trained)
    content["hyperparameters"] |= {"tag_rate": 0.05}
    path.write_text(json.dumps(content))
    result = train(trained, tiny_base, "--like", "current")
    assert result.exit_code == 0, result.output
    assert manifest(trained)["hyperparameters"] == content["hyperparameters"]
    assert manifest(trained)["search"] is None


def test_a_release_to_train_like_must_be_there(trained: Path, tiny_base: Path) -> None:
    result = train(trained, tiny_base, "--like", "last-week")
    assert isinstance(result.exception, NluError)
    assert "no release 'last-week'" in str(result.exception)


def test_what_was_found_and_a_search_are_too_much(trained: Path, tiny_base: Path) -> None:
    result = train(trained, tiny_base, "--like", "current", "--search", "3")
    assert result.exit_code == 2
    assert "give one of them" in said(result)


def test_without_optuna_nothing_is_begun(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current(trained)
    monkeypatch.setattr("training.search.find_spec", lambda name: None)
    result = train(trained, tiny_base, "--search", "3")
    assert isinstance(result.exception, TrainingError)
    assert "--search needs Optuna" in str(result.exception)
    assert current(trained) == before
