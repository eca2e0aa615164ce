"""A `kefu serve` of a copy of a workspace, for clients that ask more than customers do."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.errors import BotError

KEFU = Path(sys.executable).with_name("kefu")
# What customers of a shop say; said again and again, they are known after the first time (nlu/recent.py).
TEXTS = (
    "where is my order",
    "I'd like to return the lamp I bought last week",
    "the mirror arrived broken",
    "how much is delivery",
    "hi",
    "can I talk to a person please",
    "what's the weather like on Mars",
    "my discount code doesn't work",
)


def copy_for_clients(workspace: Path, target: Path) -> Path:
    """The workspace without its log, and without a limit for one address."""
    left_out = shutil.ignore_patterns("*.db*", ".lock")
    shutil.copytree(workspace, target, copy_function=link_or_copy, ignore=left_out)
    settings = target / "kefu.toml"
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("requests_per_minute"))
    rate = "requests_per_minute = 1000000"
    text = text.replace("[web]", f"[web]\n{rate}") if "[web]" in text else f"{text}\n[web]\n{rate}\n"
    settings.write_text(text, "utf-8")
    return target


def link_or_copy(source: str, place: str) -> str:
    """As `shutil.copy2`, but the encoders, which nothing changes, are linked."""
    if not source.endswith(".onnx"):
        return shutil.copy2(source, place)
    try:
        Path(place).hardlink_to(source)
    except OSError:  # another disk
        shutil.copy2(source, place)
    return place


def environment(database: str, **variables: str) -> dict[str, str]:
    """Ours, with a database and more."""
    return {**os.environ, "KEFU_DATABASE_URL": database, "OMP_NUM_THREADS": "1", **variables}


@asynccontextmanager
async def serving(
    workspace: Path, database: str, *, port: int = 0, **variables: str
) -> AsyncIterator[tuple[int, str]]:
    """A server's process id and address, as customers reach it; `variables` of its environment."""
    process = await asyncio.create_subprocess_exec(
        KEFU,
        "serve",
        "-w",
        workspace,
        "--port",
        str(port),
        "--quiet",
        env=environment(database, **variables),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = b""
        while b"web chat" not in line:
            line = await process.stdout.readline()
            if not line:
                raise BotError("the server ended before it served")
        yield process.pid, line.decode().split()[-1]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
