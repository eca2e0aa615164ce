"""The whole of `kefu train`: a dataset in, a release folder out, nothing half-written in between."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from nlu.heads import save_heads
from nlu.rules import EntityRules
from nlu.spelling import count_words
from retrieval.articles import Passage
from retrieval.budget import Budget
from retrieval.fusion import save_fusion
from retrieval.memory import Example, Memory
from retrieval.passages import PassageIndex
from training.dataset import Dataset, Split, fingerprint, show, split
from training.fast import fit_heads, held_out, learnable
from training.features import joined
from training.off_topic import is_off_topic
from training.provenance import versions
from training.registry import Registry, Release
from training.report import write_report
from training.report_data import make_report
from training.scoring import Scores, score
from training.search import check_can_search, unfinished_study
from training.sentiment import is_shipped_sentiment
from training.several import held_out_several
from training.study import Study, save_study
from training.thresholds import fit_budgets
from training.trained import Options, Trained, Watch, train_fast

BUDGETS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2)


def train(
    dataset: Dataset,
    workspace: Path,
    options: Options,
    *,
    rules: EntityRules,
    passages: Sequence[Passage] = (),
    passage_intents: frozenset[str] = frozenset(),
    watch: Watch | None = None,
    notes: tuple[str, ...] = (),
) -> Release:
    """Train on a dataset and leave a release in WORKSPACE/releases; making it current is the caller's choice.

    `passage_intents` are those answered from articles; no other message should reach the passage threshold.
    Where int8 won't do (`training/precision.py`), a fast training is done once more with fp32, and a full one, which takes
    long, only says so. `notes` are told in the report. Raises TrainingError for data or a disk that won't do; then no release is left behind."""
    watch = watch or Watch()
    if options.search:
        check_can_search()
    dataset = show(dataset, rules)
    parts = split(dataset, test_share=options.test_share, seed=options.seed)
    registry = Registry(workspace)
    with registry.staging() as folder:
        trained = _train(parts, folder, options, registry, watch)
        with watch.stage("thresholds"):
            passage_scores = _passage_scores(trained, passages, passage_intents, folder, options)
            budgets = _budgets(trained, options, passage_scores)
        chosen = next(b for b in budgets if b.max_wrong_answers == options.max_wrong_answers)
        with watch.stage("evaluation"):
            scores = score(trained, folder, rules, chosen, budgets=budgets, served=options.precision)
        if scores.int8_loss and trained.speed == options.speed == "fast":
            return train(
                dataset, workspace, replace(options, precision="fp32"), rules=rules, passages=passages,
                passage_intents=passage_intents, watch=watch, notes=(*notes, f"The encoder is served in fp32. {scores.int8_loss}"),
            )  # fmt: skip
        trained = replace(trained, notes=(*trained.notes, *notes))
        with watch.stage("last fit and index"):
            write_model(trained, budgets, folder, seed=options.seed)
        with watch.stage("report"):
            report = make_report(
                dataset, parts, trained, scores,
                budget=chosen, options=options, folder=folder, timings=watch.seconds,
            )  # fmt: skip
            write_report(folder, report)
        if trained.study:
            save_study(trained.study, ReleaseFiles(folder).study)
        release = registry.finish(
            folder, _manifest(dataset, trained, options, chosen, scores), speed=trained.speed
        )
        if trained.study:
            unfinished_study(registry, trained.study.fingerprint).unlink(missing_ok=True)
        return release


def _train(parts: Split, folder: Path, options: Options, registry: Registry, watch: Watch) -> Trained:
    if options.speed == "fast":
        return train_fast(parts, folder, options, registry, watch)
    from training.full import train_full

    return train_full(parts, folder, options, registry, watch)


def _budgets(trained: Trained, options: Options, passage_scores: "np.ndarray | None") -> list[Budget]:
    calibrated = trained.model.calibrated
    messages = held_out(calibrated.evidence, calibrated.fused, trained.model.labels, calibrated.sample_weight)
    several = held_out_several(trained.model.several) if trained.model.several else None
    return fit_budgets(messages, sorted({*BUDGETS, options.max_wrong_answers}), passage_scores, several)


def _passage_scores(
    trained: Trained,
    passages: Sequence[Passage],
    passage_intents: frozenset[str],
    folder: Path,
    options: Options,
) -> "np.ndarray | None":
    """For each training message that no article is for, the score of the best passage."""
    others = [
        i for i, row in enumerate(trained.train.rows) if row.intent and row.intent not in passage_intents
    ]
    if not passages or not others:
        return None
    encoder = Encoder(ReleaseFiles(folder).encoder(options.precision), ReleaseFiles(folder).tokenizer)
    index = PassageIndex(passages, encoder.encode_passages)
    messages = trained.train.only(others)
    return np.array(
        [
            index.scores(one.text, vector).max()
            for one, vector in zip(messages.encoded, messages.vectors, strict=True)
        ]
    )


def write_model(trained: Trained, budgets: Sequence[Budget], folder: Path, *, seed: int) -> None:
    """Heads, labels, fusion, and the memory of every labelled message.

    A frozen encoder's heads are fitted once more on all rows, the held-back ones too: the figures of the
    report then stand on the safe side."""
    files = ReleaseFiles(folder)
    everything = joined([trained.train, trained.test])
    model = trained.model
    heads = model.heads
    if trained.is_frozen and trained.test.rows:
        heads = fit_heads(
            everything, model.labels, model.calibrated, model.sentiment, model.several,
            hyperparameters=trained.hyperparameters, seed=seed,
        )  # fmt: skip
    save_heads(heads, files.heads)
    files.labels.write_text(json.dumps(heads.label_names(), indent=1, ensure_ascii=False), "utf-8")
    own = (row for row in everything.rows if not is_off_topic(row) and not is_shipped_sentiment(row))
    words = count_words(row.for_encoder for row in own)
    files.words.write_text(json.dumps(words, indent=0, ensure_ascii=False), "utf-8")
    save_fusion(model.calibrated.fusion, budgets, files.fusion)
    known = learnable(everything, model.labels)
    examples = [Example(row.text, str(row.intent)) for row in known.rows]
    Memory(examples, known.vectors).save(files.index, files.examples)


def _manifest(
    dataset: Dataset, trained: Trained, options: Options, budget: Budget, scores: Scores
) -> dict[str, Any]:
    counts = Counter(str(row.intent) for row in dataset.labelled())
    return {
        "speed": trained.speed,
        "options": asdict(options),
        "hyperparameters": asdict(trained.hyperparameters),
        "search": _found(trained.study) if trained.study else None,
        "encoder": {
            "base_model": options.base_model,
            "is_frozen": trained.is_frozen,
            "agreement": asdict(trained.agreement),
        },
        "data": {
            "fingerprint": fingerprint(dataset),
            "dialogues": dataset.n_dialogues,
            "intents": dict(sorted(counts.items())),
        },
        "versions": versions(),
        "budget": asdict(budget),
        "metrics": {
            "accuracy": scores.intent.accuracy,
            "macro_f1": scores.intent.macro_f1,
            "coverage": scores.intent.coverage,
            "wrong_answers": scores.intent.error,
            "accuracy_by_precision": scores.by_precision,
            "span_f1": scores.entity.span_f1 if scores.entity else None,
            "several_f1": scores.several.f1 if scores.several else None,
            "is_held_out": scores.is_held_out,
        },
    }


def _found(study: Study) -> dict[str, Any]:
    """What the manifest says of a search; the trials are in study.json."""
    best = study.best
    return {
        "fingerprint": study.fingerprint,
        "trials": len(study.trials),
        "measure": study.measure,
        "score": best.score if best else None,
        "score_of_defaults": study.trials[0].score,
    }
