"""Schemathesis sends what the OpenAPI document allows, and what it forbids: nothing is a fault of the server."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.bot.console.console_desk import open_console
from tests.fuzz.mutating import SECONDS

CASES = 15  # for each operation and phase; with `make fuzz` as many as there is time for


@pytest.mark.slow
async def test_the_api_answers_every_request_without_a_fault(tmp_path: Path) -> None:
    async with open_console(tmp_path, requests_per_minute=10**9, pages_per_minute=10**9) as desk:
        cases = CASES if not SECONDS else int(SECONDS * 5)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", f"{desk.url}/api/v1/openapi.json",
            "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--max-examples", str(cases),
            "--no-color", "--generation-database", "none", "--request-timeout", "20",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-4000:]
    assert b"POST /api/v1/messages" in told or b"Tested" in told, told.decode()[-2000:]
