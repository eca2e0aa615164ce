"""Answers added, changed, deleted and brought back: checked whole, written at once, kept in the history."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.editing.changing import change_fields
from bot.editing.entries import append_entry, entries_of, remove_entry, replace_entry
from bot.editing.errors import Conflict, EditRefused
from bot.editing.fields import EntryFields
from bot.editing.files import AnswerFiles, Place, Snapshot
from bot.store.inbox.views import Person
from bot.store.insights.answers import Answers, NewChange
from retrieval.answers import AnswerBook

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.yaml")
MAX_ENTRY_CHARS = 30_000

Edit = Callable[[str, Place], str]  # the text of a file, and where in it -> the text to be


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written. `others` are further answers that changed with it, for they take parts of it."""

    answer_id: str
    others: tuple[str, ...] = ()
    is_changed: bool = True


class Editor:
    """The one way in which answers are changed; `store` keeps the history."""

    def __init__(self, workspace: Path, actions: Collection[str], store: Answers) -> None:
        self._files = AnswerFiles(workspace, actions)
        self._store = store

    async def read(self) -> Snapshot:
        """The answers as they stand in the files now."""
        return await asyncio.to_thread(self._files.read)

    async def save_fields(self, answer_id: str, base: str, fields: EntryFields, by: Person) -> Saved:
        """Change title, variants and hand_over; `base` is the `fingerprint` of the entry that was opened.

        Raises EditRefused, Conflict, FilesBusy; then nothing is changed."""

        def edit(text: str, place: Place) -> str:
            return change_fields(text, place.index, fields)

        return await self._change(answer_id, base, edit, by, "answer_changed")

    async def save_yaml(
        self, answer_id: str, base: str, entry: str, by: Person, *, action: str = "answer_changed"
    ) -> Saved:
        """Put another entry in an answer's place; raises as `save_fields` does."""

        def edit(text: str, place: Place) -> str:
            return replace_entry(text, place.index, _one_entry(entry))

        return await self._change(answer_id, base, edit, by, action)

    async def delete(self, answer_id: str, base: str, by: Person) -> None:
        """Take an answer out of its file; raises as `save_fields` does."""
        async with self._files.lock():
            found = await self.read()
            place = _found(found, answer_id, base)
            _refuse_lost_anchors(found, place)
            text = remove_entry(found.texts[place.file], place.index)
            book = await self._book_of(found, place.file, text, without=answer_id)
            change = NewChange(answer_id, place.file, place.entry.text, None, "answer_deleted")
            await self._publish(found, book, text, change, by)

    async def add(
        self,
        answer_id: str,
        file: str,
        entry: str,
        by: Person,
        *,
        intent: str = "",
        examples: Sequence[str] = (),
        action: str = "answer_added",
    ) -> Saved:
        """Write an answer at the end of a file, which is made where there is none; `examples` are learned for its
        intent. Raises EditRefused, FilesBusy."""
        if not FILE_NAME.fullmatch(file):
            raise EditRefused(f"the file is {file!r}; wanted a name such as orders.yaml")
        async with self._files.lock():
            found = await self.read()
            if answer_id in found.places:
                there = found.places[answer_id].file
                raise EditRefused(f"answer id {answer_id!r} is taken already, in answers/{there}")
            text = append_entry(found.texts.get(file, ""), _one_entry(entry))
            book = await self._book_of(found, file, text, added=answer_id)
            written = entries_of(text)[-1].text
            change = NewChange(answer_id, file, None, written, action, intent, tuple(examples))
            await self._publish(found, book, text, change, by)
        return Saved(answer_id)

    async def _change(self, answer_id: str, base: str, edit: Edit, by: Person, action: str) -> Saved:
        async with self._files.lock():
            found = await self.read()
            place = _found(found, answer_id, base)
            old = found.texts[place.file]
            text = await asyncio.to_thread(edit, old, place)
            if text == old:
                return Saved(answer_id, is_changed=False)
            book = await self._book_of(found, place.file, text)
            after = entries_of(text)[place.index].text
            change = NewChange(answer_id, place.file, place.entry.text, after, action)
            await self._publish(found, book, text, change, by)
        return Saved(answer_id, _changed_with(answer_id, found.book, book))

    async def _book_of(
        self, found: Snapshot, file: str, text: str, *, added: str = "", without: str = ""
    ) -> AnswerBook:
        """The book of the files to be. Raises EditRefused where they won't do, or say something else than was meant."""
        book = await asyncio.to_thread(self._files.check, {**found.texts, file: text})
        before = [entry.id for entry in entries_of(found.texts.get(file, ""))]
        wanted = [one for one in before if one != without] + ([added] if added else [])
        met = [entry.id for entry in await asyncio.to_thread(entries_of, text)]
        if met != wanted:
            odd = next((repr(one) for one in met if one not in wanted), f"{len(met)} answers")
            raise EditRefused(f"met {odd}; wanted this one answer, under the id it has: an id stays")
        return book

    async def _publish(
        self, found: Snapshot, book: AnswerBook, text: str, change: NewChange, by: Person
    ) -> None:
        prepared = await asyncio.to_thread(self._files.prepare, found, change.file, text)
        try:
            await self._store.record(change, by, prepared.publish)
        finally:
            prepared.drop()
        self._files.remember(found, book, prepared, text)


def fingerprint(entry: str) -> str:
    """Changes whenever an entry does, its line ends aside."""
    return hashlib.sha256(entry.replace("\r\n", "\n").encode("utf-8", "replace")).hexdigest()[:32]


def shared_by(found: Snapshot, place: Place) -> tuple[str, ...]:
    """The answers that take parts of this one (`slots: *order`)."""
    others = (other for other in found.places.values() if other.file == place.file)
    return tuple(
        other.entry.id
        for other in others
        if other.entry is not place.entry and other.entry.aliases & place.entry.anchors
    )


def _found(found: Snapshot, answer_id: str, base: str) -> Place:
    place = found.places.get(answer_id)
    if place is None:
        raise Conflict(answer_id, None)
    if fingerprint(place.entry.text) != base:
        raise Conflict(answer_id, place.entry.text)
    return place


def _one_entry(entry: str) -> str:
    """Raises EditRefused for what can't be an entry by its looks; what is in it is read with the file."""
    if len(entry) > MAX_ENTRY_CHARS:
        raise EditRefused(f"an answer of {len(entry)} characters; wanted at most {MAX_ENTRY_CHARS}")
    first = next((line for line in entry.splitlines() if line.strip()), "")
    if not first.startswith(("- ", "-\t")) and first.strip() != "-" and not first.lstrip().startswith("- "):
        raise EditRefused(f"met {first[:60]!r}; wanted an answer that begins with `- id: ...`")
    return entry


def _refuse_lost_anchors(found: Snapshot, place: Place) -> None:
    if others := shared_by(found, place):
        raise EditRefused(
            f"{', '.join(others)} take parts of {place.entry.id!r} ({', '.join(sorted(place.entry.anchors))}); "
            "wanted them written in another answer first"
        )


def _changed_with(answer_id: str, before: AnswerBook | None, after: AnswerBook) -> tuple[str, ...]:
    if before is None:
        return ()
    return tuple(one.id for one in after.answers if one.id != answer_id and one != before.find(one.id))
