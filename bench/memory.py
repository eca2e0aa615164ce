"""The memory at size: how fast it is searched, what it misses, what it takes.

python -m bench.memory --n 1000000
python -m bench.memory --n 1000000 --texts texts.jsonl --release releases/NAME

Vectors are those of real texts (`--texts`, lines with a text and an intent, encoded once) or are drawn: of one in ten
its theme, what lies around it in 64 dimensions, and a little noise. The others are mixtures of two of these, one part
in seven to a half of the second, as customers say nearly the same in other words. The texts that are asked are none of
those remembered or mixed. The memory is measured in a process of its own, which reads it from its files."""

import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click
import faiss
import numpy as np
import psutil
from numpy.typing import NDArray

from bench.command import run
from bench.measure import percentiles
from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from retrieval.cells import Cells
from retrieval.exact import Exact
from retrieval.examples import Example
from retrieval.fusion import NEIGHBOURS
from retrieval.half_vectors import HalfVectors
from retrieval.memory import Memory, load_memory
from training.errors import TrainingError

WIDTH, DIMENSIONS, THEMES, INTENTS = 384, 64, 2000, 300
PART = 50_000
K = 10
N_CHANGES = 200

Vectors = NDArray[np.float32]


@click.command()
@click.option("--n", type=click.IntRange(min=1000), default=1_000_000, show_default=True)
@click.option("--queries", "n_queries", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--texts", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), help="Whose encoder reads the texts."
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=Path(".local/memory.npy"),
    show_default=True,
    help="Where the vectors of the texts are kept.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    n: int,
    n_queries: int,
    texts: Path | None,
    release: Path | None,
    cache: Path,
    seed: int,
    json_path: Path | None,
) -> None:
    """Fill a memory with n examples and measure it, one thread."""
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(seed)
    examples, vectors = _read(texts, release, cache) if texts else _draw(rng, max(1000, n // 10) + n_queries)
    order = rng.permutation(len(examples))
    queries, kept = vectors[order[:n_queries]], order[n_queries:]
    examples, vectors = _fill(rng, [examples[i] for i in kept], vectors[kept], n)
    figures: dict[str, Any] = {"n": n, "queries": len(queries)}
    for size in sorted({size for size in (1000, 10_000, 20_000, 50_000, 100_000) if size < n} | {n}):
        figures[f"{size:,}"] = _by_size(vectors[:size], queries, with_cells=size < n)
        click.echo(f"{size:>9,}  {figures[f'{size:,}']}")
    cosines, nearest = _nearest(vectors, queries)
    figures["cosine of the nearest, the tenth"] = [round(float(cosines[:, i].mean()), 3) for i in (0, K - 1)]
    truth = [[examples[row].text for row in rows] for rows in nearest]
    with tempfile.TemporaryDirectory() as folder:
        start, cpu = time.perf_counter(), time.process_time()
        Memory(examples, vectors).save(Path(folder, "index"), Path(folder, "examples"))
        figures["made and saved_s, of the processor_s"] = [
            round(time.perf_counter() - start, 1),
            round(time.process_time() - cpu, 1),
        ]
        del examples, vectors
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            figures |= apart.submit(_measure, Path(folder), queries, truth).result()
    for name, value in figures.items():
        click.echo(f"{name:36} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def _read(texts: Path, release: Path | None, cache: Path) -> tuple[list[Example], Vectors]:
    rows = [json.loads(line) for line in texts.read_text("utf-8").split("\n") if line]
    examples = [Example(row["text"], row["intent"]) for row in rows]
    if not cache.is_file():
        if release is None:
            raise TrainingError(f"{cache}: not found; say with --release whose encoder is to make it")
        encoder = Encoder(ReleaseFiles(release).encoder("int8"), ReleaseFiles(release).tokenizer)
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.save(cache, np.stack([encoder.encode([one.text])[0].vector for one in examples]))
    vectors: Vectors = np.load(cache, allow_pickle=False)
    if len(vectors) != len(examples):
        raise TrainingError(f"{cache}: {len(vectors)} vectors, but {texts} has {len(examples)} texts")
    return examples, vectors


def _draw(rng: np.random.Generator, n: int) -> tuple[list[Example], Vectors]:
    spread = np.arange(1, DIMENSIONS + 1)[:, None] ** -0.5
    directions = (rng.normal(size=(DIMENSIONS, WIDTH)) * spread).astype(np.float32)
    centres = rng.normal(size=(THEMES, DIMENSIONS)).astype(np.float32)
    themes = rng.integers(0, THEMES, n)
    around = rng.normal(size=(n, DIMENSIONS)).astype(np.float32)
    meant = _unit((centres[themes] + 0.5 * around) @ directions)
    noise = rng.normal(size=(n, WIDTH)).astype(np.float32) * 0.3 / WIDTH**0.5
    # Words as frequent as in a language: the r-th a r-th as often as the first.
    words = np.minimum(rng.zipf(1.3, (n, 10)), 50_000)
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    examples = [Example(text, f"intent {theme % INTENTS}") for text, theme in zip(texts, themes, strict=True)]
    return examples, _unit(meant + noise)


def _fill(
    rng: np.random.Generator, examples: list[Example], vectors: Vectors, n: int
) -> tuple[list[Example], Vectors]:
    """So many examples, every text with a number of its own in it."""
    n_known = min(n, len(examples))
    filled = np.empty((n, vectors.shape[1]), np.float32)
    filled[:n_known] = vectors[:n_known]
    found = [Example(f"{one.text} {row}", one.intent) for row, one in enumerate(examples[:n_known])]
    for start in range(n_known, n, PART):
        size = min(PART, n - start)
        first, second = rng.integers(0, len(examples), (2, size))
        share = rng.uniform(1 / 7, 1 / 2, (size, 1)).astype(np.float32)
        filled[start : start + size] = _unit((1 - share) * vectors[first] + share * vectors[second])
        for row, (one, other) in enumerate(zip(first, second, strict=True), start):
            begin, end = examples[one].text.split(), examples[other].text.split()
            text = " ".join((*begin[: max(1, len(begin) * 2 // 3)], *end[len(end) * 2 // 3 :], str(row)))
            found.append(Example(text, examples[one].intent))
    return found, filled


def _unit(vectors: Vectors) -> Vectors:
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _nearest(vectors: Vectors, queries: Vectors) -> tuple[Vectors, NDArray[np.int64]]:
    """The K nearest of every query, all compared in single precision: cosines and rows."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    heap = faiss.ResultHeap(len(queries), K, keep_max=True)
    for start in range(0, len(vectors), PART):
        index.reset()
        index.add(vectors[start : start + PART])
        cosines, rows = index.search(queries, K)
        heap.add_result(cosines, rows + start)
    heap.finalize()
    return heap.D, heap.I


def _by_size(vectors: Vectors, queries: Vectors, *, with_cells: bool) -> dict[str, float]:
    """Milliseconds of a search that compares all and of one in cells, and the recall of the second."""
    asked = queries[:200]
    exact = Exact(vectors)
    figures = {"exact_ms": percentiles(_times(lambda query: exact.search(query, NEIGHBOURS), asked), 50)[0]}
    if with_cells:
        halves = HalfVectors(vectors.shape[1])
        halves.append(vectors)
        cells = Cells.make(halves, np.arange(len(vectors)))
        figures["cells_ms"] = percentiles(_times(lambda query: cells.search(query, NEIGHBOURS), asked), 50)[0]
        right = [
            len(set(cells.search(query, K)[0]) & set(exact.search(query, K)[0])) / K for query in queries
        ]
        figures["recall@10"] = round(float(np.mean(right)), 4)
        figures["cells"] = cells.n_cells
        figures["read"] = cells.n_read
    return figures


def _times(
    search: Callable[[Vectors], object], queries: Vectors, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Milliseconds of each search, a few before them left out."""
    found = []
    for query in [*queries[:20], *queries]:
        start = clock()
        search(query)
        found.append(1000 * (clock() - start))
    return found[20:]


def _measure(folder: Path, queries: Vectors, truth: list[list[str]]) -> dict[str, Any]:
    faiss.omp_set_num_threads(1)
    bare = _rss_mb()
    start = time.perf_counter()
    memory = load_memory(folder / "index", folder / "examples")
    load_s = time.perf_counter() - start
    figures = {"restore_s": round(load_s, 1), "searched": memory.kind}
    figures["rss_mb before, after it"] = [round(bare), round(_rss_mb())]
    for clock, name in ((time.perf_counter, ""), (time.thread_time, ", of the processor")):
        ms = _times(lambda query: memory.search(query, NEIGHBOURS), queries, clock)
        figures[f"query_ms{name} p50 p95 p99"] = percentiles(ms, 50, 95, 99)
    found = [{example.text for example, _ in memory.search(query, K)} for query in queries]
    right = [len(one & set(other)) / K for one, other in zip(found, truth, strict=True)]
    figures["recall@10"] = round(float(np.mean(right)), 4)
    words_ms = _times(lambda query: memory.word_scores(truth[0][0], memory.intents), queries[:100])
    figures["word_scores_ms p50"] = percentiles(words_ms, 50)[0]
    for name, ms in zip(("learn", "learn and find", "unlearn"), _changes(memory, queries), strict=True):
        figures[f"{name}_ms p50 p99"] = percentiles(ms, 50, 99)
    start = time.perf_counter()
    memory.save(folder / "index again", folder / "examples again")
    figures["snapshot_s"] = round(time.perf_counter() - start, 1)
    figures["rss_mb now, at most"] = [round(_rss_mb()), round(_peak_rss_mb())]
    return figures


def _changes(memory: Memory, queries: Vectors) -> Iterator[list[float]]:
    """Milliseconds of learning, of learning until a search has found it, of unlearning."""
    learn, find, unlearn = [], [], []
    taught = queries[:N_CHANGES]
    for number, vector in enumerate(taught):
        start = time.perf_counter()
        memory.learn(Example(f"correction {number}", "corrected", number), vector)
        learn.append(1000 * (time.perf_counter() - start))
        near = [example.correction_id for example, _ in memory.search(vector, NEIGHBOURS)]
        find.append(1000 * (time.perf_counter() - start))
        assert number in near
    for number in range(len(taught)):
        start = time.perf_counter()
        memory.unlearn(number)
        unlearn.append(1000 * (time.perf_counter() - start))
    return iter((learn, find, unlearn))


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


def _peak_rss_mb() -> float:
    """Since the process began; what `getrusage` gives would be that of the process that began it."""
    return int(Path("/proc/self/status").read_text("utf-8").split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    run(main)
