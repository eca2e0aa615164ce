"""The steps of a retraining in their order; each leaves what the next one needs, and tells what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.commands.export import Masking, export_log, log_file
from bot.commands.retraining.work import Work, read_merged
from bot.commands.train import make_release, options_of
from bot.learning.regression import read_cases, run_cases
from bot.loading import load_release, prepare
from bot.store.candidates.verdict import verdict as trial_verdict
from bot.store.records import Correction
from nlu.errors import NluError
from retrieval.answer_files import load_answers
from training.dataset import read_dataset
from training.dialogues import files_to_learn_from, read_dialogues, write_dialogues
from training.gate.evidence import (
    Case,
    Evidence,
    gather_evidence,
    load_evidence,
    rows_to_measure,
    save_evidence,
)
from training.gate.frozen import freeze, usual_repeats, write_frozen
from training.gate.gate import Limits, judge
from training.gate.verdict import Verdict, store_verdict
from training.merging import merge
from training.redact import redact
from training.registry import Release
from training.search import hyperparameters_of
from training.trained import Options, Watch
from training.turns import Dialogue, DialogueTurn

Told = tuple[str, ...]
MOST_TOLD = 10  # conflicts


class Refused(Exception):
    """The candidate may not go live; `told` is what came of the step."""

    def __init__(self, note: str, told: Told) -> None:
        super().__init__(note)
        self.told = told


class Waits(Exception):
    """Customers must write first."""


async def export(work: Work) -> Told:
    """What the log has become since, personal data masked."""
    masking = Masking(work.settings.desk.country)
    path = log_file(work.settings)
    count = await export_log(work.settings, path, masking=masking)
    return (f"{count:,} dialogues of the log; those not yet quiet for an hour come next time",)


async def merge_dialogues(work: Work) -> Told:
    """All dialogues and corrections as one set; the test part grows by what is new."""
    taught = [correction for correction in await work.store.corrections() if correction.message_id is None]
    return await asyncio.to_thread(_merge, work, taught)


def _merge(work: Work, taught: list[Correction]) -> Told:
    workspace, options = work.settings.folder, work.settings.retrain
    read = list(read_dialogues(files_to_learn_from(workspace)))
    frozen = freeze(read_dataset(read), work.frozen, share=options.test_share)
    write_frozen(frozen, workspace)
    merged = merge([*read, *(_as_dialogue(one, work) for one in taught)], test=frozen.test)
    work.folder.mkdir(parents=True, exist_ok=True)
    write_dialogues(work.merged, merged.dialogues)
    told = [
        f"{len(merged.dialogues):,} dialogues, {merged.n_labels:,} labelled messages to learn from",
        f"{len(frozen.test):,} dialogues are the test part",
    ]
    for count, why in (
        (merged.n_copies, "further copies of a wording"),
        (merged.n_in_conflict, "older labels of a wording that means something else now"),
        (merged.n_over, "of intents far larger than the others, the oldest"),
        (
            merged.n_rare,
            "of intents with a single example, which the memory alone knows until there are more",
        ),
    ):
        if count:
            told.append(f"left out: {count:,} {why}")
    told += [
        f"“{one.text}” now means {one.kept}, no longer {', '.join(one.dropped)}"
        for one in merged.conflicts[:MOST_TOLD]
    ]
    return tuple(told)


def _as_dialogue(correction: Correction, work: Work) -> Dialogue:
    """What staff taught without a message, as if a customer had said it."""
    text = redact(correction.text, (), country=work.settings.desk.country).text
    turn = DialogueTurn("customer", text, at=correction.at, intents=(correction.intent,))
    return Dialogue(f"correction-{correction.id}", (turn,), started_at=correction.at)


async def train(work: Work) -> Told:
    """A release that never saw the test part."""
    release = await asyncio.to_thread(_train, work)
    await work.store.retrainings.set_release(work.retraining.id, release.name)
    work.retraining = replace(work.retraining, release=release.name)
    metrics = release.manifest["metrics"]
    return (
        f"{release.name}: {release.manifest['speed']} training",
        f"intents right {metrics['accuracy']:.1%}, answers {metrics['coverage']:.0%} of messages, "
        f"{metrics['wrong_answers']:.1%} of those wrong",
    )


def _train(work: Work) -> Release:
    told: list[str] = []
    watch = Watch(work.show, told.append)
    return make_release(work.settings, read_merged(work), _options(work), watch, frozen=work.frozen.test)


def _options(work: Work) -> Options:
    """As the release that serves was trained, but for what was chosen."""
    current = _current(work)
    chosen = dict(work.choices)
    if current is not None:
        made = current.manifest
        chosen = {
            "speed": made["options"]["speed"],
            "base_model": made["options"]["base_model"],
            "seed": made["options"]["seed"],
        } | chosen
        if made.get("hyperparameters"):
            chosen["hyperparameters"] = hyperparameters_of(work.registry, current.name)
    return options_of(work.settings, **chosen)


def _current(work: Work) -> Release | None:
    """None where none serves, or one that can't be read."""
    try:
        return work.registry.current()
    except NluError:
        return None


async def evaluate(work: Work) -> Told:
    """Both releases answer the test part, the candidate the regression cases."""
    cases = read_cases(work.settings.folder)
    evidence = await asyncio.to_thread(_evaluate, work)
    failed: list[str] = []
    if evidence.after is not None and cases:
        outcomes = await run_cases(cases, work.settings, work.candidate.folder)
        evidence = replace(evidence, cases=tuple(Case(case.message, why) for case, why in outcomes))
        failed = [why for _, why in outcomes if why]
    await asyncio.to_thread(save_evidence, evidence, work.evidence)
    beside = f" beside {evidence.current.name}" if evidence.current else ""
    told = [f"{len(evidence.rows):,} messages of the test part{beside}"]
    if cases:
        told.append(f"{len(cases) - len(failed)} of {len(cases)} regression cases pass")
    return tuple(told)


def _evaluate(work: Work) -> Evidence:
    book = load_answers(work.settings.folder / "answers")
    dataset, test = read_merged(work), work.frozen.test
    rows = rows_to_measure(dataset, test)
    return gather_evidence(
        work.candidate,
        _current(work),
        rows,
        lambda folder: load_release(work.settings, folder, book),
        answered=frozenset(book.intents),
        usual_repeats=usual_repeats(dataset, test),
        progress=work.show,
    )


async def gate(work: Work) -> Told:
    """May it go live? Raises Refused."""
    verdict = await asyncio.to_thread(_judge, work)
    if not verdict.has_passed:
        raise Refused("; ".join(verdict.reasons), _as_lines(verdict))
    return _as_lines(verdict)


def _as_lines(verdict: Verdict) -> Told:
    """How many conditions are met, then each with its reason, those that are not met first."""
    ordered = sorted(verdict.checks, key=lambda check: check.has_passed)
    marks = {True: "✓", False: "✗"}
    met = f"{sum(check.has_passed for check in ordered)} of {len(ordered)} conditions are met"
    return (met, *(f"{marks[check.has_passed]} {check.name}: {check.reason}" for check in ordered))


def _judge(work: Work) -> Verdict:
    settings = work.settings
    rows = rows_to_measure(read_merged(work), work.frozen.test)
    limits = Limits(
        settings.decide.max_wrong_answers,
        settings.retrain.max_calibration_error,
        settings.retrain.max_ms,
        settings.retrain.max_release_mb,
    )
    verdict = judge(load_evidence(work.evidence, work.registry, rows), limits)
    store_verdict(verdict, work.candidate.folder)
    return verdict


async def shadow(work: Work) -> Told:
    """The candidate decides on live messages without answering, as many as kefu.toml asks for.

    Raises Waits until they have come, Refused where it does worse or somebody ended the trial."""
    options, trials, release = work.settings.retrain, work.store.trials, work.candidate.name
    current = _current(work)
    if not options.shadow_messages or current is None:
        return ("none is asked for: [retrain] shadow_messages",)
    latest = await trials.latest()
    if not latest or latest[0].release != release:
        await trials.start("shadow", release, current.name)
        raise Waits
    trial = latest[0]
    if trial.ended_at is not None:
        why = f"the trial ended: {trial.reason or trial.outcome}"
        raise Refused(why, (why,))
    judged = trial_verdict(
        await trials.counts(trial.id), messages=options.shadow_messages, agreement=options.shadow_agreement
    )
    if judged.word == "wait":
        raise Waits
    await trials.close(trial.id, "promoted" if judged.word == "promote" else "refused", judged.reason)
    if judged.word == "refuse":
        raise Refused(judged.reason, (judged.reason,))
    return (judged.reason,)


async def promote(work: Work) -> Told:
    """A running server takes it over within seconds."""
    name = work.candidate.name
    await asyncio.to_thread(prepare, work.settings, name)
    await asyncio.to_thread(work.registry.promote, name)
    return (f"{name} is current",)


STEPS: dict[str, Callable[[Work], Awaitable[Told]]] = {
    "export": export,
    "merge": merge_dialogues,
    "train": train,
    "evaluate": evaluate,
    "gate": gate,
    "shadow": shadow,
    "promote": promote,
}
