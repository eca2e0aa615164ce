"""Alerts in the database, and what the watch reads."""

from datetime import UTC, datetime, timedelta

from bot.store.insights.alerts import NewAlert
from bot.store.store import Store
from tests.bot.store.log import Log

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_one_alert_of_a_series_is_open_at_a_time(store: Store) -> None:
    number = await Log(store).say(AT)
    new = NewAlert(("product", "lamp"), AT, 0.1, 0.4, 30, number, number)
    first = await store.alerts.raise_alert(new)
    assert first is not None
    assert await store.alerts.raise_alert(new) is None
    assert await store.alerts.count_open() == 1
    await store.alerts.resolve(first.id)
    assert await store.alerts.open() == []
    assert await store.alerts.raise_alert(new) is not None
    [over] = await store.alerts.over()
    assert (over.id, over.series, over.now) == (first.id, ("product", "lamp"), 0.4)


async def test_the_watch_reads_on_from_where_it_was(store: Store) -> None:
    log = Log(store)
    first = await log.say(AT, sentiment="angry", product="lamp")
    await log.say(AT + timedelta(minutes=1), sentiment=None)
    last = await log.say(AT + timedelta(minutes=2), "8", intent=None)

    felt, end = await store.alerts.felt_after(0)

    assert [(one.id, one.is_unhappy) for one in felt] == [(first, True), (last, False)]
    assert felt[0].series == (
        ("all", ""), ("channel", "telegram"), ("intent", "order_status"), ("product", "lamp"),
    )  # fmt: skip
    assert felt[1].series == (("all", ""), ("channel", "telegram"))
    assert end == last
    assert await store.alerts.felt_after(last) == ([], last)
    assert await store.alerts.last_before(AT + timedelta(minutes=1)) == first
    assert await store.alerts.last_before(AT) == 0


async def test_behind_an_alert_are_the_unhappy_messages_of_its_series(store: Store) -> None:
    log = Log(store)
    lamp = await log.say(AT, text="lamp!", sentiment="angry", product="lamp")
    await log.say(AT, text="fine", product="lamp")
    sofa = await log.say(AT, text="sofa!", sentiment="negative", product="sofa")
    for series, texts in {("product", "lamp"): ["lamp!"], ("all", ""): ["sofa!", "lamp!"],
                          ("intent", "refund"): [], ("channel", "telegram"): ["sofa!", "lamp!"]}.items():  # fmt: skip
        alert = await store.alerts.raise_alert(NewAlert(series, AT, 0.1, 0.4, 3, lamp, sofa))  # type: ignore[arg-type]
        assert alert is not None
        assert [one.text for one in await store.alerts.behind(alert)] == texts
