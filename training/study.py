"""What a search for hyperparameters has tried, kept in a file that a later search can go on from."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError
from training.hyperparameters import SEARCHED, Hyperparameters, Speed, as_hyperparameters
from training.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class SearchTrial:
    """Hyperparameters and how good they are, 0..1; `steps` are the scores on the way there.

    `is_pruned`: given up on the way, being worse than half of those before; `score` is then the last of `steps`."""

    hyperparameters: Hyperparameters
    score: float
    steps: tuple[float, ...]
    is_pruned: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Study:
    """The trials of a search in their order, the first of them with the default hyperparameters.

    `speed` is the training that was searched, `measure` what the scores are. `fingerprint` is that of data and
    options; a search goes on only from a study with its own."""

    fingerprint: str
    speed: Speed
    measure: str
    trials: tuple[SearchTrial, ...] = ()

    @property
    def searched(self) -> tuple[str, ...]:
        """The names of the hyperparameters that vary."""
        return tuple(SEARCHED[self.speed])

    @property
    def best(self) -> SearchTrial | None:
        """The best of the trials that weren't pruned, of equals the first."""
        return max((one for one in self.trials if not one.is_pruned), key=lambda one: one.score, default=None)


def save_study(study: Study, path: Path) -> None:
    """Write a study, whole or not at all.

    Raises TrainingError where the disk won't take it."""
    write_whole(path, [json.dumps(dataclasses.asdict(study), indent=1)])


def load_study(path: Path) -> Study:
    """Read what `save_study` wrote.

    Raises TrainingError for a file that isn't a study."""
    try:
        content = json.loads(path.read_text("utf-8"))
        trials = tuple(
            SearchTrial(
                as_hyperparameters(one["hyperparameters"], str(path)),
                float(one["score"]),
                tuple(float(score) for score in one["steps"]),
                bool(one["is_pruned"]),
                float(one["seconds"]),
            )
            for one in content["trials"]
        )
        return Study(content["fingerprint"], content["speed"], content["measure"], trials)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: not a study of a search: {error!r}") from error
