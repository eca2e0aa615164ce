"""What a desk would have done in past dialogues, beside what people did.

The running desk is handed in as a callable: nothing here knows what it is made of."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from training.agreement import Agreement, Judge, reply_to
from training.dataset import near_duplicate_key
from training.turns import Dialogue

BATCH = 16  # dialogues that are heard side by side
MIN_KNOWN_WORDS = 3  # "thank you" is no sign that a dialogue was learned from

Did = Literal["answered", "asked", "handed_over"]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a desk does about a customer's turn.

    `intent` and `said` are of its answer, or, where it isn't sure enough, of what it would say at its best guess; `said`
    is "" where only a system of the company could tell. `confidence` is what a threshold is compared with to decide
    whether that is said; -inf where no threshold would have it said. `reason` is the desk's own fixed word."""

    did: Did
    reason: str
    intent: str | None
    confidence: float
    said: str
    is_request: bool
    needs_system: bool = False


# One for each customer's turn of each dialogue, None for a turn without words.
Desk = Callable[[Sequence[Dialogue]], Sequence[Sequence[Deed | None]]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A deed, how it fits the reply of a person (None without one), and whether its intent is the labelled one (None
    without a label)."""

    deed: Deed
    agreement: Agreement | None
    is_right: bool | None

    @property
    def agrees(self) -> bool | None:
        return None if self.agreement is None else self.agreement.agrees


@dataclass(frozen=True, slots=True)
class Request:
    """A customer's request and what each of the desks does about it; `turn` counts from 0.

    `is_known`: a release learned from these very words."""

    dialogue: str
    turn: int
    at: datetime | None
    text: str
    reply: str
    labels: tuple[str, ...]
    is_known: bool
    judged: tuple[Judged, ...]


def replay(
    dialogues: Iterable[Dialogue],
    desks: Sequence[Desk],
    judge: Judge,
    *,
    learned: Collection[str] = (),
    watch: Callable[[int], None] = lambda n_dialogues: None,
) -> Iterator[Request]:
    """The requests of dialogues one by one, a few dialogues in memory at a time.

    What one of the desks takes for a request is one. `learned` are the `near_duplicate_key`s of what the releases
    learned from; `watch` is told how many more dialogues are done."""
    rest = iter(dialogues)
    while batch := list(islice(rest, BATCH)):
        heard = [desk(batch) for desk in desks]
        for dialogue, *deeds in zip(batch, *heard, strict=True):
            yield from _requests(dialogue, deeds, judge, learned)
        watch(len(batch))


def _requests(
    dialogue: Dialogue, deeds: Sequence[Sequence[Deed | None]], judge: Judge, learned: Collection[str]
) -> Iterator[Request]:
    places = [place for place, turn in enumerate(dialogue.turns) if turn.speaker == "customer"]
    for place, *several in zip(places, *deeds, strict=True):
        done = [deed for deed in several if deed is not None]
        if not any(deed.is_request for deed in done):
            continue
        turn, reply = dialogue.turns[place], reply_to(dialogue.turns, place)
        agreements = judge.judge(reply, [(deed.intent, deed.said) for deed in done])
        yield Request(
            dialogue=dialogue.id,
            turn=place,
            at=turn.at or dialogue.started_at,
            text=turn.text,
            reply=reply,
            labels=turn.intents,
            is_known=_is_known(turn.text, learned),
            judged=tuple(
                Judged(deed, fits if _says(deed) else None, _is_right(deed, turn.intents))
                for deed, fits in zip(done, agreements, strict=True)
            ),
        )


def _says(deed: Deed) -> bool:
    """Whether there is anything to compare."""
    return deed.confidence > -math.inf


def _is_right(deed: Deed, labels: Sequence[str]) -> bool | None:
    return deed.intent in labels if labels and deed.intent is not None else None


def _is_known(text: str, learned: Collection[str]) -> bool:
    return len(text.split()) >= MIN_KNOWN_WORDS and near_duplicate_key(text) in learned
