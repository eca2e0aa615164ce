"""A file written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from training.errors import TrainingError


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write a text, part by part, aside and put it in place of a file in one step that a crash can't halve.

    Raises TrainingError where the disk won't take it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).chmod(0o644)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error
