"""The same data, options and seed on the same machine give the same model, and a release says what it was made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import make_dialogues, train_tiny, write_dialogues
from training.provenance import code_digest

pytestmark = pytest.mark.slow

REPORTS = {"report.html", "report.json"}  # they have times in them


def manifest(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "manifest.json").read_text("utf-8"))
    return found


def model(release: Path) -> dict[str, str]:
    files: dict[str, str] = manifest(release)["files"]
    return {name: digest for name, digest in files.items() if name not in REPORTS}


@pytest.mark.parametrize("options", [{"speed": "fast"}, {"speed": "full", "epochs": 1}])
def test_two_trainings_give_the_same_model(workspace: Path, tiny_base: Path, options: dict[str, Any]) -> None:
    one, other = (train_tiny(workspace, tiny_base, **options) for _ in range(2))
    assert one != other
    assert model(one) == model(other)
    assert manifest(one)["metrics"] == manifest(other)["metrics"]
    assert manifest(one)["data"] == manifest(other)["data"]


def test_the_order_of_the_dialogues_makes_no_other_model(
    trained: Path, release: Path, tiny_base: Path
) -> None:
    write_dialogues(trained, reversed(list(make_dialogues(100))))
    assert manifest(train_tiny(trained, tiny_base))["data"] == manifest(release)["data"]


def test_another_seed_or_other_data_give_another_model(trained: Path, release: Path, tiny_base: Path) -> None:
    seeded = train_tiny(trained, tiny_base, seed=1)
    assert manifest(seeded)["options"]["seed"] == 1
    assert manifest(seeded)["data"]["fingerprint"] == manifest(release)["data"]["fingerprint"]
    assert model(seeded)["fusion.json"] != model(release)["fusion.json"]
    write_dialogues(trained, make_dialogues(90))
    smaller = train_tiny(trained, tiny_base)
    assert manifest(smaller)["data"]["fingerprint"] != manifest(release)["data"]["fingerprint"]


def test_a_release_names_the_code_and_the_packages_it_was_made_with(release: Path) -> None:
    found = manifest(release)["versions"]
    assert found["code of kefu"] == code_digest()
    assert {"python", "torch", "onnxruntime"} <= found.keys()
    assert len(code_digest()) == 12
