"""A whole `kefu mine` of an archive as large as a big company's: time by stage, and memory.

    python -m bench.mining_archive multidogo/*_train.jsonl.gz bitext/faq_responses.csv.gz --dialogues 500000

The dialogues are drawn from the files, again and again. So that an archive isn't a few texts said over and over, two letters
change places in a share of what customers say (`--misspelt`): each such text is one more to encode and to group."""

import json
import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from bench.command import run
from training.dialogue_writing import as_json
from training.importers.formats import find_format
from training.importers.intake import Intake, Known, read_new
from training.importers.source import Options as SourceOptions
from training.importers.source import Source
from training.mining.mining import Options, mine
from training.mining.proposal import Proposal
from training.turns import Dialogue, DialogueTurn

TOLD_EVERY_S = 30.0


@click.command(context_settings={"show_default": True})
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--dialogues", "n_dialogues", type=click.IntRange(min=1), default=500_000)
@click.option("--misspelt", type=click.FloatRange(0, 1), default=0.5, help="Share of customers' turns.")
def main(files: tuple[Path, ...], n_dialogues: int, misspelt: float) -> None:
    """Write the archive, mine it, and tell what that took."""
    with tempfile.TemporaryDirectory(prefix="kefu-archive-") as folder:
        archive, workspace = Path(folder) / "archive.jsonl", Path(folder) / "desk"
        workspace.mkdir()
        n_messages = write_archive(archive, draw(read(files), n_dialogues, misspelt))
        before_mb = peak_mb()
        click.echo(f"{n_dialogues:,} dialogues, {n_messages:,} messages, {archive.stat().st_size >> 20} MB")
        stages = Stages()
        proposal = mine([archive], workspace, Options(), progress=stages.show)
        stages.end()
        tell(proposal, stages, before_mb)


def read(files: Sequence[Path]) -> list[Dialogue]:
    """All dialogues of files that `kefu import` reads."""
    known, options = Known(), SourceOptions()
    sources = [Source(path) for path in files]
    return [
        dialogue
        for source in sources
        for dialogue in read_new(source, Intake(source.path, find_format(source)), known, options)
    ]


def draw(dialogues: Sequence[Dialogue], n: int, misspelt: float) -> Iterator[Dialogue]:
    """So many of them, under new ids."""
    chance = random.Random(0)
    for number in range(n):
        drawn = chance.choice(dialogues)
        turns = tuple(misspell(turn, chance) if chance.random() < misspelt else turn for turn in drawn.turns)
        yield replace(drawn, id=f"archive-{number}", turns=turns)


def misspell(turn: DialogueTurn, chance: random.Random) -> DialogueTurn:
    """With two neighbouring letters of a longer word in each other's place, if a customer said it."""
    words = turn.text.split(" ")
    longer = [i for i, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if turn.speaker != "customer" or not longer:
        return turn
    which = chance.choice(longer)
    word = words[which]
    at = chance.randrange(len(word) - 1)
    words[which] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return replace(turn, text=" ".join(words), entities=None)


def write_archive(path: Path, dialogues: Iterator[Dialogue]) -> int:
    """One dialogue a line; how many messages."""
    n_messages = 0
    with path.open("w", encoding="utf-8") as file:
        for dialogue in dialogues:
            file.write(json.dumps(as_json(dialogue), ensure_ascii=False) + "\n")
            n_messages += len(dialogue.turns)
    return n_messages


class Stages:
    """Seconds by stage, told now and then while they run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stage, self._since, self._told_at = "", time.perf_counter(), 0.0
        self.done: dict[str, int] = {}

    def show(self, stage: str, done: int, total: int) -> None:
        """What `mine` says of how far it is."""
        name = stage.partition(":")[0]
        if name != self._stage:
            self.end()
            self._stage = name
        self.done[name] = total
        now = time.perf_counter()
        if total and now - self._told_at > TOLD_EVERY_S:
            click.echo(f"{name} {done:,} of {total:,}, {peak_mb():,} MB", err=True)
            self._told_at = now

    def end(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] += now - self._since
        self._since = now


def tell(proposal: Proposal, stages: Stages, before_mb: int) -> None:
    """A line for each stage, and what all of it needed."""
    for name, seconds in stages.seconds.items():
        click.echo(f"{name:24} {seconds:8.1f} s")
    n_texts = stages.done["encoding"]
    click.echo(
        f"{proposal.n_requests:,} requests, {n_texts:,} distinct texts, {len(proposal.intents)} intents with "
        f"{proposal.coverage:.1%} of the requests; {peak_mb():,} MB at most ({before_mb:,} before the mining)"
    )


def peak_mb() -> int:
    """The most memory this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    run(main)
