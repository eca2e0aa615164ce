"""Text becomes an Understanding, in one encoder pass and without torch."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from nlu.encoder import Encoded, Encoder, load_encoder
from nlu.files import BadRelease, ReleaseFiles, read_json
from nlu.gist import GistReader
from nlu.heads import Heads, load_heads
from nlu.language import detect_language
from nlu.recent import RecentTexts
from nlu.rules import EntityRules
from nlu.sentiment import sentiment_input, sentiment_of
from nlu.spelling import Speller
from nlu.text import clean
from nlu.understanding import Entity, IntentProb, Sentiment, Understanding

TOP = 5


class Understander:
    """The understanding side of one release, with the workspace's patterns and gazetteers."""

    def __init__(
        self,
        encoder: Encoder,
        heads: Heads,
        rules: EntityRules,
        words: Mapping[str, int] | None = None,
        *,
        language: str = "en",
        max_chars: int = 4096,
    ) -> None:
        """`words`: those customers are known to write, see `nlu.spelling.count_words`."""
        self.encoder = encoder
        read = partial(Speller(words or {}, encoder).encode, reader=GistReader(encoder, heads.intent))
        self.recent = RecentTexts(read)
        self.heads = heads
        self.rules = rules
        self._language = language
        self._max_chars = max_chars

    @classmethod
    def load(
        cls,
        release: Path,
        rules: EntityRules,
        *,
        precision: str = "int8",
        threads: int = 1,
        language: str = "en",
        max_chars: int = 4096,
        beside: "Understander | None" = None,
    ) -> "Understander":
        """Load a release folder and run it once, so that the first customer doesn't wait.

        The encoder is that of `beside`, an understander in use, where the files are the same. A release that was trained
        for fp32 is served so: int8 may not do, see its report.

        Raises BadRelease if the folder is unfinished, of another format, or its files don't fit each other."""
        files = ReleaseFiles(release)
        files.check()
        known = beside.encoder if beside is not None else None
        model = files.encoder(served_precision(files, precision))
        encoder = load_encoder(model, files.tokenizer, threads=threads, beside=known)
        heads = load_heads(files.heads, files.labels)
        try:
            heads.check_width(encoder.width)
        except BadRelease as error:
            raise BadRelease(f"{files.heads}: {error}") from error
        words = read_json(files.words)
        found = cls(encoder, heads, rules, words, language=language, max_chars=max_chars)
        found.understand_batch(["hello"])
        return found

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents of the release, in the order of `Understanding.class_probs`."""
        return self.heads.intent.labels

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be found in a message: the types of the files, then those the release learned."""
        tags = self.heads.tag.scores.labels if self.heads.tag else ()
        learned = (tag[2:] for tag in tags if tag[:2] in {"B-", "I-"})
        return tuple(dict.fromkeys([*self.rules.labels, *learned]))

    def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Find these names from now on, besides those of the files: a name as written -> (type, value)."""
        self.rules.teach(names)

    def understand_batch(self, texts: Sequence[str], *, now: datetime | None = None) -> list[Understanding]:
        """Understand texts, dates relative to `now` (default: this moment)."""
        now = now or datetime.now(UTC)
        cleaned = [clean(self.rules.for_encoder(text), max_chars=self._max_chars) for text in texts]
        return [
            self._one(text, self.recent.encode(read), now) for text, read in zip(texts, cleaned, strict=True)
        ]

    def _one(self, text: str, encoded: Encoded, now: datetime) -> Understanding:
        probs = self.heads.intent.probs(encoded.vector)
        best = np.argsort(-probs)[:TOP]
        sentiment, sentiment_prob = self._sentiment(encoded)
        return Understanding(
            text=text,
            read_as=encoded.text,
            intents=tuple(IntentProb(self.labels[i], float(probs[i])) for i in best),
            entities=find_entities(text, encoded, self.heads, self.rules, now=now),
            vector=encoded.vector,
            class_probs=probs,
            language=detect_language(text, self._language),
            sentiment=sentiment,
            sentiment_prob=sentiment_prob,
            several=self._several(encoded),
        )

    def _several(self, encoded: Encoded) -> tuple[IntentProb, ...]:
        head = self.heads.several
        return tuple(IntentProb(intent, prob) for intent, prob in head.found(encoded)) if head else ()

    def _sentiment(self, encoded: Encoded) -> tuple[Sentiment | None, float]:
        """Of the whole; but who is angry in one sentence is angry."""
        head = self.heads.sentiment
        if head is None:
            return None, 0.0
        inputs = [sentiment_input(one) for one in (encoded, *encoded.sentences)]
        found = [sentiment_of(head.labels, probs) for probs in head.probs(np.stack(inputs))]
        return next((one for one in found if one[0] == "angry"), found[0])


def served_precision(files: ReleaseFiles, wanted: str) -> str:
    """The one wanted, unless the release was trained for fp32."""
    return "fp32" if files.read_manifest().get("options", {}).get("precision") == "fp32" else wanted


def find_entities(
    text: str, encoded: Encoded, heads: Heads, rules: EntityRules, *, now: datetime
) -> tuple[Entity, ...]:
    """Patterns and gazetteers first, the tag head's spans where they left room; in order of the text."""
    exact = rules.find(text, now=now)
    spans = heads.tag.spans(encoded) if heads.tag else []
    free = [span for span in spans if not any(span[0] < e.end and e.start < span[1] for e in exact)]
    learned = [
        Entity(label, start, end, text[start:end], rules.normalise(label, text[start:end], now=now))
        for start, end, label in free
    ]
    return tuple(sorted([*exact, *learned], key=lambda entity: entity.start))
