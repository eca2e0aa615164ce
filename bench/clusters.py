"""How well messages that mean the same are put together, at each threshold: on messages with known intents.

    python -m bench.clusters --release examples/shop/releases/current --data ../shared/data/banking77/train.csv

Draws 1,000 messages five times, as many as the console clusters, and compares the clusters with the intents: normalised mutual
information (NMI), adjusted Rand index (ARI), and purity, the share of messages whose intent is the commonest of their
cluster, over clusters of three or more. Give it training or validation data: the threshold is chosen here."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from bench.command import run
from bench.texts import read_rows
from bot.review.clustering import MAX_VECTORS, cluster
from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from training.turns import OUT_OF_SCOPE

THRESHOLDS = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
DRAWS = 5
LEAST_SIZE = 3  # messages


@click.command(context_settings={"show_default": True})
@click.option("--release", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(release: Path, data: Path, precision: str, json_path: Path | None) -> None:
    """Cluster labelled messages with each threshold: means of five draws."""
    files = ReleaseFiles(release)
    encoder = Encoder(files.encoder(precision), files.tokenizer)
    rows = [row for row in read_rows(data) if row.intent not in (None, OUT_OF_SCOPE)]
    random = np.random.default_rng(7)
    drawn: list[tuple[NDArray[np.float32], list[str]]] = []
    for _ in range(DRAWS):
        some = random.choice(len(rows), min(MAX_VECTORS, len(rows)), replace=False)
        encoded = encoder.encode([rows[place].text for place in some])
        drawn.append((np.stack([one.vector for one in encoded]), [str(rows[place].intent) for place in some]))
    figures = {str(least): judge(drawn, least) for least in THRESHOLDS}
    click.echo(f"{'cosine':>8} {'NMI':>7} {'ARI':>7} {'purity':>7} {'in 3+':>7} {'clusters':>8}")
    for least, found in figures.items():
        nmi, ari, purity, together, n_clusters = found
        click.echo(f"{least:>8} {nmi:7.3f} {ari:7.3f} {purity:7.3f} {together:7.3f} {n_clusters:8.0f}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def judge(drawn: Sequence[tuple[NDArray[np.float32], list[str]]], least: float) -> tuple[float, ...]:
    """NMI, ARI, purity of clusters of three or more, the share of messages in these, and how many these are."""
    found = []
    for vectors, intents in drawn:
        clusters = cluster(vectors, least_cosine=least)
        place = {row: number for number, rows in enumerate(clusters) for row in rows}
        made = [place[row] for row in range(len(intents))]
        large = [rows for rows in clusters if len(rows) >= LEAST_SIZE]
        n_large = sum(len(rows) for rows in large)
        n_right = sum(Counter(intents[row] for row in rows).most_common(1)[0][1] for rows in large)
        found.append(
            (
                normalized_mutual_info_score(intents, made),
                adjusted_rand_score(intents, made),
                n_right / n_large if n_large else 1.0,
                n_large / len(intents),
                len(large),
            )
        )
    return tuple(float(value) for value in np.mean(found, axis=0))


if __name__ == "__main__":
    run(main)
