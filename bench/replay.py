"""What a replay says of a release, beside what labels say: coverage, agreement, and how far agreement tells right from wrong.

    python -m bench.replay --workspace examples/shop
    python -m bench.replay --faq faq_responses.csv --answers answer_templates.csv --shots 5

A third of the workspace's dialogues is held out, a release is made of the rest, and the third is replayed as `kefu replay`
does; agreement never sees a label of it. With --faq (columns question, answer, intent) a workspace is made of --answers
(intent, answer) and --shots questions of each intent, and others are replayed. An answer, or a best guess, is right where
its intent is the request's label. AUROC: how often a right one has the larger margin of agreement than a wrong one."""

import csv
import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from sklearn.metrics import roc_auc_score

from bench.command import run
from bot.commands.replay import as_desk, judge_of, learned_by, load_desk
from bot.commands.train import train_workspace
from bot.settings import load_settings
from training.dialogues import dialogue_files, read_dialogues, write_dialogues
from training.registry import Registry
from training.replay import Request, replay
from training.replay_comparing import is_answered
from training.text_files import open_text
from training.turns import Dialogue, DialogueTurn

PARTS = 3
existing = click.Path(exists=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Group:
    """Labelled requests that have a person's reply: the share right by label, the share that agrees, of those that agree
    and of those that don't the share right, AUROC of the margin, and its point-biserial correlation with being right."""

    name: str
    n: int
    right: float
    agrees: float
    right_if_agrees: float
    right_if_not: float
    auroc: float
    correlation: float


@click.command(context_settings={"show_default": True})
@click.option("--workspace", type=existing, help="With labelled dialogues and answers.")
@click.option("--part", type=click.IntRange(0, PARTS - 1), default=0, help="Which third is held out.")
@click.option("--faq", type=existing, help="Questions with answers of people, instead of a workspace.")
@click.option("--answers", type=existing, help="With --faq: what each intent is answered with.")
@click.option(
    "--shots",
    type=click.IntRange(min=2),
    default=5,
    help="With --faq: questions of each intent to learn from.",
)
@click.option("--most", type=click.IntRange(min=1), default=1000, help="With --faq: questions to replay.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    workspace: Path | None,
    part: int,
    faq: Path | None,
    answers: Path | None,
    shots: int,
    most: int,
    json_path: Path | None,
) -> None:
    """Replay held-out dialogues, and compare agreement with labels."""
    if (workspace is None) == (faq is None or answers is None):
        raise click.UsageError("wanted --workspace, or --faq and --answers")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "workspace"
        if workspace:
            held = split_workspace(workspace, made, part)
        else:
            assert faq is not None
            assert answers is not None
            held = workspace_of_faq(faq, answers, made, shots, most)
        train_workspace(made, speed="fast")
        found = replay_held_out(made, held)
    n_answered = sum(is_answered(request.judged[0]) for request in found)
    groups = [group(*one) for one in parts_of(found)]
    click.echo(f"{len(held)} dialogues, {len(found)} requests, {n_answered / len(found):.1%} answered")
    click.echo(
        "labelled, with a reply      n   right  agrees  right if it agrees  right if not  AUROC      r"
    )
    for one in groups:
        click.echo(
            f"{one.name:22}{one.n:7}{one.right:8.1%}{one.agrees:8.1%}{one.right_if_agrees:20.1%}"
            f"{one.right_if_not:14.1%}{one.auroc:7.3f}{one.correlation:7.2f}"
        )
    if json_path:
        figures = {
            "requests": len(found),
            "answered": n_answered / len(found),
            "groups": [asdict(one) for one in groups],
        }
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def split_workspace(workspace: Path, made: Path, part: int) -> list[Dialogue]:
    """Copy a workspace without a third of its dialogues; that third."""
    shutil.copytree(workspace, made, ignore=shutil.ignore_patterns("releases", "*.db*", ".kefu"))
    held = []
    for path in dialogue_files(made):
        dialogues = list(read_dialogues([path]))
        held += [one for one in dialogues if part_of(one.id) == part]
        path.unlink()
        write_dialogues(path, [one for one in dialogues if part_of(one.id) != part])
    return held


def part_of(name: str) -> int:
    """The third that a dialogue belongs to, wherever it stands."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % PARTS


def workspace_of_faq(faq: Path, answers: Path, made: Path, shots: int, most: int) -> list[Dialogue]:
    """Make a workspace that learns from the first questions of each intent; the dialogues to replay."""
    (made / "dialogues").mkdir(parents=True)
    (made / "answers").mkdir()
    (made / "kefu.toml").write_text('[desk]\nname = "FAQ"\n', "utf-8")
    (made / "entities.yaml").write_text("{}\n", "utf-8")
    templates = [
        {
            "id": row["intent"],
            "intent": row["intent"],
            "variants": [row["answer"].replace("{", "(").replace("}", ")")],
        }
        for row in read_rows(answers)
    ]
    (made / "answers" / "all.yaml").write_text(json.dumps(templates, ensure_ascii=False), "utf-8")
    seen: Counter[str] = Counter()
    learned: list[Dialogue] = []
    held: list[Dialogue] = []
    for number, row in enumerate(sorted(read_rows(faq), key=lambda row: _digest(row["question"]))):
        turns = (
            DialogueTurn("customer", row["question"], intents=(row["intent"],)),
            DialogueTurn("agent", row["answer"]),
        )
        seen[row["intent"]] += 1
        (learned if seen[row["intent"]] <= shots else held).append(Dialogue(f"faq-{number}", turns))
    write_dialogues(made / "dialogues" / "faq.jsonl", learned)
    return held[:most]


def read_rows(path: Path) -> list[dict[str, str]]:
    """A CSV with a header, gzipped or not."""
    with open_text(path, newline="") as file:
        return list(csv.DictReader(file))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def replay_held_out(workspace: Path, dialogues: Iterable[Dialogue]) -> list[Request]:
    """The requests of dialogues and what the workspace's release does about them."""
    release = Registry(workspace).find("current")
    desk = load_desk(load_settings(workspace), release)
    judge = judge_of(workspace, desk)
    return list(replay(dialogues, [as_desk(desk)], judge, learned=learned_by([release])))


def parts_of(requests: Sequence[Request]) -> list[tuple[str, list[Request]]]:
    """All that can be told of, the answers, and the best guesses that were not given."""
    told = [
        one for one in requests if one.judged[0].agreement is not None and one.judged[0].is_right is not None
    ]
    answered = [one for one in told if is_answered(one.judged[0])]
    return [
        ("answers", answered),
        ("guesses not given", [one for one in told if not is_answered(one.judged[0])]),
        ("all", told),
    ]


def group(name: str, requests: Sequence[Request]) -> Group:
    """The figures of some requests that can be told of."""
    judged = [one.judged[0] for one in requests]
    right = np.array([bool(one.is_right) for one in judged])
    agrees = np.array([bool(one.agrees) for one in judged])
    margins = np.array([one.agreement.margin for one in judged if one.agreement is not None])
    is_told = bool(len(right)) and right.any() and not right.all()
    return Group(
        name,
        len(right),
        _mean(right),
        _mean(agrees),
        _mean(right[agrees]),
        _mean(right[~agrees]),
        float(roc_auc_score(right, margins)) if is_told else float("nan"),
        float(np.corrcoef(right, margins)[0, 1]) if is_told else float("nan"),
    )


def _mean(flags: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float:
    return float(flags.mean()) if len(flags) else float("nan")


if __name__ == "__main__":
    run(main)
