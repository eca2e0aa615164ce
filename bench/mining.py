"""How well requests are put together by what is wanted: groups of unlabelled texts compared with their intents.

    python -m bench.mining dev_insurance_utterances.csv
    python -m bench.mining clinc150/test.csv --noise clinc150/oos_test.csv
    python -m bench.mining multidogo/*_dev.jsonl --without contentonly --without thankyou ...

The measures of DSTC11, track 2, task 1 (Gung et al. 2023, arXiv 2304.12982), in percent. ACC: groups and intents are
aligned one to one so that most texts agree (Hungarian), and the share of texts that do. NMI: normalised mutual information,
arithmetic mean. ARI: adjusted Rand index. F1: harmonic mean of precision, the share of texts whose intent is the commonest
of their group, and recall, the share whose group is the commonest of their intent (both many to one). K is not given.

Every text counts: one that the mining would leave out as noise is scored in its nearest group. `--noise` mixes in texts that
belong nowhere and tells which share of them, and of the others, is left out. `--steps` measures what each step brings."""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

from bench.command import run
from training.errors import TrainingError
from training.importers import csv_, jsonl
from training.importers.source import Options, Skipped, Source
from training.mining.encoding import EncoderFiles, base_encoder, encode_to_file, for_encoder
from training.mining.grouping import NOISE, centred, cluster, group

Labels = NDArray[np.int64]
Vectors = NDArray[np.float32]
BASELINE_K = range(5, 51, 5)  # DSTC11's baseline: k-means, the K of 5 to 50 with the best silhouette
# Mean cosines at which groups end, without the steps after: each the best there on the sets of docs/benchmarks.md.
LEAST_AS_THEY_COME = 0.45
LEAST_CENTRED = 0.35


@dataclass(frozen=True, slots=True)
class Figures:
    """`n_groups` were found, `n_intents` there are."""

    acc: float
    nmi: float
    ari: float
    f1: float
    n_groups: int
    n_intents: int


@click.command(context_settings={"show_default": True})
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--without", multiple=True, metavar="LABEL", help="Rows with this label take no part.")
@click.option("--noise", type=click.Path(exists=True, path_type=Path), help="Texts that belong nowhere.")
@click.option("--noise-label", default="", help="Rows of FILES with this label belong nowhere either.")
@click.option("--steps", is_flag=True, help="What each step brings.")
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), help="Its encoder in place of the default."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    files: tuple[Path, ...],
    without: tuple[str, ...],
    noise: Path | None,
    noise_label: str,
    steps: bool,
    release: Path | None,
    json_path: Path | None,
) -> None:
    """Group the texts of each of FILES (CSV text,label or JSONL text,intent) and compare with the labels."""
    found: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        encoder = (
            EncoderFiles(release / "encoder.int8.onnx", release / "tokenizer.json")
            if release
            else base_encoder(Path(folder))
        )
        outside = [text for text, _ in labelled(noise)] if noise else []
        click.echo(f"{'':44} {'ACC':>6} {'NMI':>6} {'ARI':>6} {'F1':>6} {'groups':>7} {'intents':>7}")
        for path in files:
            rows = [(text, intent) for text, intent in labelled(path) if intent not in without]
            inside = [(text, intent) for text, intent in rows if intent != noise_label]
            more = [text for text, intent in rows if intent == noise_label]
            found[path.name] = measure(path.stem, inside, encoder, Path(folder), with_steps=steps)
            if outside or more:
                tell_noise(inside, [*outside, *more], encoder, Path(folder))
    if len(files) > 1:
        show("mean", mean([figures["mined"] for figures in found.values()]))
    if json_path:
        plain = {
            name: {step: asdict(one) for step, one in figures.items()} for name, figures in found.items()
        }
        json_path.write_text(json.dumps(plain, indent=1), "utf-8")


def labelled(path: Path) -> list[tuple[str, str]]:
    """Texts with their first intent; rows without either are passed over, as sets have some."""
    read = jsonl.read_jsonl if ".json" in path.name else csv_.read_csv
    turns = [
        turn
        for item in read(Source(path), Options())
        if not isinstance(item, Skipped)
        for turn in item.dialogue.turns
        if turn.intents
    ]
    if not turns:
        raise TrainingError(f"{path}: no row with text and label")
    return [(turn.text, turn.intents[0]) for turn in turns]


def measure(
    name: str, rows: Sequence[tuple[str, str]], files: EncoderFiles, folder: Path, *, with_steps: bool
) -> dict[str, Figures]:
    """The figures of one set, by step; "mined" are those of the whole."""
    texts, intents = [text for text, _ in rows], [intent for _, intent in rows]
    found: dict[str, Figures] = {}
    if with_steps:
        raw = encode(texts, files, folder)
        for step, labels in groups_by_step(raw):
            found[step] = judge(intents, labels)
            show(f"{name}: {step}", found[step])
    vectors = encode([for_encoder(text) for text in texts], files, folder)
    begun = time.perf_counter()
    mined = group(vectors)
    seconds = time.perf_counter() - begun
    found["mined"] = judge(intents, mined.nearest)
    show(
        name if not with_steps else f"{name}: values masked (the whole)", found["mined"], f"{seconds:6.1f} s"
    )
    return found


def groups_by_step(raw: Vectors) -> Iterator[tuple[str, Labels]]:
    """Labels by each way of grouping, from the plainest on."""
    yield "k-means, K by silhouette (baseline)", by_kmeans(raw)
    yield "average linkage", nearest(raw, cluster(raw, least_cosine=LEAST_AS_THEY_COME))
    mean = raw.mean(axis=0)
    plain = centred(raw, mean)
    yield "  and centred", nearest(plain, cluster(plain, least_cosine=LEAST_CENTRED))
    yield "  and drawn to neighbours", group(raw).nearest


def by_kmeans(vectors: Vectors) -> Labels:
    """K-means with the K whose silhouette is best."""
    tried = []
    for k in BASELINE_K:
        if k < len(vectors):
            labels = KMeans(k, n_init=2, random_state=0).fit_predict(vectors)
            score = silhouette_score(vectors, labels, sample_size=min(2000, len(vectors)), random_state=0)
            tried.append((float(score), k, labels))
    best: Labels = max(tried, key=lambda one: one[:2])[2]
    return best


def nearest(vectors: Vectors, centres: Vectors) -> Labels:
    found: Labels = (vectors @ centres.T).argmax(axis=1)
    return found


def judge(intents: Sequence[str], labels: Labels) -> Figures:
    """Compare groups (n,) with the intents."""
    names, gold = np.unique(intents, return_inverse=True)
    kinds, made = np.unique(labels, return_inverse=True)
    table = np.zeros((len(kinds), len(names)))
    np.add.at(table, (made, gold), 1)
    aligned = table[linear_sum_assignment(table, maximize=True)].sum() / len(gold)
    precision, recall = table.max(axis=1).sum() / len(gold), table.max(axis=0).sum() / len(gold)
    return Figures(
        100 * float(aligned),
        100 * float(normalized_mutual_info_score(gold, made)),
        100 * float(adjusted_rand_score(gold, made)),
        100 * float(2 * precision * recall / (precision + recall)),
        len(kinds),
        len(names),
    )


def mean(figures: Sequence[Figures]) -> Figures:
    acc, nmi, ari, f1, n_groups, n_intents = np.mean([list(asdict(one).values()) for one in figures], axis=0)
    return Figures(float(acc), float(nmi), float(ari), float(f1), round(n_groups), round(n_intents))


def tell_noise(
    rows: Sequence[tuple[str, str]], outside: Sequence[str], files: EncoderFiles, folder: Path
) -> None:
    """Which share of what belongs nowhere is left out, and of the rest; how good the groups of the rest are."""
    texts = [for_encoder(text) for text in (*(text for text, _ in rows), *outside)]
    labels = group(encode(texts, files, folder)).labels
    is_noise = labels == NOISE
    kept = ~is_noise[: len(rows)]
    figures = judge(
        [intent for (_, intent), stays in zip(rows, kept, strict=True) if stays], labels[: len(rows)][kept]
    )
    show("  in groups, among noise", figures)
    click.echo(
        f"  left out: {is_noise[len(rows) :].mean():.1%} of the noise, {1 - kept.mean():.1%} of the rest"
    )


def encode(texts: Sequence[str], files: EncoderFiles, folder: Path) -> Vectors:
    """Vectors (texts, width)."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        return np.array(encode_to_file(texts, Path(own) / "vectors.f16", files), np.float32)


def show(name: str, figures: Figures, more: str = "") -> None:
    numbers = f"{figures.acc:6.1f} {figures.nmi:6.1f} {figures.ari:6.1f} {figures.f1:6.1f}"
    click.echo(f"{name:44} {numbers} {figures.n_groups:7} {figures.n_intents:7} {more}")


if __name__ == "__main__":
    run(main)
