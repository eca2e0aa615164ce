"""The drift watch on drawn traffic: how often it warns of nothing, and how soon of something.

    python -m bench.drift
    python -m bench.drift --months 1000

Conversations of one to several messages, alike in language and intent; 25 intents, most of them rare. For desks of several
sizes: false warnings a month (30 looks, one a day, at the last seven days) where nothing changes, over all five
measures, each month with a baseline of its own; and days until each of some shifts is noticed."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import click
import numpy as np

from bench.command import run
from bot.watch.drift import compare
from bot.watch.drifting import WINDOW_DAYS
from nlu.profile import Profile, Seen, profile_of

INTENTS = 25
MORE_MESSAGES = 0.6  # chance that a conversation has another one
STAYS = 0.6  # chance that it is about the same
MONTH = 30
SIZES = (30, 100)  # messages a day
HELD_OUT = (200, 1000)  # messages of the baseline


@dataclass(frozen=True, slots=True)
class Traffic:
    """What customers write: `new_topic` is the share of conversations about something the release doesn't know, `longer`
    a factor on lengths, `foreign` the share in another language, `moved` of the conversations go to one rare intent."""

    new_topic: float = 0.0
    longer: float = 1.0
    foreign: float = 0.02
    moved: float = 0.0


USUAL = Traffic()
SHIFTS = {
    "20 % on a new topic": replace(USUAL, new_topic=0.2),
    "messages twice as long": replace(USUAL, longer=2.0),
    "20 % in another language": replace(USUAL, foreign=0.22),
    "20 % move to a rare intent": replace(USUAL, moved=0.2),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Of one size of desk and of baseline; `delays` in days by shift, the median, None where a month wasn't enough."""

    messages_a_day: int
    held_out: int
    false_warnings: float
    delays: dict[str, float | None]


@click.command(context_settings={"show_default": True})
@click.option("--months", type=click.IntRange(min=1), default=100, help="Drawn for each size.")
@click.option("--shifted", type=click.IntRange(min=1), default=20, help="Times each shift is drawn.")
@click.option("--seed", type=int, default=11)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(months: int, shifted: int, seed: int, json_path: Path | None) -> None:
    """False warnings a month, and days until a shift is noticed."""
    click.echo(
        f"{'a day':>6} {'baseline':>8} {'false a month':>13}   days until noticed: " + "; ".join(SHIFTS)
    )
    results = []
    for size in SIZES:
        for held_out in HELD_OUT:
            rng = np.random.default_rng(seed)
            false = sum(len(warnings(size, held_out, USUAL, rng)) for _ in range(months)) / months
            delays = {name: delay(size, held_out, shift, shifted, rng) for name, shift in SHIFTS.items()}
            found = Result(size, held_out, false, delays)
            shown = "; ".join("over 30" if days is None else f"{days:g}" for days in delays.values())
            click.echo(f"{size:6} {held_out:8} {false:13.3f}   {shown}")
            results.append(found)
    if json_path:
        json_path.write_text(json.dumps([asdict(one) for one in results], indent=1), "utf-8")


def warnings(size: int, held_out: int, then: Traffic, rng: np.random.Generator) -> list[int]:
    """The days of a month on which a warning is raised, where traffic is `then` from the first day on and as usual before."""
    baseline = draw(held_out, USUAL, rng)
    days = [draw(rng.poisson(size), USUAL, rng) for _ in range(WINDOW_DAYS - 1)]
    is_open: set[str] = set()
    found = []
    for day in range(1, MONTH + 1):
        days.append(draw(rng.poisson(size), then, rng))
        moved = {
            one.measure for one in compare(baseline, sum(days[-WINDOW_DAYS:], Profile())) if one.is_drift
        }
        found += [day] * len(moved - is_open)
        is_open = set(moved)
    return found


def delay(size: int, held_out: int, shift: Traffic, times: int, rng: np.random.Generator) -> float | None:
    """The median of the days until the first warning; None where more than half of the months saw none."""
    firsts = [min(warnings(size, held_out, shift, rng), default=None) for _ in range(times)]
    days = median(MONTH + 1 if first is None else first for first in firsts)
    return None if days > MONTH else days


def draw(n: int, traffic: Traffic, rng: np.random.Generator) -> Profile:
    """About n messages in whole conversations."""
    weights = 1 / np.arange(1, INTENTS + 1)
    shares = weights / weights.sum()
    messages: list[Seen] = []
    group = 0
    while len(messages) < n:
        group += 1
        messages += conversation(group, traffic, shares, rng)
    return profile_of(messages)


def conversation(
    group: int,
    traffic: Traffic,
    shares: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    rng: np.random.Generator,
) -> list[Seen]:
    """What one customer writes."""
    is_new, language = rng.random() < traffic.new_topic, "fr" if rng.random() < traffic.foreign else "en"
    pace = rng.normal(0, 0.4)  # some write long messages
    favourite = INTENTS - 1 if rng.random() < traffic.moved else rng.choice(INTENTS, p=shares)
    found = []
    for _ in range(rng.geometric(1 - MORE_MESSAGES)):
        intent = favourite if rng.random() < STAYS else rng.choice(INTENTS, p=shares)
        nearest = rng.beta(6, 5) if is_new else rng.beta(9, 3)
        length = max(1, int(traffic.longer * np.exp(rng.normal(3.7 + pace, 0.6))))
        found.append(Seen(group, length, language, str(intent), float(nearest), bool(rng.random() < nearest)))
    return found


if __name__ == "__main__":
    run(main)
