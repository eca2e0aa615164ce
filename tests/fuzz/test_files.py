"""Every file that comes from outside: it is read, or refused with an error of ours."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BotError
from bot.settings import load_settings
from nlu.checksums import check_as_written
from nlu.errors import NluError
from nlu.files import ReleaseFiles
from nlu.rule_files import load_rules
from retrieval.answer_files import load_answers
from retrieval.articles import read_article
from retrieval.errors import RetrievalError
from retrieval.example_files import columns_file, read_examples
from retrieval.half_vectors import read_halves
from retrieval.memory import load_memory
from tests.fuzz.mutating import fuzz
from training.dialogues import read_dialogues
from training.errors import TrainingError
from training.importers.formats import FORMATS, find_format
from training.importers.source import Options, Source
from training.mining.proposal_files import read_proposal, read_requests
from training.registry import Registry

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"

TELEGRAM = json.dumps(
    {
        "name": "Shop", "type": "personal_chat", "id": 7,
        "messages": [
            {"id": 1, "type": "message", "date": "2026-01-02T03:04:05", "date_unixtime": "1767323045", "from": "Anna",
             "from_id": "user1", "text": "Where is my parcel?", "text_entities": [{"type": "plain", "text": "x"}]},
            {"id": 2, "type": "message", "date": "2026-01-02T03:05:05", "from": "Shop", "from_id": "user2",
             "text": ["On ", {"type": "bold", "text": "its"}, " way"]},
        ],
    }
).encode()  # fmt: skip
RASA = b'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hey\n    - hi [Anna](name)\n- lookup: x\n  examples: |\n    - a\n'
CSV = b'text,intent,time,speaker,conversation\nWhere is it?,order_status,2026-01-02,customer,1\n"On, its way",,,agent,1\n'
CONLL = b"# intent: x\nwhere O\nis O\nA-1042 B-order_number\n\nhello O\n"
JSONL = b'{"text": "Where is it?", "intent": "order_status"}\n{"id": "1", "turns": [{"speaker": "customer", "text": "hi", "entities": [{"start": 0, "end": 2, "label": "x"}]}]}\n'
TRANSCRIPT = b"[02/01/2026 10:00] Anna: Where is it?\n[02/01/2026 10:01] Shop: On its way\n\nAnna: thanks\nShop: welcome\n"
PROPOSAL = b"dialogues: 2\nrequests: 3\nlanguage: en\nintents:\n- name: order_status\n  status: proposed\n  n_requests: 3\n  share: 0.5\n  examples: [a, b]\n  answer:\n    variants: ['On its way.']\nentities: []\n"
MANIFEST = json.dumps(
    {
        "format": 2,
        "created_at": "2026-01-01",
        "files": {"a": "b" * 64},
        "metrics": {},
        "data": {},
        "encoder": {},
    }
).encode()
EXAMPLE = (
    b'{"text": "where is it", "intent": "order_status"}\n{"text": "hi", "intent": "greeting", "row": 1}\n'
)
NPY = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f2', 'fortran_order': False, 'shape': (2, 4), }".ljust(127)
    + b"\n"
    + b"\x00" * 16
)
PICKLE = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(127)
    + b"\n\x80\x04cos\nsystem\n."
)
TOML = b'[desk]\nname = "x"\nopens = 08:00:00\n[web]\ntrusted_proxies = ["10.0.0.0/8"]\nallowed_origins = ["https://a.example"]\n[outgoing]\nhosts = ["a"]\n[actions.a]\nurl = "https://x/{{ a }}"\nheaders = { A = "$B" }\n'

OURS = (BotError, NluError, RetrievalError, TrainingError)


def all_of(found: Iterable[Any]) -> None:
    for _ in found:
        pass


def shop(*patterns: str) -> tuple[bytes, ...]:
    """Files of the demo, cut to what a round can read quickly."""
    paths = chain.from_iterable(sorted(SHOP.glob(pattern)) for pattern in patterns)
    return tuple(b"".join(path.read_bytes().splitlines(keepends=True)[:60]) for path in paths)


def imported(name: str) -> Callable[[Path], object]:
    def read(path: Path) -> None:
        options = Options(agents=("Shop",))
        with suppress(TrainingError):
            find_format(Source(path))
        all_of(FORMATS[name].read(Source(path), options))

    return read


def answers(path: Path) -> object:
    return load_answers(path.parent)


def settings(path: Path) -> object:
    return load_settings(path.parent)


def manifest(path: Path) -> object:
    files = ReleaseFiles(path.parent)
    for needed in (
        files.tokenizer,
        files.heads,
        files.labels,
        files.words,
        files.fusion,
        files.examples,
        files.index,
    ):
        needed.touch()
    with suppress(NluError):
        check_as_written(files, files.encoder("int8"))
    return Registry(path.parent.parent.parent).open(path.parent.name)


def columns(path: Path) -> object:
    path.write_bytes(EXAMPLE)
    columns_file(path).write_bytes(path.with_name("content").read_bytes())
    return read_examples(path)


TARGETS: dict[str, tuple[str, tuple[bytes, ...], Callable[[Path], object]]] = {
    "telegram": ("x.json", (TELEGRAM,), imported("telegram")),
    "rasa": ("x.yml", (RASA,), imported("rasa")),
    "csv": ("x.csv", (CSV, CSV.replace(b",", b"\t")), imported("csv")),
    "conll": ("x.conll", (CONLL,), imported("conll")),
    "jsonl": ("x.jsonl", (JSONL,), imported("jsonl")),
    "transcript": ("x.txt", (TRANSCRIPT,), imported("transcript")),
    "dialogues": ("x.jsonl", shop("dialogues/everyday-orders.jsonl"), lambda path: all_of(read_dialogues([path]))),
    "answers": ("answers.yaml", shop("answers/orders.yaml", "answers/conversation.yaml"), answers),
    "entities": ("entities.yaml", shop("entities.yaml"), load_rules),
    "articles": ("x.md", shop("knowledge/delivery.md"), read_article),
    "settings": ("kefu.toml", (TOML, *shop("kefu.toml")), settings),
    "proposal": ("proposal.yaml", (PROPOSAL,), read_proposal),
    "requests": ("x.jsonl", (b'{"dialogue": "d", "turn": 0, "group": "g", "text": "t"}\n',), lambda path: all_of(read_requests(path))),
    "manifest": ("manifest.json", (MANIFEST,), manifest),
    "examples": ("x.jsonl", (EXAMPLE,), read_examples),
    "columns": ("x.jsonl", (b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ",), columns),
    "vectors": ("x.npy", (NPY, PICKLE), read_halves),
    "memory": ("x.jsonl", (EXAMPLE,), lambda path: load_memory(path.with_name("none.faiss"), path)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(TARGETS))
def test_a_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    file, samples, read = TARGETS[name]
    path = tmp_path / "releases" / "one" / file
    path.parent.mkdir(parents=True)

    def check(content: bytes) -> None:
        path.write_bytes(content)
        path.with_name("content").write_bytes(content)
        with suppress(*OURS):
            read(path)

    fuzz(samples, check)


@pytest.mark.parametrize("name", ["rasa", "answers", "entities", "proposal"])
def test_brackets_without_end_are_refused(name: str, tmp_path: Path) -> None:
    file, samples, read = TARGETS[name]
    path = tmp_path / file
    path.write_bytes(samples[0] + b"x: " + b"[ " * 3000)
    with pytest.raises(OURS, match="nested too deeply"):
        read(path)
