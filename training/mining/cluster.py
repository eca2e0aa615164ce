"""Mining on a Ray cluster: blocks of texts are encoded and vectors assigned there, with the same outcome as alone.

Only blocks in, blocks out, in their order: what is read, kept on disk and decided stays on this machine, so that an
interrupted mining goes on where it stopped. A block whose machine is lost is computed again by Ray."""

import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.mining.encoding import EncoderFiles, Half, encode_block
from training.mining.grouping import Assigning, Vectors, blocks
from training.mining.mining import Workers

AHEAD = 3  # blocks a core that wait, so that none is idle and the memory stays small
PATIENCE_S = 10.0
ENCODED_AT_ONCE = 4  # blocks of texts in a task, or sending them would take as long as encoding


def connect(address: str) -> Workers:
    """Workers on the cluster at an address: "auto", "host:6379", "ray://host:10001", or "local" for one of this machine.

    Raises TrainingError where Ray is missing or nothing answers there."""
    try:
        import ray
    except ImportError as error:
        raise TrainingError("--ray needs Ray: pip install 'kefu[cluster]'") from error
    try:
        _knock(address)
        if not ray.is_initialized():
            ray.init(
                address=None if address == "local" else address, log_to_driver=False, logging_level="ERROR"
            )
    except (OSError, ValueError, RuntimeError) as error:
        reason = next(iter(str(error).splitlines()), repr(error))
        raise TrainingError(f"--ray {address}: no cluster there: {reason}") from error
    return Workers(partial(_encode, ray), partial(_assign, ray))


def _knock(address: str) -> None:
    """Raise OSError where nothing listens; Ray itself would go on trying for minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S).close()


def _encode(ray: ModuleType, files: EncoderFiles, texts: Iterator[Sequence[str]]) -> Iterator[Half]:
    """Encode blocks of texts, one session a core; the encoder's files travel once."""
    content = ray.put((files.model.read_bytes(), files.tokenizer.read_bytes()))
    task = ray.remote(num_cpus=1)(_encode_on)
    joined = iter(lambda: list(islice(texts, ENCODED_AT_ONCE)), [])
    yield from _in_order(ray, partial(task.remote, content, files.digest()), joined)


def _assign(
    ray: ModuleType, assigning: Assigning, vectors: Vectors
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Assign vectors to groups, block by block."""
    shared = ray.put((assigning.mean, assigning.sample, assigning.centres))
    task = ray.remote(num_cpus=1)(_assign_on)
    yield from _in_order(ray, partial(task.remote, shared), (np.asarray(block) for block in blocks(vectors)))


def _in_order(ray: ModuleType, start: Callable[[Any], Any], parts: Iterator[Any]) -> Iterator[Any]:
    """The outcome of a task for each part, in their order, with AHEAD tasks a core under way."""
    n_ahead = max(1, int(ray.cluster_resources().get("CPU", 1))) * AHEAD
    waiting = deque(start(part) for part in islice(parts, n_ahead))
    while waiting:
        found = ray.get(waiting.popleft())
        waiting.extend(start(part) for part in islice(parts, 1))
        yield found


# What runs on the machines of the cluster

_sessions: dict[str, Any] = {}  # of this process, by the digest of the encoder


def _encode_on(content: tuple[bytes, bytes], digest: str, parts: Sequence[Sequence[str]]) -> Half:
    if digest not in _sessions:
        with tempfile.TemporaryDirectory() as folder:
            model, tokenizer = Path(folder) / "encoder.int8.onnx", Path(folder) / "tokenizer.json"
            model.write_bytes(content[0])
            tokenizer.write_bytes(content[1])
            _sessions[digest] = EncoderFiles(model, tokenizer).open()
    return encode_block(_sessions[digest], [text for part in parts for text in part])


def _assign_on(
    shared: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]], block: Vectors
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return Assigning(*shared)(block)
