"""A tuned encoder becomes a training like the fast one: encoded with, calibrated, judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nlu.heads import Heads
from training.calibrate import calibrate, is_right
from training.dataset import Split
from training.evidence import LabelledEvidence, gather
from training.export import Agreement, check_agreement, export
from training.fast import Model, fit_tag_head, learnable, messages
from training.features import Features, encode_rows
from training.fine_tune import Tuned
from training.names import encode_names, names_of
from training.sentiment import choose_fitting, fit_sentiment_head
from training.several import choose_several, fit_several_head, several_labels
from training.tag_fitting import choose_tag_fitting, span_f1
from training.trained import AGREEMENT_TEXTS, Options, Trained, Watch
from training.turns import OUT_OF_SCOPE


@dataclass(frozen=True, slots=True)
class Judged:
    """What a training makes of the validation messages: share of intents right, and F1 of the entities, NaN without."""

    accuracy: float
    span_f1: float

    @property
    def score(self) -> float:
        """The mean of both."""
        return float(np.nanmean([self.accuracy, self.span_f1]))

    def __str__(self) -> str:
        entities = "" if np.isnan(self.span_f1) else f", entities F1 {self.span_f1:.1%}"
        return f"intents {self.accuracy:.1%}{entities}"


def judge(features: Features, at: tuple[Sequence[int], Sequence[int]], model: Model, heads: Heads) -> Judged:
    """A training with heads that haven't seen the validation messages."""
    evidence = _evidence(features, *at, model, heads)
    return Judged(valid_accuracy(evidence, model), span_f1(heads, features.only(at[1])))


def finish(
    tuned: Tuned,
    tokenizer: object,
    fast: Trained,
    parts: Split,
    at: tuple[Sequence[int], Sequence[int]],
    folder: Path,
    options: Options,
    watch: Watch,
) -> tuple[Trained, Judged]:
    """Export the tuned encoder, encode everything with it, and calibrate on the validation messages; `at` are the rows
    that were learned from, and those."""
    agreement, train, test = _encode(tuned, tokenizer, fast, parts, folder, options, watch)
    n_own = len(parts.train)
    labels = fast.model.labels
    taught = train.only(at[0])
    sentiment = choose_fitting(taught, train.only(at[1]))
    valid = train.only(at[1])
    spoken = encode_names(several_labels(train.rows), folder, options.precision)
    several = (
        choose_several(taught, spoken, held_out=valid, seed=options.seed) if fast.model.several else None
    )
    tags, found = choose_tag_fitting(
        tuned.heads, taught, valid, hyperparameters=options.hyperparameters, seed=options.seed
    )
    heads = replace(
        tuned.heads,
        tag=fit_tag_head(train, hyperparameters=tags, seed=options.seed) if tags else tuned.heads.tag,
        sentiment=fit_sentiment_head(taught, sentiment) if sentiment else None,
        several=fit_several_head(taught, several, seed=options.seed) if several else None,
    )
    model = Model(labels, heads, fast.model.calibrated, sentiment, several, tags)
    evidence = _evidence(train, at[0], at[1], model, heads)
    known = learnable(taught, labels)
    names = names_of(spoken, tuple(fast.model.calibrated.names.vectors))
    calibrated = calibrate(
        messages(known),
        labels,
        (),
        names=names,
        n_off_topic=sum(i >= n_own for i in at[1]),
        seed=options.seed,
        fixed=evidence,
    )
    trained = Trained(
        "full",
        replace(model, calibrated=calibrated),
        train,
        test,
        fast.words,
        agreement,
        is_frozen=False,
        calibrated_at=tuple(i for i in at[1] if i < n_own and train.rows[i].intent),
        curves=tuned.curves,
    )
    return trained, Judged(valid_accuracy(evidence, trained.model), found)


def learn_again(
    again: Tuned,
    full: Trained,
    tokenizer: object,
    parts: Split,
    folder: Path,
    options: Options,
    watch: Watch,
) -> Trained:
    """The training that has learned from the validation messages too, calibrated as the one that hadn't."""
    agreement, train, test = _encode(again, tokenizer, full, parts, folder, options, watch)
    sentiment, several, tags = full.model.sentiment, full.model.several, full.model.tags
    if several:
        several = replace(several, names=encode_names(several.labels, folder, options.precision))
    heads = replace(
        again.heads,
        tag=fit_tag_head(train, hyperparameters=tags, seed=options.seed) if tags else again.heads.tag,
        sentiment=fit_sentiment_head(train, sentiment) if sentiment else None,
        several=fit_several_head(train, several, seed=options.seed) if several else None,
    )
    model = replace(full.model, heads=heads, several=several)
    return replace(full, model=model, train=train, test=test, agreement=agreement)


def _encode(
    tuned: Tuned,
    tokenizer: object,
    trained: Trained,
    parts: Split,
    folder: Path,
    options: Options,
    watch: Watch,
) -> tuple[Agreement, Features, Features]:
    """Export a tuned encoder, and encode with it what there is to train and to test on."""
    with watch.stage("encoder to ONNX"):
        export(tuned.transformer, tokenizer, folder)
        texts = [row.text for row in parts.train[:AGREEMENT_TEXTS]]
        agreement = check_agreement(tuned.transformer, tokenizer, folder, texts)
    with watch.stage("encoding"):
        rows = (*trained.train.rows, *parts.test)
        features = encode_rows(
            rows, folder, options.precision, watch.progress, words=trained.words, head=tuned.heads.intent
        )
    train, test = features.cut(len(trained.train.rows))
    return agreement, train, test


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
