"""Where the requests of each group stand in mined/requests.jsonl, so that a page of them is read without the rest."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.mining.proposal import MinedRequest, Proposal, ProposalError, ProposedIntent
from training.mining.proposal_files import read_request, request_line
from training.whole_files import write_whole

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RequestIndex:
    """`rows` are the row numbers of each group's requests in the file's order, `starts` where each row begins."""

    path: Path
    stamp: Stamp
    starts: Sequence[int] = field(default_factory=lambda: array("Q"))
    rows: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "RequestIndex":
        """Read the file once. Raises ProposalError "file:line: ..."."""
        starts = array("Q")
        rows: dict[str, array[int]] = {}
        try:
            stamp = stamp_of(path)
            with path.open("rb") as file:
                at = 0
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        group = read_request(_text(line, path, number), f"{path}:{number}").group
                        rows.setdefault(group, array("Q")).append(len(starts))
                        starts.append(at)
                    at += len(line)
        except OSError as error:
            raise ProposalError(
                f"{path}: can't be read: {error.strerror}; `kefu mine DIALOGUES` makes it"
            ) from error
        return cls(path, stamp, starts, rows)

    def of_intent(self, proposal: Proposal, intent: ProposedIntent) -> list[int]:
        """The rows of an intent's requests, in the file's order."""
        owned = [group for group in self.rows if group and proposal.owner_of(group) is intent]
        return sorted(row for group in owned for row in self.rows[group])

    def read(self, rows: Iterable[int]) -> list[MinedRequest]:
        """The requests of these rows."""
        found = []
        with self.path.open("rb") as file:
            for row in rows:
                file.seek(self.starts[row])
                found.append(
                    read_request(_text(file.readline(), self.path, row + 1), f"{self.path}:{row + 1}")
                )
        return found

    def with_parts(self, rows: Iterable[int]) -> tuple[str, ...]:
        """Write the file anew with these rows in groups of their own, parts of those they are in; the new groups."""
        chosen = set(rows)
        groups = {group: set(members) & chosen for group, members in self.rows.items() if group}
        new = {group: self._free_part(group) for group, members in groups.items() if members}

        def lines() -> Iterable[str]:
            with self.path.open(encoding="utf-8") as file:
                row = 0
                for line in file:
                    if not line.strip():
                        continue
                    if row in chosen:
                        request = read_request(line, str(self.path))
                        line = request_line(
                            MinedRequest(request.dialogue, request.turn, request.text, new[request.group])
                        )
                    yield line if line.endswith("\n") else f"{line}\n"
                    row += 1

        write_whole(self.path, lines())
        return tuple(new.values())

    def _free_part(self, group: str) -> str:
        number = 1
        while any(one == f"{group}.{number}" or one.startswith(f"{group}.{number}.") for one in self.rows):
            number += 1
        return f"{group}.{number}"


def stamp_of(path: Path) -> Stamp:
    """Changes whenever a file is written."""
    met = path.stat()
    return met.st_mtime_ns, met.st_size, met.st_ino


def _text(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProposalError(f"{path}:{number}: not UTF-8") from error
