"""Print what pyproject.toml wants installed, one requirement a line; extras are named as arguments."""

import sys
import tomllib
from pathlib import Path


def libraries(extras: list[str]) -> list[str]:
    """The project's own requirements and those of the extras, in the file's order."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    wanted: list[str] = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


if __name__ == "__main__":
    print(*libraries(sys.argv[1:]), sep="\n")
