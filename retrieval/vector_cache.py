"""Vectors of answers and articles kept in a file, so that a desk starts without encoding them again."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

Vector = NDArray[np.float32]
KEPT = 3  # files: of the model in use, the one before, and one that is tried


class VectorCache:
    """Encodes texts, those it has met before from a file of the model's own in `folder`.

    A file that is missing or broken is written anew; one that can't be written is done without."""

    def __init__(self, folder: Path, model: str, encode: Callable[[Sequence[str]], Vector]) -> None:
        self._path = folder / f"{hashlib.sha256(model.encode()).hexdigest()[:12]}.safetensors"
        self._model = model
        self._encode = encode
        self._known = self._read()
        self._used: dict[str, Vector] = {}

    def encode(self, texts: Sequence[str]) -> Vector:
        """Vectors of one text or more: (texts, width)."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            self._known.update(zip(new, self._encode(list(new.values())), strict=True))
        self._used.update((key, self._known[key]) for key in keys)
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Keep what was asked for since this cache was made and nothing else, and of other models those met last."""
        tensors = {"vectors": np.stack(list(self._used.values()))} if self._used else {}
        metadata = {"model": self._model, "keys": json.dumps(list(self._used))}
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError, SafetensorError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, temporary, metadata)
            temporary.replace(self._path)
            files = self._path.parent.glob("*.safetensors")
            for old in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)[KEPT:]:
                old.unlink()

    def _read(self) -> dict[str, Vector]:
        try:
            with safe_open(self._path, framework="numpy") as file:
                metadata = file.metadata() or {}
                if metadata.get("model") != self._model:
                    return {}
                keys = json.loads(metadata["keys"])
                return dict(zip(keys, file.get_tensor("vectors"), strict=True)) if keys else {}
        except (OSError, SafetensorError, KeyError, ValueError):
            return {}
