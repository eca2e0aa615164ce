"""A proposal changed by people: each edit takes one and gives another. Raises ProposalError where it can't be done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from retrieval.answer_files import NAME
from retrieval.templates import CONTEXT_NAMES, TemplateError, names_in
from retrieval.yaml_source import suggestion
from training.mining.proposal import Proposal, ProposalError, ProposedAnswer, ProposedIntent, Status

MAX_NAME = 80
MAX_EXAMPLES = 8
MAX_ANSWERS = 4
MAX_NEAR = 5


@dataclass(frozen=True, slots=True)
class Part:
    """Requests to be split off: their groups, how many they are, typical texts of them, how alike they are."""

    groups: tuple[str, ...]
    n_requests: int
    examples: tuple[str, ...]
    cohesion: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit made of which intents; None where there was none before, or is none after."""

    before: tuple[ProposedIntent, ...]
    after: tuple[ProposedIntent, ...]


def rename(proposal: Proposal, name: str, new: str) -> Proposal:
    """Call an intent otherwise; where that name is taken the two have to be merged."""
    intent = proposal.get(name)
    if new == name:
        return proposal
    _check_name(proposal, new)
    return _put(proposal, name, replace(intent, name=new))


def set_status(proposal: Proposal, name: str, status: Status) -> Proposal:
    """Accept or drop an intent, or leave it open again."""
    return _put(proposal, name, replace(proposal.get(name), status=status))


def set_answers(proposal: Proposal, name: str, answers: Sequence[ProposedAnswer]) -> Proposal:
    """Give an intent other answers; the first is the one that is taken."""
    return _put(proposal, name, replace(proposal.get(name), answers=tuple(answers)))


def take_answer(proposal: Proposal, name: str, place: int) -> Proposal:
    """Make one of an intent's answers the first; the others keep their order."""
    answers = _answers(proposal, name, place)
    return set_answers(proposal, name, (answers[place], *answers[:place], *answers[place + 1 :]))


def reword_answer(proposal: Proposal, name: str, variants: Sequence[str], *, hand_over: bool) -> Proposal:
    """Other words for an intent's first answer; marks may stay in them."""
    answers = proposal.get(name).answers or (ProposedAnswer((), hand_over=hand_over),)
    texts = tuple(text.strip() for text in variants if text.strip())
    if not texts:
        raise ProposalError("an answer without a text; wanted at least one variant")
    known = {*CONTEXT_NAMES, *(slot.name for slot in answers[0].slots)} - {"result", "passage"}
    for text in texts:
        try:
            unknown = sorted(names_in(text) - known)
        except TemplateError as error:
            raise ProposalError(str(error)) from error
        if unknown:
            raise ProposalError(f"{unknown[0]!r} is no slot of this answer{suggestion(unknown[0], known)}")
    first = replace(answers[0], variants=texts, hand_over=hand_over)
    return set_answers(proposal, name, (first, *answers[1:]))


def set_entity_status(proposal: Proposal, name: str, status: Status) -> Proposal:
    """Accept or drop an entity type, or leave it open again."""
    if all(one.name != name for one in proposal.entities):
        raise ProposalError(f"entity type {name!r} is not among the {len(proposal.entities)} of the proposal")
    entities = tuple(replace(one, status=status) if one.name == name else one for one in proposal.entities)
    return replace(proposal, entities=entities)


def merge(proposal: Proposal, name: str, into: str) -> Proposal:
    """Put an intent into another, which keeps its name, its place and its first answer."""
    if name == into:
        raise ProposalError(f"intent {name!r} can't be merged with itself")
    gone, kept = proposal.get(name), proposal.get(into)
    groups = (*kept.groups, *gone.groups)
    n_requests = kept.n_requests + gone.n_requests
    weights = kept.cohesion * kept.n_requests + gone.cohesion * gone.n_requests
    mixed = chain.from_iterable(zip_longest(kept.examples, gone.examples))
    near = sorted({**gone.near, **kept.near}.items(), key=lambda one: -one[1])
    merged = replace(
        kept,
        groups=groups,
        n_requests=n_requests,
        examples=tuple(dict.fromkeys(text for text in mixed if text is not None))[:MAX_EXAMPLES],
        cohesion=weights / max(1, n_requests),
        near=dict([one for one in near if one[0] not in groups][:MAX_NEAR]),
        answers=tuple(dict.fromkeys((*kept.answers, *gone.answers)))[:MAX_ANSWERS],
    )
    left = replace(proposal, intents=tuple(one for one in proposal.intents if one.name != name))
    return _put(left, into, merged)


def split(proposal: Proposal, name: str, new: str, part: Part, rest: Part) -> Proposal:
    """Make an intent of a part of another, which keeps the rest; both have its answers."""
    intent = proposal.get(name)
    _check_name(proposal, new)
    if not part.n_requests or not rest.n_requests:
        raise ProposalError(
            f"intent {name!r} has {intent.n_requests} requests; wanted some to go and some to stay"
        )
    off = replace(
        intent, name=new, groups=part.groups, n_requests=part.n_requests, examples=part.examples, cohesion=part.cohesion,
        status="open", near=dict.fromkeys(intent.groups[:1], 1.0),
    )  # fmt: skip
    stays = replace(intent, n_requests=rest.n_requests, examples=rest.examples, cohesion=rest.cohesion)
    intents = [(stays, off) if one.name == name else (one,) for one in proposal.intents]
    return replace(proposal, intents=tuple(chain.from_iterable(intents)))


def change_between(before: Proposal, after: Proposal) -> Change:
    """The intents that differ."""
    return Change(
        tuple(one for one in before.intents if one not in after.intents),
        tuple(one for one in after.intents if one not in before.intents),
    )


def undo(proposal: Proposal, change: Change) -> Proposal:
    """Take a change back, as long as nobody changed since what it had made."""
    lost = [one.name for one in change.after if one not in proposal.intents]
    if lost or (not change.after and not change.before):
        raise ProposalError(f"{', '.join(lost) or 'nothing'} was changed since; it can't be undone any more")
    left = [one for one in proposal.intents if one not in change.after]
    taken = {one.name for one in left} & {one.name for one in change.before}
    if taken:
        raise ProposalError(
            f"the name {', '.join(sorted(taken))} is taken meanwhile; it can't be undone any more"
        )
    place = min((proposal.intents.index(one) for one in change.after), default=0)
    return replace(proposal, intents=(*left[:place], *change.before, *left[place:]))


def _answers(proposal: Proposal, name: str, place: int) -> tuple[ProposedAnswer, ...]:
    answers = proposal.get(name).answers
    if not 0 <= place < len(answers):
        raise ProposalError(f"intent {name!r} has {len(answers)} answers; met number {place + 1}")
    return answers


def _put(proposal: Proposal, name: str, intent: ProposedIntent) -> Proposal:
    return replace(proposal, intents=tuple(intent if one.name == name else one for one in proposal.intents))


def _check_name(proposal: Proposal, name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise ProposalError(
            f"an intent's name is {name[:MAX_NAME]!r}; wanted small letters, digits and _ (such as order_status)"
        )
    if proposal.find(name):
        raise ProposalError(f"there is an intent {name!r} already; merge the two, or take another name")
