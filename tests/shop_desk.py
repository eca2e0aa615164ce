"""The demo shop for tests of the whole desk: trained once, copied cheaply, served as a process of its own."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

import aiohttp

SHOP = Path(__file__).parent.parent / "examples" / "shop"
KEFU = Path(sys.executable).with_name("kefu")
MADE = ("releases", ".kefu", "kefu*.db*")  # in the workspace by whoever tried the demo
DEMO_ORDERS = "http://127.0.0.1:8081"
PORTS = range(20_000, 32_768)
PATIENCE_S = 60.0  # with a machine that has other things to do


def train_shop(folder: Path) -> Path:
    """A copy of the demo shop, trained as on a machine without a GPU."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns(*MADE))
    trained = run_kefu("train", "-w", str(folder), "--speed", "fast")
    assert trained.returncode == 0, trained.stderr
    return folder


def copy_shop(trained: Path, folder: Path, orders: str, options: str = "") -> Path:
    """A copy whose actions go to the order system at `orders`; `options` are more lines of its kefu.toml.

    The encoders are hard links: a test that spoils one removes it first."""

    def link_or_copy(source: str, target: str) -> str:
        if not source.endswith(".onnx"):
            return shutil.copy2(source, target)
        Path(target).hardlink_to(source)
        return target

    shutil.copytree(trained, folder, copy_function=link_or_copy)
    settings = folder / "kefu.toml"
    settings.write_text(settings.read_text("utf-8").replace(DEMO_ORDERS, orders) + options, "utf-8")
    return folder


@contextmanager
def order_system(port: int) -> Iterator[str]:
    """The shop's order system; its address."""
    process = subprocess.Popen(
        [sys.executable, SHOP / "order_system.py", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not is_open(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port to listen on later: one of those that the system gives to nobody by itself."""
    for port in SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"all tried of {PORTS} are taken")


def environment(**more: str) -> dict[str, str]:
    """Ours without what would make `kefu` another desk; one thread is enough for one message."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KEFU_", "TELEGRAM_", "OTEL_"))
    }
    return {**kept, "OMP_NUM_THREADS": "1", **more}


def run_kefu(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; `variables` of its environment."""
    return subprocess.run([KEFU, *words], env=environment(**variables), capture_output=True, text=True)


@dataclass
class Served:
    """A process that serves, and a client of it."""

    process: asyncio.subprocess.Process
    url: str
    log_file: Path
    client: aiohttp.ClientSession

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8")

    async def post(self, text: str, conversation: str = "anna", number: int = 1) -> Any:
        """Say something over REST; the answer. Raises aiohttp.ClientError where the server is gone."""
        body = {"conversation": conversation, "client_message_id": str(number), "text": text}
        async with self.client.post(f"{self.url}api/v1/messages", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something; fails where the server ends first or it doesn't come."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert self.process.returncode is None, self.log
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain\n{self.log}"
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as if the power were cut."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


async def start(workspace: Path, *options: str, command: str = "serve", **variables: str) -> Served:
    """Start `kefu serve` or `kefu demo`, and wait until it says where it listens; `variables` of its environment."""
    process, log_file = await launch(workspace, *options, command=command, **variables)
    url = ""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while "web chat" not in url:
            line = await process.stdout.readline()
            assert line, log_file.read_text("utf-8")
            url = line.decode()
    return Served(process, url.split()[-1], log_file, aiohttp.ClientSession())


async def launch(
    workspace: Path, *options: str, command: str, **variables: str
) -> tuple[asyncio.subprocess.Process, Path]:
    """Start it and wait for nothing; the process, and the file its log goes to, which later ones continue."""
    log_file = workspace.with_name(f"{workspace.name}.log")
    with log_file.open("a") as log:
        process = await asyncio.create_subprocess_exec(
            KEFU, command, "-w", workspace, *options,
            env=environment(**variables), stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
    return process, log_file


@asynccontextmanager
async def serving(
    workspace: Path, *options: str, command: str = "serve", **variables: str
) -> AsyncIterator[Served]:
    """The desk as a process; at the end it stops when it is told to, or was killed by the test."""
    served = await start(workspace, *options, command=command, **variables)
    try:
        yield served
        if served.process.returncode is None:
            assert await served.stop() == 0, served.log
    finally:
        await served.client.close()
        with suppress(ProcessLookupError):
            await served.kill()
