"""Values: a table of how people write days and money, and the large one of bench/values.csv."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bench.values import found_in, read_table
from nlu.values.kinds import find_values, normalise

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


def value(kind: str, text: str, country: str = "GB", currency: str = "GBP") -> str:
    return normalise(kind, text, NOW, LONDON, country, currency)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-25"), ("tomorrow", "2026-11-26"), ("tmrw", "2026-11-26"), ("yesterday", "2026-11-24"),
        ("last night", "2026-11-24"), ("day after tomorrow", "2026-11-27"), ("8am tomorrow", "2026-11-26"),
        ("friday", "2026-11-27"), ("on sat", "2026-11-28"), ("wednesday", "2026-12-02"), ("this friday", "2026-11-27"),
        ("next friday", "2026-12-04"), ("Next Mon", "2026-11-30"), ("last monday", "2026-11-23"),
        ("last wednesday", "2026-11-18"), ("friday week", "2026-12-04"), ("a week on tuesday", "2026-12-08"),
        ("this weekend", "2026-11-28"), ("the weekend", "2026-11-28"), ("next week", "2026-11-30"),
        ("last week", "2026-11-16"), ("next month", "2026-12-01"), ("end of next week", "2026-12-04"),
        ("end of the month", "2026-11-30"), ("in two weeks", "2026-12-09"), ("in 2 weeks time", "2026-12-09"),
        ("in a fortnight", "2026-12-09"), ("3 days ago", "2026-11-22"), ("a couple of weeks ago", "2026-11-11"),
        ("a month ago", "2026-10-25"), ("ten days ago", "2026-11-15"), ("two days from now", "2026-11-27"),
        ("the 14th", "2026-12-14"), ("25th", "2026-11-25"), ("31st", "2026-12-31"), ("Monday 14th", "2026-12-14"),
        ("14 march", "2027-03-14"), ("14th of March 2026", "2026-03-14"), ("Sept 3rd", "2026-09-03"),
        ("dec 1", "2026-12-01"), ("monday 7 december", "2026-12-07"), ("may", "2027-05-01"), ("3/4", "2027-04-03"),
        ("4/13", "2027-04-13"), ("03/12/26", "2026-12-03"), ("3.4.2026", "2026-04-03"), ("2026-03-14", "2026-03-14"),
        ("christmas eve", "2026-12-24"), ("new year's day", "2027-01-01"), ("31 feb", "31 feb"), ("soon", "soon"),
        ("今天", "2026-11-25"), ("明天", "2026-11-26"), ("后天", "2026-11-27"), ("周五", "2026-11-27"),
        ("下周五", "2026-12-04"), ("上周一", "2026-11-16"), ("星期天", "2026-11-29"), ("下下周二", "2026-12-08"),
        ("三天后", "2026-11-28"), ("两周前", "2026-11-11"), ("12月3号", "2026-12-03"), ("2026年3月14日", "2026-03-14"),
        ("14号", "2026-12-14"), ("下个月", "2026-12-01"), ("月底", "2026-11-30"),
        ("tuesday next week", "2026-12-01"), ("Fri of next week", "2026-12-04"), ("next week on tuesday", "2026-12-01"),
        ("下个月5号", "2026-12-05"), ("上月30号", "2026-10-30"), ("本月28日", "2026-11-28"),
    ],
)  # fmt: skip
def test_days_are_worked_out_from_now(text: str, day: str) -> None:
    assert value("date", text) == day


@pytest.mark.parametrize(
    ("country", "day"),
    [("GB", "2026-12-02"), ("DE", "2026-12-02"), ("US", "2027-02-12"), ("CN", "2027-02-12")],
)
def test_a_day_and_month_are_read_as_the_country_writes_them(country: str, day: str) -> None:
    assert value("date", "2/12", country) == day


def test_days_are_meant_in_the_desks_time_zone() -> None:
    late = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert normalise("date", "tomorrow", late, ZoneInfo("Asia/Shanghai")) == "2026-11-27"
    assert normalise("date", "tomorrow", late, LONDON) == "2026-11-26"


def test_other_languages_are_left_to_dateparser() -> None:
    assert value("date", "14 März 2027") == "2027-03-14"
    assert value("date", "Dienstag") == "2026-12-01"
    assert value("date", "half term") == "half term"


@pytest.mark.parametrize(
    ("text", "sum_"),
    [
        ("£39", "39.00 GBP"), ("£ 1,299.50", "1299.50 GBP"), ("39 quid", "39.00 GBP"), ("39.99 pounds", "39.99 GBP"),
        ("two hundred pounds", "200.00 GBP"), ("a hundred and fifty quid", "150.00 GBP"), ("$12.50", "12.50 USD"),
        ("12,50 €", "12.50 EUR"), ("€1.200,50", "1200.50 EUR"), ("£2k", "2000.00 GBP"), ("80p", "0.80 GBP"),
        ("a tenner", "10.00 GBP"), ("39", "39.00 GBP"), ("两百块", "200.00 CNY"), ("199元", "199.00 CNY"),
        ("￥88", "88.00 CNY"), ("EUR 20", "20.00 EUR"), ("usd15.50", "15.50 USD"), ("RMB 200", "200.00 CNY"),
        ("lots", "lots"),
    ],
)  # fmt: skip
def test_money_has_one_form(text: str, sum_: str) -> None:
    assert value("amount", text) == sum_


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("phone", "020 7946 0018", "+442079460018"),
        ("phone", "+44 (0)20 7946 0018", "+442079460018"),
        ("phone", "12", "12"),
        ("email", "Jo.Hall@Example.COM", "jo.hall@example.com"),
        ("postcode", "bs65qt", "BS6 5QT"),
        ("postcode", "d02x285", "D02 X285"),
        ("person", "sam", "Sam"),
        ("person", "McAllister", "McAllister"),
        ("text", "as  it is", "as it is"),
    ],
)
def test_other_kinds_are_written_as_usual(kind: str, text: str, normal: str) -> None:
    assert value(kind, text) == normal


def test_dollars_are_the_desks_own() -> None:
    assert value("amount", "$20", "AU", "AUD") == "20.00 AUD"


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("time", "10 to 2pm", "10:00"), ("time", "12am", "00:00"), ("time", "晚上12点", "00:00"),
        ("time", "中午1点", "13:00"), ("time", "ten to six in the morning", "05:50"), ("time", "25:10", "25:10"),
        ("quantity", "two dozen", "24"), ("quantity", "半斤", "0.25 kg"), ("quantity", "一米八", "1.8 m"),
        ("quantity", "two hours", "two hours"), ("amount", "三块五毛", "3.50 CNY"), ("amount", "3 thousand dollars", "3000.00 USD"),
        ("amount", "a fourteen pound pot", "14.00 GBP"), ("amount", "TRY 300", "300.00 TRY"), ("date", "除夕", "2027-02-05"),
        ("date", "easter", "2027-03-28"), ("date", "black friday 2024", "2024-11-29"), ("date", "two working days ago", "2026-11-23"),
    ],
)  # fmt: skip
def test_times_quantities_and_feasts_have_one_form(kind: str, text: str, normal: str) -> None:
    assert value(kind, text) == normal


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("I ordered it on Monday", ["2026-11-23"]),
        ("On the 3rd you sent it again", ["2026-11-03"]),
        ("I've got people coming on Monday", ["2026-11-30"]),
        ("it was promised for Monday", ["2026-11-30"]),
        ("I paid, so can it come on Monday", ["2026-11-30"]),
        ("I have written on 5 March, 13 March", ["2026-03-05", "2026-03-13"]),
        ("I paid you on 5 March", ["2026-03-05"]),
        ("could you come on Tuesday 8/12, or 12月9日（周三）", ["2026-12-08", "2026-12-09"]),
        ("周一下的单，周三能到吗", ["2026-11-23", "2026-12-02"]),
    ],
)
def test_days_are_past_where_the_clause_tells_of_the_past(said: str, days: list[str]) -> None:
    assert [day for _, _, day in find_values("date", said, NOW, LONDON, "GB", "GBP")] == days


def test_97_of_100_sentences_of_the_large_table_are_read_right() -> None:
    rows = read_table()
    right = Counter(row.part for row in rows if found_in(row) == row.expected)
    total = Counter(row.part for row in rows)
    assert right.total() >= 0.97 * total.total(), (right, total)
    assert all(right[part] >= 0.95 * total[part] for part in total), (right, total)


def test_pence_are_no_sum_where_the_desk_has_no_pounds() -> None:
    text = "does the 720p camera fit, I'm 55p short"
    found = [list(find_values("amount", text, NOW, UTC, "US", currency)) for currency in ("USD", "GBP")]
    assert [[value for *_, value in values] for values in found] == [[], ["7.20 GBP", "0.55 GBP"]]
