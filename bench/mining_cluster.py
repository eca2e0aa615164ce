"""What a second worker brings to the encoding and assigning of `kefu mine --ray`: a Ray cluster on this machine.

    python -m bench.mining_cluster --texts 4000

Starts a cluster with one node of one core, then one with two, and runs the same work on both. Two nodes need two idle cores:
beside other work the ratio says as much of that as of kefu."""

import tempfile
import time
from pathlib import Path

import click
import numpy as np

from bench.command import run
from training.mining.cluster import connect
from training.mining.encoding import EncoderFiles, base_encoder, encode_to_file
from training.mining.grouping import group

REQUEST = "I ordered item {} last week and it hasn't arrived, can you tell me where it is?"


@click.command(context_settings={"show_default": True})
@click.option("--texts", "n_texts", type=click.IntRange(min=256), default=4000)
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), help="Its encoder in place of the default."
)
def main(n_texts: int, release: Path | None) -> None:
    """Time the same texts with one worker and with two."""
    with tempfile.TemporaryDirectory() as folder:
        files = (
            EncoderFiles(release / "encoder.int8.onnx", release / "tokenizer.json")
            if release
            else base_encoder(Path(folder))
        )
        texts = [REQUEST.format(number) for number in range(n_texts)]
        seconds = [time_with(n_nodes, texts, files, Path(folder)) for n_nodes in (1, 2)]
    click.echo(f"two workers are {seconds[0] / seconds[1]:.2f} times as fast as one")


def time_with(n_nodes: int, texts: list[str], files: EncoderFiles, folder: Path) -> float:
    """Seconds to encode and group on so many nodes of one core, once their processes are there."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(n_nodes):
        cluster.add_node(num_cpus=1, include_dashboard=False)
    cluster.wait_for_nodes()
    try:
        workers = connect(cluster.address)
        encode_to_file(texts[: 512 * n_nodes], folder / f"warm-{n_nodes}", files, encode=workers.encode)
        begun = time.perf_counter()
        vectors = encode_to_file(texts, folder / f"vectors-{n_nodes}", files, encode=workers.encode)
        encoded = time.perf_counter()
        group(np.asarray(vectors), spread=workers.spread)
        done = time.perf_counter()
    finally:
        ray.shutdown()
        cluster.shutdown()
    click.echo(
        f"{n_nodes} worker{'s' if n_nodes > 1 else ''}: encoding {encoded - begun:.1f} s "
        f"({len(texts) / (encoded - begun):.0f} texts/s), grouping {done - encoded:.1f} s"
    )
    return done - begun


if __name__ == "__main__":
    run(main)
