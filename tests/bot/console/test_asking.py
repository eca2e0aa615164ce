"""Words and filters in one line."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.console.inbox.asking import FILTERS, read_asked
from bot.store.inbox.finding import Asked

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("where is it", Asked("where is it")),
        ("lamp intent:order_status broken", Asked("lamp broken", intent="order_status")),
        ("Sentiment:angry rated:1", Asked(sentiment="angry", rated=1)),
        ("confidence:<0.6 decision:ask", Asked(below=0.6, decision="ask")),
        ("handed_over:no handed_over:maybe", Asked("handed_over:maybe", handed_over=False)),
        (
            "at 5:30 or sentiment:purple rated:9 confidence:high",
            Asked("at 5:30 or sentiment:purple rated:9 confidence:high"),
        ),
        ("from:2026-02-31 intent:", Asked("from:2026-02-31 intent:")),
        (
            "from:2026-11-01 to:2026-11-01",
            Asked(
                begins=datetime(2026, 10, 31, 23, tzinfo=UTC).astimezone(BERLIN),
                ends=datetime(2026, 11, 1, 23, tzinfo=UTC).astimezone(BERLIN),
            ),
        ),
    ],
)
def test_filters_are_read_where_they_can_be(text: str, asked: Asked) -> None:
    assert read_asked(text, BERLIN) == asked


def test_every_filter_that_is_shown_is_one() -> None:
    asked = read_asked(" ".join(FILTERS), BERLIN)
    assert asked.words == ""
    assert None not in {getattr(asked, name) for name in Asked.__dataclass_fields__}
