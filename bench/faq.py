"""FAQ files and the questions that are asked of them, with what is right for each."""

import csv
import gzip
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Passage, read_article
from training.dataset import near_duplicate_key
from training.errors import TrainingError

SAID = ("last_segment", "question", "query")
MIN_LETTERS = 4  # "ok" and a smile say nothing that a reply could be told by
N_CANDIDATES = 10
TEXTS = ("query", "text", "question")
RIGHT = ("doc_id", "relevant", "intents", "intent")


@dataclass(frozen=True, slots=True)
class Query:
    """What a customer asks, and the `doc_id` of the pairs that answer it."""

    text: str
    doc: str


@dataclass(frozen=True, slots=True, eq=False)
class Faq:
    """Pairs of question and answer: `questions` and `docs` (pairs,), as passages: `owners` (passages,) are their pairs."""

    questions: tuple[str, ...]
    docs: NDArray[np.str_]
    passages: tuple[Passage, ...]
    owners: NDArray[np.intp]

    def best_of_pairs(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The score of each pair's best passage: (passages,) -> (pairs,)."""
        best = np.full(len(self.docs), -np.inf, np.float32)
        np.maximum.at(best, self.owners, scores)
        return best


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a customer said, what the agent replied, and other agents' replies to choose it from."""

    said: str
    reply: str
    others: tuple[str, ...]


def read_exchanges(path: Path, n: int, *, seed: int) -> list[Exchange]:
    """At most n exchanges of a CSV (last_segment or question, answer), maybe .gz, each with replies of others among them.

    Raises TrainingError for a file without enough of them."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    pairs = [
        (next((row[name] for name in SAID if row.get(name)), ""), row.get("answer") or "") for row in rows
    ]
    told = [
        pair
        for pair in dict.fromkeys(pairs)
        if all(len(near_duplicate_key(one)) >= MIN_LETTERS for one in pair)
    ]
    if len({near_duplicate_key(reply) for _, reply in told}) < N_CANDIDATES:
        raise TrainingError(
            f"{path}: {len(told)} questions with an answer; wanted {N_CANDIDATES} answers or more"
        )
    chance = random.Random(seed)
    chosen = chance.sample(told, min(n, len(told)))
    return [Exchange(said, reply, _others(reply, chosen, chance)) for said, reply in chosen]


def _others(reply: str, pairs: Sequence[tuple[str, str]], chance: random.Random) -> tuple[str, ...]:
    met = {near_duplicate_key(reply): reply}
    while len(met) < N_CANDIDATES:
        _, other = chance.choice(pairs)
        met.setdefault(near_duplicate_key(other), other)
    return tuple(met.values())[1:]


def read_faq(path: Path) -> Faq:
    """A CSV with the columns question and answer, read as a desk does; without a doc_id each pair has its own.

    Raises TrainingError or RetrievalError for a file without them."""
    passages = read_article(path)
    lines = list(dict.fromkeys(passage.source for passage in passages))
    with path.open(encoding="utf-8-sig", newline="") as file:
        docs = [row.get("doc_id") or str(n) for n, row in enumerate(csv.DictReader(file))]
    if len(docs) != len(lines):
        raise TrainingError(f"{path}: {len(docs)} rows, of which {len(lines)} hold a question and an answer")
    owners = np.array([lines.index(passage.source) for passage in passages])
    questions = {passage.source: passage.title for passage in passages}
    return Faq(tuple(questions[line] for line in lines), np.array(docs), passages, owners)


def read_queries(path: Path, faq: Faq) -> tuple[list[Query], int]:
    """Queries of a CSV or of JSON lines that the FAQ answers, and how many it has no answer for.

    The text is in a column query, text or question; the doc_id in doc_id, relevant, intents or intent.
    Raises TrainingError for a file without them or if nothing is left."""
    known = set(faq.docs)
    rows = _read_json_lines(path) if ".json" in path.name else _read_csv(path)
    queries = [_query(row, f"{path}:{number}") for number, row in rows]
    answerable = [query for query in queries if query.doc in known]
    if not answerable:
        raise TrainingError(f"{path}: none of {len(queries)} queries has a doc_id of the FAQ")
    return answerable, len(queries) - len(answerable)


def _query(row: dict[str, object], place: str) -> Query:
    text = next((row[name] for name in TEXTS if row.get(name)), None)
    right = next((row[name] for name in RIGHT if name in row), None)
    if text is None or right is None:
        raise TrainingError(f"{place}: met {', '.join(map(str, row))}; wanted {TEXTS[0]} and {RIGHT[0]}")
    first = next(iter(right), "") if isinstance(right, list) else right
    return Query(str(text), str(first))


def _read_csv(path: Path) -> Sequence[tuple[int, dict[str, object]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(number, dict(row)) for number, row in enumerate(csv.DictReader(file), 2)]


def _read_json_lines(path: Path) -> Sequence[tuple[int, dict[str, object]]]:
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise TrainingError(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise TrainingError(f"{path}:{number}: met {row!r}, wanted an object")
        found.append((number, row))
    return found
