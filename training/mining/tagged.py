"""Names that the workspace's own model finds in requests: a release that learned to tag knows a product by how it is spoken of,
also one that stands in no list yet."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nlu.rules import EntityRules
from nlu.understander import Understander
from training.mining.proposal import ProposedEntity
from training.registry import Registry

MAX_READ = 2000  # requests, from all over; each takes a pass of the encoder
MIN_SAID = 3  # requests that have a name
MAX_NAMES = 200
NAME = re.compile(r"(?=.*[^\W\d_]{3})[^\d@/\n]{3,40}")  # no number of an order, no address

Watch = Callable[[int, int], None]


def tagged_entities(
    workspace: Path,
    texts: Sequence[str],
    rules: EntityRules,
    watch: Watch = lambda done, total: None,
) -> tuple[ProposedEntity, ...]:
    """The names that the current release tags in distinct requests and `rules` don't have, a type each; none before the
    first release, or from one that learned no entities. Types of which kefu reads the values by itself have no names."""
    current = Registry(workspace).current()
    if current is None:
        return ()
    understander = Understander.load(current.folder, rules)
    if understander.heads.tag is None:
        return ()
    read = texts[:: max(1, len(texts) // MAX_READ)][:MAX_READ]
    said: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for number, text in enumerate(read):
        watch(number, len(read))
        for label, name in _names(understander, text):
            said[label][name.casefold()][name] += 1
    found = (_proposed(label, spellings) for label, spellings in sorted(said.items()))
    return tuple(one for one in found if one.names)


def _names(understander: Understander, text: str) -> set[tuple[str, str]]:
    [read] = understander.understand_batch([text])
    return {
        (entity.label, entity.text)
        for entity in read.entities
        if entity.source == "model"
        and understander.rules.kind_of(entity.label) == "text"
        and NAME.fullmatch(entity.text)
        and text[entity.start - 1 : entity.start] not in {"@", "#"}  # who it is addressed to
    }


def _proposed(label: str, spellings: Mapping[str, Counter[str]]) -> ProposedEntity:
    """The names said most, each as it is mostly written."""
    often = {name: counts for name, counts in spellings.items() if counts.total() >= MIN_SAID}
    best = sorted(often, key=lambda name: (-often[name].total(), name))[:MAX_NAMES]
    names = tuple(sorted((often[name].most_common(1)[0][0] for name in best), key=str.casefold))
    return ProposedEntity(label, names=names, n_seen=sum(often[name].total() for name in best))


def with_tagged(
    proposed: Sequence[ProposedEntity], tagged: Sequence[ProposedEntity]
) -> tuple[ProposedEntity, ...]:
    """Both; of a type that is in both the names of both."""
    found = {one.name: one for one in proposed}
    for one in tagged:
        before = found.get(one.name)
        if before is None:
            found[one.name] = one
        elif not before.kind:
            known = {name.casefold() for name in before.names}
            more = tuple(name for name in one.names if name.casefold() not in known)
            found[one.name] = replace(before, names=(*before.names, *more), n_seen=before.n_seen + one.n_seen)
    return tuple(found.values())
