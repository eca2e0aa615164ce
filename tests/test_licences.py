"""What kefu is installed with may be used as kefu is."""

import pytest

from docs.licences import PAGE, is_allowed, page
from tests.markdown import rows


def test_the_page_of_licences_is_what_the_packages_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/licences.md is old; run: python -m docs.licences"


def test_every_package_has_a_licence_that_is_allowed() -> None:
    listed = rows(page())
    assert len(listed) > 50
    assert [(name, licence) for name, licence, _ in listed if not is_allowed(name, licence)] == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT AND BSD-3-Clause)", True),
        ("AGPL-3.0-or-later", False),
        ("LGPL-3.0-only", False),
        ("unknown", False),
        ("Proprietary", False),
    ],
)
def test_licences_are_allowed_by_name(licence: str, allowed: bool) -> None:
    assert is_allowed("some-package", licence) is allowed
