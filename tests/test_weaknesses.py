"""What is said of the answer of the advisory service."""

import json

import pytest

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
NOT_ASKED = "requirements.lock: the advisory service could not be asked about 1 packages"


@pytest.mark.parametrize(
    ("packages", "lines", "fine", "fine_when_strict"),
    [
        ([FINE], ["requirements.lock: 0 known weaknesses in 1 packages"], True, True),
        ([FINE, UNKNOWN], ["requirements.lock: 0 known weaknesses in 1 packages", NOT_ASKED], True, False),
        ([FINE, WEAK], FOUND, False, False),
        ([FINE, WEAK, UNKNOWN], [*FOUND, NOT_ASKED], False, False),
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
    told = ["requirements.lock: not asked about: ConnectionError: no route"]
    assert verdict(answer, "warning\nConnectionError: no route\n", strict=False) == (told, True)
    assert verdict(answer, "warning\nConnectionError: no route\n", strict=True) == (told, False)
    assert verdict("", "", strict=True) == (
        ["requirements.lock: not asked about: pip-audit said nothing"],
        False,
    )
