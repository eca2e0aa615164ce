"""How long one message takes in a desk, stage by stage, one thread.

python -m bench.latency --workspace examples/shop"""

import json
import time
from itertools import islice
from pathlib import Path

import click

from bench.command import run
from bench.measure import peak_rss_mb, percentiles
from bot.loading import current_release, load_release
from bot.settings import load_settings
from retrieval.answers import load_answers
from training.dialogues import dialogue_files, read_dialogues
from training.errors import TrainingError

WARM_UP = 20


@click.command()
@click.option("--workspace", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--messages", type=click.IntRange(min=1), default=500, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(workspace: Path, messages: int, json_path: Path | None) -> None:
    """Put customers' messages from the workspace's dialogues through understanding and retrieval, one by one."""
    settings = load_settings(workspace)
    start = time.perf_counter()
    understander, retriever = load_release(
        settings, current_release(workspace), load_answers(workspace / "answers")
    )
    load_s = time.perf_counter() - start
    dialogues = read_dialogues(dialogue_files(workspace))
    said = (turn.text for dialogue in dialogues for turn in dialogue.turns if turn.speaker == "customer")
    texts = list(islice(said, messages))
    if not texts:
        raise TrainingError(f"{workspace / 'dialogues'}: no customer says anything in it")
    warm_up = texts[:WARM_UP]
    understand_ms, search_ms = [], []
    for text in [*warm_up, *texts]:
        first = time.perf_counter()
        understanding = understander.understand_batch([text])[0]
        second = time.perf_counter()
        retriever.search(understanding.read_as, understanding.vector, understanding.class_probs)
        understand_ms.append(1000 * (second - first))
        search_ms.append(1000 * (time.perf_counter() - second))
    figures = {
        "messages": len(texts),
        "load_s": round(load_s, 2),
        "understand_ms p50 p95 p99": percentiles(understand_ms[len(warm_up) :], 50, 95, 99),
        "retrieve_ms p50 p95 p99": percentiles(search_ms[len(warm_up) :], 50, 95, 99),
        "peak_rss_mb": round(peak_rss_mb()),
    }
    for name, value in figures.items():
        click.echo(f"{name:28} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


if __name__ == "__main__":
    run(main)
