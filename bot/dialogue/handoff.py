"""Customer <-> person: who has the conversation, in one place, as functions over its state.

    bot --asked for, or not sure--> waiting --taken--> person --closed--> closed --customer writes--> bot

From anywhere a person may take it, and give it back to the bot. Customers' messages move it in
`bot/engine.py`, what staff do in `bot/staffing.py`; both say why, and the log keeps each move."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.hours import next_opening
from bot.dialogue.state import ConversationState
from bot.messages import Button, ConversationStatus
from bot.settings import Desk
from bot.wording import Wording

BACK_TO_BOT = "bot"
RATE = "rate"  # begins the payload of a button that rates


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has the conversation, what it remembers, and why it changed hands: a fixed word.

    `assignee_id` is the person who has it, None unless the status is "person", or "closed" by one."""

    status: ConversationStatus
    state: ConversationState
    reason: str
    assignee_id: int | None = None


def hand_over(state: ConversationState, now: datetime, reason: str) -> Custody:
    """It waits for a person; what was being asked is over, what was given is kept."""
    return Custody("waiting", replace(_settled(state), last_word_at=now.timestamp()), reason)


def take(state: ConversationState, now: datetime, assignee_id: int, reason: str = "taken") -> Custody:
    """A person has it from now on."""
    return Custody("person", replace(_settled(state), last_word_at=now.timestamp()), reason, assignee_id)


def give_back(state: ConversationState, reason: str = "given_back") -> Custody:
    """The bot has it again and starts afresh, with the slots it knew."""
    return Custody("bot", _settled(state), reason)


def close(state: ConversationState, assignee_id: int | None) -> Custody:
    """It is done, until the customer writes again."""
    return Custody("closed", _settled(state), "closed", assignee_id)


def asked_to_rate(state: ConversationState, now: datetime) -> ConversationState:
    """The customer is asked how content they are."""
    return replace(state, asked_to_rate_at=now.timestamp())


def _settled(state: ConversationState) -> ConversationState:
    """With nothing left open between customer and bot."""
    return replace(
        state, form=None, paused=None, question="", unsure="", offered=(), negatives=0, is_held=False
    )


def hear(state: ConversationState, now: datetime) -> ConversationState:
    """A word said while people have the conversation: the silence starts again."""
    # A "yes" from here on is meant for the person.
    return replace(state, question="", last_word_at=now.timestamp())


def is_given_up(
    state: ConversationState, status_since: datetime, now: datetime, human_silence_s: float
) -> bool:
    """Whether so long passed without a word that the bot speaks again."""
    last_word = max(status_since.timestamp(), state.last_word_at)
    return now.timestamp() - last_word >= human_silence_s


def notice(words: Wording, desk: Desk, now: datetime) -> str:
    """What the customer is told: a person answers from here on, and from when if nobody is there now."""
    opening = next_opening(desk, now)
    if opening is None:
        return words.say("A colleague of mine takes it from here and answers in this chat.")
    return words.say(
        "A colleague of mine takes it from here. They are back {moment} and answer in this chat.",
        moment=words.moment(opening),
    )


def way_back(words: Wording) -> Button:
    """The button with which the customer comes back to the bot."""
    return Button(words.say("Back to the bot"), BACK_TO_BOT)
