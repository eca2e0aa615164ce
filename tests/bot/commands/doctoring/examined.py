"""What `kefu doctor` says of a workspace."""

import json
from pathlib import Path

from click.testing import CliRunner

from bot.cli import kefu


def examined(workspace: Path) -> tuple[int, list[dict[str, str]]]:
    """Exit status and findings."""
    result = CliRunner().invoke(kefu, ["doctor", "-w", str(workspace), "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def finding(workspace: Path, check: str, level: str) -> dict[str, str]:
    """The one finding of a check at that level."""
    status, found = examined(workspace)
    assert status == int("fault" in {one["level"] for one in found})
    [one] = [one for one in found if (one["check"], one["level"]) == (check, level)]
    assert bool(one["remedy"]) == (level != "fine")
    return one
