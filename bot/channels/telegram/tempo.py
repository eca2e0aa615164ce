"""How fast the channel does things."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tempo:
    """Telegram's limits, and our own patience; all times in seconds."""

    messages_per_second: int = 30  # to all chats together
    chat_s: float = 1.0  # between two messages to one chat
    group_messages_per_minute: int = 20  # all topics of a group together
    answer_s: float = 15.0  # for Telegram to answer a call
    first_pause_s: float = 1.0  # before a second try; doubled with each further one
    longest_pause_s: float = 60.0
    conflict_pause_s: float = 30.0  # while another program polls with our token
    typing_after_s: float = 0.4  # a quick turn shows no "typing": it would outlast the reply
    typing_every_s: float = 4.0  # Telegram shows it for five
    look_every_s: float = 2.0  # for replies that another process left in the log
    left_after_s: float = (
        15.0  # an update that was not finished for so long was perhaps left by a process that is gone
    )
    forum_pause_s: float = 300.0  # while nothing can be written to the staff group
    drain_s: float = 5.0  # at the end, for turns under way and replies not yet sent

    def pauses(self) -> Iterator[float]:
        """Ever longer ones, without end."""
        pause_s = self.first_pause_s
        while True:
            yield pause_s
            pause_s = min(2 * pause_s, self.longest_pause_s)
