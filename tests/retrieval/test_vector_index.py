"""A memory that becomes cells, in the background or at once, finds what it found before."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval import vector_index
from retrieval.cells import Cells
from retrieval.errors import RetrievalError
from retrieval.exact import Exact
from retrieval.half_vectors import BLOCK, HalfVectors
from retrieval.memory import Example, Memory, load_memory

WIDTH = 32
FROM = 100


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_index, "CELLS_FROM", FROM)


def clustered(n: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors around thirty themes."""
    rng = np.random.default_rng(seed)
    themes = np.random.default_rng(7).normal(size=(30, WIDTH))
    found = themes[rng.integers(0, 30, n)] + 0.5 * rng.normal(size=(n, WIDTH))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def memory_of(vectors: NDArray[np.float32]) -> Memory:
    return Memory([Example(f"known {i}", f"intent {i % 5}") for i in range(len(vectors))], vectors)


def nearest(memory: Memory, vector: NDArray[np.float32]) -> Example:
    return memory.search(vector, 1)[0][0]


def test_cells_find_nearly_all_that_is_nearest() -> None:
    vectors, queries = clustered(3000), clustered(100, seed=1)
    halves = HalfVectors(WIDTH)
    halves.append(vectors)
    exact, cells = Exact(vectors), Cells.make(halves, np.arange(len(vectors)))
    assert cells.n_read < cells.n_cells
    found = [len(set(exact.search(query, 10)[0]) & set(cells.search(query, 10)[0])) for query in queries]
    assert np.mean(found) > 9.7


def test_few_are_compared_one_and_all_and_many_in_cells() -> None:
    assert memory_of(clustered(FROM - 1)).kind == "exact"
    assert memory_of(clustered(FROM)).kind.endswith(" cells")


def test_a_memory_that_grows_becomes_cells_and_more_cells() -> None:
    vectors = clustered(2 * FROM * vector_index.REMAKE_AT)
    memory = memory_of(vectors[: FROM - 50])
    kinds = {memory.kind}
    for i in range(FROM - 50, len(vectors)):
        memory.learn(Example(f"learned {i}", "new", i), vectors[i])
        assert nearest(memory, vectors[i]).correction_id == i
        if i % 3 == 0:
            assert memory.unlearn(i)
        if i % 50 == 0:
            memory.wait()
            kinds.add(memory.kind)
    memory.wait()
    assert len({kind.split()[-2] for kind in kinds if kind != "exact"}) > 1  # numbers of cells
    assert "exact" in kinds
    for i in range(FROM - 50, len(vectors)):
        assert (nearest(memory, vectors[i]).correction_id == i) == (i % 3 != 0)
    assert all(nearest(memory, vectors[i]).text == f"known {i}" for i in range(FROM - 50))


def test_a_correction_is_undone_in_cells_too() -> None:
    vectors = clustered(FROM)
    memory = memory_of(vectors)
    memory.learn(Example("KNOWN 3", "corrected", 1), vectors[3])
    assert nearest(memory, vectors[3]) == Example("KNOWN 3", "corrected", 1)
    assert len(memory) == FROM
    assert memory.unlearn(1)
    assert nearest(memory, vectors[3]) == Example("known 3", "intent 3")


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Memory, Path, Path]:
    """Cells with a gap in their rows, and their files."""
    vectors = clustered(FROM + 50)
    memory = memory_of(vectors[:FROM])
    memory.learn(Example("known 7", "corrected", 1), vectors[7])
    for i in range(FROM, FROM + 50):
        memory.learn(Example(f"learned {i}", "new", i), vectors[i])
    memory.unlearn(FROM + 3)
    memory.save(tmp_path / "index", tmp_path / "examples")
    return memory, tmp_path / "index", tmp_path / "examples"


def test_cells_that_were_saved_find_the_same(saved: tuple[Memory, Path, Path]) -> None:
    memory, index, examples = saved
    loaded = load_memory(index, examples)
    assert (loaded.kind, len(loaded), loaded.intents) == (memory.kind, len(memory), memory.intents)
    for query in clustered(50, seed=2):
        wanted = [(one.text, one.intent, cosine) for one, cosine in memory.search(query, 10)]
        assert [(one.text, one.intent, cosine) for one, cosine in loaded.search(query, 10)] == wanted
        asked = "known learned 7"
        np.testing.assert_allclose(
            loaded.word_scores(asked, loaded.intents), memory.word_scores(asked, loaded.intents)
        )


@pytest.mark.parametrize("content", [None, b"", b"nonsense", "short"])
def test_vectors_that_cant_be_read_are_named(
    content: bytes | str | None, saved: tuple[Memory, Path, Path]
) -> None:
    _, index, examples = saved
    path = vector_index.halves_file(index)
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(whole[:-2] if isinstance(content, str) else content)
    with pytest.raises(RetrievalError, match=f"{path}: not the vectors of an index"):
        load_memory(index, examples)


def test_vectors_of_another_index_are_refused(saved: tuple[Memory, Path, Path], tmp_path: Path) -> None:
    _, index, examples = saved
    memory_of(clustered(FROM)).save(tmp_path / "other", tmp_path / "others")
    vector_index.halves_file(tmp_path / "other").rename(vector_index.halves_file(index))
    with pytest.raises(
        RetrievalError, match=f"{index}: {FROM + 49} vectors, but index.vectors.npy holds {FROM}"
    ):
        load_memory(index, examples)


def test_vectors_lie_where_they_were_across_blocks() -> None:
    vectors = clustered(BLOCK + 10)
    halves = HalfVectors(WIDTH)
    for part in np.split(vectors, [3, BLOCK - 1]):
        halves.append(part)
    rows = np.array([0, 2, 3, BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 9])
    np.testing.assert_allclose(halves.take(rows), vectors[rows], atol=1e-3)
    assert [(start, len(part)) for start, part in halves.parts()] == [(0, BLOCK), (BLOCK, 10)]


def test_a_process_that_ends_while_cells_are_made_gives_them_up() -> None:
    """Python took apart what FAISS was working on, and one process in twenty-four crashed."""
    program = """
        import atexit, sys

        atexit.register(lambda: print(maker.is_alive()))  # called after those that are registered later

        import numpy as np
        from retrieval.exact import Exact
        from retrieval.vector_index import CELLS_FROM, VectorIndex

        vectors = np.random.default_rng(0).normal(size=(CELLS_FROM, 256)).astype(np.float32)
        maker = VectorIndex(Exact(vectors), len(vectors))._maker
        print(maker.is_alive())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (0, ["True", "False"], "")
