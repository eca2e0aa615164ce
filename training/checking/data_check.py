"""All that is checked of a workspace's labelled messages, as one finding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from training.checking.cross_reading import cross_read
from training.checking.findings import (
    Clash,
    Close,
    Leak,
    Personal,
    clashes,
    leaks,
    personal,
    too_close,
    too_few,
)
from training.checking.label_errors import Suspect, suspects
from training.dataset import Dataset, LabelledText
from training.registry import Registry
from training.trained import Options, Watch


@dataclass(frozen=True, slots=True)
class DataCheck:
    """What was found among `n` labelled messages, in each list the most pressing first."""

    n: int
    n_intents: int
    suspects: list[Suspect]
    clashes: list[Clash]
    close: list[Close]
    few: list[tuple[str, int]]
    personal: list[Personal]
    leaks: list[Leak]


def check_data(
    dataset: Dataset,
    options: Options,
    registry: Registry,
    watch: Watch,
    *,
    country: str,
    tests: Iterable[LabelledText] = (),
) -> DataCheck:
    """Read the dataset across (`cross_reading`) and look at it from all sides. `tests` are messages that must not be in it.

    Raises TrainingError where the disk or the base model won't do."""
    read = cross_read(dataset, options, registry, watch)
    with watch.stage("looking for personal data"):
        private = personal(dataset.rows, country=country, progress=watch.progress)
    return DataCheck(
        n=len(dataset.labelled()),
        n_intents=len(dataset.intents),
        suspects=suspects(read),
        clashes=clashes(dataset.rows),
        close=too_close(read),
        few=too_few(dataset.rows),
        personal=private,
        leaks=leaks(dataset.rows, tests),
    )


def as_json(check: DataCheck, places: Mapping[str, str]) -> dict[str, Any]:
    """Everything, with the place of each message by its dialogue's id."""

    def message(row: LabelledText) -> dict[str, Any]:
        return {"place": places.get(row.group, row.group), "text": row.text, "intent": row.intent}

    return {
        "n": check.n,
        "intents": check.n_intents,
        "probably_wrong": [
            {
                **message(one.row),
                "likely": one.likely,
                "prob": round(one.given_prob, 4),
                "likely_prob": round(one.likely_prob, 4),
            }
            for one in check.suspects
        ],
        "same_text": [[message(row) for row in clash.rows] for clash in check.clashes],
        "too_close": [
            {
                "intent": close.intent,
                "other": close.other,
                "n": close.n,
                "of": close.n_of,
                "messages": [message(row) for row in close.rows],
            }
            for close in check.close
        ],
        "too_few": dict(check.few),
        "personal": [{**message(one.row), "kinds": list(one.kinds)} for one in check.personal],
        "leaked": [{**message(leak.row), "test_text": leak.text} for leak in check.leaks],
    }
