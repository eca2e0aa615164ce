"""The release on trial, or the last that was: how far it agrees with the one that serves, and where it doesn't."""

from dataclasses import dataclass

from aiohttp import web

from bot.console.console import console_of
from bot.console.rendering import render, words_for
from bot.console.routes import get
from bot.naming import decision_name
from bot.store.candidates.records import Deed, Disagreement, Rate, ReleaseRates, ShadowCounts, Trial
from bot.store.candidates.verdict import Verdict, verdict
from bot.wording import Wording

SHOWN = 50  # disagreements


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of both releases, in words."""

    name: str
    live: str
    trial: str


async def trial_page(request: web.Request) -> web.Response:
    """A shadow's disagreements with the texts, or a canary's rates."""
    console, words = console_of(request), words_for(request)
    trials = console.store.trials
    latest = await trials.latest()
    if not latest:
        return render(request, "trial.html", trial=None)
    [trial] = latest
    if trial.kind == "canary":
        figures, judged, differing = _of_rates(words, *await trials.rates(trial)), None, []
    else:
        counts = await trials.counts(trial.id)
        options = console.settings.retrain
        figures = _of_counts(words, counts)
        judged = verdict(counts, messages=options.shadow_messages or 1, agreement=options.shadow_agreement)
        differing = await trials.disagreements(trial.id, limit=SHOWN)
    return render(
        request,
        "trial.html",
        trial=trial,
        figures=figures,
        judged=judged,
        differing=differing,
        said=lambda one: _texts(words, one),
        verdict_name=lambda judged: _verdict_name(words, judged),
        how_over=how_over(words, trial),
    )


def _of_counts(words: Wording, counts: ShadowCounts) -> list[Figure]:
    n = counts.messages
    return [
        Figure(words.say("Messages"), f"{n:,}", f"{n:,}"),
        Figure(
            words.say("Answered"),
            _rate(Rate(counts.live_answered, n)),
            _rate(Rate(counts.shadow_answered, n)),
        ),
        Figure(
            words.say("Handed over"),
            _rate(Rate(counts.live_handed_over, n)),
            _rate(Rate(counts.shadow_handed_over, n)),
        ),
        Figure(words.say("They agree on"), "", _rate(counts.agreement)),
    ]


def _of_rates(words: Wording, live: ReleaseRates, canary: ReleaseRates) -> list[Figure]:
    return [
        Figure(words.say("Messages"), f"{live.messages:,}", f"{canary.messages:,}"),
        Figure(words.say("Answered"), _rate(live.answered), _rate(canary.answered)),
        Figure(words.say("Asked back"), _rate(live.asked), _rate(canary.asked)),
        Figure(words.say("Handed over"), _rate(live.handed_over), _rate(canary.handed_over)),
        Figure(words.say("Not helpful"), _rate(live.not_helpful), _rate(canary.not_helpful)),
    ]


def _rate(rate: Rate) -> str:
    """With its 95 % interval, "" without anything to count."""
    if rate.share is None:
        return "–"
    low, high = rate.interval
    return f"{rate.share:.1%} ({low:.1%}–{high:.1%})"


def _texts(words: Wording, one: Disagreement) -> tuple[str, str]:
    """What the release that serves did, and what the other would have done."""
    return _deed(words, one.live), _deed(words, one.shadow)


def _deed(words: Wording, deed: Deed) -> str:
    about = f": {deed.answer_id or deed.intent}" if deed.answer_id or deed.intent else ""
    return f"{decision_name(words, deed.kind)}{about}"


def _verdict_name(words: Wording, judged: Verdict) -> str:
    match judged.word:
        case "promote":
            return words.say("Good enough to go live")
        case "refuse":
            return words.say("Worse than the current release")
        case _:
            return words.say("More messages are needed")


def how_over(words: Wording, trial: Trial) -> str:
    """How a trial ended, "" while it goes on."""
    match trial.outcome:
        case None:
            return ""
        case "promoted":
            return words.say("Went live")
        case "refused":
            return words.say("Refused")
        case "unusable":
            return words.say("Could not be used")
        case _:
            return words.say("Ended")


ROUTES = (get("/retraining/trial", trial_page, role="lead"),)
