"""Candidates meet the gate with real files: what is worse, broken, slow or has seen the test part is refused."""

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from bot.commands.train import make_release, options_of
from bot.loading import load_release
from bot.settings import load_settings
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.answer_files import load_answers
from retrieval.retriever import Retriever
from tests.once import make_once
from tests.tiny import make_dialogues, make_workspace, write_dialogues
from training.dataset import Dataset, build_dataset
from training.dialogues import dialogue_files, read_dialogues
from training.gate.evidence import (
    Case,
    gather_evidence,
    load_evidence,
    rows_to_measure,
    save_evidence,
)
from training.gate.frozen import Frozen, freeze, read_frozen, usual_repeats, write_frozen
from training.gate.gate import Limits, judge
from training.gate.served import OpenRelease
from training.gate.verdict import Verdict, read_verdict, store_verdict
from training.registry import Registry, Release
from training.trained import Watch

pytestmark = pytest.mark.slow

N = 400  # dialogues
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """A workspace whose current release was trained without the test part."""

    workspace: Path
    base: Path

    @property
    def frozen(self) -> Frozen:
        return read_frozen(self.workspace)

    @property
    def dataset(self) -> Dataset:
        return build_dataset(read_dialogues(dialogue_files(self.workspace)))

    @property
    def current(self) -> Release:
        return Registry(self.workspace).find("current")

    def train(self) -> Release:
        settings = load_settings(self.workspace)
        options = options_of(settings, base_model=str(self.base), speed="fast")
        return make_release(settings, self.dataset, options, Watch(), frozen=self.frozen.test)

    def open_release(self, folder: Path) -> tuple[Understander, Retriever]:
        book = load_answers(self.workspace / "answers")
        return load_release(load_settings(self.workspace), folder, book)

    def judge(
        self,
        candidate: Release,
        *,
        opening: OpenRelease | None = None,
        cases: Sequence[Case] = (),
        limits: Limits | None = None,
    ) -> Verdict:
        write_dialogues(self.workspace, make_dialogues(N))  # the labels of the test part are right
        evidence = gather_evidence(
            candidate,
            self.current,
            rows_to_measure(self.dataset, self.frozen.test),
            opening or self.open_release,
            answered=frozenset(load_answers(self.workspace / "answers").intents),
            cases=tuple(cases),
        )
        return judge(evidence, limits or Limits())


@pytest.fixture(scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    def make(folder: Path) -> None:
        desk = Desk(make_workspace(folder, n=N), tiny_base)
        write_frozen(freeze(desk.dataset, Frozen()), folder)
        Registry(folder).promote(desk.train().name)

    return make_once(tmp_path_factory, "gate", make)


@pytest.fixture
def desk(_desk: Path, tiny_base: Path, tmp_path: Path) -> Desk:
    return Desk(Path(shutil.copytree(_desk, tmp_path / "desk")), tiny_base)


def relabelled(desk: Desk, change: Callable[[dict[str, Any]], None]) -> Release:
    """A candidate trained on the same dialogues with other labels."""
    rows = list(make_dialogues(N))
    for row in rows:
        for turn in row["turns"]:
            if "intent" in turn:
                change(turn)
    write_dialogues(desk.workspace, rows)
    return desk.train()


def refused_for(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.has_passed}


def test_a_release_of_the_same_dialogues_passes_and_every_condition_is_told(desk: Desk) -> None:
    candidate = desk.train()
    verdict = desk.judge(candidate)
    assert verdict.has_passed, verdict.reasons
    assert (verdict.release, verdict.against) == (candidate.name, desk.current.name)
    assert verdict.n_messages == 2 * len(desk.frozen.test)
    assert {check.name for check in verdict.checks} >= {
        "whole", "nothing leaked", "known intents", "intents right", "macro F1", "each intent", "answered rightly",
        "wrong-answer budget", "calibration", "entities F1", "index", "regression cases", "speed", "size",
    }  # fmt: skip
    assert all(check.reason for check in verdict.checks)
    store_verdict(verdict, candidate.folder)
    assert read_verdict(candidate.folder) == verdict
    candidate.verify()


def test_shuffled_labels_are_refused(desk: Desk) -> None:
    chance = random.Random(1)
    intents = [turn["intent"] for row in make_dialogues(N) for turn in row["turns"] if "intent" in turn]
    chance.shuffle(intents)
    verdict = desk.judge(relabelled(desk, lambda turn: turn.update(intent=intents.pop())))
    assert refused_for(verdict) >= {"intents right", "macro F1", "each intent"}


def test_one_poisoned_intent_is_refused_and_named(desk: Desk) -> None:
    chance = random.Random(2)

    def poison(turn: dict[str, Any]) -> None:
        if turn["intent"] == "refund_request" and chance.random() < 0.9:
            turn["intent"] = "opening_hours"

    verdict = desk.judge(relabelled(desk, poison))
    [reason] = [check.reason for check in verdict.checks if check.name == "each intent"]
    assert "each intent" in refused_for(verdict)
    assert "refund_request" in reason
    assert "cancel_order (" not in reason


def test_a_lost_intent_is_refused_and_named(desk: Desk) -> None:
    def lose(turn: dict[str, Any]) -> None:
        if turn["intent"] == "cancel_order":
            del turn["intent"]

    verdict = desk.judge(relabelled(desk, lose))
    assert "known intents" in refused_for(verdict)
    assert "known intents: it doesn't know cancel_order" in verdict.reasons


def test_a_candidate_that_learned_from_the_test_part_is_refused(desk: Desk) -> None:
    rows = list(make_dialogues(N))
    leaked = [{**row, "id": f"again-{row['id']}"} for row in rows if row["id"] in desk.frozen.test]
    write_dialogues(desk.workspace, [*rows, *leaked])
    verdict = desk.judge(desk.train())
    assert "nothing leaked" in refused_for(verdict)
    [reason] = [check.reason for check in verdict.checks if check.name == "nothing leaked"]
    assert "of dialogue d0-" in reason


def test_where_nobody_says_the_same_again_few_messages_are_a_leak_too(desk: Desk) -> None:
    test = desk.frozen.test
    rows = list(make_dialogues(N))
    leaked = [{**row, "id": f"again-{row['id']}"} for row in rows if row["id"] in test]
    told: list[bool] = []
    for n in (0, 4):  # 8 of 100 messages could be chance
        write_dialogues(desk.workspace, [*rows, *leaked[:n]])
        evidence = gather_evidence(
            desk.train(), desk.current, rows_to_measure(desk.dataset, test), desk.open_release
        )
        [check] = [check for check in judge(evidence, Limits()).checks if check.name == "nothing leaked"]
        told.append(check.has_passed)
    assert told == [True, False]


@pytest.mark.parametrize("has_leak", [False, True])
def test_what_customers_ask_in_the_same_words_is_no_leak(has_leak: bool, desk: Desk) -> None:
    rows = list(make_dialogues(N))
    alike = [*rows, *({**row, "id": f"twin-{row['id']}"} for row in rows[::3])]
    write_dialogues(desk.workspace, alike)
    write_frozen(freeze(desk.dataset, Frozen()), desk.workspace)
    dataset, test = desk.dataset, desk.frozen.test
    if has_leak:
        leaked = [{**row, "id": f"again-{row['id']}"} for row in alike if row["id"] in test]
        write_dialogues(desk.workspace, [*alike, *leaked])
    evidence = gather_evidence(
        desk.train(),
        desk.current,
        rows_to_measure(dataset, test),
        desk.open_release,
        usual_repeats=usual_repeats(desk.dataset, test),
    )
    save_evidence(evidence, desk.workspace / "evidence.json")
    kept = load_evidence(desk.workspace / "evidence.json", Registry(desk.workspace), evidence.rows)
    [check] = [check for check in judge(kept, Limits()).checks if check.name == "nothing leaked"]
    assert check.has_passed is not has_leak, check.reason
    assert "is said again in other dialogues" in check.reason


@pytest.mark.parametrize("name", ["heads.safetensors", "encoder.int8.onnx", "examples.faiss", "fusion.json"])
def test_a_truncated_file_is_refused(name: str, desk: Desk) -> None:
    candidate = Registry(desk.workspace).open(
        shutil.copytree(desk.current.folder, desk.current.folder.with_name("candidate")).name
    )
    path = candidate.folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    verdict = desk.judge(candidate)
    assert refused_for(verdict) == {"whole"}
    assert name in verdict.reasons[0]


def test_a_slow_model_is_refused(desk: Desk) -> None:
    candidate = Registry(desk.workspace).open(
        shutil.copytree(desk.current.folder, desk.current.folder.with_name("candidate")).name
    )

    class Slow(Understander):
        def understand_batch(self, texts: Sequence[str], **options: Any) -> list[Understanding]:
            sleep(0.11)
            return super().understand_batch(texts, **options)

    def opening(folder: Path) -> tuple[Understander, Retriever]:
        understander, retriever = desk.open_release(folder)
        if folder == candidate.folder:
            understander.__class__ = Slow
        return understander, retriever

    assert refused_for(desk.judge(candidate, opening=opening)) == {"speed"}


def test_an_incomplete_index_is_refused(desk: Desk) -> None:
    current = desk.current
    manifest = {**current.manifest, "data": {**current.manifest["data"], "examples": 10_000}}
    verdict = desk.judge(replace(current, manifest=manifest))
    assert refused_for(verdict) == {"index"}
    assert "10000 were learned from" in verdict.reasons[0]


def test_a_failed_regression_case_is_refused_with_the_case(desk: Desk) -> None:
    cases = [Case("hello", ""), Case("where is it", "wanted answer order_status, met clarify")]
    verdict = desk.judge(desk.current, cases=cases)
    assert verdict.reasons == (
        "regression cases: 1 of 2 pass: “where is it”: wanted answer order_status, met clarify",
    )


def test_a_large_release_is_refused(desk: Desk) -> None:
    verdict = desk.judge(desk.current, limits=Limits(max_megabytes=0.01))
    assert refused_for(verdict) == {"size"}


def test_too_few_test_messages_are_no_proof(desk: Desk) -> None:
    test = frozenset(sorted(desk.frozen.test)[:5])
    evidence = gather_evidence(desk.current, None, rows_to_measure(desk.dataset, test), desk.open_release)
    verdict = judge(evidence, Limits())
    assert refused_for(verdict) == {"test messages"}
    assert "10 test messages" in verdict.reasons[0]


def test_where_the_release_that_serves_learned_from_the_test_part_its_report_is_what_counts(
    desk: Desk, trained: Path
) -> None:
    """As after `kefu train`, which learns from everything in the end."""
    candidate = desk.train()
    settings = load_settings(desk.workspace)
    options = options_of(settings, base_model=str(desk.base), speed="fast")
    Registry(desk.workspace).promote(make_release(settings, desk.dataset, options, Watch()).name)
    verdict = desk.judge(candidate)
    assert verdict.has_passed, verdict.reasons
    [reason] = [check.reason for check in verdict.checks if check.name == "intents right"]
    assert "by the report of the release that serves" in reason
    assert "macro F1" not in {check.name for check in verdict.checks}


def test_a_release_that_serves_and_is_broken_is_no_match_for_anything(desk: Desk) -> None:
    candidate = Registry(desk.workspace).open(
        shutil.copytree(desk.current.folder, desk.current.folder.with_name("candidate")).name
    )
    (desk.current.folder / "fusion.json").write_text("{")
    verdict = desk.judge(candidate)
    assert verdict.has_passed, verdict.reasons
    assert verdict.against is None


def test_a_verdict_that_cant_be_read_is_named(desk: Desk) -> None:
    (desk.current.folder / "gate.json").write_text(json.dumps({"release": "x"}))
    with pytest.raises(Exception, match=r"gate\.json: can't be read"):
        read_verdict(desk.current.folder)
