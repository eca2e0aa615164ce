"""The memory's benchmark fills it and compares what it finds with all that could be found."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bench.memory import _nearest, main
from training.errors import TrainingError


def test_a_small_memory_misses_nothing(tmp_path: Path) -> None:
    options = ["--n", "1500", "--queries", "20", "--json", str(tmp_path / "figures.json")]
    run = CliRunner().invoke(main, options, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["searched"], figures["recall@10"]) == ("exact", 1)
    assert figures["1,000"]["recall@10"] > 0.95
    assert set(figures["1,500"]) == {"exact_ms"}


def test_the_nearest_are_found_across_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.memory.PART", 7)
    vectors, queries = (np.random.default_rng(i).normal(size=(40, 4)).astype(np.float32) for i in (0, 1))
    cosines, rows = _nearest(vectors, queries)
    assert rows.tolist() == np.argsort(-(queries @ vectors.T), axis=1)[:, :10].tolist()
    np.testing.assert_allclose(cosines, np.take_along_axis(queries @ vectors.T, rows, 1), rtol=1e-4)


def test_vectors_of_other_texts_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "cache.npy", np.zeros((2, 4), np.float32))
    (tmp_path / "texts.jsonl").write_text('{"text": "hi", "intent": "greeting"}\n')
    options = ["--texts", str(tmp_path / "texts.jsonl"), "--cache", str(tmp_path / "cache.npy")]
    with pytest.raises(TrainingError, match=r"2 vectors, but .* has 1 texts"):
        CliRunner().invoke(main, options, catch_exceptions=False)
