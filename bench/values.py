"""Days, times, money, quantities, phones and order numbers against a table of sentences written by hand.

    python -m bench.values

A sentence is right if exactly the values of its row are found in it, in their order, and none besides: a missed one,
a wrong one and one too many weigh the same. Order numbers are those of the demo shop.

The part `held_out` was drawn by chance from the first table, `unseen` was written when the code was finished. Their errors
are not shown: they are for judging, not for working on. A row that was worked on stays `worked_on`."""

import csv
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import click

from bench.command import run
from bench.measure import percentiles
from nlu.rule_files import read_rules
from nlu.rules import EntityRules

TABLE = Path(__file__).with_suffix(".csv")
SHOP = Path(__file__).parents[1] / "examples/shop/entities.yaml"
KINDS = ("date", "time", "amount", "quantity", "phone", "order_number")
CURRENCIES = {"GB": "GBP", "US": "USD", "AU": "AUD", "CN": "CNY"}
REPEATS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What a customer writes to a desk of a country on a day, and the values in it: "date=2026-11-26; time=15:00"."""

    part: str
    kind: str
    language: str
    country: str
    today: str
    text: str
    expected: str

    @property
    def group(self) -> tuple[str, str, str]:
        return self.part, self.kind, self.language


@cache
def rules_of(country: str) -> EntityRules:
    """The demo shop's rules with all kinds of this table, for a desk of a country."""
    kinds, patterns, names = read_rules(SHOP)
    kinds = {**kinds, **{kind: kind for kind in KINDS if kind not in kinds}}
    return EntityRules(kinds, patterns, names, country=country, currency=CURRENCIES[country])


def read_table(path: Path = TABLE) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def found_in(row: Row) -> str:
    """The values found, written as in the table."""
    noon = datetime.fromisoformat(row.today).replace(hour=12, tzinfo=UTC)
    entities = rules_of(row.country).find(row.text, now=noon)
    return "; ".join(f"{entity.label}={entity.value}" for entity in entities if entity.label in KINDS)


def ms_per_text(rows: Iterable[Row]) -> list[float]:
    """Median and 95th percentile of the time that all rules take for one text."""
    times = []
    for row in rows:
        for _ in range(REPEATS):
            start = time.perf_counter()
            found_in(row)
            times.append(1000 * (time.perf_counter() - start))
    return percentiles(times, 50, 95)


@click.command()
@click.option(
    "--table", type=click.Path(exists=True, path_type=Path), default=TABLE, help="Another table than ours."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(table: Path, json_path: Path | None) -> None:
    """Print right and total for each part, kind and language, and the errors of the part that was worked on."""
    rows = read_table(table)
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    wrong = []
    for row in rows:
        got = found_in(row)
        part, _, language = row.group
        groups = (("all", "all", "all"), (part, "all", "all"), (part, "all", language), row.group)
        for group in groups:
            counts[group][0] += got == row.expected
            counts[group][1] += 1
        if got != row.expected and row.part == "worked_on":
            wrong.append((row, got))
    for group, (right, total) in counts.items():
        click.echo(f"{group[0]:11}{group[1]:14}{group[2]:5}{right:5} /{total:4}{100 * right / total:8.1f} %")
    for row, got in wrong:
        click.echo(f"{row.text!r}: {got or 'nothing'}, not {row.expected or 'nothing'}")
    empty, full = ([row for row in rows if bool(row.expected) is has_values] for has_values in (False, True))
    times = {"without values": ms_per_text(empty), "with values": ms_per_text(full)}
    for name, ms in times.items():
        click.echo(f"ms a text {name}, p50 p95: {ms}")
    if json_path:
        figures = {"right": {" ".join(group): count for group, count in counts.items()}, "ms": times}
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


if __name__ == "__main__":
    run(main)
