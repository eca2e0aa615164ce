"""A file written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from training.errors import TrainingError


def write_whole(path: Path, text: str) -> None:
    """Put a text in place of a file in one step that a crash can't halve.

    Raises TrainingError where the disk won't take it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error
