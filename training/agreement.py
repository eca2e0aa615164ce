"""Whether what a desk says agrees with what a person said at the same place.

No label tells what a person's reply was about, so it is compared with what each intent is answered with: the workspace's
answers, and the replies of staff to messages whose intent is labelled. A desk agrees where its intent is answered with
words at least about as near to the reply as any other's, or where it says nearly the same itself."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.answers import AnswerBook, Phrasing
from training.turns import Dialogue, DialogueTurn

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

MARKS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
MAX_REPLIES = 100  # of staff, for one intent
# Cosines. Of the demo shop's held-out requests that were answered, 93 % are right; with this margin 76 % agree.
MARGIN = 0.08
SAME = 0.75


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that an intent is answered with; `is_reply`: a person's, in a dialogue."""

    intent: str
    text: str
    is_reply: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """How what a desk says fits a person's reply.

    `likeness` is the cosine of both texts, None where the desk's isn't known. `margin` is by how much its intent is
    nearer to the reply than every other (below 0: further), and `nearest` the intent that the reply is most like."""

    likeness: float | None
    margin: float
    nearest: str

    @property
    def agrees(self) -> bool:
        return self.margin >= -MARGIN or (self.likeness is not None and self.likeness >= SAME)


class Judge:
    """Compares replies with what a workspace answers; `encode` gives vectors of length 1 (texts, width)."""

    def __init__(self, encode: Encode, phrases: Iterable[Phrase]) -> None:
        found = [phrase for phrase in phrases if phrase.text.strip()]
        self._encode = encode
        self._intents = tuple(dict.fromkeys(phrase.intent for phrase in found))
        place = {intent: i for i, intent in enumerate(self._intents)}
        self._owners = np.array([place[phrase.intent] for phrase in found], int)
        self._places: dict[str, list[int]] = {}
        for i, phrase in enumerate(found):
            if phrase.is_reply:
                self._places.setdefault(phrase.text, []).append(i)
        self._vectors = encode([phrase.text for phrase in found]) if found else None

    def judge(self, reply: str, said: Sequence[tuple[str | None, str]]) -> list[Agreement | None]:
        """Each of some (intent, text) against a person's reply; None where there is nothing to compare with.

        The very same reply among those of staff is left out: it would tell what its own message was labelled with."""
        if self._vectors is None or len(self._intents) < 2 or not reply.strip():
            return [None] * len(said)
        texts = [text for _, text in said if text.strip()]
        vectors = self._encode([reply, *texts])
        nearness = self._nearness(vectors[0], reply)
        likeness = iter((vectors[1:] @ vectors[0]).tolist())
        return [
            self._fit(intent, next(likeness) if text.strip() else None, nearness) for intent, text in said
        ]

    def _nearness(self, vector: NDArray[np.float32], reply: str) -> NDArray[np.float64]:
        """The greatest cosine of each intent's phrases with a reply: (intents,)."""
        assert self._vectors is not None  # noqa: S101 - the caller looked
        cosines = (self._vectors @ vector).astype(float)
        cosines[self._places.get(reply, [])] = -1.0
        found = np.full(len(self._intents), -1.0)
        np.maximum.at(found, self._owners, cosines)
        return found

    def _fit(
        self, intent: str | None, likeness: float | None, nearness: NDArray[np.float64]
    ) -> Agreement | None:
        nearest = self._intents[int(nearness.argmax())]
        if intent not in self._intents:  # a passage of an article has no intent
            return None if likeness is None else Agreement(likeness, -2.0, nearest)
        place = self._intents.index(intent)
        margin = nearness[place] - np.delete(nearness, place).max()
        return Agreement(likeness, float(margin), nearest)


def phrases_of(book: AnswerBook) -> list[Phrase]:
    """What the answers of a workspace say and ask, without what is filled in."""
    found: list[Phrase] = []
    for answer in book.answers:
        asked = [slot.ask for slot in answer.slots] + ([answer.confirm] if answer.confirm else [])
        for intent in (answer.intent, *answer.also_for):
            found += [Phrase(intent, text) for said in (answer.variants, *asked) for text in _plain(said)]
    return list(dict.fromkeys(found))


def replies_of_staff(dialogues: Iterable[Dialogue]) -> list[Phrase]:
    """What people replied to messages with an intent; of each intent MAX_REPLIES at most."""
    found: dict[str, list[Phrase]] = {}
    for dialogue in dialogues:
        for place, turn in enumerate(dialogue.turns):
            if turn.speaker == "customer" and turn.intents and (reply := reply_to(dialogue.turns, place)):
                known = found.setdefault(turn.intents[0], [])
                if len(known) < MAX_REPLIES:
                    known.append(Phrase(turn.intents[0], reply, is_reply=True))
    return [phrase for phrases in found.values() for phrase in phrases]


def reply_to(turns: Sequence[DialogueTurn], place: int) -> str:
    """What a person said next, until the customer wrote again; "" where none did, or a bot came first."""
    said: list[str] = []
    for turn in turns[place + 1 :]:
        if said and turn.speaker != "agent":
            break
        if turn.speaker == "bot":
            return ""
        if turn.speaker == "agent" and turn.text.strip():
            said.append(turn.text.strip())
    return "\n".join(said)


def _plain(phrasing: Phrasing) -> list[str]:
    return [" ".join(MARKS.sub(" ", text).split()) for text in phrasing.templates]
