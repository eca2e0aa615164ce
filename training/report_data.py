"""What the report says, as values: put together after a training, written as report.json."""

from dataclasses import dataclass
from pathlib import Path

from nlu.files import ReleaseFiles
from retrieval.budget import Budget
from retrieval.fusion import NEIGHBOURS, TEMPERATURES
from training.calibrate import Trial
from training.data_summary import DataSummary, summarize
from training.dataset import Dataset, Split, fingerprint
from training.evaluate import EntityScores, IntentScores, OperatingPoint, SentimentScores, SeveralScores
from training.export import Agreement
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.provenance import Provenance, provenance
from training.scoring import Scores
from training.study import Study
from training.trained import CurvePoint, Options, Trained

# The parts of `retrieval.fusion.class_features`, in their order.
MIXED = (
    "classifier",
    "nearest example",
    *(f"votes of the {NEIGHBOURS} nearest examples, temperature {t}" for t in TEMPERATURES),
    "words",
)


@dataclass(frozen=True, slots=True)
class EncoderReport:
    """The exported encoder: how far ONNX strays from torch, and by precision the intent accuracy and the file's size."""

    served: str
    agreement: Agreement
    accuracy: dict[str, float]
    megabytes: dict[str, float]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """How the model came about: its `hyperparameters` and the `study` where they were searched for, `curves` of the
    full training, `trials` of the fast one's intent head and the one chosen of them, and the `mixing` weights of
    classifier and memory by name."""

    curves: tuple[CurvePoint, ...]
    trials: tuple[Trial, ...]
    chosen: Trial | None
    mixing: dict[str, float]
    hyperparameters: Hyperparameters = DEFAULTS
    study: Study | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything the report shows; docs/report.md says what each figure means.

    `speed` is the training that was kept, `options` what was asked for. `is_held_out` is False where intents
    were evaluated by cross-validation. `budgets` has what every budget known to the release would do, `budget`
    is the chosen one of them. `timings` are seconds by stage."""

    speed: str
    is_held_out: bool
    options: Options
    budget: Budget
    budgets: tuple[OperatingPoint, ...]
    data: DataSummary
    intent: IntentScores
    entity: EntityScores | None
    sentiment: SentimentScores | None
    several: SeveralScores | None
    training: TrainingReport
    encoder: EncoderReport
    timings: dict[str, float]
    provenance: Provenance
    notes: tuple[str, ...] = ()

    @property
    def point(self) -> OperatingPoint:
        """What the chosen budget does."""
        return next(point for point in self.budgets if point.budget == self.budget)


def make_report(
    dataset: Dataset,
    parts: Split,
    trained: Trained,
    scores: Scores,
    *,
    budget: Budget,
    options: Options,
    folder: Path,
    timings: dict[str, float],
) -> Report:
    """Put a report together; `folder` holds the exported encoder."""
    calibrated = trained.model.calibrated
    encoders = {kind: ReleaseFiles(folder).encoder(kind) for kind in ("int8", "fp32")}
    return Report(
        speed=trained.speed,
        is_held_out=scores.is_held_out,
        options=options,
        budget=budget,
        budgets=scores.budgets,
        data=summarize(dataset, parts),
        intent=scores.intent,
        entity=scores.entity,
        sentiment=scores.sentiment,
        several=scores.several,
        training=TrainingReport(
            trained.curves,
            calibrated.trials,
            min(calibrated.trials, key=lambda trial: trial.loss, default=None),
            dict(zip(MIXED, calibrated.fusion.weights, strict=True)),
            trained.hyperparameters,
            trained.study,
        ),
        encoder=EncoderReport(
            options.precision,
            trained.agreement,
            scores.by_precision,
            {kind: path.stat().st_size / 1e6 for kind, path in encoders.items()},
        ),
        timings=dict(timings),
        provenance=provenance(fingerprint(dataset)),
        notes=_notes(trained, scores, budget),
    )


def _notes(trained: Trained, scores: Scores, budget: Budget) -> tuple[str, ...]:
    notes = list(trained.notes)
    if not scores.is_held_out:
        notes.append(
            "No labelled messages were held back: the figures come from cross-validation on the training messages."
        )
    if not budget.is_guaranteed:
        notes.append(
            f"Too few messages to guarantee at most {budget.max_wrong_answers:.0%} wrong answers: the threshold was set "
            "where half of that was observed. More labelled dialogues will tighten it."
        )
    if scores.int8_loss:
        notes.append(
            f'The int8 encoder loses more than it should; set precision = "fp32" and train again. {scores.int8_loss}'
        )
    elif not trained.agreement.is_int8_close:
        notes.append(
            'The int8 encoder strays from fp32; compare their accuracies and set precision = "fp32" if need be.'
        )
    return tuple(notes)
