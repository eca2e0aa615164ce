"""What staff said to the requests of each group: read from the dialogues once more, a few hundred replies a group."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from training.mining.sentences import Use, cleaned, sentences, use_of, without_address
from training.turns import Dialogue, DialogueTurn

MAX_EXCHANGES = 200  # kept of a group
MAX_BLOCKS = 3  # of staff's after a request that are looked at
SUBSTANTIAL: frozenset[Use] = frozenset({"question", "deed", "statement"})


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of staff and what it is for."""

    text: str
    use: Use


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and staff's first reply with something to say: `asked` is what they wanted to know first, if they did.

    `known` is what the customer had said by then."""

    dialogue: str
    request: str
    reply: tuple[Said, ...]
    asked: tuple[Said, ...] = ()
    known: str = ""


def gather_replies(
    dialogues: Iterable[Dialogue], groups: Mapping[tuple[str, int], int], *, most: int = MAX_EXCHANGES
) -> dict[int, list[Exchange]]:
    """The exchanges of each group, a fair sample of `most` where there are more; `groups` has the group of requests
    by dialogue and turn. Only what people said is read, never a bot."""
    found: dict[int, list[Exchange]] = defaultdict(list)
    n_met: dict[int, int] = defaultdict(int)
    chance = random.Random(0)  # noqa: S311 - a sample, the same each time
    for dialogue in dialogues:
        places = [i for i in range(len(dialogue.turns)) if (dialogue.id, i) in groups]
        for place in places:
            group = groups[dialogue.id, place]
            exchange = _exchange(dialogue, place, [other for other in places if other > place])
            if exchange is None:
                continue
            n_met[group] += 1
            if len(found[group]) < most:
                found[group].append(exchange)
            elif (slot := chance.randrange(n_met[group])) < most:
                found[group][slot] = exchange
    return dict(found)


def _exchange(dialogue: Dialogue, place: int, later: Sequence[int]) -> Exchange | None:
    """What followed a request, up to the next one; None where staff said nothing to it."""
    turns = dialogue.turns[: later[0] if later else len(dialogue.turns)]
    asked: tuple[Said, ...] = ()
    for start, block in _blocks(turns, place)[:MAX_BLOCKS]:
        said = read_reply(block)
        if not any(one.use in SUBSTANTIAL for one in said):
            continue
        known = "\n".join(turn.text for turn in turns[:start] if turn.speaker == "customer")
        if not asked and all(one.use not in ("deed", "statement") for one in said):
            asked = said
            continue
        return Exchange(dialogue.id, turns[place].text, said, asked, known)
    return Exchange(dialogue.id, turns[place].text, (), asked) if asked else None


def _blocks(turns: Sequence[DialogueTurn], place: int) -> list[tuple[int, str]]:
    """What staff said in a row after a turn: where it begins, and the words of a block as one text."""
    blocks: list[tuple[int, list[str]]] = []
    is_open = False
    for i, turn in enumerate(turns[place + 1 :], start=place + 1):
        if turn.speaker == "agent":
            if not is_open:
                blocks.append((i, []))
            blocks[-1][1].append(turn.text)
        is_open = turn.speaker == "agent"
    return [(start, _joined(texts)) for start, texts in blocks]


def _joined(texts: Sequence[str]) -> str:
    """Messages in a row as one text; a sentence may go on in the next."""
    joined = ""
    for text in map(without_address, texts):
        is_over = joined.rstrip("\"')”’").endswith((".", "!", "?", "。", "！", "？"))
        joined += f"{chr(10) if is_over else ' '}{text.removeprefix('...') if joined else text}"
    return joined.strip()


def read_reply(text: str) -> tuple[Said, ...]:
    """The sentences of a reply but for chatter."""
    found = (cleaned(sentence) for sentence in sentences(text))
    said = (Said(sentence, use_of(sentence)) for sentence in found)
    return tuple(one for one in said if one.use != "chatter")
