"""Small stand-ins for model and retriever, and a shop small enough to see through."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.dialogue.answering import Answering
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.reading import ReadText, Vectors
from bot.engine import Engine
from bot.messages import ButtonPress, Message, Turn
from bot.outgoing.actions import ActionFailed, Actions
from bot.settings import Settings
from bot.store.records import Correction
from bot.store.store import Store
from nlu.understanding import Entity, IntentProb, Sentiment, Understanding
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.budget import Budget
from retrieval.candidates import Candidate, Findings, RankedIntent

ANSWERS = """
- {id: greeting, intent: greeting, variants: ["Hello!", "Hi!"]}
- {id: thanks, intent: thanks, variants: ["You're welcome."]}
- {id: goodbye, intent: goodbye, variants: ["Bye!"]}
- {id: handover, intent: talk_to_person, title: A person, variants: ["I'll get someone."], hand_over: true}
- id: order_shipped
  intent: order_status
  title: Where is my order
  slots: [{name: order_number, ask: ["Your order number?", "Sorry, which order number?"]}]
  action: get_order
  conditions: ["result.status == 'shipped'"]
  variants: ["{{ order_number }} is on its way.", "On its way: {{ order_number }}."]
  buttons: [{label: Send it back, intent: return_request}, {label: A person, intent: talk_to_person}]
- id: order_unknown
  intent: order_status
  slots: [{name: order_number, ask: "Your order number?"}]
  conditions: ["result.status == 'not_found'"]
  variants: ["No order {{ order_number }}."]
- id: cancelled
  intent: cancel_order
  title: Cancel an order
  slots: [{name: order_number, ask: "Which order?"}]
  action: cancel_order
  confirm: "Shall I cancel {{ order_number }}?"
  variants: ["{{ order_number }} is cancelled."]
- id: return_how_to
  intent: return_request
  title: Send something back
  slots: [{name: order_number, ask: "Which order is it from?"}, {name: product, ask: "Which product?"}]
  variants: ["Put the {{ product }} of {{ order_number }} in its box."]
- id: new_date
  intent: change_date
  title: Another day
  slots: [{name: order_number, ask: "Which order?"}, {name: day, entity: date, ask: "Which day?"}]
  variants: ["{{ order_number }} comes on {{ day }}."]
- id: note_taken
  intent: complaint
  title: Complain
  slots: [{name: story, entity: text, ask: "What happened?"}]
  variants: ["Noted: {{ story }}"]
- id: address_changed
  intent: change_address
  title: Another address
  slots: [{name: order_number, ask: "Which order?"}, {name: address, entity: text, ask: "Where to?"}]
  variants: ["{{ order_number }} goes to {{ address }}."]
- {id: damaged, intent: item_damaged, title: Something broke, variants: ["So sorry, a person looks at it."], hand_over: true}
- {id: sizes, intent: product_info, title: Sizes, knowledge: true, variants: ["{{ passage.text }}"]}
"""
BUDGET = Budget(
    0.05, answer_threshold=0.8, clarify_threshold=0.4, passage_threshold=0.5, several_threshold=0.7
)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday

Meaning = tuple[str, float]
ENTITIES = {
    "order_number": r"LW-\d{5}",
    "product": r"\b(?:lamp|sofa|rug)\b",
    "date": r"\b(?:monday|tuesday|friday)\b",
}


def words_vector(text: str) -> NDArray[np.float32]:
    """Long words count, each on an axis of its own as far as there are enough."""
    vector = np.full(256, 1e-3, np.float32)
    for word in re.findall(r"\w{5,}", text.lower()):
        vector[crc32(word.encode()) % len(vector)] += 1
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@dataclass
class FakeUnderstander:
    """Finds entities by pattern; texts with the same words have near vectors, and mean nothing to it: FakeRetriever knows."""

    moods: Mapping[str, Sentiment] = field(default_factory=dict)
    several: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict
    )  # by text, intents with their probability
    read: list[str] = field(default_factory=list)
    taught: dict[str, tuple[str, str]] = field(default_factory=dict)
    meanwhile: Callable[[], Awaitable[object]] | None = None  # happens once, while a message is read

    @property
    def entity_types(self) -> tuple[str, ...]:
        return tuple(ENTITIES)

    async def understand(self, text: str) -> Understanding:
        self.read.append(text)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        if text == "crash":
            raise RuntimeError(text)
        found = [
            Entity(label, *match.span(), match.group(), match.group().upper(), "pattern")
            for label, pattern in ENTITIES.items()
            for match in re.finditer(pattern, text, re.IGNORECASE)
        ]
        entities = tuple(sorted(found, key=lambda entity: entity.start))
        vector = words_vector(text)
        several = tuple(IntentProb(*found) for found in self.several.get(text, {}).items())
        return Understanding(
            text,
            text,
            (IntentProb("x", 1.0),),
            entities,
            vector,
            np.ones(1, np.float32),
            "en",
            self.moods.get(text),
            0.0,
            several,
        )


@dataclass
class FakeRetriever:
    """Knows what each text means: text -> (intent, confidence); what it doesn't know is out of scope."""

    meanings: Mapping[str, Meaning]
    passages: Mapping[str, float] = field(default_factory=dict)
    budget: Budget = BUDGET
    twins: list[tuple[str, str]] = field(default_factory=list)  # answers that say nearly the same
    taught: dict[int, tuple[str, str]] = field(default_factory=dict)  # by correction

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple({intent for intent, _ in self.meanings.values()})

    def alike(self, bound: float) -> list[tuple[str, str]]:
        return self.twins

    def taught_share(self, vectors: Vectors) -> Vectors:
        return np.zeros(len(vectors), np.float32)

    def nearness(self, vectors: Vectors) -> Vectors:
        known = np.stack([words_vector(text) for text in self.meanings])
        nearest: Vectors = (vectors @ known.T).max(axis=1)
        return nearest

    def learn(self, changes: Sequence[Correction]) -> None:
        for change in changes:
            if change.undoes is None:
                self.taught[change.id] = change.text, change.intent
            else:
                self.taught.pop(change.undoes, None)

    def search(self, text: str, vector: object = None, class_probs: object = None) -> Findings:
        intent, confidence = self.meanings.get(text, ("order_status", 0.05))
        rest = [
            other
            for other in ("order_status", "return_request", "greeting", "cancel_order")
            if other != intent
        ]
        intents = (RankedIntent(intent, confidence), *(RankedIntent(other, 0.04) for other in rest))
        score = self.passages.get(text, 0.0)
        passage = Candidate(
            "article:sizes#1", "passage", None, score, score, "Sizes", "It is 2 m wide.", "sizes.md"
        )
        return Findings(intents, confidence, confidence, confidence, (), (passage,) if score else (), ())


@dataclass
class FakeReader:
    """Both together."""

    understander: FakeUnderstander
    retriever: FakeRetriever

    @property
    def entity_types(self) -> tuple[str, ...]:
        return self.understander.entity_types

    @property
    def budget(self) -> Budget:
        return self.retriever.budget

    @property
    def intents(self) -> tuple[str, ...]:
        return self.retriever.intents

    async def read(self, texts: Sequence[str]) -> list[ReadText]:
        return [
            ReadText(await self.understander.understand(text), self.retriever.search(text), 1e-6)
            for text in texts
        ]

    async def understand(self, text: str) -> Understanding:
        return await self.understander.understand(text)

    async def nearness(self, vectors: Vectors) -> Vectors:
        return self.retriever.nearness(vectors)

    async def taught_share(self, vectors: Vectors) -> Vectors:
        return self.retriever.taught_share(vectors)

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        return self.retriever.alike(bound)

    async def learn(self, changes: Sequence[Correction]) -> None:
        self.retriever.learn(changes)

    async def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        self.understander.taught = dict(names)


def with_parts(
    dialogue: Dialogue,
    *,
    understander: FakeUnderstander | None = None,
    retriever: FakeRetriever | None = None,
) -> Dialogue:
    """A dialogue on fakes with others of them."""
    reader = fake_reader(dialogue)
    return replace(
        dialogue, reader=FakeReader(understander or reader.understander, retriever or reader.retriever)
    )


def fake_reader(dialogue: Dialogue) -> FakeReader:
    assert isinstance(dialogue.reader, FakeReader)
    return dialogue.reader


@dataclass
class FakeActions(Actions):
    """Answers from a table and remembers what it was asked to do."""

    results: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def is_reading(self, name: str) -> bool:
        return name.startswith("get")

    async def run(self, name: str, slots: Mapping[str, str], *, idempotency_key: str) -> dict[str, Any]:
        self.calls.append((name, dict(slots), idempotency_key))
        if slots.get("order_number") == "LW-50000":
            raise ActionFailed("the order system is down")
        if slots.get("order_number") == "LW-40400":
            return {"status": "not_found"}
        return {"status": "shipped"}


MEANINGS: dict[str, Meaning] = {
    "Where is my parcel?": ("order_status", 0.95),
    "where is LW-11111": ("order_status", 0.95),
    "where is LW-40400": ("order_status", 0.95),
    "where is LW-50000": ("order_status", 0.95),
    "LW-11111 or LW-22222, where are they": ("order_status", 0.95),
    "where is LW-22222": ("order_status", 0.95),
    "cancel LW-11111": ("cancel_order", 0.95),
    "I want to return something": ("return_request", 0.95),
    "another day please": ("change_date", 0.95),
    "it was due monday, where is it": ("order_status", 0.95),
    "I have a complaint": ("complaint", 0.95),
    "send LW-11111 elsewhere": ("change_address", 0.95),
    "my lamp arrived broken": ("item_damaged", 0.95),
    "a human please": ("talk_to_person", 0.97),
    "hi": ("greeting", 0.99),
    "hi, where is LW-11111": ("greeting", 0.9),
    "thanks": ("thanks", 0.99),
    "bye": ("goodbye", 0.99),
    "something with my order": ("order_status", 0.5),
    "perhaps LW-22222 can go back": ("return_request", 0.5),
    "is it my order?": ("order_status", 0.5),
    "how wide is the sofa": ("product_info", 0.9),
    "LW-11111": ("return_request", 0.99),
}


def load_book(folder: Path) -> AnswerBook:
    """The shop's answers, written to `folder`."""
    (folder / "answers").mkdir(exist_ok=True)
    (folder / "answers" / "all.yaml").write_text(ANSWERS, "utf-8")
    return read_book(ANSWERS)


@cache
def read_book(answers: str) -> AnswerBook:
    """Answers as they stand in a file, read once: a book never changes, and reading takes longer than most tests."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "all.yaml").write_text(answers, "utf-8")
        return load_answers(Path(folder))


def make_settings(folder: Path, **conversation: Any) -> Settings:
    """A desk called Larkwood; options of [conversation] by name."""
    return Settings(
        folder=folder,
        desk={"name": "Larkwood"},
        conversation={"messages_per_minute": 1000} | conversation,
        actions={name: {"url": f"http://127.0.0.1:9/{name}"} for name in ("get_order", "cancel_order")},
    )


def make_engine(
    store: Store,
    settings: Settings,
    *,
    moods: Mapping[str, Sentiment] | None = None,
    passages: Mapping[str, float] | None = None,
    several: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[Engine, FakeActions]:
    """An engine on fakes, and its actions to look at."""
    actions = FakeActions({})
    reader = FakeReader(FakeUnderstander(moods or {}, several or {}), FakeRetriever(MEANINGS, passages or {}))
    answering = Answering(load_book(settings.folder), actions, settings, BUDGET.passage_threshold)
    return Engine(settings, store, Dialogue(reader, answering), "test"), actions


@dataclass
class Customer:
    """Somebody who chats; each message comes a second after the last."""

    engine: Engine
    key: str = "web:anna"
    now: datetime = NOON
    count: int = 0
    last: Turn | None = None
    answered: Turn | None = None  # the last one with replies

    def message(self, text: str = "", **fields: Any) -> Message:
        self.count += 1
        self.now += timedelta(seconds=1)
        known: dict[str, Any] = {"external_id": str(self.count), "text": text, "received_at": self.now}
        return Message(
            channel="web", conversation_key=self.key, **({"customer_key": self.key} | known | fields)
        )

    async def send(self, text: str = "", **fields: Any) -> Turn:
        self.last = await self.engine.handle(self.message(text, **fields))
        self.answered = self.last if self.last.replies else self.answered
        return self.last

    async def command(self, name: str, argument: str = "") -> Turn:
        return await self.send(f"/{name}", kind="command", command=name, argument=argument)

    async def press(self, label: str, turn: Turn | None = None) -> Turn:
        """Press the first button with that label under a turn's replies (default: the last that had any)."""
        return await self.send(label, kind="button", button=find_button(turn or self.answered, label))

    async def say(self, line: str) -> tuple[str, str | None]:
        """Send a line, or press "[label]"; (decision kind, answer id, or intent where none was given)."""
        turn = await (self.press(line[1:-1]) if line.startswith("[") else self.send(line))
        return outcome(turn)


def find_button(turn: Turn | None, label: str) -> ButtonPress:
    assert turn is not None
    for reply in turn.replies:
        for index, button in enumerate(reply.buttons):
            if button.label == label:
                return ButtonPress(reply.message_id, index)
    raise AssertionError(f"no button {label!r} under {turn.replies}")


def outcome(turn: Turn) -> tuple[str, str | None]:
    decision = turn.decision
    return ("silent", None) if decision is None else (decision.kind, decision.answer_id or decision.intent)


Make = Callable[..., Customer]
