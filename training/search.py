"""The search for hyperparameters: Optuna proposes, cross-validation or the validation messages judge."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nlu.files import ReleaseFiles
from training.errors import TrainingError
from training.features import Progress
from training.hyperparameters import DEFAULTS, SEARCHED, Hyperparameters, Speed, as_hyperparameters
from training.ranks import world_size
from training.registry import Registry
from training.study import SearchTrial, Study, load_study, save_study

UNFINISHED = ".kefu"  # in the workspace
AT_RANDOM = 6  # trials before what was tried guides the next
UNPRUNED = 4  # trials that are let finish, so that there is a median to be worse than


class Pruned(Exception):
    """The trial is given up: at this point it is worse than half of those before were."""


@dataclass(frozen=True, slots=True)
class Running:
    """A trial on its way, to its objective.

    `report` takes the score so far and raises Pruned where the trial is given up; `advance` takes the share that is done."""

    report: Callable[[float], None]
    advance: Callable[[float], None]


Objective = Callable[[Hyperparameters, Running], float]


def check_can_search() -> None:
    """Raises TrainingError where a search can't run."""
    if find_spec("optuna") is None:
        raise TrainingError("--search needs Optuna; pip install 'kefu[train]' brings it")
    if world_size() > 1:
        raise TrainingError(
            f"--search runs in one process, met {world_size()} of torchrun; search on one, then train with --like"
        )


def find_study(registry: Registry, fingerprint: str, *, speed: Speed, measure: str) -> Study:
    """The study to go on from: that of a search that was stopped, or the longest in a release, of the same data and
    options; else a new one."""
    unfinished = unfinished_study(registry, fingerprint)
    if unfinished.exists():
        return load_study(unfinished)
    found = [Study(fingerprint, speed, measure)]
    for release in registry.releases():
        if (release.manifest.get("search") or {}).get("fingerprint") == fingerprint:
            found.append(load_study(ReleaseFiles(release.folder).study))
    return max(found, key=lambda study: len(study.trials))


def found_by(study: Study) -> Hyperparameters:
    """The best of a study that has trials; there is one, as the first is never given up."""
    best = study.best
    assert best is not None  # noqa: S101  # for the type checker
    return best.hyperparameters


def hyperparameters_of(registry: Registry, name: str) -> Hyperparameters:
    """Those a release was trained with; see `Registry.find`.

    Raises TrainingError where there is no such release, or it is of a time when none were kept."""
    release = registry.find(name)
    return as_hyperparameters(release.manifest.get("hyperparameters"), f"{release.folder}")


def unfinished_study(registry: Registry, fingerprint: str) -> Path:
    """Where a study is kept until its release is whole."""
    return registry.folder.parent / UNFINISHED / f"study-{fingerprint}.json"


def search(
    study: Study, path: Path, objective: Objective, *, n_trials: int, seed: int, progress: Progress
) -> Study:
    """Go on with a study until it has `n_trials`, saving it after each; Ctrl-C ends it with what was found.

    What is proposed depends on the seed and the trials before alone, so that a search that was stopped goes on as it
    would have. Raises TrainingError where it is interrupted before there is a trial to choose."""
    while (number := len(study.trials) + 1) <= n_trials:
        line = f"search: trial {number} of {n_trials}"
        if study.best:
            line += f", best so far {study.best.score:.1%}"

        def advance(share: float, line: str = line, number: int = number) -> None:
            progress(line, round(100 * (number - 1 + share)), 100 * n_trials)

        try:
            trial = _try(study, objective, seed, advance)
        except KeyboardInterrupt:
            if study.best is None:
                raise TrainingError("interrupted before the first trial of the search was done") from None
            break
        study = replace(study, trials=(*study.trials, trial))
        save_study(study, path)
    return study


def _try(study: Study, objective: Objective, seed: int, advance: Callable[[float], None]) -> SearchTrial:
    with _quiet():
        trial = _ask(study, seed)
    chosen = replace(DEFAULTS, **trial.params)
    steps: list[float] = []

    def report(score: float) -> None:
        steps.append(score)
        trial.report(score, len(steps))
        if trial.should_prune():
            raise Pruned

    advance(0.0)
    start = time.perf_counter()
    try:
        score, is_pruned = objective(chosen, Running(report, advance)), False
    except Pruned:
        score, is_pruned = steps[-1], True
    return SearchTrial(chosen, score, tuple(steps), is_pruned, time.perf_counter() - start)


def _ask(study: Study, seed: int) -> Any:
    """The next trial of an Optuna study that has met those before."""
    import optuna

    space: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(bounds.low, bounds.high, log=bounds.is_log)
        for name, bounds in SEARCHED[study.speed].items()
    }
    # A sampler's own state would be lost where a search is stopped.
    own_seed = int(np.random.SeedSequence([seed, len(study.trials)]).generate_state(1)[0])
    model = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(n_startup_trials=AT_RANDOM, seed=own_seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED),
    )
    for one in study.trials:
        state = optuna.trial.TrialState.PRUNED if one.is_pruned else optuna.trial.TrialState.COMPLETE
        model.add_trial(
            optuna.create_trial(
                state=state,
                value=one.score,
                params={name: getattr(one.hyperparameters, name) for name in space},
                distributions=space,
                intermediate_values=dict(enumerate(one.steps, start=1)),
            )
        )
    if not study.trials:
        model.enqueue_trial({name: getattr(DEFAULTS, name) for name in space})
    return model.ask(space)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's log of every trial from the operator."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
