"""How long a message takes in a desk: all in, stage by stage, and many together, beside the least an encoder could take.

python -m bench.latency --workspace examples/shop"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bench.command import run
from bench.measure import peak_rss_mb, percentiles
from bot.loading import current_release, load_release
from bot.reader.reader import Reader
from bot.reader.threaded import ThreadedReader
from bot.settings import load_settings
from nlu.files import ReleaseFiles
from nlu.runtime import onnxruntime
from nlu.text import clean
from nlu.understander import Understander
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.retriever import Retriever
from training.dialogues import dialogue_files, read_dialogues
from training.errors import TrainingError

WARM_UP = 20
TOGETHER = 32
SQUARE = 1024  # rows and columns of the matrices that say how fast the core multiplies
PRODUCTS = 20  # of those; the fastest counts


@click.command(context_settings={"show_default": True})
@click.option("--workspace", type=click.Path(exists=True, path_type=Path), required=True)
@click.option(
    "--words",
    type=click.IntRange(min=1),
    default=12,
    help="Only messages of so many words, one more or less.",
)
@click.option("--messages", type=click.IntRange(min=1), default=500, help="At most.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(workspace: Path, words: int, messages: int, json_path: Path | None) -> None:
    """Put customers' messages from the workspace's dialogues through understanding and the memory, and time it."""
    settings, release = load_settings(workspace), current_release(workspace)
    start = time.perf_counter()
    understander, retriever = load_release(settings, release, load_answers(workspace / "answers"))
    load_s = time.perf_counter() - start
    texts = messages_of(workspace, words)[:messages]
    n_tokens = float(np.mean([understander.encoder.n_tokens(text) for text in texts]))
    stages = time_stages(understander, retriever, texts)
    floor_ms = n_tokens * n_weights(ReleaseFiles(release).encoder("int8")) / products_per_s() * 1000
    pass_ms = float(np.median(stages["encoder pass"]))
    figures: dict[str, Any] = {"messages": len(texts), "words": words, "tokens": round(n_tokens, 1)}
    figures |= {f"{name} p50 p95 ms": percentiles(found, 50, 95) for name, found in stages.items()}
    figures |= {
        f"each of {TOGETHER} together ms": round(
            asyncio.run(time_together(understander, retriever, texts)), 2
        ),
        "floor of the encoder ms": round(floor_ms, 2),
        "encoder over its floor": round(pass_ms / floor_ms, 2),
        "load_s": round(load_s, 2),
        "peak_rss_mb": round(peak_rss_mb()),
    }
    for name, value in figures.items():
        click.echo(f"{name:36} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def messages_of(workspace: Path, words: int) -> list[str]:
    """What customers say in the dialogues in so many words, one more or less.

    Raises TrainingError where there is none."""
    dialogues = read_dialogues(dialogue_files(workspace))
    said = (turn.text for dialogue in dialogues for turn in dialogue.turns if turn.speaker == "customer")
    texts = [text for text in said if abs(len(text.split()) - words) <= 1]
    if not texts:
        raise TrainingError(f"{workspace / 'dialogues'}: no customer says anything in about {words} words")
    return texts


def time_stages(
    understander: Understander, retriever: Retriever, texts: Sequence[str]
) -> dict[str, list[float]]:
    """Milliseconds of each message: all in, and of that the encoder's pass, all of understanding, the memory; and beside
    it what it takes to find answers and passages."""
    bare = without_answers(retriever)
    found: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[..., Any], *asked: Any) -> Any:
        start = time.perf_counter()
        result = call(*asked)
        found.setdefault(name, []).append(1000 * (time.perf_counter() - start))
        return result

    for text in [*texts[:WARM_UP], *texts]:
        understander.recent.forget()
        understood = timed("understanding", understander.understand_batch, [text])[0]
        timed("understanding, said before", understander.understand_batch, [text])
        asked = understood.read_as, understood.vector, understood.class_probs
        timed("memory and fusion", bare.search, *asked)
        timed("answers and passages too", retriever.search, *asked)
        shown = clean(understander.rules.for_encoder(text))
        timed("encoder pass", understander.encoder.encode, [shown])
    kept = {name: times[-len(texts) :] for name, times in found.items()}
    all_in = np.add(kept["understanding"], kept["memory and fusion"]).tolist()
    return {"message": all_in, **kept}


def without_answers(retriever: Retriever) -> Retriever:
    """A retriever that looks for intents alone."""
    return Retriever(
        retriever.labels,
        retriever.memory,
        retriever.fusion,
        retriever.budget,
        answers=AnswerBook(()),
        encode=lambda texts: np.zeros((len(texts), 0), np.float32),
    )


async def time_together(understander: Understander, retriever: Retriever, texts: Sequence[str]) -> float:
    """Milliseconds a message where TOGETHER arrive at the same moment, the median of the rounds."""
    reader = ThreadedReader(Reader(understander, without_answers(retriever)))
    rounds = []
    for start in range(0, max(1, len(texts) - TOGETHER + 1), TOGETHER):
        understander.recent.forget()
        begun = time.perf_counter()
        arrived = [texts[(start + i) % len(texts)] for i in range(TOGETHER)]
        await asyncio.gather(*(reader.read([text]) for text in arrived))
        rounds.append(1000 * (time.perf_counter() - begun) / TOGETHER)
    return float(np.median(rounds))


def n_weights(encoder: Path) -> int:
    """The weights that every token is multiplied with; the products of attention, a hundredth of that on short texts,
    are left out."""
    graph = onnx.load(str(encoder)).graph
    sizes = {one.name: int(np.prod(one.dims)) for one in graph.initializer}
    return sum(sizes.get(node.input[1], 0) for node in graph.node if node.op_type == "MatMulInteger")


def products_per_s() -> float:
    """How many multiply-adds of 8-bit numbers ONNX Runtime does in a second on one core, in matrices of its liking."""
    weights = np.random.default_rng(0).integers(-127, 127, (SQUARE, SQUARE)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "right"], ["product"])],
        "products",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, [SQUARE, SQUARE])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [SQUARE, SQUARE])],
        initializer=[numpy_helper.from_array(weights, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    left = {"left": np.abs(weights).astype(np.uint8)}
    took = []
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        session.run(None, left)
        took.append(time.perf_counter() - start)
    return float(SQUARE**3 / min(took))


if __name__ == "__main__":
    run(main)
