"""Questions of an FAQ found for what customers ask: by words, by meaning, by both, and by what was learned.

    python -m bench.retrieval --faq faq.csv --queries queries.csv [--folds 5] [--release FOLDER]
    python -m bench.retrieval --replies dialogues.csv

The FAQ is read as `knowledge/faq.csv` of a desk is, and searched by the code that serves. A pair of question and
answer is right where its `doc_id` is that of the query; what isn't found counts as ranked nowhere. The search knows
nothing of the queries, but with --folds: then each part of them is answered by a desk that was trained on the FAQ's
questions and the other parts, its intents being the doc_ids (the protocol of Karan and Snajder 2018).

With --replies it is asked which of ten replies an agent gave to what a customer said, nine being those to others; each
is a passage without a title, among those of all exchanges that are asked for. By chance one in ten is found first."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from bench.command import run
from bench.faq import N_CANDIDATES, Exchange, Faq, Query, read_exchanges, read_faq, read_queries
from bench.intents import load
from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from nlu.rules import EntityRules
from nlu.text import clean
from nlu.understander import Understander
from retrieval.articles import Passage
from retrieval.passages import Encode, PassageIndex, Vector
from training.base_model import DEFAULT, resolve
from training.dataset import Dataset, LabelledText, folds, near_duplicate_key
from training.export import export, load_transformer
from training.pipeline import train
from training.trained import Options, Precision

Read = Callable[[str], tuple[str, Vector]]  # a message as it is read, and its vector


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over queries: average precision, reciprocal rank of the first right pair, whether one is the first, or
    among the first five; and the median time of a search in ms."""

    map: float
    mrr: float
    recall_at_1: float
    recall_at_5: float
    ms: float


existing = click.Path(exists=True, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option("--faq", "faq_path", type=existing)
@click.option("--queries", "queries_path", type=existing)
@click.option(
    "--replies", "replies_path", type=existing, help="CSV of what was said and the answer, maybe .gz."
)
@click.option("--n", type=click.IntRange(10), default=1000, help="How many of the replies, drawn by chance.")
@click.option("--seed", type=int, default=0, help="Of that drawing.")
@click.option("--base-model", default=DEFAULT, help="The encoder, as it comes.")
@click.option(
    "--release",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A release's folder: its encoder in place of the base model's.",
)
@click.option("--folds", "n_folds", type=click.IntRange(2), help="Learn from the other queries as well.")
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    faq_path: Path | None,
    queries_path: Path | None,
    replies_path: Path | None,
    n: int,
    seed: int,
    base_model: str,
    release: Path | None,
    n_folds: int | None,
    precision: Precision,
    json_path: Path | None,
) -> None:
    """Rank the pairs of an FAQ for each query, print the figures."""
    options = Options(test_share=0, base_model=base_model, precision=precision)
    if replies_path:
        exchanges = read_exchanges(replies_path, n, seed=seed)
        click.echo(f"{len(exchanges)} exchanges, {N_CANDIDATES} replies to choose from")
        found = _search(release, options, lambda *way: search_replies(exchanges, *way))
    elif faq_path and queries_path:
        faq = read_faq(faq_path)
        queries, n_unanswerable = read_queries(queries_path, faq)
        asked = {near_duplicate_key(question) for question in faq.questions}
        n_verbatim = sum(near_duplicate_key(query.text) in asked for query in queries)
        click.echo(
            f"{len(faq.docs)} pairs, {len(queries)} queries ({n_verbatim} are a question of the FAQ as it stands), "
            f"{n_unanswerable} without an answer left out"
        )
        found = _search(release, options, lambda *way: search_articles(faq, queries, *way))
        if n_folds:
            found["learned"] = search_learned(faq, queries, n_folds, options)
    else:
        raise click.UsageError("wanted --faq and --queries, or --replies")
    click.echo(f"{'':10}{'MAP':>8}{'MRR':>8}{'R@1':>8}{'R@5':>8}{'ms':>8}")
    for name, one in found.items():
        values = (one.map, one.mrr, one.recall_at_1, one.recall_at_5)
        click.echo(f"{name:10}" + "".join(f"{value:8.4f}" for value in values) + f"{one.ms:8.2f}")
    if json_path:
        json_path.write_text(
            json.dumps({name: asdict(one) for name, one in found.items()}, indent=1), "utf-8"
        )


def _search(
    release: Path | None, options: Options, search: Callable[[Read, Encode], dict[str, Figures]]
) -> dict[str, Figures]:
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_encoder(release, options.base_model, options.precision, Path(folder))
        return search(reader(release, encoder, options.precision), encoder.encode_passages)


def load_encoder(release: Path | None, base_model: str, precision: Precision, folder: Path) -> Encoder:
    """A release's encoder, or that of a base model, which is exported into `folder`."""
    if release is None:
        export(*load_transformer(resolve(base_model)), folder)
    files = ReleaseFiles(release or folder)
    return Encoder(files.encoder(precision), files.tokenizer)


def reader(release: Path | None, encoder: Encoder, precision: Precision) -> Read:
    """How messages are read: as the release does it, or by the encoder alone."""
    if release is None:
        return lambda text: (clean(text), encoder.encode([clean(text)])[0].vector)
    understander = Understander.load(release, EntityRules(), precision=precision)

    def read(text: str) -> tuple[str, Vector]:
        understanding = understander.understand_batch([text])[0]
        return understanding.read_as, understanding.vector

    return read


def ways_of(index: PassageIndex) -> dict[str, Callable[[str, Vector], Vector]]:
    """Each way to score an index's passages alone, and both as served."""
    return {
        "BM25": lambda text, _: index.lexical_scores(text),
        "dense": lambda _, vector: index.dense_scores(vector),
        "fusion": index.scores,
    }


def search_replies(exchanges: Sequence[Exchange], read: Read, encode: Encode) -> dict[str, Figures]:
    """The replies of all exchanges as passages; each exchange's is looked for among its own candidates."""
    texts = list(dict.fromkeys(text for one in exchanges for text in (one.reply, *one.others)))
    place = {text: i for i, text in enumerate(texts)}
    passages = [Passage(f"reply#{i}", "", text, str(i)) for i, text in enumerate(texts)]
    replies = Faq(
        ("",) * len(texts),
        np.array([str(i) for i in range(len(texts))]),
        tuple(passages),
        np.arange(len(texts)),
    )
    ways = ways_of(PassageIndex(passages, encode))
    queries = [Query(one.said, str(place[one.reply])) for one in exchanges]
    messages = [read(one.said) for one in exchanges]
    found = {}
    for name, scores in ways.items():
        rankings, times = [], []
        for one, (text, vector) in zip(exchanges, messages, strict=True):
            start = time.perf_counter()
            of_all = scores(text, vector)
            times.append(1000 * (time.perf_counter() - start))
            # The right one last, so that of equal scores another comes first.
            candidates = np.array([place[text] for text in (*one.others, one.reply)])
            rankings.append(candidates[np.argsort(-of_all[candidates], kind="stable")])
        found[name] = figures(replies, queries, rankings, times)
    return found


def search_articles(faq: Faq, queries: Sequence[Query], read: Read, encode: Encode) -> dict[str, Figures]:
    """The FAQ as articles, searched by each way alone and as served."""
    ways = ways_of(PassageIndex(faq.passages, encode))
    messages = [read(query.text) for query in queries]
    found = {}
    for name, scores in ways.items():
        rankings, times = [], []
        for text, vector in messages:
            start = time.perf_counter()
            of_passages = scores(text, vector)
            times.append(1000 * (time.perf_counter() - start))
            of_pairs = faq.best_of_pairs(of_passages)
            order = np.argsort(-of_pairs, kind="stable")
            rankings.append(order[of_pairs[order] > 0] if name == "BM25" else order)
        found[name] = figures(faq, queries, rankings, times)
    return found


def search_learned(faq: Faq, queries: Sequence[Query], n_folds: int, options: Options) -> Figures:
    """The pairs as answers of their intents: a desk for each fold of the queries, trained on all others."""
    rows = [LabelledText(query.text, str(i), query.doc) for i, query in enumerate(queries)]
    fold_of = folds(rows, n_folds)
    rankings: list[NDArray[np.intp]] = [np.zeros(0, np.intp)] * len(queries)
    times = []
    for fold in range(n_folds):
        held_back = [i for i, one in enumerate(fold_of) if one == fold]
        with tempfile.TemporaryDirectory() as workspace:
            dataset = training_set(faq, rows, held_back)
            release = train(dataset, Path(workspace), options, rules=EntityRules())
            understander, retriever = load(release.folder, options.max_wrong_answers, options.precision)
            for i in held_back:
                message = understander.understand_batch([queries[i].text])[0]
                start = time.perf_counter()
                findings = retriever.search(message.read_as, message.vector, message.class_probs, top=10**6)
                times.append(1000 * (time.perf_counter() - start))
                pairs = [np.flatnonzero(faq.docs == ranked.intent) for ranked in findings.intents]
                rankings[i] = np.concatenate(pairs)
    return figures(faq, queries, rankings, times)


def training_set(faq: Faq, rows: Sequence[LabelledText], held_back: Sequence[int]) -> Dataset:
    """The FAQ's questions and the queries that aren't held back, less what says the same as one that is."""
    unseen = {near_duplicate_key(rows[i].text) for i in held_back}
    questions = dict.fromkeys(zip(faq.questions, map(str, faq.docs), strict=True))
    known = [LabelledText(question, f"faq {doc}", doc) for question, doc in questions]
    known += [rows[i] for i in sorted({*range(len(rows))}.difference(held_back))]
    kept = tuple(row for row in known if near_duplicate_key(row.text) not in unseen)
    return Dataset(kept, len(kept))


def figures(
    faq: Faq, queries: Sequence[Query], rankings: Sequence[NDArray[np.intp]], times: Sequence[float]
) -> Figures:
    """Score rankings of pairs, best first."""
    scored = []
    for query, ranking in zip(queries, rankings, strict=True):
        ranks = np.flatnonzero(faq.docs[ranking] == query.doc) + 1
        n_right = (faq.docs == query.doc).sum()
        precision = np.arange(1, len(ranks) + 1) / ranks
        first = ranks[0] if len(ranks) else np.inf
        scored.append((precision.sum() / n_right, 1 / first, first <= 1, first <= 5))
    means: Any = np.mean(np.array(scored, float), axis=0).round(4)
    average_precision, reciprocal, at_1, at_5 = (float(mean) for mean in means)
    return Figures(average_precision, reciprocal, at_1, at_5, round(float(np.median(times)), 3))


if __name__ == "__main__":
    run(main)
