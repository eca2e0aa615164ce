"""The fast training's search: how well tag heads find the entities of messages they weren't fitted on.

Of its numbers those of the tag head are all that matters: of the intent head, strength and names are chosen by
cross-validation in every training, and memory, votes and words hardly change with theirs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.dataset import folds
from training.errors import TrainingError
from training.fast import fit_tag_head
from training.features import Features, Progress
from training.hyperparameters import Hyperparameters
from training.search import Running, search
from training.study import Study

N_FOLDS = 4
MEASURE = "strict span F1 by cross-validation"


def search_tags(
    study: Study, path: Path, features: Features, *, n_trials: int, seed: int, progress: Progress
) -> Study:
    """Go on with a study of the tag head; see `search`.

    Raises TrainingError where there is nothing to choose by."""
    if not any(row.entities for row in features.rows):
        raise TrainingError(
            "--search has nothing to choose: no message has an entity, and the intent head of the fast training is "
            "found by cross-validation in any case; --speed full has more to choose"
        )

    def objective(hyperparameters: Hyperparameters, running: Running) -> float:
        score = 0.0
        for fold, score in enumerate(span_f1_by_fold(features, hyperparameters, seed=seed), start=1):
            running.advance(fold / N_FOLDS)
            running.report(score)
        return score

    return search(study, path, objective, n_trials=n_trials, seed=seed, progress=progress)


def span_f1_by_fold(features: Features, hyperparameters: Hyperparameters, *, seed: int) -> Iterator[float]:
    """Strict span F1 (type and both borders right) over the folds so far, after each of them.

    Only messages whose entities are known count; patterns and gazetteers are left out."""
    known = features.only([i for i, row in enumerate(features.rows) if row.entities is not None])
    fold_of = np.array(folds(known.rows, N_FOLDS, seed=seed))
    n_right = n_found = n_gold = 0
    for fold in sorted(set(fold_of.tolist())):
        learned = known.only(np.flatnonzero(fold_of != fold).tolist())
        head = fit_tag_head(learned, hyperparameters=hyperparameters, seed=seed)
        met = known.only(np.flatnonzero(fold_of == fold).tolist())
        for row, encoded in zip(met.rows, met.encoded, strict=True):
            found = set(head.spans(encoded)) if head else set()
            gold = {(entity.start, entity.end, entity.label) for entity in row.entities or ()}
            n_right += len(found & gold)
            n_found += len(found)
            n_gold += len(gold)
        yield 2 * n_right / max(1, n_found + n_gold)
