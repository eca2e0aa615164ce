"""The customers' requests in unlabelled dialogues: what they came for, not what they say on the way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from training.mining.small_talk import ASKING, INVITATION, QUESTION, content_words, is_request_form
from training.turns import Dialogue, DialogueTurn

MIN_WORDS = 2  # with content, for a request
MIN_WORDS_LATER = 3  # once the dialogue is under way
MIN_WORDS_IN_ANSWER = 5  # to somebody's question, without a question mark
MAX_CHARS = 600  # of a request; what follows in a long letter is seldom another one


@dataclass(frozen=True, slots=True)
class Request:
    """What a customer asked for: `turn` is its place among the dialogue's turns."""

    dialogue: str
    turn: int
    text: str


def find_requests(dialogues: Iterable[Dialogue]) -> Iterator[Request]:
    """The requests of dialogues, in order.

    The first thing a customer says that has content, what they say when invited to, and later questions and wishes.
    An answer to a person's question is none unless it asks something itself."""
    for dialogue in dialogues:
        for place in _places(dialogue.turns):
            yield Request(dialogue.id, place, dialogue.turns[place].text.strip()[:MAX_CHARS])


def _places(turns: Sequence[DialogueTurn]) -> Iterator[int]:
    """Where requests stand."""
    has_begun, is_invited, is_answer = False, False, False
    for place, turn in enumerate(turns):
        if turn.speaker != "customer":
            is_invited, is_answer = _after(turn.text, is_invited)
            continue
        n_words = len(content_words(turn.text))
        if not has_begun or is_invited:
            # "How can I help you, and what's your name?" gets a name, too.
            found = n_words >= MIN_WORDS or (n_words == 1 and QUESTION.search(turn.text) is not None)
            found = found and (not is_answer or is_request_form(turn.text))
        else:
            is_told = is_answer and QUESTION.search(turn.text) is None
            wanted = MIN_WORDS_IN_ANSWER if is_told else MIN_WORDS_LATER
            found = n_words >= wanted and is_request_form(turn.text)
        if found:
            has_begun, is_invited, is_answer = True, False, False
            yield place


def _after(text: str, was_invited: bool) -> tuple[bool, bool]:
    """Whether an agent's or bot's line invites a request, and whether what follows it is an answer."""
    if INVITATION.search(text):
        return True, False
    asks = QUESTION.search(text) is not None or ASKING.search(text) is not None
    return was_invited and not asks, asks
