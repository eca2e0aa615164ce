"""How a base model was taught to be used: its pooling and its prompts, as Sentence Transformers' files tell them."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlu.prompts import Prompts
from training.errors import TrainingError

POOLING = "1_Pooling/config.json"
PROMPTS = "config_sentence_transformers.json"
MODES = {
    "mean": "mean",
    "mean_tokens": "mean",
    "mean_sqrt_len_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
}
PASSAGE_NAMES = ("passage", "document", "corpus")
# Trained with these (Wang et al. 2022), but most of them say so in their model card alone.
E5 = re.compile(r"(?:^|[-_])e5(?:[-_.]|$)(?!.*instruct)", re.IGNORECASE)
E5_PROMPTS = Prompts("query: ", "passage: ")


@dataclass(frozen=True, slots=True)
class SentenceConfig:
    """`pooling` is "mean" (of all tokens' states) or "cls" (the first token's)."""

    pooling: str = "mean"
    prompts: Prompts = Prompts()  # noqa: RUF009 - frozen

    def tell(self, config: Any) -> None:
        """Write it into a transformer's config, where `nlu.model.pool` and `training.export.export` look."""
        config.kefu_pooling = self.pooling
        config.kefu_prompts = asdict(self.prompts)


def read_sentence_config(source: str) -> SentenceConfig:
    """That of a folder or a hub id; mean pooling and no prompts where its files tell nothing, E5's own for an E5.

    Raises TrainingError for a pooling that kefu doesn't know, or a file that can't be read."""
    return SentenceConfig(_pooling(source), _prompts(source))


def prompts_of(config: Any) -> Prompts:
    """Those that `SentenceConfig.tell` wrote into a transformer's config."""
    return Prompts(**getattr(config, "kefu_prompts", {}))


def _pooling(source: str) -> str:
    found = _read(source, POOLING)
    named = found.get("pooling_mode")
    modes = (
        [str(named)]
        if named
        else [key.removeprefix("pooling_mode_") for key, is_on in found.items() if is_on is True]
    )
    modes = [mode for mode in modes if mode != "include_prompt"]
    known = {MODES.get(mode) for mode in modes} or {"mean"}
    if len(known) != 1 or None in known:
        raise TrainingError(f"{source}: {POOLING} has the pooling {' and '.join(modes)}; wanted mean or cls")
    return str(known.pop())


def _prompts(source: str) -> Prompts:
    found = _read(source, PROMPTS)
    prompts = {name: prompt for name, prompt in (found.get("prompts") or {}).items() if prompt}
    default = prompts.get(found.get("default_prompt_name"), "")
    passage = next((prompts[name] for name in PASSAGE_NAMES if name in prompts), default)
    told = Prompts(prompts.get("query", default), passage)
    return E5_PROMPTS if told == Prompts() and E5.search(Path(source).name) else told


def _read(source: str, name: str) -> dict[str, Any]:
    """A JSON file of a model; {} where it has none."""
    path = Path(source) / name if Path(source).is_dir() else _from_hub(source, name)
    if path is None or not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path}: can't be read: {error}") from error
    if not isinstance(found, dict):
        raise TrainingError(f"{path}: met {type(found).__name__}, wanted an object")
    return found


def _from_hub(source: str, name: str) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hf_hub_download(source, name))
    except EntryNotFoundError:  # LocalEntryNotFoundError too: it isn't there, and the hub can't be reached
        return None
