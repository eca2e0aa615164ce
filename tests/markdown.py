"""The documentation's Markdown, as far as its tests read it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
INLINE_CODE = re.compile(r"`([^`\n]+)`")
ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")


def relative(path: Path) -> str:
    """A page's name, for the ids of tests."""
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", path.read_text("utf-8"))


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of code in a language, "" for those without one."""
    return [code for found, code in FENCE.findall(path.read_text("utf-8")) if found == language]


def links(path: Path) -> list[str]:
    """Where links and pictures of a page lead within the documentation."""
    return [target for target in LINK.findall(prose(path)) if "://" not in target]


def anchors(path: Path) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in HEADING.findall(prose(path)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def section(path: Path, title: str) -> str:
    """What stands below a heading, up to the next of any level."""
    _, found, rest = path.read_text("utf-8").partition(f" {title}\n")
    assert found, f"{path.name} has no section {title!r}"
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {i for i, row in enumerate(cells) if all(re.fullmatch("-+", cell) for cell in row)}
    return [row for i, row in enumerate(cells) if i not in rules and i + 1 not in rules]


def names(text: str) -> list[str]:
    """The names in the first column of the tables in a text."""
    return [name for row in rows(text) for name in INLINE_CODE.findall(row[0])]


def command_lines(path: Path) -> Iterator[list[str]]:
    """The words of each command that a page shows, in its blocks of shell or in a line of text."""
    shell = "\n".join(blocks(path, "sh") + blocks(path, "console")).replace("\\\n", " ")
    typed = [line.removeprefix("$ ") for line in shell.splitlines()] + INLINE_CODE.findall(prose(path))
    for line in typed:
        for part in re.split(r"&&|\||;", line):
            if not re.search(r"\b(kefu|make|python3?) ", part):
                continue
            words = shlex.split(part, comments=True)
            while words and ASSIGNMENT.fullmatch(words[0]):
                words.pop(0)
            yield words
