"""The full training's search: whole trainings, judged on the validation messages that the gate looks at too."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from training.features import Progress, Tell
from training.fine_tune import Tuned
from training.hyperparameters import Hyperparameters
from training.pace import in_words
from training.search import Pruned, Running, search
from training.study import Study

MEASURE = "score on the validation messages"


class Tune(Protocol):
    """A full training of which only the hyperparameters are open."""

    def __call__(
        self,
        hyperparameters: Hyperparameters,
        *,
        progress: Progress,
        report: Callable[[float], None] | None = None,
        expect: Callable[[float], None] | None = None,
    ) -> Tuned:
        """Train, or go on with what was interrupted; see `fine_tune`."""

    def clear(self, hyperparameters: Hyperparameters) -> None:
        """Remove what was kept on the way to a training."""


def search_full(
    study: Study,
    path: Path,
    tune: Tune,
    *,
    n_trials: int,
    n_after: int,
    seed: int,
    progress: Progress,
    tell: Tell,
) -> tuple[Study, Tuned | None]:
    """Go on with a study of full trainings, see `search`; and the best training, if it was one of those now made.

    `n_after` more trainings follow, and take their time too."""
    best: Tuned | None = None
    best_score = study.best.score if study.best else -1.0
    n_left = n_trials - len(study.trials)
    is_told = False

    def expect(seconds: float) -> None:
        nonlocal is_told
        if not is_told:
            wait = in_words((n_left + n_after) * seconds)
            tell(f"up to about {wait} on this CPU; Ctrl-C ends it with the best so far")
        is_told = True

    def objective(hyperparameters: Hyperparameters, running: Running) -> float:
        nonlocal best, best_score
        try:
            tuned = tune(
                hyperparameters,
                progress=lambda _, done, total: running.advance(done / total),
                report=running.report,
                expect=expect,
            )
        except Pruned:
            tune.clear(hyperparameters)
            raise
        tune.clear(hyperparameters)
        if tuned.score > best_score:
            best, best_score = tuned, tuned.score
        return tuned.score

    return search(study, path, objective, n_trials=n_trials, seed=seed, progress=progress), best
