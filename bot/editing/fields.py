"""What staff change daily in an answer (title, variants, hand_over), as it stands in its file."""

from collections.abc import Mapping
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from bot.editing.entries import Entry, entries_of, root_of
from bot.editing.errors import EditRefused

ANY_LANGUAGE = ""
Texts = Mapping[str, tuple[str, ...]]  # by language, ANY_LANGUAGE for those without one


@dataclass(frozen=True, slots=True)
class EntryFields:
    """What the form shows. `shared` are keys whose value stands in another answer (`variants: *common`): they are
    changed as YAML only."""

    title: Texts
    variants: Texts
    hand_over: bool
    shared: frozenset[str] = frozenset()


def fields_of(text: str, index: int) -> EntryFields:
    """The fields of an answer as they stand in its file. Raises EditRefused where they don't stand in it."""
    entry = entries_of(text)[index]
    pairs = pairs_of(root_of(text).value[index])
    if "<<" in pairs:
        raise EditRefused("this answer takes keys from another one (`<<`)")
    shared = {name for name, (_, value) in pairs.items() if not is_own(entry, value)}
    hand_over = pairs.get("hand_over")
    return EntryFields(
        _texts_of(pairs["title"][1]) if "title" in pairs else {},
        _texts_of(pairs["variants"][1]) if "variants" in pairs else {},
        hand_over is not None and str(hand_over[1].value).lower() == "true",
        frozenset(shared & {"title", "variants", "hand_over"}),
    )


def pairs_of(node: Node) -> dict[str, tuple[Node, Node]]:
    """Keys and values by the key. Raises EditRefused for what isn't a mapping."""
    if not isinstance(node, MappingNode):
        raise EditRefused("an answer is no mapping; wanted keys and values")
    return {str(key.value): (key, value) for key, value in node.value}


def is_own(entry: Entry, node: Node) -> bool:
    """Whether it stands in the answer's own lines, rather than being taken from another."""
    return bool(entry.start <= node.start_mark.index < entry.end)


def _texts_of(node: Node) -> Texts:
    if isinstance(node, MappingNode):
        return {str(key.value): _several(value) for key, value in node.value}
    return {ANY_LANGUAGE: _several(node)}


def _several(node: Node) -> tuple[str, ...]:
    items = node.value if isinstance(node, SequenceNode) else [node]
    return tuple(str(item.value).strip() for item in items)
