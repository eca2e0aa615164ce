"""What others wrote as an address."""

import pytest

from bot.web_address import parse_address


@pytest.mark.parametrize(
    "text", ["http://[", "//a[]@/x", "https://[]@", "http://a:b:c/", "http://a:99999999/"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_address(text)


def test_quoting_stays_as_it_stands() -> None:
    assert str(parse_address("https://a.example/%26x", encoded=True)) == "https://a.example/%26x"
