"""From dialogues to a release: what is written is what was trained, and serves as it was measured."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlu.encoder import Encoder
from nlu.files import FORMAT, ReleaseFiles
from nlu.rules import EntityRules
from nlu.understander import Understander
from retrieval.answers import AnswerBook
from retrieval.fusion import load_fusion
from retrieval.memory import load_memory
from retrieval.retriever import Retriever
from tests.tiny import make_base, make_dialogues, make_several, make_workspace, train_tiny, write_dialogues
from training.dataset import LabelledText, Split, build_dataset
from training.dialogues import dialogue_files, read_dialogues
from training.fast import held_out, predict
from training.features import encode_rows
from training.pipeline import BUDGETS, write_model
from training.registry import Registry
from training.sentiment import LABELS
from training.thresholds import fit_budgets
from training.trained import Options, Watch, frozen_encoder, train_fast

pytestmark = pytest.mark.slow


def manifest(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "manifest.json").read_text("utf-8"))
    return found


def retriever_of(folder: Path, understander: Understander, max_wrong_answers: float = 0.05) -> Retriever:
    files = ReleaseFiles(folder)
    fusion, budget = load_fusion(files.fusion, max_wrong_answers)
    memory = load_memory(files.index, files.examples)
    return Retriever(
        understander.labels,
        memory,
        fusion,
        budget,
        answers=AnswerBook(()),
        encode=lambda texts: np.stack([one.vector for one in understander.encoder.encode(texts)]),
    )


def test_a_release_read_back_answers_as_the_model_that_was_trained(
    trained: Path, tiny_base: Path, tmp_path: Path
) -> None:
    dataset = build_dataset(read_dialogues(dialogue_files(trained)))
    options = Options(base_model=str(tiny_base), precision="fp32")
    model = train_fast(Split(dataset.rows, (), 0), tmp_path, options, Registry(trained), Watch())
    calibrated = model.model.calibrated
    measured = held_out(calibrated.evidence, calibrated.fused, model.model.labels, calibrated.sample_weight)
    budgets = fit_budgets(measured, BUDGETS)
    write_model(model, budgets, tmp_path, seed=0)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": FORMAT}))

    understander = Understander.load(tmp_path, EntityRules(), precision="fp32")
    retriever = retriever_of(tmp_path, understander)
    turns = [turn["text"] for row in make_dialogues(10, seed=5) for turn in row["turns"]]
    texts = [*turns, *(row.text for row in dataset.rows[:5]), "", "unheard of entirely"]
    asked = encode_rows([LabelledText(text, text) for text in texts], tmp_path, "fp32")
    wanted = predict(model.model, model.train, asked)
    assert retriever.labels == model.model.labels
    assert retriever.budget in budgets
    assert len(retriever.memory) == len(model.train.with_intent().rows) > len(dataset.labelled())
    for i, text in enumerate(texts):
        understanding = understander.understand_batch([text])[0]
        findings = retriever.search(text, understanding.vector, understanding.class_probs, top=10)
        assert findings.confidence == pytest.approx(wanted.confidence[i], abs=1e-3)
        assert findings.scope_prob == pytest.approx(wanted.scope[i], abs=1e-3)
        probs = {ranked.intent: ranked.prob for ranked in findings.intents}
        assert len(probs) == len(model.model.labels) - 1  # all but out_of_scope
        for label, prob in zip(model.model.labels, wanted.probs[i], strict=True):
            assert probs.get(label, prob) == pytest.approx(prob, abs=1e-3)


@pytest.mark.parametrize("max_wrong_answers", [0.01, 0.05, 0.07, 0.2])
def test_the_budget_asked_for_is_the_largest_one_within(max_wrong_answers: float, release: Path) -> None:
    understander = Understander.load(release, EntityRules())
    budget = retriever_of(release, understander, max_wrong_answers).budget
    assert budget.max_wrong_answers == max(b for b in BUDGETS if b <= max_wrong_answers)


def test_the_same_dialogues_make_the_same_release_with_the_same_encoder(
    trained: Path, release: Path, tiny_base: Path
) -> None:
    again = train_tiny(trained, tiny_base)
    one, other = (manifest(folder)["files"] for folder in (release, again))
    differing = {name for name in one if one[name] != other[name]}
    assert differing <= {"report.html", "report.json"}  # they hold times
    assert manifest(release)["data"] == manifest(again)["data"]
    for name in ("tokenizer.json", "encoder.fp32.onnx", "encoder.int8.onnx"):
        assert (again / name).samefile(release / name)
    assert not (again / "heads.safetensors").samefile(release / "heads.safetensors")


def test_a_release_of_messages_with_several_intents_finds_them_together(
    tiny_base: Path, tmp_path: Path
) -> None:
    workspace = make_workspace(tmp_path / "desk", n=60)
    write_dialogues(workspace, [*make_dialogues(60), *make_several(48)])
    release = train_tiny(workspace, tiny_base, test_share=0.0)
    [both] = Understander.load(release, EntityRules()).understand_batch(
        ["well cancel it now are you open today"]
    )
    assert {one.intent for one in both.several} == {"cancel_order", "opening_hours"}
    assert manifest(release)["metrics"]["several_f1"] > 0.8
    assert "Several intents in one message" in (release / "report.html").read_text("utf-8")


def test_a_release_of_messages_with_one_intent_each_has_no_head_for_several(release: Path) -> None:
    assert "several" not in json.loads((release / "labels.json").read_text("utf-8"))
    [found] = Understander.load(release, EntityRules()).understand_batch(["cancel it now are you open today"])
    assert found.several == ()
    assert manifest(release)["metrics"]["several_f1"] is None
    assert manifest(release)["budget"]["several_threshold"] == 1


def test_a_base_model_that_changed_in_its_place_is_exported_anew(
    trained: Path, release: Path, tiny_base: Path, tmp_path: Path
) -> None:
    base = Path(shutil.copytree(tiny_base, tmp_path / "base"))
    folder = tmp_path / "new"
    folder.mkdir()
    options, registry = Options(base_model=str(base)), Registry(trained)
    frozen_encoder((LabelledText("a lamp", "d"),), folder, options, registry)
    assert (folder / "encoder.int8.onnx").samefile(release / "encoder.int8.onnx")
    make_base(base, seed=7)
    (folder / "encoder.int8.onnx").unlink()
    frozen_encoder((LabelledText("a lamp", "d"),), folder, options, registry)
    assert (folder / "encoder.int8.onnx").read_bytes() != (release / "encoder.int8.onnx").read_bytes()


def test_a_spoiled_file_of_an_earlier_release_is_not_taken_over(
    trained: Path, release: Path, tiny_base: Path, tmp_path: Path
) -> None:
    (release / "encoder.int8.onnx").write_bytes(b"not what was written")
    options = Options(base_model=str(tiny_base))
    frozen_encoder((LabelledText("a lamp", "d"),), tmp_path, options, Registry(trained))
    assert Encoder(tmp_path / "encoder.int8.onnx", tmp_path / "tokenizer.json").width == 32


def test_without_held_back_dialogues_cross_validation_gives_the_figures(
    trained: Path, tiny_base: Path
) -> None:
    found = manifest(train_tiny(trained, tiny_base, test_share=0.0))
    assert not found["metrics"]["is_held_out"]
    assert 0 < found["metrics"]["accuracy"] <= 1


def test_an_intent_that_came_up_since_is_in_the_next_release(
    trained: Path, release: Path, tiny_base: Path
) -> None:
    new = [
        {"id": f"new-{i}", "turns": [{"speaker": "customer", "text": f"my invoice {w}", "intent": "invoice"}]}
        for i, w in enumerate(("please", "again", "for the rug", "is missing", "soon", "then"))
    ]
    write_dialogues(trained, [*make_dialogues(100), *new])
    again = train_tiny(trained, tiny_base)
    before, after = (
        json.loads((folder / "labels.json").read_text())["intent"] for folder in (release, again)
    )
    assert sorted({*before, "invoice"}) == after
    assert (
        Understander.load(again, EntityRules()).understand_batch(["my invoice please"])[0].intents[0].intent
        == "invoice"
    )


@pytest.mark.parametrize("n_dialogues", [1, 4])
def test_the_least_that_is_accepted_trains(n_dialogues: int, trained: Path, tiny_base: Path) -> None:
    turns = [
        {"speaker": "customer", "text": f"{text} {word}", "intent": intent}
        for intent, text in (("cancel", "cancel"), ("open", "when open"))
        for word in ("lamp", "mug")
    ]
    rows = [{"id": f"d{i}", "turns": turns[i::n_dialogues]} for i in range(n_dialogues)]
    write_dialogues(trained, rows)
    release = train_tiny(trained, tiny_base)
    understander = Understander.load(release, EntityRules())
    retriever = retriever_of(release, understander)
    understanding = understander.understand_batch(["cancel lamp"])[0]
    findings = retriever.search("cancel lamp", understanding.vector, understanding.class_probs)
    assert findings.intents[0].intent == "cancel"
    assert understanding.entities == ()
    assert understanding.sentiment in LABELS  # what ships teaches it
