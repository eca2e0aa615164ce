"""Whether weaknesses are known in what kefu is installed with. Run: python -m docs.weaknesses

Asks the advisory service of PyPI about the packages of requirements.lock, by pip-audit. A known weakness is a failure;
what could not be asked about is told, and with --strict that is one too."""

import json
import subprocess
import sys
from pathlib import Path

import click

LOCK = Path(__file__).parents[1] / "requirements.lock"
ASK = (
    *(sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--no-deps", "--disable-pip"),
    *("--timeout=5", "--progress-spinner=off", "--format=json"),
)
PATIENCE_S = 120.0


@click.command()
@click.option("--strict", is_flag=True, help="Fail where a package could not be asked about.")
def main(strict: bool) -> None:
    """Ask, and end with 1 where there is something to be done."""
    try:
        asked = subprocess.run(ASK, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        lines, is_fine = verdict(asked.stdout, asked.stderr, strict=strict)
    except subprocess.TimeoutExpired:
        lines, is_fine = verdict("", f"no answer within {PATIENCE_S:g} s", strict=strict)
    for line in lines:
        click.echo(line)
    sys.exit(0 if is_fine else 1)


def verdict(answer: str, complaint: str, *, strict: bool) -> tuple[list[str], bool]:
    """What to say of pip-audit's answer, and whether that is fine."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = complaint.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        return [f"{LOCK.name}: nothing was asked: {why[0]}"], not strict
    lines, n_asked = [], 0
    for package in packages:
        n_asked += "vulns" in package
        for weakness in package.get("vulns", []):
            mended = ", ".join(weakness["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}")
    found, n_left = len(lines), len(packages) - n_asked
    if n_asked:
        lines.append(f"{LOCK.name}: {found} known weaknesses in {n_asked} packages")
    if n_left:
        lines.append(f"{LOCK.name}: {n_left} of {len(packages)} packages could not be asked about")
    return lines, not found and not (strict and n_left)


if __name__ == "__main__":
    main()
