"""The small desk as a process of its own, to be killed: python -m tests.bot.channels.web_process FOLDER PORT"""

import asyncio
import sys
from pathlib import Path

from nlu.understanding import Understanding
from tests.bot.channels.web_desk import open_web_desk
from tests.bot.fakes import FakeUnderstander, with_parts

THINKS_S = 0.05


class ThoughtfulUnderstander(FakeUnderstander):
    """Takes its time, so that there are always turns under way."""

    async def understand(self, text: str) -> Understanding:
        await asyncio.sleep(THINKS_S)
        return await super().understand(text)


async def run(folder: Path, port: int) -> None:
    """Serve until killed."""
    async with open_web_desk(folder, requests_per_minute=100_000) as desk:
        dialogue = with_parts(desk.engine.dialogue, understander=ThoughtfulUnderstander())
        desk.engine.take_over(dialogue, "test")
        await desk.stop()
        await desk.start(port)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))
