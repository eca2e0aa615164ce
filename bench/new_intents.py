"""New intents noticed by themselves: some of a set's intents are held back, and come in among the others.

    python -m bench.new_intents --release RELEASE --train clinc150/train.csv --test clinc150/test.csv

A desk learns all but ten intents, a few examples each, with the fast training. Then the test messages of the known
intents and those of the ten arrive in random order. What the desk doesn't answer by itself is put into clusters after
every 20 messages, as the console does it, and proposed as new intents where `bot/review/proposing.py` finds them new. A person
accepts a proposal of which most messages are of one held-back intent, and the desk learns them at once; any other they
dismiss, and it counts as false. An intent is noticed with as many of its messages as had come by then."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from bench.command import run, show_progress
from bench.encoding import encode_once
from bench.learning_desk import LearningDesk, Trainer
from bench.texts import read_rows
from bot.review.clustering import MAX_VECTORS, cluster
from bot.review.proposing import novel, undismissed
from training.features import Features
from training.turns import OUT_OF_SCOPE

N_HELD_BACK = 10
N_KNOWN = 1000  # messages of known intents
EACH = 20  # messages of every new one
LOOK_EVERY = 20
WITHIN = 15


@dataclass
class Watched:
    """What became of a stream: with how many of its messages each intent was noticed, and the false proposals."""

    noticed: dict[str, int] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)


@click.command(context_settings={"show_default": True})
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), required=True, help="Whose encoder reads."
)
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option(
    "--examples", type=click.IntRange(min=2), default=30, help="That are learned of each known intent."
)
@click.option("--seeds", type=click.IntRange(min=1), default=3)
@click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".local/vectors"), help="Where vectors are kept."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    release: Path,
    train_path: Path,
    test_path: Path,
    examples: int,
    seeds: int,
    cache: Path,
    json_path: Path | None,
) -> None:
    """Hold intents back, stream them in, and see when each is noticed."""
    train, test = (
        encode_once([row for row in read_rows(path) if row.intent != OUT_OF_SCOPE], release, cache, progress=show_progress)
        for path in (train_path, test_path)
    )  # fmt: skip
    trainer = Trainer(*(encode_once(rows, release, cache) for rows in Trainer.rows_beside(train.rows)))
    figures = []
    for seed in range(seeds):
        new, known, stream = draw(train, test, examples, seed)
        watched = watch(trainer.train(train.only(known), seed=seed), test.only(stream), new)
        late = [watched.noticed.get(intent, EACH + 1) for intent in new]
        figures.append(
            {
                "seed": seed,
                "within_15": sum(n <= WITHIN for n in late),
                "messages_until_noticed": sorted(late),
                "false_proposals": len(watched.false),
            }
        )
        click.echo(json.dumps(figures[-1]))
    within = sum(int(str(one["within_15"])) for one in figures)
    false = [int(str(one["false_proposals"])) for one in figures]
    click.echo(f"noticed within {WITHIN} messages: {within} of {N_HELD_BACK * seeds}")
    click.echo(
        f"false proposals in {N_KNOWN} messages of known intents: mean {np.mean(false):.1f}, most {max(false)}"
    )
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def draw(train: Features, test: Features, examples: int, seed: int) -> tuple[list[str], list[int], list[int]]:
    """The intents held back, the training rows of the others, and the test rows in the order they arrive."""
    random = np.random.default_rng(seed)
    intents = sorted({str(row.intent) for row in train.rows})
    new = sorted(random.choice(intents, N_HELD_BACK, replace=False).tolist())
    known = [
        place for intent, places in _by_intent(train, random).items() if intent not in new for place in places[:examples]
    ]  # fmt: skip
    of_test = _by_intent(test, random)
    usual = [place for intent, places in of_test.items() if intent not in new for place in places]
    stream = [*random.permutation(usual)[:N_KNOWN], *(place for one in new for place in of_test[one][:EACH])]
    return new, known, random.permutation(stream).tolist()


def watch(desk: LearningDesk, stream: Features, new: Sequence[str]) -> Watched:
    """Let the messages arrive, with a person who looks at what is proposed."""
    watched, arrived = Watched(), Counter[str]()
    open_ones: list[int] = []
    dismissed: list[frozenset[int]] = []
    n_learned = 0
    for place, row in enumerate(stream.rows):
        arrived[str(row.intent)] += 1
        [found] = desk.read(stream.only([place]))
        if not desk.answers(found):
            open_ones.append(place)
        if (place + 1) % LOOK_EVERY:
            continue
        for members in _proposed(desk, stream, open_ones[-MAX_VECTORS:], dismissed):
            [(intent, count)] = Counter(str(stream.rows[one].intent) for one in members).most_common(1)
            if 2 * count > len(members) and intent in new and intent not in watched.noticed:
                watched.noticed[intent] = arrived[intent]
                told = [one for one in members if stream.rows[one].intent == intent]
                desk.correct(stream.only(told), n_learned + 1)
                n_learned += len(told)
                open_ones = [one for one in open_ones if one not in told]
            elif intent not in watched.noticed:
                watched.false.append(intent)
                dismissed.append(frozenset(members))
    return watched


def _proposed(
    desk: LearningDesk, stream: Features, open_ones: Sequence[int], dismissed: Sequence[frozenset[int]]
) -> list[tuple[int, ...]]:
    """The clusters that are proposed as new, as places in the stream."""
    if not open_ones:
        return []
    vectors = {place: stream.vectors[place] for place in open_ones}
    clusters = [[open_ones[row] for row in rows] for rows in cluster(stream.vectors[list(open_ones)])]
    known = {place: desk.retriever.nearness(vector) for place, vector in vectors.items()}
    return [one.members for one in undismissed(novel(clusters, vectors, known), dismissed)]


def _by_intent(features: Features, random: np.random.Generator) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place in random.permutation(len(features.rows)).tolist():
        found.setdefault(str(features.rows[place].intent), []).append(place)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    run(main)
