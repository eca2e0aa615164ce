"""Encoder and heads tuned together: what is learned, when it stops, and how it goes on after an interrupt."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlu.heads import Heads, LinearHead, TagHead, tag_width
from nlu.tagging import tag_names, transition_mask
from tests.tiny import SENTENCES, make_dialogues
from training.dataset import Dataset, LabelledText, build_dataset, split
from training.dialogue_fields import Problems, as_dialogue
from training.hyperparameters import Hyperparameters

pytestmark = pytest.mark.slow

INTENTS = tuple(sorted(SENTENCES))
TAGS = tag_names(["order_number", "product"])
WIDTH = 32
FAST = Hyperparameters(encoder_rate_scale=20.0, head_rate=2e-2)  # learning rates a few steps can show
STILL = Hyperparameters(encoder_rate_scale=0.0, head_rate=0.0)


@pytest.fixture(scope="module")
def rows() -> tuple[LabelledText, ...]:
    dialogues = [as_dialogue(row, Problems()) for row in make_dialogues(80)]
    return build_dataset([dialogue for dialogue in dialogues if dialogue]).rows


def blank(*, tags: bool = True, sentiment: bool = True) -> Heads:
    """Heads that know nothing yet."""

    def zeros(labels: Sequence[str], width: int = WIDTH) -> LinearHead:
        return LinearHead(
            tuple(labels), np.zeros((width, len(labels)), np.float32), np.zeros(len(labels), np.float32)
        )

    mask = transition_mask(TAGS)
    return Heads(
        zeros(INTENTS),
        TagHead(zeros(TAGS, tag_width(WIDTH)), mask, mask[0]) if tags else None,
        zeros(("negative", "neutral", "positive")) if sentiment else None,
    )


class Tune:
    """`fine_tune` on the tiny base."""

    def __init__(self, base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from training import fine_tune
        from training.export import load_transformer

        monkeypatch.setattr(fine_tune, "BATCH", 8)
        self.folder = folder
        self.transformer, self.tokenizer = load_transformer(str(base))

    def __call__(self, rows: Sequence[LabelledText], start: Heads, **options: Any) -> Any:
        from training.fine_tune import fine_tune

        parts = split(Dataset(tuple(rows)), test_share=0.25)
        wanted = {
            "checkpoints": self.folder, "epochs": 4, "seed": 0, "progress": lambda *_: None,
            "hyperparameters": FAST, **options,
        }  # fmt: skip
        return fine_tune(self.transformer, self.tokenizer, start, parts.train, parts.test, **wanted)


@pytest.fixture
def tune(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tune:
    return Tune(tiny_base, tmp_path / "checkpoints", monkeypatch)


def test_all_heads_learn_together(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    tuned = tune(rows, blank(), epochs=20)
    assert tuned.score > 0.6
    for name, array in tuned.heads.arrays().items():
        if name.endswith("weight"):
            assert np.abs(array).max() > 0, name


def test_sets_with_only_intents_and_only_entities_train_one_model(
    tune: Tune, rows: tuple[LabelledText, ...]
) -> None:
    halves = [
        replace(row, entities=None) if i % 2 else replace(row, intent=None, sentiment=None)
        for i, row in enumerate(rows)
    ]
    tuned = tune(halves, blank(sentiment=False), epochs=20)
    assert tuned.score > 0.6
    assert np.abs(tuned.heads.intent.weight).max() > 0
    assert np.abs(tuned.heads.tag.scores.weight).max() > 0
    assert tuned.heads.sentiment is None


def test_intents_alone_are_scored_by_their_accuracy(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    plain = [replace(row, entities=None, sentiment=None) for row in rows]
    tuned = tune(plain, blank(tags=False, sentiment=False), epochs=20)
    assert tuned.score > 0.6
    assert tuned.heads.tag is tuned.heads.sentiment is None


def test_a_type_only_validation_messages_have_is_passed_over(
    tune: Tune, rows: tuple[LabelledText, ...]
) -> None:
    parts = split(Dataset(rows), test_share=0.25)
    renamed = {
        id(row): replace(row, entities=tuple(replace(e, label="unheard_of") for e in row.entities or ()))
        for row in parts.test
    }
    tuned = tune([renamed.get(id(row), row) for row in rows], blank(), epochs=1)
    assert tuned.heads.tag.scores.labels == TAGS


def test_it_stops_when_nothing_gets_better(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    tuned = tune(rows[:60], blank(), epochs=12, hyperparameters=STILL)
    scored = [point.epoch for point in tuned.curves if point.name == "validation score"]
    assert scored == [1, 2, 3, 4]


class Interrupted(Exception):
    """What the operator's Ctrl-C is in these tests."""


@pytest.mark.parametrize(
    ("scores", "share"),
    [((0.7, 0.7, 0.6, 0.7), 0.5), ((0.5, 0.6, 0.7, 0.7), 0.7), ((0.0, 0.0, 0.0, 0.1), 0.8)],
)
def test_what_was_tuned_is_averaged_with_what_was_before(
    tiny_base: Path, scores: tuple[float, ...], share: float
) -> None:
    import torch

    from nlu.model import JointModel
    from training.export import load_transformer
    from training.mixing import choose_share, mix_back, weights_of

    model = JointModel.from_base(load_transformer(str(tiny_base))[0], blank())
    before = weights_of(model)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 1.0
    left = list(scores)
    assert choose_share(model, before, lambda: left.pop(0)) == (share, max(scores))
    assert left == []
    mix_back(model, before, weights_of(model), share)
    for name, weight in model.named_parameters():
        assert weight.detach().numpy() == pytest.approx(before[name].numpy() + share, abs=1e-5)


def test_with_a_share_nobody_is_looked_at_on_the_way(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    tuned = tune(rows, blank(), epochs=2, share=0.8)
    assert np.isnan(tuned.score)
    assert {point.name for point in tuned.curves} == {"training loss"}
    assert max(point.epoch for point in tuned.curves) <= 2


def test_tags_stand_where_they_stood_without_a_prompt(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    from training.rows import Rows

    labels = {"intent": list(INTENTS), "tag": list(TAGS)}
    plain = Rows(rows, tune.tokenizer, labels)
    for one, other in zip(plain, Rows(rows, tune.tokenizer, labels, "where is: "), strict=True):
        assert len(other["input_ids"]) == len(one["input_ids"]) + 3
        assert other["words"] == [position + 3 for position in one["words"]]
        assert other["tags"] == one["tags"]


def interrupt_at(step: int) -> Any:
    def progress(stage: str, done: int, total: int) -> None:
        if done == step:
            raise Interrupted

    return progress


def same(one: Any, other: Any) -> bool:
    arrays = (one.heads.arrays(), other.heads.arrays())
    weights = (one.transformer.state_dict(), other.transformer.state_dict())
    return all(np.allclose(arrays[0][name], arrays[1][name], atol=1e-5) for name in arrays[0]) and all(
        np.allclose(weights[0][name].numpy(), weights[1][name].numpy(), atol=1e-5) for name in weights[0]
    )


@pytest.mark.parametrize("step", [2, 9])
def test_an_interrupted_training_ends_as_it_would_have(
    step: int,
    tune: Tune,
    rows: tuple[LabelledText, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from training import fine_tune

    monkeypatch.setattr(fine_tune, "BATCH", 32)  # four steps an epoch
    whole = tune(rows, blank(), checkpoints=tmp_path / "whole")
    with pytest.raises(Interrupted):
        tune(rows, blank(), progress=interrupt_at(step))
    steps: list[int] = []
    resumed = tune(rows, blank(), progress=lambda _, done, total: steps.append(done))
    assert steps[0] == (step - 1) // 4 * 4 + 1
    assert same(whole, resumed)
    assert [p for p in whole.curves if "validation" in p.name] == [
        p for p in resumed.curves if "validation" in p.name
    ]


def test_patience_lasts_over_an_interrupt(tune: Tune, rows: tuple[LabelledText, ...]) -> None:
    with pytest.raises(Interrupted):
        tune(rows, blank(), epochs=12, hyperparameters=STILL, progress=interrupt_at(14))
    resumed = tune(rows, blank(), epochs=12, hyperparameters=STILL)
    assert max(point.epoch for point in resumed.curves) == 4


def test_a_half_written_checkpoint_is_passed_over(tmp_path: Path) -> None:
    from training.fine_tune import last_checkpoint

    assert last_checkpoint(tmp_path) is None
    for name, state in (
        ("checkpoint-9", "{}"),
        ("checkpoint-18", "{}"),
        ("checkpoint-100", '{"epoch": 2'),
        ("checkpoint-200", None),
    ):
        (tmp_path / name).mkdir()
        if state:
            (tmp_path / name / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-18"
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint-9", "checkpoint-18"}


def test_half_precision_is_for_machines_that_compute_in_it(tmp_path: Path) -> None:
    import torch

    from training.fine_tune import arguments
    from training.trained import default_speed

    has_cuda = torch.cuda.is_available()
    found = arguments(tmp_path, 1, 0)
    on_cpu = torch.cpu._is_avx512_bf16_supported()
    assert found.bf16 == (torch.cuda.is_bf16_supported() if has_cuda else on_cpu)
    assert found.use_cpu == (not has_cuda)
    assert default_speed() == ("full" if has_cuda else "fast")


def test_processes_share_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import fine_tune

    alone = fine_tune.arguments(tmp_path, 1, 0).per_device_train_batch_size
    monkeypatch.setattr(fine_tune, "world_size", lambda: 2)
    assert fine_tune.arguments(tmp_path, 1, 0).per_device_train_batch_size == alone // 2


@pytest.fixture
def told_epochs(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how many epochs a training on a CPU estimates its time; a step seems to take a minute."""
    from training import fine_tune
    from training.pace import Pace

    asked: list[float] = []
    arguments, estimate_s = fine_tune.arguments, fine_tune.estimate_s

    def estimate(trainer: Any, epochs: float) -> float:
        asked.append(epochs)
        return estimate_s(trainer, epochs)

    def time_steps(step: Any, batches: Any, lengths: Any) -> Pace:
        step(batches[0])
        return Pace((1, 1000), (60.0, 60.0))

    def on_a_cpu(*wanted: Any, **more: Any) -> Any:
        found = arguments(*wanted, **more)
        found.use_cpu = True
        return found

    monkeypatch.setattr(fine_tune, "arguments", on_a_cpu)
    monkeypatch.setattr(fine_tune, "estimate_s", estimate)
    monkeypatch.setattr(fine_tune, "time_steps", time_steps)
    monkeypatch.setattr(fine_tune, "BATCH", 32)  # four steps an epoch
    return asked


def test_how_long_it_takes_is_told_before_the_first_step(
    tune: Tune, rows: tuple[LabelledText, ...], told_epochs: list[float]
) -> None:
    events: list[Any] = []

    def progress(stage: str, done: int, total: int) -> None:
        events.append(done)
        interrupt_at(9)(stage, done, total)

    with pytest.raises(Interrupted):
        tune(rows, blank(), expect=events.append, progress=progress)
    seconds, first_step, *_ = events
    assert first_step == 1
    assert 60 * 4 * 4 < seconds < 60 * 4 * 8  # four epochs of four steps, and evaluations
    tune(rows, blank(), expect=events.append)
    assert told_epochs == [4, 2]


def test_the_estimate_changes_nothing_in_the_training(
    tune: Tune,
    rows: tuple[LabelledText, ...],
    told_epochs: list[float],
    tmp_path: Path,
) -> None:
    told = tune(rows, blank(), epochs=1, checkpoints=tmp_path / "told", expect=lambda _: None)
    assert told_epochs == [1]
    assert same(told, tune(rows, blank(), epochs=1))


def test_the_score_of_each_epoch_is_reported_and_may_end_it(
    tune: Tune, rows: tuple[LabelledText, ...]
) -> None:
    reported: list[float] = []
    tuned = tune(rows, blank(), epochs=3, report=reported.append)
    assert reported == [point.value for point in tuned.curves if point.name == "validation score"]

    def give_up(score: float) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        tune(rows, blank(), epochs=3, report=give_up, checkpoints=tune.folder / "other")
