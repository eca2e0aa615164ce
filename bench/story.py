"""One desk's story in figures: raw transcripts are mined, reviewed, replayed; live days are corrected; a night retrains.

    python -m bench.story --workspace examples/shop
    python -m bench.story --faq faq_responses.csv.gz --most 1500

The dialogues of a workspace, or the questions and answers of a file (columns question, answer, intent), are cut in three
by their ids: half are the raw transcripts, labels taken off; three tenths are what customers write in ten days; the rest is
measured on. People are played by the labels: a reviewer who looks at the proposed intents one after the other, the largest
first, 12 seconds each, names each by what most of its examples mean or drops it; and staff who label 20 messages a day,
those the bot was least sure of, and write an answer where
there is none. All else is the desk itself: `kefu mine`, the engine, the log, `kefu retrain`."""

import asyncio
import csv
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import click

from bench.command import run
from bench.replay import replay_held_out
from bot.commands.init import make_workspace
from bot.commands.retraining.runner import retrain
from bot.commands.train import train_workspace
from bot.desk import Desk, open_desk
from bot.messages import Message
from bot.settings import load_settings
from bot.store.store import Store
from training.dataset import of_turn
from training.dialogues import dialogue_files, read_dialogues, write_dialogues
from training.features import no_progress
from training.gate.verdict import read_verdict
from training.mining import edits
from training.mining.accepting import accept
from training.mining.mining import Options, mine
from training.mining.proposal import Proposal
from training.mining.proposal_files import (
    PROPOSAL,
    REQUESTS,
    mined_folder,
    read_requests,
    write_proposal,
)
from training.registry import Registry
from training.replay_comparing import is_answered
from training.text_files import open_text
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn

SECONDS_AN_INTENT = 12
REVIEW_S = 600
DAYS = 10
LABELS_A_DAY = 20
TRANSCRIPTS, LIVE = 0.5, 0.8  # where the parts end

Labelled = tuple[str, str]  # text, intent
existing = click.Path(exists=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Stage:
    """What the desk can do: of the messages in scope the share understood, of all the share answered, of those wrong.
    `labels` is how many labels people gave by then."""

    name: str
    labels: int
    right: float
    answered: float
    wrong: float


@click.command(context_settings={"show_default": True})
@click.option("--workspace", type=existing, help="Labelled dialogues of customers and staff.")
@click.option("--faq", type=existing, help="Questions with answers and intents instead.")
@click.option("--most", type=click.IntRange(min=100), default=1500, help="With --faq: so many questions.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(workspace: Path | None, faq: Path | None, most: int, json_path: Path | None) -> None:
    """Tell the story and its figures."""
    if (workspace is None) == (faq is None):
        raise click.UsageError("wanted --workspace or --faq")
    told = list(read_dialogues(dialogue_files(workspace))) if workspace else dialogues_of(faq, most)
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder) / "desk"
        with as_file(files("bot") / "starter") as starter:
            make_workspace(starter, desk)
        stages = tell(told, desk)
    if json_path:
        json_path.write_text(json.dumps([asdict(stage) for stage in stages], indent=1), "utf-8")


def tell(dialogues: Sequence[Dialogue], desk: Path) -> list[Stage]:
    """Live through it in an empty workspace."""
    raw, live, held = parts(dialogues)
    test = labelled(held)
    click.echo(f"{len(raw)} transcripts, {len(live)} live dialogues, {len(test)} messages to measure on")
    transcripts = desk / "raw.jsonl"
    write_dialogues(transcripts, [without_labels(dialogue) for dialogue in raw])
    proposal = mine([transcripts], desk, Options())
    click.echo(
        f"mined: {proposal.n_requests:,} requests, {len(proposal.intents)} intents with {proposal.coverage:.0%} of them"
    )
    n_looked_at = review(proposal, desk, raw)
    accepted = accept(desk)
    click.echo(
        f"reviewed: {n_looked_at} intents looked at in {n_looked_at * SECONDS_AN_INTENT / 60:.0f} minutes, "
        f"{len(accepted.intents)} kept with {accepted.n_texts:,} texts, {len(accepted.answers)} answers written"
    )
    train_workspace(desk, speed="fast")
    stages = [asyncio.run(stage_now("mined and reviewed", n_looked_at, desk, test))]
    replayed = replay_held_out(desk, held)
    agreed = [one.judged[0].agrees for one in replayed if is_answered(one.judged[0])]
    known = [agrees for agrees in agreed if agrees is not None]
    click.echo(
        f"replayed: {len(replayed)} requests, {len(agreed) / max(1, len(replayed)):.0%} answered, of {len(known)} that people "
        f"replied to {sum(known) / max(1, len(known)):.0%} agree"
    )
    stages += asyncio.run(live_through(desk, live, test, n_looked_at))
    show(stages)
    return stages


def parts(dialogues: Sequence[Dialogue]) -> tuple[list[Dialogue], list[Dialogue], list[Dialogue]]:
    """Transcripts, live dialogues, and those to measure on, by a hash of their ids."""
    found: tuple[list[Dialogue], ...] = ([], [], [])
    for dialogue in dialogues:
        chance = int(hashlib.sha256(f"story:{dialogue.id}".encode()).hexdigest()[:8], 16) / 16**8
        found[(chance >= TRANSCRIPTS) + (chance >= LIVE)].append(dialogue)
    return found[0], found[1], found[2]


def labelled(dialogues: Sequence[Dialogue]) -> list[Labelled]:
    """The messages with an intent."""
    rows = (of_turn(turn, one.id) for one in dialogues for turn in one.turns if turn.speaker == "customer")
    return [(row.text, row.intent) for row in rows if row.intent and row.text.strip()]


def without_labels(dialogue: Dialogue) -> Dialogue:
    """As it was said."""
    turns = (replace(turn, intents=(), entities=None, sentiment=None, answer=None) for turn in dialogue.turns)
    return replace(dialogue, turns=tuple(turns), outcome=None)


def review(proposal: Proposal, desk: Path, raw: Sequence[Dialogue]) -> int:
    """Name, merge or drop intents as somebody would who sees a few examples of each; how many were looked at."""
    meant = {
        (dialogue.id, i): turn.intents[0]
        for dialogue in raw
        for i, turn in enumerate(dialogue.turns)
        if turn.intents
    }
    folder = mined_folder(desk)
    said: dict[tuple[str, str], str] = {}
    for request in read_requests(folder / REQUESTS):
        if label := meant.get((request.dialogue, request.turn)):
            said.setdefault((request.group, request.text), label)
    names: set[str] = set()
    ordered = sorted(proposal.intents, key=lambda intent: -intent.n_requests)
    looked_at = ordered[: REVIEW_S // SECONDS_AN_INTENT]
    for number, intent in enumerate(ordered):  # out of the way of the right ones
        proposal = edits.rename(proposal, intent.name, f"proposed_{number}")
    for number, intent in enumerate(ordered):
        name = f"proposed_{number}"
        votes = Counter(
            said[group, text] for group in intent.groups for text in intent.examples if (group, text) in said
        )
        [(best, n)] = votes.most_common(1) or [("", 0)]
        if intent not in looked_at or best in {"", OUT_OF_SCOPE} or 2 * n <= votes.total():
            proposal = edits.set_status(proposal, name, "dropped")
        elif best in names:
            proposal = edits.merge(proposal, name, best)
        else:
            proposal = edits.set_status(edits.rename(proposal, name, best), best, "accepted")
            names.add(best)
    write_proposal(folder / PROPOSAL, proposal)
    return len(looked_at)


async def live_through(
    workspace: Path, live: Sequence[Dialogue], test: Sequence[Labelled], labels: int
) -> list[Stage]:
    """Ten days of messages with corrections, and a night."""
    settings = load_settings(workspace)
    begin = datetime.now(UTC) - timedelta(days=DAYS + 1)
    n_given = 0
    async with open_desk(settings) as desk:
        for day in range(DAYS):
            asked = live[day::DAYS]
            met = [
                found
                for i, dialogue in enumerate(asked)
                for found in await write(desk, dialogue, begin + timedelta(days=day, minutes=i))
            ]
            n_given += await correct(desk, sorted(met)[:LABELS_A_DAY])
        stages = [await stage_of(f"{DAYS} days, corrected at once", labels + n_given, desk, test)]
    async with await Store.open(settings.database_url, exclusive=False) as store:
        number = await store.retrainings.ask("the story", status="paused")
        found = await store.retrainings.get(number)
        assert found is not None
        found = await retrain(settings, store, found, show=no_progress)
    release = Registry(workspace).open(found.release)
    n_intents = len(release.manifest["data"]["intents"].keys() - {OUT_OF_SCOPE})
    verdict = read_verdict(release.folder)
    assert verdict is not None
    click.echo(
        f"night: {n_intents} intents, {found.status}, {sum(check.has_passed for check in verdict.checks)} of {len(verdict.checks)} conditions"
    )
    for line in verdict.reasons:
        click.echo(f"  {line}")
    return [
        *stages,
        await stage_now(
            "retrained, past the gate" if verdict.has_passed else "refused", labels + n_given, workspace, test
        ),
    ]


async def write(desk: Desk, dialogue: Dialogue, at: datetime) -> list[tuple[float, int, str, str]]:
    """A customer's messages to the real desk: of each with a label how sure it was, its number, its text and label."""
    found = []
    key = f"web:{dialogue.id}"
    for number, turn in enumerate(dialogue.turns):
        if turn.speaker != "customer" or not turn.text.strip():
            continue
        moment = at + timedelta(seconds=20 * number)
        answered = await desk.engine.handle(Message("web", key, key, str(number), moment, text=turn.text))
        if turn.intents:
            sure = answered.decision.prob if answered.decision else 0.0
            found.append((sure, answered.message_id, turn.text, turn.intents[0]))
    return found


async def correct(desk: Desk, chosen: Sequence[tuple[float, int, str, str]]) -> int:
    """Staff label these messages, and write an answer where an intent has none yet; how many labels."""
    known = {*desk.engine.dialogue.answering.book.intents, OUT_OF_SCOPE}
    new = sorted({intent for *_, intent in chosen} - known)
    if new:
        path = desk.settings.folder / "answers" / "written.yaml"
        lines = (f'- {{id: {one}, intent: {one}, title: {one}, variants: ["About {one}."]}}\n' for one in new)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
        await desk.reload()
    for _, message_id, text, intent in chosen:
        await desk.store.add_correction(text, intent, "staff", message_id=message_id)
    await desk.learn_corrections()
    return len(chosen)


async def stage_now(name: str, labels: int, workspace: Path, test: Sequence[Labelled]) -> Stage:
    """With the current release, and what was corrected since it was trained."""
    async with open_desk(load_settings(workspace)) as desk:
        return await stage_of(name, labels, desk, test)


async def stage_of(name: str, labels: int, desk: Desk, test: Sequence[Labelled]) -> Stage:
    """Measure what a desk makes of each message by itself."""
    reader, right, answered, wrong, inside = desk.model.reader, 0, 0, 0, 0
    for text, intent in test:
        [read] = await reader.read([text])
        found = read.findings
        is_right = bool(found.intents) and found.intents[0].intent == intent
        is_given = found.confidence >= reader.budget.answer_threshold
        inside += intent != OUT_OF_SCOPE
        right += is_right
        answered += is_given
        wrong += is_given and not is_right
    return Stage(name, labels, right / max(1, inside), answered / len(test), wrong / max(1, answered))


def show(stages: Sequence[Stage]) -> None:
    click.echo(f"{'':30} {'labels':>7} {'right':>7} {'answered':>9} {'of those wrong':>15}")
    for one in stages:
        click.echo(f"{one.name:30} {one.labels:7} {one.right:7.1%} {one.answered:9.1%} {one.wrong:15.1%}")


def dialogues_of(path: Path | None, most: int) -> list[Dialogue]:
    """Each question with its answer as a dialogue of its own, the first ones by a hash of the question."""
    assert path is not None
    with open_text(path, newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: hashlib.sha256(row["question"].encode()).hexdigest())
    return [
        Dialogue(
            f"faq-{number}",
            (
                DialogueTurn("customer", row["question"], intents=(row["intent"],)),
                DialogueTurn("agent", row["answer"].replace("{{", "").replace("}}", "")),
            ),
        )
        for number, row in enumerate(rows[:most])
    ]


if __name__ == "__main__":
    run(main)
