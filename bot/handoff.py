"""Customer <-> person: who has the conversation, in one place, as functions over its state."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.hours import next_opening
from bot.messages import Button, ConversationStatus
from bot.settings import Desk
from bot.state import ConversationState
from bot.wording import Wording

BACK_TO_BOT = "bot"


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has the conversation, and what it remembers."""

    status: ConversationStatus
    state: ConversationState


def hand_over(state: ConversationState, now: datetime) -> Custody:
    """A person has it from now on; what was being asked is over, what was given is kept."""
    return Custody("person", replace(_settled(state), last_word_at=now.timestamp()))


def give_back(state: ConversationState) -> Custody:
    """The bot has it again and starts afresh, with the slots it knew."""
    return Custody("bot", _settled(state))


def _settled(state: ConversationState) -> ConversationState:
    """With nothing left open between customer and bot."""
    return replace(state, form=None, paused=None, question="", unsure="", offered=(), negatives=0)


def hear(state: ConversationState, now: datetime) -> Custody:
    """A word said while a person has the conversation: the silence starts again."""
    # A "yes" from here on is meant for the person.
    return Custody("person", replace(state, question="", last_word_at=now.timestamp()))


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
