"""Requests become vectors, kept on disk in half precision, so that a mining that was interrupted goes on where it stopped."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from training.base_model import DEFAULT, resolve
from training.mining.small_talk import VALUE
from training.registry import Registry

BLOCK = 128  # texts
AHEAD = 4  # blocks a worker, that wait for those before them to be written
Half = NDArray[np.float16]
EncodeAll = Callable[["EncoderFiles", Iterator[Sequence[str]]], Iterator[Half]]  # blocks in order


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """The int8 encoder and its tokenizer."""

    model: Path
    tokenizer: Path

    def open(self) -> Encoder:
        """One thread: a session runs a short text fastest so, and several run side by side."""
        return Encoder(self.model, self.tokenizer, threads=1)

    def digest(self) -> str:
        found = hashlib.sha256(self.model.read_bytes())
        found.update(self.tokenizer.read_bytes())
        return found.hexdigest()


def workspace_encoder(workspace: Path, folder: Path, base_model: str = DEFAULT) -> EncoderFiles:
    """The encoder of the current release; before the first, the base model's, which is put into `folder`."""
    current = Registry(workspace).current()
    if current is not None:
        files = ReleaseFiles(current.folder)
        return EncoderFiles(files.encoder("int8"), files.tokenizer)
    return base_encoder(folder, base_model)


def base_encoder(folder: Path, base_model: str = DEFAULT) -> EncoderFiles:
    """The base model as ONNX in a folder of its own, exported unless it is there."""
    source = resolve(base_model)
    target = folder / f"encoder-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    files = EncoderFiles(target / "encoder.int8.onnx", target / "tokenizer.json")
    if not target.is_dir():
        from training.export import export, load_transformer

        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            export(*load_transformer(source), Path(made))
            (Path(made) / "encoder.fp32.onnx").unlink()
            shutil.copytree(made, f"{made}.whole")
        Path(f"{made}.whole").rename(target)
    return files


def for_encoder(text: str) -> str:
    """The text without order numbers, addresses and other values: which one it is says nothing of what is wanted."""
    return " ".join(VALUE.sub(" ", text).split()) or text


def encode_block(encoder: Encoder, texts: Sequence[str]) -> Half:
    """Vectors of texts, each in a pass of its own: (texts, width)."""
    return np.stack([one.vector for one in encoder.encode(texts)]).astype(np.float16)


def encode_here(files: EncoderFiles, blocks: Iterator[Sequence[str]]) -> Iterator[Half]:
    """Encode blocks of texts on all cores of this machine, in order."""
    encoder, workers = files.open(), os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(encode_block, encoder, block) for block in islice(blocks, workers * AHEAD)]
        while waiting:
            found = waiting.pop(0).result()
            waiting += [pool.submit(encode_block, encoder, block) for block in islice(blocks, 1)]
            yield found


def encode_to_file(
    texts: Sequence[str],
    path: Path,
    files: EncoderFiles,
    *,
    encode: EncodeAll = encode_here,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Half:
    """Encode texts into a file, after those that it holds already; the vectors (texts, width), which stay on disk.

    `path` belongs to these very texts and this encoder. A row that was cut short by a crash is written anew."""
    width = files.open().width
    row = np.dtype(np.float16).itemsize * width
    done = min(path.stat().st_size // row if path.exists() else 0, len(texts))
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(done * row)
        file.seek(done * row)
        left = (texts[start : start + BLOCK] for start in range(done, len(texts), BLOCK))
        watch(done, len(texts))
        for found in encode(files, left):
            file.write(found.tobytes())
            file.flush()
            done += len(found)
            watch(done, len(texts))
        os.fsync(file.fileno())
    if not texts:
        return np.zeros((0, width), np.float16)
    return np.memmap(path, np.float16, "r", shape=(len(texts), width))
