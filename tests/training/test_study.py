"""The file of a search."""

import json
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.study import SearchTrial, Study, load_study, save_study

OTHER = Hyperparameters(contrast=2.0)
STUDY = Study(
    "abc",
    "full",
    "score",
    (
        SearchTrial(DEFAULTS, 0.7, (0.6, 0.7), False, 1.5),
        SearchTrial(OTHER, 0.7, (0.7,), False, 1.0),
        SearchTrial(OTHER, 0.9, (0.9,), True, 0.5),
    ),
)


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "study.json"
    save_study(STUDY, path)
    assert load_study(path) == STUDY
    assert [one.name for one in path.parent.iterdir()] == ["study.json"]


def test_the_first_of_the_best_counts_and_none_that_was_given_up() -> None:
    assert STUDY.best == STUDY.trials[0]
    assert Study("abc", "full", "score").best is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"trials": [{}]}', '{"trials": 3}'])
def test_another_file_is_no_study(content: str, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text(content)
    with pytest.raises(TrainingError, match=r"study\.json: not a study of a search"):
        load_study(path)


def test_a_hyperparameter_of_another_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    save_study(STUDY, path)
    content = json.loads(path.read_text())
    content["trials"][0]["hyperparameters"]["colour"] = 1.0
    path.write_text(json.dumps(content))
    with pytest.raises(TrainingError, match="hyperparameter 'colour' is not among"):
        load_study(path)


def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"file/study\.json: can't be written"):
        save_study(STUDY, tmp_path / "file" / "study.json")
