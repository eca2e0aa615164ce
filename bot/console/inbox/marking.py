"""A customer's text cut into pieces: entities, and what is between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.inbox.views import Spoken
from bot.store.records import LoggedEntity


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text; with the `label` and `value` of the entity it is, if it is one."""

    text: str
    label: str = ""
    value: str = ""


def marked(spoken: Spoken) -> tuple[Piece, ...]:
    """The message in pieces; whole where it was edited since it was understood, for offsets are those of before."""
    return pieces(spoken.text, entities_of(spoken))


def entities_of(spoken: Spoken) -> tuple[LoggedEntity, ...]:
    """What staff marked, else what was found."""
    if spoken.marked is not None:
        return spoken.marked
    return spoken.understood.entities if spoken.understood and not spoken.was_edited else ()


def pieces(text: str, entities: Sequence[LoggedEntity]) -> tuple[Piece, ...]:
    """In order; of two entities that overlap the first counts."""
    cut, at = [], 0
    for entity in sorted(entities, key=lambda one: (one.start, -one.end)):
        if entity.start < at or entity.end > len(text):
            continue
        cut += [Piece(text[at : entity.start])] if entity.start > at else []
        cut.append(Piece(text[entity.start : entity.end], entity.label, entity.value))
        at = entity.end
    return (*cut, Piece(text[at:])) if at < len(text) or not cut else tuple(cut)
