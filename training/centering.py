"""What the vectors of all texts share is taken from them, or everything would seem alike.

Some encoders keep all vectors in a narrow cone: with multilingual E5 two unrelated messages have a cosine of .83, with
MiniLM of .1. A cosine means the same for every encoder once the mean is taken off (Mu and Viswanath 2018); for E5 it is
better at that, too."""

from typing import Any

import torch

from nlu.model import pool
from training.off_topic import SHIPPED
from training.sentence_config import prompts_of

MIN_SHARED = 0.5  # length of the mean of unit vectors from which it is taken off; MiniLM's is far below
EVERY = 3  # of the shipped messages, English and Chinese, one in so many is enough to tell
BATCH = 32


def center(transformer: Any, tokenizer: Any) -> list[float] | None:
    """The mean of the unit vectors of messages about anything: (width,); None where it is short."""
    prompt = prompts_of(transformer.config).query
    texts = SHIPPED.read_text("utf-8").splitlines()[::EVERY]
    texts.sort(key=len)  # little padding
    parts = []
    with torch.inference_mode():
        for start in range(0, len(texts), BATCH):
            batch = tokenizer(
                [prompt + text for text in texts[start : start + BATCH]], padding=True, return_tensors="pt"
            )
            ids, mask = batch["input_ids"], batch["attention_mask"]
            states = transformer(input_ids=ids, attention_mask=mask).last_hidden_state
            parts.append(pool(states, mask, transformer.config))
    mean = torch.cat(parts).mean(dim=0)
    return [round(float(value), 6) for value in mean] if mean.norm() >= MIN_SHARED else None
