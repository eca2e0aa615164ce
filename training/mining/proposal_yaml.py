"""A proposal as YAML, the way people like to read it; texts stand in double quotes."""

import json
from collections.abc import Iterable, Iterator

from training.mining.proposal import Proposal, ProposedAnswer, ProposedEntity, ProposedIntent

HEAD = """\
# What `kefu mine` found in your dialogues. Review it in the console, or edit it here.
# status: open (not looked at), accepted, or dropped. Of several answers the first is taken.
# [[marks]] in an answer stand for what only staff knew: write it in, or the sentence is left out.
"""


def as_yaml(proposal: Proposal) -> str:
    """The whole file."""
    lines = [
        f"dialogues: {proposal.n_dialogues}",
        f"requests: {proposal.n_requests}",
        f"language: {quoted(proposal.language)}",
        "intents:" if proposal.intents else "intents: []",
        *(line for intent in proposal.intents for line in _intent(intent)),
        "entities:" if proposal.entities else "entities: []",
        *(line for entity in proposal.entities for line in _entity(entity)),
    ]
    return HEAD + "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """On one line, in double quotes."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)


def _intent(intent: ProposedIntent) -> Iterator[str]:
    yield f"  - name: {quoted(intent.name)}"
    yield f"    status: {intent.status}"
    yield f"    requests: {intent.n_requests}"
    yield f"    cohesion: {intent.cohesion:.2f}"
    yield f"    groups: {_flow(intent.groups)}"
    near = ", ".join(f"{quoted(group)}: {value:.2f}" for group, value in intent.near.items())
    yield f"    near: {{{near}}}"
    yield from _texts("examples", intent.examples, "    ")
    if intent.answers:
        yield "    answers:"
        yield from (line for answer in intent.answers for line in _answer(answer))


def _answer(answer: ProposedAnswer) -> Iterator[str]:
    first, *rest = _texts("variants", answer.variants, "        ")
    yield f"      - {first.strip()}"
    yield from rest
    if answer.slots:
        yield "        slots:"
        for slot in answer.slots:
            yield f"          - {{name: {quoted(slot.name)}, entity: {quoted(slot.entity)}, ask: {quoted(slot.ask)}}}"
    if answer.hand_over:
        yield "        hand_over: true"
    yield f"        replies: {answer.n_replies}"
    yield f"        exchanges: {answer.n_exchanges}"
    yield from _texts("heard", answer.heard, "        ")


def _entity(entity: ProposedEntity) -> Iterator[str]:
    yield f"  - name: {quoted(entity.name)}"
    yield f"    status: {entity.status}"
    if entity.kind:
        yield f"    kind: {quoted(entity.kind)}"
    yield f"    seen: {entity.n_seen}"
    if entity.patterns:
        yield from _texts("patterns", entity.patterns, "    ")
    if entity.names:
        yield from _texts("names", entity.names, "    ")


def _texts(key: str, texts: Iterable[str], indent: str) -> Iterator[str]:
    items = [f"{indent}  - {quoted(text)}" for text in texts]
    yield f"{indent}{key}:" if items else f"{indent}{key}: []"
    yield from items


def _flow(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"
