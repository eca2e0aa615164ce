"""What was found in transcripts, for people to look at: intents with their answers, entities. Never changes; an edit makes a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from training.errors import TrainingError

Status = Literal["open", "accepted", "dropped"]
STATUSES: tuple[Status, ...] = ("open", "accepted", "dropped")


class ProposalError(TrainingError):
    """A proposal can't be read, or not be changed as was wanted; the text says what was met, wanted, and where."""


@dataclass(frozen=True, slots=True)
class MinedRequest:
    """A customer's request, its personal data masked. `turn` counts the dialogue's turns from 0.

    `group`: "" where it is in none; "7" as it was mined, "7.1" for what was split off from "7"."""

    dialogue: str
    turn: int
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class ProposedSlot:
    """A value that the customer gives; see retrieval/answers.py."""

    name: str
    entity: str
    ask: str


@dataclass(frozen=True, slots=True)
class ProposedAnswer:
    """What staff usually said: templates as in answers/*.yaml, which may hold marks (`[[date]]`) for what only staff
    knew. A sentence with a mark is never given to a customer.

    It stands for `n_replies` of the `n_exchanges` in which staff replied to such a request; `heard` are some, masked."""

    variants: tuple[str, ...]
    slots: tuple[ProposedSlot, ...] = ()
    hand_over: bool = False
    n_replies: int = 0
    n_exchanges: int = 0
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedEntity:
    """An entity type for entities.yaml: a kind, patterns (regular expressions), names of a gazetteer. `n_seen` is in
    how many turns it was met."""

    name: str
    kind: str = ""
    patterns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    n_seen: int = 0
    status: Status = "open"


@dataclass(frozen=True, slots=True)
class ProposedIntent:
    """A group of requests, or several that were merged. `groups` are the groups it has: those of their parts too,
    unless another intent names these.

    `examples` are typical texts, from the centre outwards; `cohesion` is the mean cosine to the centre; `near` are the
    groups most alike with the cosine of their centres. Of `answers` the first is the one that is accepted."""

    name: str
    groups: tuple[str, ...]
    n_requests: int
    examples: tuple[str, ...]
    cohesion: float = 0.0
    near: Mapping[str, float] = field(default_factory=dict)
    answers: tuple[ProposedAnswer, ...] = ()
    status: Status = "open"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`n_requests` are all that were found, in a group or not."""

    n_dialogues: int
    n_requests: int
    intents: tuple[ProposedIntent, ...]
    entities: tuple[ProposedEntity, ...] = ()
    language: str = "en"

    def find(self, name: str) -> ProposedIntent | None:
        return next((intent for intent in self.intents if intent.name == name), None)

    def get(self, name: str) -> ProposedIntent:
        """The intent of that name. Raises ProposalError where there is none."""
        found = self.find(name)
        if found is None:
            raise ProposalError(f"intent {name!r} is not among the {len(self.intents)} of the proposal")
        return found

    @property
    def kept(self) -> tuple[ProposedIntent, ...]:
        """All but those that were dropped."""
        return tuple(intent for intent in self.intents if intent.status != "dropped")

    @property
    def coverage(self) -> float:
        """The share of all requests that the kept intents hold, 0..1."""
        return sum(intent.n_requests for intent in self.kept) / max(1, self.n_requests)

    @property
    def n_reviewed(self) -> int:
        return sum(intent.status != "open" for intent in self.intents)

    def owner_of(self, group: str) -> ProposedIntent | None:
        """The intent a group belongs to: that of the longest group it is a part of."""
        owners = {owned: intent for intent in self.intents for owned in intent.groups}
        while group:
            if group in owners:
                return owners[group]
            group = group.rpartition(".")[0]
        return None
