"""The sentiment watch on drawn messages: how often it is wrong, and how soon it is right.

    python -m bench.watch
    python -m bench.watch --months 2000

For desks of several sizes with 25 intents and two channels: false alarms a month over all series where nothing changes,
the usual shares being estimated from four weeks as in a desk; and the messages of a series until a jump is noticed."""

import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from bench.command import run
from bot.store.insights.figures import Mood, Series
from bot.watch.watch import MONTH_DAYS, Plan, plans

INTENTS = 25
USUAL, RISEN = 0.10, 0.25
BASELINE_DAYS = 28
BEFORE = 500  # messages as usual before the jump
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)  # messages a month


@dataclass(frozen=True, slots=True)
class Result:
    """Of one size of desk; `delay` and `delay_90` are of a common intent, messages of that intent."""

    messages: int
    series: int
    false_alarms: float
    delay: float
    delay_90: float


@click.command(context_settings={"show_default": True})
@click.option("--months", type=click.IntRange(min=1), default=400, help="Drawn for each size.")
@click.option("--seed", type=int, default=11)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(months: int, seed: int, json_path: Path | None) -> None:
    """False alarms a month, and messages until a jump from 10 % to 25 % is noticed: median and 90 %."""
    click.echo(f"{'messages a month':>16} {'series':>7} {'false alarms':>13} {'median':>7} {'90 %':>6}")
    results = []
    for size in SIZES:
        found = simulate(size, months, np.random.default_rng(seed))
        results.append(found)
        click.echo(
            f"{found.messages:16,} {found.series:7} {found.false_alarms:13.2f} {found.delay:7.0f} {found.delay_90:6.0f}"
        )
    if json_path:
        rows = [{name: getattr(one, name) for name in Result.__slots__} for one in results]
        json_path.write_text(json.dumps(rows, indent=1), "utf-8")


def simulate(messages: int, months: int, rng: np.random.Generator) -> Result:
    """A desk of so many messages a month, over and over."""
    sizes = sizes_of(messages)
    alarms, watched = 0, 0
    common: list[Plan] = []
    for _ in range(months):
        found = plans(drawn_baseline(sizes, rng), BASELINE_DAYS)
        watched += len(found)
        common.append(found.get(("intent", "0"), found["all", ""]))
        for series, plan in found.items():
            alarms += count_alarms(plan, rng.random(sizes[series]) < USUAL)
    # The same few plans come again and again: the delay is drawn for some of them.
    delays = np.concatenate([draw_delays(plan, 40, rng) for plan in common[:100]])
    median, late = np.percentile(delays, [50, 90])
    return Result(messages, round(watched / months), alarms / months, float(median), float(late))


def sizes_of(messages: int) -> dict[Series, int]:
    """How many messages of each series there are in a month; a few intents are common, many are rare."""
    weights = 1 / np.arange(1, INTENTS + 1)
    shares = weights / weights.sum()
    intents: dict[Series, int] = {
        ("intent", str(number)): int(messages * share) for number, share in enumerate(shares)
    }
    channels: dict[Series, int] = {
        ("channel", "web"): messages // 3,
        ("channel", "telegram"): messages * 2 // 3,
    }
    return {("all", ""): messages, **channels, **intents}


def drawn_baseline(sizes: dict[Series, int], rng: np.random.Generator) -> dict[Series, Mood]:
    """What four weeks as usual look like."""
    moods = {}
    for series, size in sizes.items():
        n = int(size * BASELINE_DAYS / MONTH_DAYS)
        unhappy = int(rng.binomial(n, USUAL))
        moods[series] = Mood(n, unhappy, n, unhappy)
    return moods


def count_alarms(plan: Plan, unhappy: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Alarms in a sequence of messages, each over before the next."""
    score, is_open, alarms = 0, False, 0
    for is_bad in unhappy.tolist():
        score = min(plan.limit, score + plan.weight - 1) if is_bad else max(0, score - 1)
        if score == plan.limit and not is_open:
            is_open, alarms = True, alarms + 1
        elif not score:
            is_open = False
    return alarms


def draw_delays(
    plan: Plan, times: int, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How many messages after a jump the alarm comes, where none came before it."""
    score = np.zeros(times)
    for _ in range(BEFORE):
        score = np.where(rng.random(times) < USUAL, score + plan.weight - 1, np.maximum(0, score - 1))
        score[score >= plan.limit] = 0
    delays = np.zeros(times)
    step = 0
    while not delays.all():
        step += 1
        score = np.where(rng.random(times) < RISEN, score + plan.weight - 1, np.maximum(0, score - 1))
        delays[(delays == 0) & (score >= plan.limit)] = step
    return delays


if __name__ == "__main__":
    run(main)
