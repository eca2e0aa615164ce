"""A release that answers a share of the conversations."""

import hashlib
from dataclasses import dataclass

from bot.dialogue.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Canary:
    """The conversations of a canary are always the same, in every process; other releases get others."""

    release: str
    dialogue: Dialogue
    share: float

    def has(self, conversation_key: str) -> bool:
        """Whether it answers this conversation."""
        digest = hashlib.sha256(f"{self.release}\0{conversation_key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64
