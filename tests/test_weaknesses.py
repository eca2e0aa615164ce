"""What is said of the answer of the advisory service."""

import json
import sys

import pytest
from click.testing import CliRunner

from docs import weaknesses
from docs.weaknesses import verdict

FINE = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
UNKNOWN = {
    "name": "torch",
    "skip_reason": "Dependency not found on PyPI and could not be audited: torch (2.13.0)",
}
WEAK = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["3.1.2", "3.2.0"], "aliases": [], "description": "…"},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": "…"},
    ],
}
FOUND = [
    "jinja2 3.1.0: PYSEC-1, mended in 3.1.2, 3.2.0",
    "jinja2 3.1.0: PYSEC-2, mended in no version yet",
    "requirements.lock: 2 known weaknesses in 2 packages",
]


def not_asked(n: int, of: int) -> str:
    return f"requirements.lock: {n} of {of} packages could not be asked about"


@pytest.mark.parametrize(
    ("packages", "lines", "fine", "fine_when_strict"),
    [
        ([FINE], ["requirements.lock: 0 known weaknesses in 1 packages"], True, True),
        (
            [FINE, UNKNOWN],
            ["requirements.lock: 0 known weaknesses in 1 packages", not_asked(1, 2)],
            True,
            False,
        ),
        ([UNKNOWN], [not_asked(1, 1)], True, False),
        ([FINE, WEAK], FOUND, False, False),
        ([FINE, WEAK, UNKNOWN], [*FOUND, not_asked(1, 3)], False, False),
    ],
)
def test_a_weakness_is_a_failure(
    packages: list[object], lines: list[str], fine: bool, fine_when_strict: bool
) -> None:
    answer = json.dumps({"dependencies": packages, "fixes": []})
    assert verdict(answer, "", strict=False) == (lines, fine)
    assert verdict(answer, "", strict=True) == (lines, fine_when_strict)


@pytest.mark.parametrize("answer", ["", "[]", "{}", "not JSON"])
def test_where_the_service_is_out_of_reach_its_complaint_is_told(answer: str) -> None:
    told = ["requirements.lock: nothing was asked: ConnectionError: no route"]
    assert verdict(answer, "warning\nConnectionError: no route\n", strict=False) == (told, True)
    assert verdict(answer, "warning\nConnectionError: no route\n", strict=True) == (told, False)
    assert verdict("", "", strict=True) == (
        ["requirements.lock: nothing was asked: pip-audit said nothing"],
        False,
    )


@pytest.mark.parametrize(("packages", "status"), [([FINE], 0), ([FINE, UNKNOWN], 0), ([FINE, WEAK], 1)])
def test_the_command_ends_as_the_answer_is(
    packages: list[object], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps({"dependencies": packages})
    monkeypatch.setattr(weaknesses, "ASK", (sys.executable, "-c", f"print({answer!r})"))
    told = CliRunner().invoke(weaknesses.main)
    assert told.output.splitlines() == verdict(answer, "", strict=False)[0]
    assert told.exit_code == status
    assert CliRunner().invoke(weaknesses.main, ["--strict"]).exit_code == int(packages != [FINE])


def test_an_answer_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaknesses, "ASK", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(weaknesses, "PATIENCE_S", 0.1)
    told = CliRunner().invoke(weaknesses.main)
    assert told.output == "requirements.lock: nothing was asked: no answer within 0.1 s\n"
    assert told.exit_code == 0
