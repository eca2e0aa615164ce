"""What takes long to make and is only read: made by the worker of pytest-xdist that needs it first, for all of them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` filled in this run, be it in another worker; `make` is given its path and makes it.

    Whoever takes it changes nothing there: others read it at the same time."""
    run = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    folder, is_made = run / name, run / f"{name}.made"
    with FileLock(run / f"{name}.lock"):
        if not is_made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what another worker failed at
            make(folder)
            is_made.touch()
    return folder
