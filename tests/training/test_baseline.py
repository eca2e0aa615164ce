"""The baseline of a release: its held-out messages, counted as live ones are."""

from pathlib import Path

import pytest

from nlu.files import ReleaseFiles
from nlu.profile import MEASURES, Baseline
from retrieval.fusion import load_fusion
from tests.tiny import train_tiny

pytestmark = pytest.mark.slow


def test_a_training_leaves_what_its_held_out_messages_are_like(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.baseline.MIN_MESSAGES", 10)
    files = ReleaseFiles(train_tiny(trained, tiny_base))
    found = Baseline.load(files.baseline)
    assert found is not None
    assert found.sure_from == load_fusion(files.fusion, 0.05)[1].answer_threshold
    assert found.profile.n >= 10
    assert 0 < found.profile.n_groups <= found.profile.n
    for measure in MEASURES:
        assert sum(found.profile.counts[measure].values()) == pytest.approx(found.profile.n_groups)
    assert "out_of_scope" not in found.profile.counts["intent"]
    assert files.baseline.name in files.read_manifest()["files"]


def test_few_held_out_messages_make_no_baseline(release: Path) -> None:
    assert not ReleaseFiles(release).baseline.exists()
