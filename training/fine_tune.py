"""The full training: encoder and heads together, by transformers' Trainer.

It begins where the fast training ends (Kumar et al. 2022: fit the heads first, then unfreeze), stops when
the validation rows stop getting better, goes on after an interrupt where it was, and ends on the way back to
where it began. Under torchrun each process takes its share of every batch."""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

from nlu.heads import Heads
from nlu.model import IGNORED, JointModel, reads_letter_case
from training.dataset import LabelledText
from training.errors import TrainingError
from training.export import quiet
from training.features import Progress
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.mixing import MIX_SHARES, choose_share, mix_back, weights_of
from training.pace import Batch, batches_of, n_tokens, time_steps
from training.ranks import world_size
from training.rows import Collate, Rows
from training.sentence_config import prompts_of
from training.trained import CurvePoint

MAX_EPOCHS = 8
PATIENCE = 3  # epochs without a better validation score
BATCH = 64
ENCODER_RATE = 5e-5
TAGGING_RATE = 1.5e-4  # of an encoder that learns to tag words, which is farther from what it was made for
WARMUP = 0.1
WEIGHT_DECAY = 0.01
STATE_FILE = "trainer_state.json"  # the last file of a checkpoint


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """The tuned encoder (on the CPU, ready for export), its heads, and the curves of the training.

    `score` is that of the validation messages, NaN without any."""

    transformer: Any
    heads: Heads
    curves: tuple[CurvePoint, ...]
    score: float


class JointTrainer(Trainer):  # type: ignore[misc]
    """Trainer with a higher learning rate for what is new than for the encoder, and batches by intent."""

    optimizer: Any

    def __init__(self, hyperparameters: Hyperparameters, **options: Any) -> None:
        self._hyperparameters = hyperparameters
        super().__init__(**options)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.train_dataset.in_order(batch=BATCH, seed=self.args.data_seed)

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Any:
        if self.optimizer is None:
            learning = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
            new = [p for name, p in learning if "heads." in name or "token_type" in name]
            encoder = [p for name, p in learning if "heads." not in name and "token_type" not in name]
            rate = TAGGING_RATE if "tag" in self.model.config.kefu_labels else ENCODER_RATE
            groups = [
                {"params": encoder, "lr": rate * self._hyperparameters.encoder_rate_scale},
                {"params": new, "lr": self._hyperparameters.head_rate},
            ]
            self.optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
        return self.optimizer

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        try:
            super()._save_checkpoint(*args, **kwargs)
        except (OSError, RuntimeError, SafetensorError) as error:  # torch's writer raises RuntimeError
            reason = str(error).splitlines()[0]
            raise TrainingError(f"{self.args.output_dir}: can't be written: {reason}") from error


class Show(TrainerCallback):  # type: ignore[misc]
    """Hands the trainer's steps to our progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._progress("fine-tuning", state.global_step, state.max_steps)


class Scored(TrainerCallback):  # type: ignore[misc]
    """Hands the validation score of each epoch on."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report = report

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        self._report(metrics["eval_score"])


def fine_tune(
    transformer: Any,
    tokenizer: Any,
    start: Heads,
    train: Sequence[LabelledText],
    valid: Sequence[LabelledText],
    checkpoints: Path,
    *,
    epochs: int | None,
    seed: int,
    progress: Progress,
    hyperparameters: Hyperparameters = DEFAULTS,
    share: float | None = None,
    report: Callable[[float], None] | None = None,
    expect: Callable[[float], None] | None = None,
) -> Tuned:
    """Tune a base model from heads fitted on its frozen output, see `load_transformer`; `checkpoints` keeps the way there for resuming.

    `share` of the tuned weights is kept; None to have that and the end of the training chosen on `valid`, which is not
    looked at otherwise.
    `report` is called with the validation score after each epoch, and may raise to end it. On a CPU `expect` is
    called beforehand with the seconds it takes at most."""
    epochs = epochs or MAX_EPOCHS
    model = JointModel.from_base(transformer, start, is_cased=is_cased(tokenizer))
    # What words mean by themselves, most messages are too few to change; half of all weights stay as they are.
    model.encoder.embeddings.requires_grad_(False)
    if reads_letter_case(model.config):
        model.encoder.embeddings.token_type_embeddings.requires_grad_(True)
    model.contrast_weight = hyperparameters.contrast
    labels, prompt = model.config.kefu_labels, prompts_of(model.config).query
    trainer = JointTrainer(
        model=model,
        args=arguments(checkpoints, epochs, seed, is_validated=share is None),
        hyperparameters=hyperparameters,
        train_dataset=Rows(train, tokenizer, labels, prompt),
        eval_dataset=Rows(valid, tokenizer, labels, prompt),
        data_collator=Collate(tokenizer.pad_token_id or 0),
        compute_metrics=scores,
        callbacks=[Show(progress)] if share else [EarlyStoppingCallback(PATIENCE), Show(progress)],
    )
    # The default printer writes over the progress bar.
    trainer.callback_handler.callbacks = [
        one
        for one in trainer.callback_handler.callbacks
        if type(one).__name__ not in ("PrinterCallback", "ProgressCallback")
    ]
    checkpoint = last_checkpoint(checkpoints)
    untuned = weights_of(model)
    if expect and trainer.args.use_cpu and world_size() == 1:
        expect(estimate_s(trainer, epochs - epochs_done(checkpoint)))
    reporting = Scored(report) if report else None
    if reporting:
        trainer.add_callback(reporting)
    with quiet():
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        curves = _curves(trainer.state.log_history)
        if reporting:
            trainer.remove_callback(reporting)  # the evaluations that follow are of no epoch
        score = math.nan
        if share is None:
            share, score = choose_share(model, untuned, lambda: float(trainer.evaluate()["eval_score"]))
    mix_back(model, untuned, weights_of(model), share)
    tuned: JointModel = model.to("cpu").float().eval()
    return Tuned(tuned.encoder, tuned.get_heads(start), curves, score)


def estimate_s(trainer: JointTrainer, epochs: float) -> float:
    """Seconds that a training takes unless it stops early, evaluations included; no weight is changed."""
    rows, valid = trainer.train_dataset, trainer.eval_dataset
    batches = batches_of(list(rows.in_order(batch=BATCH, seed=trainer.args.data_seed)), BATCH)
    model = trainer.model.train()
    with torch.random.fork_rng(devices=[]):  # or the estimate would change what is trained
        pace = time_steps(partial(_step, trainer), batches, rows.lengths)
    model.zero_grad()
    epoch = pace.of_steps([n_tokens(batch, rows.lengths) for batch in batches])
    met = batches_of(range(len(valid)), trainer.args.per_device_eval_batch_size)
    evaluation = pace.of_evaluation(sum(n_tokens(batch, valid.lengths) for batch in met))
    return epochs * (epoch + evaluation) + len(MIX_SHARES) * evaluation


def _step(trainer: JointTrainer, batch: Batch) -> None:
    """A training step that ends before the weights change."""
    inputs = trainer.data_collator([trainer.train_dataset[position] for position in batch])
    with torch.autocast("cpu", torch.bfloat16, enabled=trainer.args.bf16):
        loss = trainer.model(**inputs).loss
    loss.backward()


def epochs_done(checkpoint: Path | None) -> float:
    """How much of a training a checkpoint has behind it."""
    if checkpoint is None:
        return 0.0
    return float(json.loads((checkpoint / STATE_FILE).read_text("utf-8"))["epoch"])


def is_cased(tokenizer: Any) -> bool:
    """Whether a tokenizer tells a capital letter from a small one."""
    large, small = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("A", "a"))
    return bool(large != small)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint; what a kill left half-written is removed."""
    for path in sorted(folder.glob("checkpoint-*"), key=lambda path: -int(path.name.split("-")[1])):
        try:
            json.loads((path / STATE_FILE).read_text("utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
        else:
            return path
    return None


def arguments(checkpoints: Path, epochs: int, seed: int, *, is_validated: bool = True) -> TrainingArguments:
    """How to train on this machine: in bf16 where it computes in that, in fp32 elsewhere."""
    on_gpu = torch.cuda.is_available()
    has_bf16 = torch.cuda.is_bf16_supported() if on_gpu else torch.cpu._is_avx512_bf16_supported()
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=epochs,
        per_device_train_batch_size=max(1, BATCH // world_size()),
        per_device_eval_batch_size=4 * BATCH,
        warmup_steps=WARMUP,
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        bf16=has_bf16,
        use_cpu=not on_gpu,
        eval_strategy="epoch" if is_validated else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=is_validated,
        restore_callback_states_from_checkpoint=True,  # how long early stopping has waited already
        metric_for_best_model="score",
        greater_is_better=True,
        label_names=["intent", "tags", "sentiment"],
        remove_unused_columns=False,
        logging_steps=20,
        report_to=[],
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
        dataloader_pin_memory=on_gpu,
        ddp_find_unused_parameters=True,  # a batch may hold no label of some head
    )


def scores(evaluated: Any) -> dict[str, float]:
    """Intent accuracy, token F1 over tags other than O, sentiment accuracy; `score` is their mean."""
    met = evaluated.predictions  # no tuple where there is but the intent head
    logits = [one for one in met if one is not None] if isinstance(met, tuple) else [met]
    intent, tags, sentiment = evaluated.label_ids
    found = {"intent_accuracy": _accuracy(logits[0], intent)}
    rest = logits[1:]
    if rest and rest[0].ndim == 3:
        found["tag_f1"] = _tag_f1(rest[0].argmax(axis=-1), tags)
        rest = rest[1:]
    if rest:
        found["sentiment_accuracy"] = _accuracy(rest[0], sentiment)
    known = [value for value in found.values() if not np.isnan(value)]
    return {**found, "score": float(np.mean(known)) if known else 0.0}


def _accuracy(logits: Any, gold: Any) -> float:
    known = gold != IGNORED
    return float((logits.argmax(axis=-1) == gold)[known].mean()) if known.any() else float("nan")


def _tag_f1(found: Any, gold: Any) -> float:
    known = gold != IGNORED
    found, gold = found[known], gold[known]
    right = ((found == gold) & (gold > 0)).sum()
    total = (found > 0).sum() + (gold > 0).sum()
    return float(2 * right / total) if total else float("nan")


def _curves(history: Sequence[dict[str, float]]) -> tuple[CurvePoint, ...]:
    names = {
        "loss": "training loss",
        "eval_loss": "validation loss",
        "eval_score": "validation score",
        "eval_intent_accuracy": "intent accuracy",
        "eval_tag_f1": "tag F1",
        "eval_sentiment_accuracy": "sentiment accuracy",
    }
    return tuple(
        CurvePoint(int(entry["step"]), float(entry["epoch"]), shown, float(entry[name]))
        for entry in history
        for name, shown in names.items()
        if name in entry
    )
