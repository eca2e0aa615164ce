"""How good the answers are that mining proposes: compared with what staff said in dialogues it hasn't seen.

    python -m bench.mined_answers examples/shop/dialogues/*.jsonl
    python -m bench.mined_answers bitext/faq_responses.csv.gz

Dialogues with labelled requests; the labels stand for groups, so that only the answers are judged. Three tenths of the dialogues
are held back. An intent gets a text that a bot says by itself, a question before a person takes over, or a person at once.

A text agrees with what a person said as much as the two mean the same: the cosine of their vectors. Beside it stands how much
two people agree who answer the same intent, which is as far as one text for all can come, and how much the text agrees with
what people said to other intents, which is what chance gives. "Nearest" is the share of held-back replies that are nearer to
the text of their own intent than to that of any other. A cosine says that the subject is the same, not that each word is true."""

import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from bench.command import run
from nlu.encoder import Encoder
from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from training.errors import TrainingError
from training.importers import csv_, jsonl
from training.importers.source import Options, Skipped, Source
from training.mining.answer_entries import sayable
from training.mining.answers import Encode, propose_answers
from training.mining.encoding import EncoderFiles, base_encoder
from training.mining.lexicon import Lexicon
from training.mining.replies import Exchange, gather_replies
from training.mining.slots import Corpus
from training.turns import OUT_OF_SCOPE, Dialogue

HELD_BACK = 0.3
SMALL_TALK = {"greeting", "thanks", "goodbye", OUT_OF_SCOPE}
MAX_PAIRS = 400  # of replies, that are compared with one another
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Figures:
    """Intents by what they got; `share` is that of the held-back requests a text answers. The rest are mean cosines, and the
    share of replies nearest to their own text."""

    n_intents: int
    n_texts: int
    n_asking: int
    share: float
    agreement: float
    two_people: float
    chance: float
    nearest: float


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--entities", type=click.Path(exists=True, path_type=Path), help="An entities.yaml.")
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), help="Its encoder in place of the default."
)
@click.option("--show", is_flag=True, help="The texts.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    files: tuple[Path, ...], entities: Path | None, release: Path | None, show: bool, json_path: Path | None
) -> None:
    """Propose answers from FILES, dialogues with labelled requests, and judge them on those held back."""
    dialogues = list(_dialogues(files))
    with tempfile.TemporaryDirectory() as folder:
        where = EncoderFiles(release / "encoder.int8.onnx", release / "tokenizer.json") if release else None
        encoder = (where or base_encoder(Path(folder))).open()
        found, texts = measure(
            dialogues, partial(_encode, encoder), load_rules(entities) if entities else EntityRules()
        )
    if show:
        for intent, text in texts.items():
            click.echo(f"{intent}\n  {text}")
    click.echo(
        f"{found.n_intents} intents: {found.n_texts} with a text, {found.n_asking} with a question; a text answers "
        f"{found.share:.0%} of the requests held back\n"
        f"agreement {found.agreement:.2f}, of two people {found.two_people:.2f}, by chance {found.chance:.2f}; "
        f"nearest to its own: {found.nearest:.0%}"
    )
    if json_path:
        json_path.write_text(json.dumps(asdict(found), indent=1), "utf-8")


def measure(
    dialogues: Sequence[Dialogue], encode: Encode, rules: EntityRules
) -> tuple[Figures, dict[str, str]]:
    """The figures, and the text of each intent that has one."""
    names = sorted({turn.intents[0] for one in dialogues for turn in one.turns if turn.intents} - SMALL_TALK)
    if not names:
        raise TrainingError("no dialogue with an intent; wanted labelled requests")
    held = [one for one in dialogues if _is_held_back(one)]
    known = _exchanges([one for one in dialogues if not _is_held_back(one)], names)
    unseen = {name: _replies(many) for name, many in _exchanges(held, names).items()}
    corpus = Corpus(rules, Lexicon.of(known.values()))
    first = {name: sayable(propose_answers(known.get(name, ()), corpus, encode)[0], "en") for name in names}
    texts = {name: answer.variants[0] for name, answer in first.items() if not answer.hand_over}
    asking = sum(answer.hand_over and bool(answer.slots) for answer in first.values())
    n_unseen = sum(map(len, unseen.values()))
    share = sum(len(unseen.get(name, ())) for name in texts) / max(1, n_unseen)
    return Figures(len(names), len(texts), asking, share, *_agreement(texts, unseen, encode)), texts


def _agreement(
    texts: Mapping[str, str], unseen: Mapping[str, Sequence[str]], encode: Encode
) -> tuple[float, float, float, float]:
    own = [name for name in texts if unseen.get(name)]
    if not own:
        return 0.0, 0.0, 0.0, 0.0
    said = encode([texts[name] for name in own])
    replies = {name: encode(unseen[name]) for name in own}
    others = encode(
        [reply for name, many in unseen.items() for reply in many[:20] if name not in own] or [" "]
    )
    cosines = {name: replies[name] @ said.T for name in own}
    agreement = np.concatenate([cosines[name][:, at] for at, name in enumerate(own)])
    nearest = np.concatenate([cosines[name].argmax(1) == at for at, name in enumerate(own)])
    apart = np.concatenate(
        [*(np.delete(cosines[name], at, 1).ravel() for at, name in enumerate(own)), (others @ said.T).ravel()]
    )
    two = np.concatenate([_pairs(replies[name]) for name in own])
    return (
        float(agreement.mean()),
        float(two.mean()) if len(two) else 0.0,
        float(apart.mean()),
        float(nearest.mean()),
    )


def _pairs(vectors: Vectors) -> Vectors:
    some = vectors[:MAX_PAIRS]
    rows, columns = np.triu_indices(len(some), 1)
    return np.asarray((some @ some.T)[rows, columns], np.float32)


def _exchanges(dialogues: Sequence[Dialogue], names: Sequence[str]) -> dict[str, list[Exchange]]:
    numbers = {name: number for number, name in enumerate(names)}
    groups = {
        (one.id, place): numbers[turn.intents[0]]
        for one in dialogues
        for place, turn in enumerate(one.turns)
        if turn.intents and turn.intents[0] in numbers
    }
    return {names[number]: many for number, many in gather_replies(dialogues, groups).items()}


def _replies(exchanges: Sequence[Exchange]) -> list[str]:
    return [" ".join(said.text for said in one.reply) for one in exchanges if one.reply]


def _is_held_back(dialogue: Dialogue) -> bool:
    return zlib.crc32(dialogue.id.encode()) % 1000 < 1000 * HELD_BACK


def _dialogues(files: Sequence[Path]) -> Iterator[Dialogue]:
    """Their ids are made of the file and the place where a file gives none."""
    for path in files:
        read = jsonl.read_jsonl if ".json" in path.name else csv_.read_csv
        for place, item in enumerate(read(Source(path), Options())):
            if not isinstance(item, Skipped):
                one = item.dialogue
                yield one if one.id else Dialogue(f"{path.name}-{place}", one.turns)


def _encode(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    return np.stack([one.vector for one in encoder.encode(list(texts))])


if __name__ == "__main__":
    run(main)
