"""What is tried next, what is given up, and how a search that was stopped goes on."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.files import ReleaseFiles
from training import search as search_module
from training.errors import TrainingError
from training.hyperparameters import DEFAULTS, SEARCHED, Hyperparameters
from training.registry import Registry
from training.search import (
    Running,
    check_can_search,
    find_study,
    found_by,
    hyperparameters_of,
    search,
    unfinished_study,
)
from training.study import Study, load_study, save_study

NEW = Study("abc", "full", "score")


def ideal(hyperparameters: Hyperparameters, running: Running) -> float:
    """Best at four times the usual encoder rate and a head rate of 1e-3, and seen to be so after the first of three steps."""
    distance = abs(math.log(hyperparameters.encoder_rate_scale / 4)) + abs(
        math.log(hyperparameters.head_rate / 1e-3)
    )
    score = math.exp(-distance / 4)
    for step in range(1, 4):
        running.advance(step / 3)
        running.report(score)
    return score


def run(path: Path, n_trials: int, *, study: Study = NEW, objective: Callable[..., float] = ideal) -> Study:
    """A search without a bar."""
    return search(study, path, objective, n_trials=n_trials, seed=3, progress=lambda *_: None)


def tried(study: Study) -> list[tuple[Hyperparameters, float, bool]]:
    """A study without its times."""
    return [(one.hyperparameters, one.score, one.is_pruned) for one in study.trials]


def interrupted_in(number: int) -> Callable[[Hyperparameters, Running], float]:
    """The ideal, but for a Ctrl-C in one trial."""
    left = [number]

    def objective(hyperparameters: Hyperparameters, running: Running) -> float:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return ideal(hyperparameters, running)

    return objective


def test_the_defaults_are_tried_first_and_something_better_is_found(tmp_path: Path) -> None:
    study = run(tmp_path / "study.json", 20)
    assert study.trials[0].hyperparameters == DEFAULTS
    assert not study.trials[0].is_pruned
    assert len(study.trials) == 20
    best = found_by(study)
    assert abs(math.log(best.encoder_rate_scale / 4)) < abs(math.log(DEFAULTS.encoder_rate_scale / 4))
    assert study.best
    assert study.best.score == max(one.score for one in study.trials if not one.is_pruned)


def test_only_what_that_training_uses_is_varied_within_its_bounds(tmp_path: Path) -> None:
    study = run(tmp_path / "study.json", 12)
    for one in study.trials:
        changed = {name for name in SEARCHED["fast"] if name not in SEARCHED["full"]}
        assert all(getattr(one.hyperparameters, name) == getattr(DEFAULTS, name) for name in changed)
        for name, bounds in SEARCHED["full"].items():
            assert bounds.low <= getattr(one.hyperparameters, name) <= bounds.high


def test_what_is_worse_than_half_is_given_up_early(tmp_path: Path) -> None:
    study = run(tmp_path / "study.json", 20)
    pruned = [one for one in study.trials if one.is_pruned]
    assert pruned
    assert all(len(one.steps) < 3 for one in pruned)
    assert not any(one.is_pruned for one in study.trials[: search_module.UNPRUNED])


def test_the_same_seed_tries_the_same(tmp_path: Path) -> None:
    assert tried(run(tmp_path / "one.json", 9)) == tried(run(tmp_path / "other.json", 9))
    other = search(NEW, tmp_path / "third.json", ideal, n_trials=9, seed=4, progress=lambda *_: None)
    assert tried(other) != tried(run(tmp_path / "one.json", 9))


@pytest.mark.parametrize("number", [2, 8, 12])
def test_a_search_that_was_stopped_goes_on_as_it_would_have(number: int, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    stopped = run(path, 14, objective=interrupted_in(number))
    assert len(stopped.trials) == number - 1
    assert load_study(path) == stopped
    assert tried(run(path, 14, study=stopped)) == tried(run(tmp_path / "whole.json", 14))


def test_a_kill_loses_no_trial_that_was_done(tmp_path: Path) -> None:
    def killed(hyperparameters: Hyperparameters, running: Running) -> float:
        raise MemoryError

    path = tmp_path / "study.json"
    done = run(path, 3)
    with pytest.raises(MemoryError):
        run(path, 5, study=done, objective=killed)
    assert load_study(path) == done


def test_an_interrupt_before_the_first_trial_is_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="interrupted before the first trial"):
        run(tmp_path / "study.json", 3, objective=interrupted_in(1))


def test_a_study_with_trials_enough_is_left_as_it_is(tmp_path: Path) -> None:
    study = run(tmp_path / "study.json", 4)
    assert run(tmp_path / "study.json", 3, study=study) == study


def test_the_bar_says_which_trial_it_is_and_the_best_so_far(tmp_path: Path) -> None:
    shown: list[tuple[str, int, int]] = []
    search(
        NEW,
        tmp_path / "study.json",
        lambda hyperparameters, running: ideal(hyperparameters, replace(running, report=lambda _: None)),
        n_trials=2,
        seed=0,
        progress=lambda *one: shown.append(one),
    )
    first = math.exp(-(math.log(4) + math.log(2)) / 4)
    assert shown[0] == ("search: trial 1 of 2", 0, 200)
    assert shown[3] == ("search: trial 1 of 2", 100, 200)
    assert shown[4] == (f"search: trial 2 of 2, best so far {first:.1%}", 100, 200)
    assert shown[-1][1:] == (200, 200)


def registry_with(tmp_path: Path, *n_trials: int, fingerprint: str = "abc") -> Registry:
    """A workspace whose releases had searches of so many trials."""
    registry = Registry(tmp_path / "workspace")
    for n in n_trials:
        study = replace(run(tmp_path / "any.json", n), fingerprint=fingerprint)
        with registry.staging() as folder:
            files = ReleaseFiles(folder)
            save_study(study, files.study)
            for path in (
                files.tokenizer,
                files.heads,
                files.labels,
                files.words,
                files.fusion,
                files.examples,
                files.index,
            ):
                path.touch()
            made = {"search": {"fingerprint": fingerprint}, "hyperparameters": {"contrast": float(n)}}
            registry.finish(folder, {"metrics": {}, "data": {}, "encoder": {}, **made}, speed="fast")
    return registry


def test_the_longest_study_of_a_release_is_gone_on_from(tmp_path: Path) -> None:
    registry = registry_with(tmp_path, 3, 5, 2)
    assert len(find_study(registry, "abc", speed="full", measure="score").trials) == 5


def test_other_data_or_options_begin_a_new_study(tmp_path: Path) -> None:
    registry = registry_with(tmp_path, 3)
    found = find_study(registry, "def", speed="fast", measure="F1")
    assert found == Study("def", "fast", "F1")


def test_what_was_stopped_goes_before_what_is_in_a_release(tmp_path: Path) -> None:
    registry = registry_with(tmp_path, 3)
    stopped = run(unfinished_study(registry, "abc"), 2)
    assert find_study(registry, "abc", speed="full", measure="score") == stopped


def test_a_training_may_be_like_that_of_an_earlier_release(tmp_path: Path) -> None:
    registry = registry_with(tmp_path, 3)
    [release] = registry.releases()
    assert hyperparameters_of(registry, release.name) == Hyperparameters(contrast=3.0)
    with pytest.raises(TrainingError, match="no release is current yet"):
        hyperparameters_of(registry, "current")
    registry.promote(release.name)
    assert hyperparameters_of(registry, "current") == Hyperparameters(contrast=3.0)


def test_without_optuna_it_is_said_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    check_can_search()
    monkeypatch.setattr(search_module, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"needs Optuna; pip install 'kefu\[train\]'"):
        check_can_search()


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "world_size", lambda: 2)
    with pytest.raises(TrainingError, match="one process, met 2"):
        check_can_search()
