"""Whether more customers are unhappy than chance explains: pure functions over counts.

Each series (an intent, a channel, a product, all messages) has a one-sided Bernoulli CUSUM: M. R. Reynolds and
Z. G. Stoumbos, "A CUSUM chart for monitoring a proportion when inspecting continuously", Journal of Quality
Technology 31 (1999). It is the repeated sequential probability ratio test of the usual share against one whose odds
are ODDS times as high. An unhappy message adds `weight` - 1 to the score, any other takes 1 away, never below 0, and
an alarm is raised where it reaches `limit`. On whole numbers the score is a Markov chain, so the average number of
messages until a false alarm is solved for, not approximated, and the limit is the least that keeps it long enough.

What no test can have: by Lorden's bound (1971) a rise can't be noticed before about log(messages between false
alarms) / divergence of the two shares; from 10 % to 25 % that is 11 messages for each factor e."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from math import ceil, log, sqrt

import numpy as np

from bot.store.insights.figures import Mood, Series

ODDS = 2.0  # a rise worth telling: 10 % to 18 %; larger ones are noticed sooner
MIN_MESSAGES = 300  # of all series together, before anything is watched
MIN_OF_SERIES = 50
PRIOR = 100.0  # messages; a rare series' share is drawn so strongly to that of all
CAUTION = 1.0  # standard deviations that the usual share is taken to be higher than it was seen
MONTH_DAYS = 30.0
LEAST_SHARE, LARGEST_SHARE = 0.02, 0.6
MAX_LIMIT = 900
GRID = 1.15  # of false-alarm distances, rounded up, so that limits are found once for many series


@dataclass(frozen=True, slots=True)
class Plan:
    """What a series is watched with: its usual share, what an unhappy message weighs, and when to raise an alarm."""

    baseline: float
    weight: int
    limit: int


@dataclass(frozen=True, slots=True)
class Run:
    """The messages since the score was last 0: the stretch that speaks for a rise."""

    first_id: int
    last_id: int
    since: datetime
    n: int
    unhappy: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The state of a series; `alarm` is the run that raised one, until the score is back at 0."""

    score: float = 0.0
    run: Run | None = None
    alarm: Run | None = None


def plans(moods: Mapping[Series, Mood], days: int) -> dict[Series, Plan]:
    """What is watched from here on, by what was counted in so many days; nothing where that was too little.

    The series share the one false alarm a month that there may be."""
    overall = moods.get(("all", ""), Mood())
    if overall.counted < MIN_MESSAGES or not days:
        return {}
    share = overall.first_unhappy / overall.counted
    watched = {series: mood for series, mood in moods.items() if mood.counted >= MIN_OF_SERIES}
    return {
        series: plan(mood, share, distance=len(watched) * mood.counted * MONTH_DAYS / days)
        for series, mood in watched.items()
    }


def plan(mood: Mood, share_of_all: float, *, distance: float) -> Plan:
    """For one series; `distance` is how many messages shall lie between false alarms, on average and at least."""
    n = mood.counted + PRIOR
    baseline = (mood.first_unhappy + PRIOR * share_of_all) / n
    cautious = baseline + CAUTION * sqrt(baseline * (1 - baseline) / n)
    usual = min(LARGEST_SHARE, max(LEAST_SHARE, cautious))
    weight = weight_of(usual)
    return Plan(baseline, weight, limit_for(weight, round(usual, 3), ceil(log(max(2.0, distance), GRID))))


def weight_of(usual: float) -> int:
    """How many other messages an unhappy one outweighs, by the ratio of likelihoods."""
    risen = ODDS * usual / (1 - usual + ODDS * usual)
    return max(2, round(log(ODDS) / log((1 - usual) / (1 - risen))))


@lru_cache(maxsize=512)
def limit_for(weight: int, usual: float, distance_step: int) -> int:
    """The least limit with GRID ** distance_step messages between false alarms."""
    # From below: far above, where false alarms are astronomically rare, the equations can't be solved in floats.
    low, high = 1, weight
    while high < MAX_LIMIT and messages_to_alarm(weight, high, usual) < GRID**distance_step:
        low, high = high + 1, min(MAX_LIMIT, high + 3 * weight)
    while low < high:
        middle = (low + high) // 2
        if messages_to_alarm(weight, middle, usual) >= GRID**distance_step:
            high = middle
        else:
            low = middle + 1
    return low


def messages_to_alarm(weight: int, limit: int, share: float) -> float:
    """How many messages it takes on average from score 0 to an alarm, at this share of unhappy ones."""
    # Expected steps from each score below the limit: one, and then those from where it leads.
    steps = np.eye(limit)
    scores = np.arange(limit)
    np.add.at(steps, (scores, np.maximum(scores - 1, 0)), -(1 - share))
    up = scores[scores + weight - 1 < limit]
    np.add.at(steps, (up, up + weight - 1), -share)
    return float(np.linalg.solve(steps, np.ones(limit))[0])


def observe(chart: Chart, plan: Plan, message_id: int, at: datetime, *, is_unhappy: bool) -> Chart:
    """The chart after one more message. Above the limit the score doesn't grow, so that it comes back in time."""
    score = max(0.0, chart.score + (plan.weight - 1 if is_unhappy else -1))
    if not score:
        return Chart()
    run = _longer(chart.run, message_id, at, is_unhappy=is_unhappy)
    if score < plan.limit:
        return replace(chart, score=score, run=run)
    return Chart(float(plan.limit), run, chart.alarm or run)


def replanned(chart: Chart, was: Plan | None, plan: Plan) -> Chart:
    """The chart under a new plan, as far on its way to the limit as before."""
    return chart if was is None else replace(chart, score=chart.score * plan.limit / was.limit)


def _longer(run: Run | None, message_id: int, at: datetime, *, is_unhappy: bool) -> Run:
    if run is None:
        return Run(message_id, message_id, at, 1, int(is_unhappy))
    return Run(run.first_id, message_id, run.since, run.n + 1, run.unhappy + int(is_unhappy))
