"""docs/security.md names a test for what it claims: each is there."""

import ast
import re
from functools import cache

import pytest

from tests.markdown import DOCS, INLINE_CODE, ROOT, rows

PAGE = DOCS / "security.md"
NAMED = sorted({code for code in INLINE_CODE.findall(PAGE.read_text("utf-8")) if "::" in code})


@cache
def named_in(file: str) -> frozenset[str]:
    """The tests of a file, those of classes as Class::test."""
    found = set()
    for node in ast.parse((ROOT / file).read_text("utf-8")).body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            before + part.name for part in parts if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return frozenset(found)


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_there(named: str) -> None:
    file, _, name = named.partition("::")
    assert name in named_in(file)


def test_every_line_of_the_check_list_and_of_the_limits_names_a_test() -> None:
    text = PAGE.read_text("utf-8")
    for title in ("Check list", "Limits", "What the desk calls"):
        part = text.partition(f"## {title}\n")[2]
        listed = rows(re.split(r"^#+ ", part, maxsplit=1, flags=re.MULTILINE)[0])
        assert len(listed) > 5
        assert [row for row in listed if "::test_" not in row[-1]] == [], title
