"""A proposal under review by several people at once: each edit is made on what the files hold, one after another."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from training.mining import edits
from training.mining.only_writer import only_writer
from training.mining.proposal import MinedRequest, Proposal, ProposalError, ProposedIntent, Status
from training.mining.proposal_files import (
    PROPOSAL,
    REQUESTS,
    VECTORS,
    mined_folder,
    read_proposal,
    write_proposal,
)
from training.mining.proposal_yaml import as_yaml
from training.mining.request_index import RequestIndex, Stamp, stamp_of
from training.mining.splitting import from_centre, halves, read_vectors

if TYPE_CHECKING:
    from training.mining.accepting import Accepted

JOURNAL = "edits.jsonl"
MAX_UNDO = 200  # changes that are remembered while the process lives

Edit = Callable[[Proposal], Proposal]


class ChangedMeanwhile(ProposalError):
    """Somebody else changed the intent after the page was opened."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit left; `number` takes it back. `back` is the intent that an undo brought back, "" where it was none."""

    proposal: Proposal
    number: int
    back: str = ""


class Review:
    """The proposal of a workspace. Safe to share between threads; other processes wait for their turn."""

    def __init__(self, workspace: Path) -> None:
        self.folder = mined_folder(workspace)
        self._proposal: tuple[Stamp, Proposal] | None = None
        self._index: RequestIndex | None = None
        self._changes: dict[int, edits.Change] = {}
        self._n_changes = 0
        self._one_at_a_time = threading.RLock()

    @property
    def exists(self) -> bool:
        return (self.folder / PROPOSAL).is_file()

    def read(self) -> Proposal:
        """As it is in the files now. Raises ProposalError."""
        path = self.folder / PROPOSAL
        with self._one_at_a_time:
            stamp = stamp_of(path) if path.is_file() else None
            if stamp is None or self._proposal is None or self._proposal[0] != stamp:
                self._proposal = (stamp or (0, 0, 0), read_proposal(path))
            return self._proposal[1]

    def texts(self, name: str, start: int, count: int) -> tuple[list[tuple[int, MinedRequest]], int]:
        """Requests of an intent from `start` on, each with its row in the file, and how many there are."""
        with self._one_at_a_time:
            proposal, index = self.read(), self._requests()
            rows = index.of_intent(proposal, proposal.get(name))
            shown = rows[start : start + count]
            return list(zip(shown, index.read(shown), strict=True)), len(rows)

    def edit(self, change: Edit, *, bases: dict[str, str], by: str, what: str) -> Edited:
        """Make an edit. `bases` are the `fingerprint`s of the intents it was decided on, by name.

        Raises ChangedMeanwhile where one isn't what it was, else ProposalError; then nothing is changed."""
        with self._turn():
            before = self.read()
            for name, base in bases.items():
                found = before.find(name)
                if found is None or fingerprint(found) != base:
                    raise ChangedMeanwhile(f"intent {name!r} was changed meanwhile; look at it again")
            return self._write(before, change(before), by, what)

    def set_status(self, name: str, status: Status, *, base: str, by: str) -> Edited:
        """Accept, drop or reopen an intent. Raises as `edit` does, and so do the others."""
        return self._edit_one(name, partial(edits.set_status, name=name, status=status), base, by, status)

    def rename(self, name: str, new: str, *, base: str, by: str) -> Edited:
        return self._edit_one(name, partial(edits.rename, name=name, new=new), base, by, "rename")

    def merge(self, name: str, into: str, *, base: str, by: str) -> Edited:
        return self._edit_one(name, partial(edits.merge, name=name, into=into), base, by, "merge")

    def take_answer(self, name: str, place: int, *, base: str, by: str) -> Edited:
        return self._edit_one(name, partial(edits.take_answer, name=name, place=place), base, by, "answer")

    def reword(self, name: str, variants: Sequence[str], *, hand_over: bool, base: str, by: str) -> Edited:
        change = partial(edits.reword_answer, name=name, variants=variants, hand_over=hand_over)
        return self._edit_one(name, change, base, by, "answer")

    def set_entity_status(self, name: str, status: Status, *, by: str) -> Edited:
        return self.edit(
            partial(edits.set_entity_status, name=name, status=status), bases={}, by=by, what=status
        )

    def fingerprint(self, name: str) -> str:
        """Of an intent as it is now: what an edit of it is based on."""
        return fingerprint(self.read().get(name))

    def write(self, *, country: str, currency: str) -> "Accepted":
        """Write what is accepted into the workspace. Raises TrainingError; then nothing is written."""
        from training.mining.accepting import accept

        return accept(self.folder.parent, country=country, currency=currency)

    def _edit_one(self, name: str, change: Edit, base: str, by: str, what: str) -> Edited:
        return self.edit(change, bases={name: base}, by=by, what=what)

    def undo(self, number: int, *, by: str) -> Edited:
        """Take an edit back. Raises ProposalError where what it made was changed since."""
        with self._turn():
            before, change = self.read(), self._changes.get(number)
            if change is None:
                raise ProposalError("that edit can't be undone any more")
            after = edits.undo(before, change)
            kept = {one.name for one in change.after}
            names = sorted((one.name for one in change.before), key=lambda name: name in kept)
            return replace(self._write(before, after, by, "undo"), back=names[0] if names else "")

    def split(self, name: str, new: str, rows: Sequence[int] | None, *, base: str, by: str) -> Edited:
        """Split an intent: these rows go to a new one; None lets the vectors decide. Raises as `edit` does."""
        with self._turn():
            proposal, index = self.read(), self._requests()
            intent = proposal.get(name)
            if fingerprint(intent) != base:
                raise ChangedMeanwhile(f"intent {name!r} was changed meanwhile; look at it again")
            own = index.of_intent(proposal, intent)
            chosen = self._smaller_half(own) if rows is None else sorted(set(own) & set(rows))
            rest = sorted(set(own) - set(chosen))
            parts = [self._part((), chosen, index), self._part(intent.groups, rest, index)]
            edits.split(proposal, name, new, parts[0], parts[1])  # before anything is written
            groups = index.with_parts(chosen)
            self._index = None
            part = edits.Part(groups, parts[0].n_requests, parts[0].examples, parts[0].cohesion)
            return self._write(proposal, edits.split(proposal, name, new, part, parts[1]), by, "split")

    def can_halve(self) -> bool:
        """Whether there are vectors to split by."""
        return (self.folder / VECTORS).is_file()

    def _smaller_half(self, rows: Sequence[int]) -> list[int]:
        vectors = read_vectors(self.folder / VECTORS, rows, len(self._requests().starts))
        if vectors is None:
            raise ProposalError(
                f"{self.folder / VECTORS}: no vectors of these requests; choose texts to split off"
            )
        return [row for row, goes in zip(rows, halves(vectors), strict=True) if goes]

    def _part(self, groups: tuple[str, ...], rows: Sequence[int], index: RequestIndex) -> edits.Part:
        vectors = read_vectors(self.folder / VECTORS, rows, len(index.starts)) if rows else None
        order, cohesion = from_centre(vectors) if vectors is not None else (list(range(len(rows))), 0.0)
        requests = index.read(rows[at] for at in order[: 4 * edits.MAX_EXAMPLES])
        texts = tuple(dict.fromkeys(request.text for request in requests))[: edits.MAX_EXAMPLES]
        return edits.Part(groups, len(rows), texts, cohesion)

    def _write(self, before: Proposal, after: Proposal, by: str, what: str) -> Edited:
        change = edits.change_between(before, after)
        self._n_changes += 1
        self._changes[self._n_changes] = change
        self._changes.pop(self._n_changes - MAX_UNDO, None)
        if after != before:
            write_proposal(self.folder / PROPOSAL, after)
            self._proposal = (stamp_of(self.folder / PROPOSAL), after)
            self._note(change, by, what)
        return Edited(after, self._n_changes)

    def _note(self, change: edits.Change, by: str, what: str) -> None:
        """Who did what, to be read by people."""
        row = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": by,
            "what": what,
            "before": [one.name for one in change.before],
            "after": [one.name for one in change.after],
        }
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _requests(self) -> RequestIndex:
        path = self.folder / REQUESTS
        if self._index is None or not path.is_file() or self._index.stamp != stamp_of(path):
            self._index = RequestIndex.of(path)
        return self._index

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        with self._one_at_a_time, only_writer(self.folder):
            yield


def fingerprint(intent: ProposedIntent) -> str:
    """Changes whenever an intent does."""
    text = as_yaml(Proposal(0, 0, (intent,)))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
