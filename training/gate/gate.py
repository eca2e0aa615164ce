"""The gate: a candidate meets the release that serves on the frozen test part, and every condition is written down."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlu.files import ReleaseFiles, read_json
from training.dataset import LabelledText
from training.errors import TrainingError
from training.gate import checks
from training.gate.checks import Reported
from training.gate.evidence import Case, Evidence
from training.gate.frozen import is_telling
from training.gate.served import Served
from training.gate.verdict import Check, Verdict
from training.paired import bootstrap_difference, exceeds
from training.registry import Release
from training.turns import OUT_OF_SCOPE

MIN_MESSAGES = 30  # with an intent, or nothing can be told
MAX_LEAKED = 0.05  # share of longer texts that may stand in both parts, beyond those that customers say alike
SLOWER = 1.5  # as long as before a message may take
NOTICEABLE_MS = 5.0  # less than this is never too slow, whatever it took before


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_ms` is the median time of a message on the machine that trains."""

    max_wrong_answers: float = 0.05
    max_ece: float = 0.05
    max_ms: float = 100.0
    max_megabytes: float = 1000.0


def judge(evidence: Evidence, limits: Limits) -> Verdict:
    """Decide, every condition with its reason."""
    after, before = evidence.after, evidence.before
    if after is None:
        found = [Check("whole", False, evidence.broken)]
    else:
        found = [
            Check(
                "whole", True, f"{len(evidence.candidate.manifest['files'])} files are as they were written"
            ),
            _leak(after, evidence.rows, evidence.usual_repeats),
            *_intents(evidence, after, limits),
            *_entities(evidence, after),
            _index(evidence.candidate, after),
            _cases(evidence.cases),
            _speed(after, before, limits),
            _size(after, limits),
        ]
    current = evidence.current
    return Verdict(
        evidence.candidate.name, current.name if current else None, len(evidence.rows), tuple(found)
    )


def _leak(after: Served, rows: Iterable[LabelledText], usual: float) -> Check:
    """Whether the candidate learned from the test part under another name: more of it stands there than messages that
    are learned from stand in each other's dialogues, which is the `usual` share. What it knows is measured on nowhere."""
    telling = [row for row in rows if is_telling(row)]
    known = [row for row in telling if after.knows(row)]
    share = len(known) / len(telling) if telling else 0.0
    bar = min(1.0, usual + MAX_LEAKED)
    is_noise = usual > 0 and exceeds(len(known), len(telling), bar) > checks.ALPHA
    has_passed = share <= bar or is_noise  # where nobody says the same again there is no chance to allow for
    reason = f"{len(known)} of {len(telling)} longer test messages stand in what it learned from"
    if usual:
        reason += f"; of what it learned from, {usual:.0%} is said again in other dialogues"
    if not has_passed:
        reason += f"; for instance that of dialogue {known[0].group}; wanted at most {bar:.0%}{', within noise' if usual else ''}"
    return Check("nothing leaked", has_passed, reason)


def _intents(evidence: Evidence, after: Served, limits: Limits) -> list[Check]:
    """Everything that is told from messages with an intent."""
    rows, before, current = evidence.rows, evidence.before, evidence.current
    fresh = [i for i, row in enumerate(rows) if row.intent and not after.knows(row)]
    if not any(rows[i].intent != OUT_OF_SCOPE for i in fresh) or len(fresh) < MIN_MESSAGES:
        reason = f"{len(fresh)} test messages with an intent that it didn't learn from; wanted {MIN_MESSAGES} or more"
        return [Check("test messages", False, f"{reason}: label some more dialogues")]
    now = after.predictions(rows, fresh)
    found = [
        checks.budget(now, after.budget.answer_threshold, limits.max_wrong_answers),
    ]
    if before is None or current is None:
        return [*found, checks.calibration(None, now, limits.max_ece)]
    found.append(checks.known_intents(before.labels, after.labels, evidence.answered))
    pairs = [i for i in fresh if not before.knows(rows[i])]
    if len(pairs) < max(MIN_MESSAGES, len(fresh) / 2):
        reported = read_report(current)
        return [
            *found,
            checks.reported_accuracy(reported, now),
            checks.each_reported_intent(reported, now),
            checks.calibration(None, now, limits.max_ece),
        ]
    was, now = before.predictions(rows, pairs), after.predictions(rows, pairs)
    groups = [rows[i].group for i in pairs]
    thresholds = before.budget.answer_threshold, after.budget.answer_threshold
    return [
        *found,
        checks.accuracy(was, now),
        checks.macro_f1(was, now, groups),
        checks.each_intent(was, now),
        checks.useful(was, now, thresholds, limits.max_wrong_answers),
        checks.calibration(was, now, limits.max_ece),
    ]


def read_report(release: Release) -> Reported:
    """What a release's own report says of its intents.

    Raises TrainingError where it can't be read."""
    path = release.folder / "report.json"
    try:
        intent = json.loads(path.read_text("utf-8"))["intent"]
        intents = {
            one["label"]: (int(one["support"]), round(one["support"] * one["recall"]))
            for one in intent["classes"]
            if one["support"]
        }
        return Reported(int(intent["n_in_scope"]), round(intent["n_in_scope"] * intent["accuracy"]), intents)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: can't be read: {error!r}") from error


def _entities(evidence: Evidence, after: Served) -> list[Check]:
    """Whether entities are found as well as before; nothing where none are labelled, or the release that serves learned from
    them: that of a retraining didn't."""
    rows, before, current = evidence.rows, evidence.before, evidence.current
    if before is None or current is None or not current.manifest["data"].get("frozen"):
        return []
    at = [i for i, row in enumerate(rows) if row.entities is not None and not after.knows(row)]
    if not any(rows[i].entities for i in at):
        return []
    was, now = before, after

    def f1(served: Served, chosen: Iterable[int]) -> float:
        picked = [at[i] for i in chosen]
        gold = [{(e.start, e.end, e.label) for e in rows[i].entities or ()} for i in picked]
        met = [served.met[i].spans for i in picked]
        right = sum(len(one & other) for one, other in zip(gold, met, strict=True))
        total = sum(len(one) + len(other) for one, other in zip(gold, met, strict=True))
        return 2 * right / total if total else 1.0

    found = bootstrap_difference(
        lambda chosen: f1(now, chosen.tolist()) - f1(was, chosen.tolist()),
        len(at),
        groups=[rows[i].group for i in at],
        resamples=500,
    )
    return [checks.of_difference("entities F1", found, f1(now, range(len(at))), len(at))]


def _index(candidate: Release, after: Served) -> Check:
    """Whether the memory has every example the release was trained on, and every intent has some."""
    wanted = candidate.manifest["data"].get("examples")
    labels = read_json(ReleaseFiles(candidate.folder).labels)["intent"]
    missing = sorted(set(labels) - after.remembered)
    reason = f"{after.n_examples} examples in the memory, {wanted} were learned from"
    if missing:
        reason += f"; none of {', '.join(missing)}"
    return Check("index", after.n_examples == wanted and not missing, reason)


def _cases(cases: Sequence[Case]) -> Check:
    failed = [case for case in cases if case.reason]
    reason = f"{len(cases) - len(failed)} of {len(cases)} pass"
    if failed:
        reason += ": " + "; ".join(f"“{case.message}”: {case.reason}" for case in failed[:5])
    return Check("regression cases", not failed, reason)


def _speed(after: Served, before: Served | None, limits: Limits) -> Check:
    """The median time of a message: within the bar, and not much more than before."""
    bar = limits.max_ms
    told = ""
    if before is not None:
        bar = min(bar, max(SLOWER * before.median_ms, NOTICEABLE_MS))
        told = f", {before.median_ms:.1f} ms before"
    return Check(
        "speed",
        after.median_ms <= bar,
        f"a message takes {after.median_ms:.1f} ms{told}; wanted at most {bar:.1f}",
    )


def _size(after: Served, limits: Limits) -> Check:
    return Check(
        "size",
        after.megabytes <= limits.max_megabytes,
        f"{after.megabytes:,.0f} MB, wanted at most {limits.max_megabytes:,.0f}",
    )
