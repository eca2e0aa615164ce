"""The full training beside the fast one: the better of the two on validation messages is kept."""

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from nlu.heads import Heads
from training.base_model import resolve
from training.calibrate import calibrate, is_right
from training.dataset import Dataset, Split, split
from training.errors import TrainingError
from training.evidence import LabelledEvidence, gather
from training.export import check_agreement, export, load_transformer
from training.fast import Model, fit_heads, learnable, messages
from training.features import Features, encode_rows
from training.fine_tune import Tuned, fine_tune, last_checkpoint
from training.names import encode_names, name_rows
from training.off_topic import is_off_topic
from training.pace import in_words
from training.ranks import OtherRank, rank
from training.registry import Registry
from training.sentiment import choose_fitting, fit_sentiment_head, is_shipped_sentiment
from training.trained import AGREEMENT_TEXTS, ENCODER_FILES, Options, Trained, Watch, train_fast
from training.turns import OUT_OF_SCOPE

VALID_SHARE = 0.12
OFF_TOPIC_STEP = 8  # every eighth of the shipped messages is for validation
MIN_VALID = 10  # messages in scope; fewer can't tell which training is better
CHECKPOINTS = ".kefu"
A_DAY_S = 86400


def train_full(parts: Split, folder: Path, options: Options, registry: Registry, watch: Watch) -> Trained:
    """Fine-tune, and keep the result only where it is no worse than the fast training on validation messages.

    Raises TrainingError where it is interrupted and can go on later, and OtherRank in all processes of
    torchrun but the first."""
    fast = train_fast(parts, folder, options, registry, watch)
    cut = split(Dataset(parts.train), test_share=VALID_SHARE, seed=options.seed + 1)
    n_valid = sum(row.intent in fast.model.labels and row.intent != OUT_OF_SCOPE for row in cut.test)
    if n_valid < MIN_VALID:
        if rank() != 0:
            raise OtherRank
        note = f"{n_valid} messages to check a full training with, wanted {MIN_VALID}: the fast one was kept."
        return replace(fast, notes=(note,))
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(torch.get_num_threads() * 2)  # whole batches pay for more threads; heads don't
    rows = fast.train.rows
    positions = {id(row): i for i, row in enumerate(rows)}
    off_topic = [i for i, row in enumerate(rows) if is_off_topic(row)]
    valid_at = [*(positions[id(row)] for row in cut.test), *off_topic[::OFF_TOPIC_STEP]]
    train_at = sorted({*range(len(rows))}.difference(valid_at))
    start = fit_heads(
        fast.train.only(train_at),
        fast.model.labels,
        fast.model.calibrated,
        fast.model.sentiment,
        seed=options.seed,
    )
    # What ships with a sentiment stays unseen, so that the head can be fitted on it afterwards.
    taught = [rows[i] for i in train_at if not is_shipped_sentiment(rows[i])]
    named = name_rows(tuple(fast.model.calibrated.names.vectors))
    checkpoints = registry.folder.parent / CHECKPOINTS / f"full-{_fingerprint(parts, options, fast)}"
    source = resolve(options.base_model)
    _, tokenizer = load_transformer(source)
    with watch.stage("fine-tuning"):
        try:
            tuned = fine_tune(
                source, tokenizer, start, [*taught, *named], [rows[i] for i in valid_at], checkpoints,
                epochs=options.epochs, seed=options.seed, progress=watch.progress,
                expect=lambda s: watch.tell(f"up to about {in_words(s)} on this CPU; Ctrl-C keeps whole epochs"),
            )  # fmt: skip
        except KeyboardInterrupt:
            if rank() != 0 or last_checkpoint(checkpoints) is None:
                raise
            raise TrainingError("interrupted; the same command goes on from the last whole epoch") from None
    if rank() != 0:
        raise OtherRank
    beside = folder / "tuned"
    beside.mkdir()
    full = _finish(tuned, tokenizer, fast, parts, (train_at, valid_at), beside, options, watch)
    before = valid_accuracy(_evidence(fast.train, train_at, valid_at, fast.model, start), fast.model)
    after = valid_accuracy(full.model.calibrated.evidence, full.model)
    kept = "full" if after >= before else "fast"
    if kept == "full":
        for name in ENCODER_FILES:
            (beside / name).replace(folder / name)
    shutil.rmtree(beside)
    _clear(checkpoints)
    note = f"Validation accuracy: full {after:.1%}, fast {before:.1%}; the {kept} training was kept."
    return replace(full if kept == "full" else fast, notes=(note,), curves=tuned.curves)


def _clear(checkpoints: Path) -> None:
    """Remove the way to a finished training, and those nobody has gone on with for a day."""
    for folder in checkpoints.parent.glob("full-*"):
        if folder == checkpoints or time.time() - folder.stat().st_mtime > A_DAY_S:
            shutil.rmtree(folder, ignore_errors=True)


def _finish(
    tuned: Tuned,
    tokenizer: object,
    fast: Trained,
    parts: Split,
    at: tuple[Sequence[int], Sequence[int]],
    folder: Path,
    options: Options,
    watch: Watch,
) -> Trained:
    """Export the tuned encoder, encode everything with it, and calibrate on the validation messages."""
    with watch.stage("encoder to ONNX"):
        export(tuned.transformer, tokenizer, folder)
        texts = [row.text for row in parts.train[:AGREEMENT_TEXTS]]
        agreement = check_agreement(tuned.transformer, tokenizer, folder, texts)
    with watch.stage("encoding"):
        rows = (*fast.train.rows, *parts.test)
        features = encode_rows(rows, folder, options.precision, watch.progress, words=fast.words)
    n_train, n_own = len(fast.train.rows), len(parts.train)
    train = features.only(range(n_train))
    labels = fast.model.labels
    taught = train.only(at[0])
    sentiment = choose_fitting(taught, train.only(at[1]))
    heads = replace(tuned.heads, sentiment=fit_sentiment_head(taught, sentiment) if sentiment else None)
    model = Model(labels, heads, fast.model.calibrated, sentiment)
    evidence = _evidence(train, at[0], at[1], model, heads)
    known = learnable(taught, labels)
    names = encode_names(tuple(fast.model.calibrated.names.vectors), folder, options.precision)
    calibrated = calibrate(
        messages(known),
        labels,
        (),
        names=names,
        n_off_topic=sum(i >= n_own for i in at[1]),
        seed=options.seed,
        fixed=evidence,
    )
    return Trained(
        "full",
        replace(model, calibrated=calibrated),
        train,
        features.only(range(n_train, len(rows))),
        fast.words,
        agreement,
        is_frozen=False,
        calibrated_at=tuple(i for i in at[1] if i < n_own and rows[i].intent),
        curves=tuned.curves,
    )


def _evidence(
    features: Features, train_at: Sequence[int], valid_at: Sequence[int], model: Model, heads: Heads
) -> LabelledEvidence:
    known = learnable(features.only(train_at), model.labels)
    valid = features.only(valid_at).with_intent()
    return gather(messages(known), messages(valid), model.labels, head=heads.intent)


def valid_accuracy(evidence: LabelledEvidence, model: Model) -> float:
    """Share of messages in scope whose intent is right; intents that stand in for out-of-scope messages are passed over."""
    fused = model.calibrated.fusion.fuse(evidence, model.labels)
    known = np.array([label in model.labels and label != OUT_OF_SCOPE for label in evidence.gold])
    return float(is_right(fused.probs, model.labels, evidence.gold)[known].mean()) if known.any() else 0.0


def _fingerprint(parts: Split, options: Options, fast: Trained) -> str:
    """Of all that a training which goes on must have in common with the one that was interrupted."""
    content = "\n".join([repr(options), fast.agreement.digest, *(repr(row) for row in parts.train)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]
