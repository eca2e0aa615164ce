"""The tables of the insights page."""

from collections.abc import Sequence

from bot.console.insights.alike import Group
from bot.console.insights.report import Report, Side, by_weekday, quantile
from bot.console.insights.sheets import Column, Sheet, Value
from bot.naming import dimension_name, which
from bot.store.insights.counting import UNANSWERED
from bot.store.insights.figures import Figures, Mood
from bot.wording import Wording

OUTCOMES = ("answer", "ask", "clarify", "hand_over", "person", "none")
MAX_ROWS = 500


def sheets_of(words: Wording, report: Report, groups: Sequence[Group]) -> dict[str, Sheet]:
    """All of them by name."""
    made = (
        _days(words, report),
        _outcomes(words, report),
        _people(words, report),
        _ratings(words, report),
        _opinions(words, report),
        _intents(words, report),
        _reasons(words, report),
        _examples(words, groups),
        _hours(words, report),
        _mood_days(words, report),
        _moods(words, report),
    )
    return {sheet.name: sheet for sheet in made}


def outcome_name(words: Wording, outcome: str) -> str:
    match outcome:
        case "answer":
            return words.say("Answered by the bot")
        case "ask":
            return words.say("Asked back for a detail")
        case "clarify":
            return words.say("Asked what was meant")
        case "hand_over":
            return words.say("Handed over")
        case "person":
            return words.say("While people had it")
        case _:
            return words.say("Without a reply of its own")


def reason_name(words: Wording, reason: str) -> str:
    match reason:
        case "out_of_scope":
            return words.say("Nothing the bot knows")
        case "out_of_scope_twice":
            return words.say("Nothing the bot knows, twice in a row")
        case "uncertain":
            return words.say("Not understood")
        case "still_uncertain":
            return words.say("Not understood, twice in a row")
        case _:
            return words.say("No answer that fits")


def weekday_names(words: Wording) -> tuple[str, ...]:
    return (
        words.say("Mon"), words.say("Tue"), words.say("Wed"), words.say("Thu"), words.say("Fri"),
        words.say("Sat"), words.say("Sun"),
    )  # fmt: skip


def _days(words: Wording, report: Report) -> Sheet:
    columns = (
        Column(words.say("Day"), "day"),
        Column(words.say("Conversations")),
        Column(words.say("Resolved")),
        Column(words.say("Messages")),
        Column(words.say("Messages, period before")),
        Column(words.say("Handed over")),
    )
    rows = tuple(
        (day, now.conversations, now.resolved, now.messages, before.messages, now.handovers)
        for (day, now), (_, before) in zip(report.now.days, report.before.days, strict=True)
    )
    return Sheet("days", words.say("Day by day"), columns, rows)


def _outcomes(words: Wording, report: Report) -> Sheet:
    now, before = report.now.all, report.before.all
    columns = _beside(words, words.say("What became of it"), words.say("Messages"))
    rows = tuple(
        (outcome_name(words, one), now.outcomes[one], now.share(one), before.outcomes[one], before.share(one))
        for one in OUTCOMES
        if one != "none" or now.outcomes[one] or before.outcomes[one]
    )
    return Sheet("outcomes", words.say("What became of messages"), columns, rows)


def _people(words: Wording, report: Report) -> Sheet:
    columns = (
        Column("", "text"),
        Column(words.say("How many")),
        Column(words.say("Median"), "duration"),
        Column(words.say("90 % within"), "duration"),
        Column(words.say("Median before"), "duration"),
        Column(words.say("90 % before"), "duration"),
    )

    def row(name: str, now: Sequence[float], before: Sequence[float]) -> tuple[Value, ...]:
        times = (quantile(now, 0.5), quantile(now, 0.9), quantile(before, 0.5), quantile(before, 0.9))
        return (name, len(now), *times)

    now, before = report.now.all, report.before.all
    rows = (
        row(words.say("From hand-over to a person's first reply"), now.waits_s, before.waits_s),
        row(words.say("From people having it to closing"), now.closings_s, before.closings_s),
    )
    return Sheet("people", words.say("How long it took people"), columns, rows)


def _ratings(words: Wording, report: Report) -> Sheet:
    columns = _beside(words, words.say("Rating"), words.say("Answers"))
    now, before = report.now.ratings, report.before.ratings

    def row(score: int) -> tuple[Value, ...]:
        n, was = now.scores[score - 1], before.scores[score - 1]
        return (str(score), n, _of(n, now.answered), was, _of(was, before.answered))

    rows = tuple(row(score) for score in (5, 4, 3, 2, 1))
    return Sheet("ratings", words.say("Ratings"), columns, rows)


def _opinions(words: Wording, report: Report) -> Sheet:
    columns = _beside(words, words.say("Opinion"), words.say("Answers"))

    def row(name: str, now: int, before: int) -> tuple[Value, ...]:
        return (name, now, _of(now, _opined(report.now)), before, _of(before, _opined(report.before)))

    now, before = report.now.all, report.before.all
    rows = (
        row(words.say("Helpful"), now.helpful, before.helpful),
        row(words.say("Not helpful"), now.not_helpful, before.not_helpful),
    )
    return Sheet("opinions", words.say("Helpful or not"), columns, rows)


def _intents(words: Wording, report: Report) -> Sheet:
    columns = (
        *_beside(words, words.say("Intent"), words.say("Conversations")),
        Column(words.say("Rising"), "text"),
    )
    now, before = report.now.all, report.before.all
    names = sorted({*now.intents, *before.intents}, key=lambda one: (-now.intents[one], one))
    rows = tuple(
        (
            name,
            now.intents[name],
            _of(now.intents[name], now.conversations),
            before.intents[name],
            _of(before.intents[name], before.conversations),
            words.say("rising") if name in report.rising else "",
        )
        for name in names[:MAX_ROWS]
    )
    return Sheet("intents", words.say("What customers ask for"), columns, rows)


def _reasons(words: Wording, report: Report) -> Sheet:
    now, before = report.now.all, report.before.all
    columns = _beside(words, words.say("Why"), words.say("Messages"))
    rows = tuple(
        (
            reason_name(words, one),
            now.unanswered[one],
            _of(now.unanswered[one], now.messages),
            before.unanswered[one],
            _of(before.unanswered[one], before.messages),
        )
        for one in UNANSWERED
    )
    return Sheet("unanswered", words.say("Questions without an answer"), columns, rows)


def _examples(words: Wording, groups: Sequence[Group]) -> Sheet:
    columns = (
        Column(words.say("Question"), "text"),
        Column(words.say("Alike")),
        Column(words.say("Why"), "text"),
        Column(words.say("Conversation")),
    )
    rows = tuple(
        (one.example.text, one.n, reason_name(words, one.example.reason), one.example.conversation_id)
        for one in groups
    )
    return Sheet("examples", words.say("The latest of them"), columns, rows)


def _hours(words: Wording, report: Report) -> Sheet:
    columns = (Column(words.say("Weekday"), "text"), *(Column(f"{hour:02}") for hour in range(24)))
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (name, *line) for name, line in zip(weekday_names(words), by_weekday(report.now.days), strict=True)
    )
    return Sheet("hours", words.say("Busiest hours"), columns, rows)


def _mood_days(words: Wording, report: Report) -> Sheet:
    columns = (
        Column(words.say("Day"), "day"),
        Column(words.say("Messages")),
        Column(words.say("Unhappy")),
        Column(words.say("Share"), "share"),
        Column(words.say("Share before"), "share"),
    )

    def mood(figures: Figures) -> Mood:
        return figures.mood()

    rows = tuple(
        (day, mood(now).n, mood(now).unhappy, mood(now).share, mood(before).share)
        for (day, now), (_, before) in zip(report.now.days, report.before.days, strict=True)
    )
    return Sheet("mood_days", words.say("Unhappy messages day by day"), columns, rows)


def _moods(words: Wording, report: Report) -> Sheet:
    columns = (
        Column(words.say("Of what"), "text"),
        Column(words.say("Which"), "text"),
        Column(words.say("Messages")),
        Column(words.say("Unhappy")),
        Column(words.say("Share"), "share"),
        Column(words.say("Share before"), "share"),
    )
    now, before = report.now.all, report.before.all
    several = sorted(
        ((series, mood) for series, mood in now.moods.items() if series[0] != "all"),
        key=lambda one: ("channel intent product".index(one[0][0]), -one[1].n, one[0][1]),
    )
    rows = tuple(
        (
            dimension_name(words, series[0]),
            which(*series),
            mood.n,
            mood.unhappy,
            mood.share,
            before.mood(series).share,
        )
        for series, mood in several[:MAX_ROWS]
    )
    return Sheet("moods", words.say("Unhappy messages by channel, intent and product"), columns, rows)


def _beside(words: Wording, of_what: str, counted: str) -> tuple[Column, ...]:
    return (
        Column(of_what, "text"),
        Column(counted),
        Column(words.say("Share"), "share"),
        Column(words.say("Before")),
        Column(words.say("Share before"), "share"),
    )


def _of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _opined(side: Side) -> int:
    return side.all.helpful + side.all.not_helpful
