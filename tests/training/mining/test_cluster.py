"""Mining on a Ray cluster of two nodes on this machine."""

import csv
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import make_turn
from training.errors import TrainingError
from training.mining.mining import Options, mine

ray = pytest.importorskip("ray", reason="the cluster extra isn't installed: pip install 'kefu[cluster]'")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two nodes with a core each."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(2):
        add_node(cluster)
    cluster.wait_for_nodes()
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


def add_node(cluster: Any, attempts: int = 4) -> None:
    """Ray gives a node 30 seconds to start, which a busy machine may not keep."""
    for attempt in range(attempts):
        try:
            cluster.add_node(num_cpus=1, include_dashboard=False)
            return
        except Exception:  # what Ray raises has no type of its own
            if attempt == attempts - 1:
                raise


def transcripts(path: Path, n: int) -> Path:
    chance = random.Random(1)
    intents = ("order_status", "cancel_order", "opening_hours")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("conversation", "speaker", "text"))
        for i in range(n):
            writer.writerow((i, "customer", make_turn(intents[i % 3], chance)["text"]))
            writer.writerow((i, "agent", "It comes on friday."))
    return path


def test_two_nodes_find_what_one_machine_finds(
    address: str, workspace: Path, tiny_base: Path, tmp_path: Path
) -> None:
    from training.mining.cluster import connect

    file = transcripts(tmp_path / "x.csv", 700)
    options = Options(base_model=str(tiny_base))
    alone = mine([file], workspace, options)
    mined = workspace / "mined"
    before = {path.name: path.read_bytes() for path in mined.iterdir() if path.is_file()}
    workers = connect(address)
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    assert mine([file], workspace, options, workers=workers) == alone
    assert {path.name: path.read_bytes() for path in mined.iterdir() if path.is_file()} == before


def test_an_address_where_nothing_is_is_told() -> None:
    from training.mining.cluster import connect

    with pytest.raises(TrainingError, match="no cluster there"):
        connect("127.0.0.1:1")


def test_ray_is_loaded_for_a_cluster_only() -> None:
    program = "import sys, bot.commands.mine, training.mining.mining; print('ray' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
