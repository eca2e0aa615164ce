"""What comes in, what is decided, what goes out, and the turn they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from nlu.understanding import Understanding
from retrieval.candidates import Findings

MessageKind = Literal[
    "text", "button", "command", "edit", "photo", "voice", "sticker", "location", "document", "other"
]
DecisionKind = Literal["answer", "ask", "clarify", "hand_over"]
ConversationStatus = Literal["bot", "waiting", "person", "closed"]

# How far the bot may go by itself, the most cautious first.
AutonomyLevel = Literal["off", "suggest", "auto"]
AUTONOMY_LEVELS: tuple[AutonomyLevel, ...] = ("off", "suggest", "auto")

# The attachment that stands for all that is stored of the customer: a file that is made when it is sent.
OWN_DATA = "own-data"

# Where people have it: nobody yet, or somebody. The bot is silent.
WITH_PEOPLE: frozenset[ConversationStatus] = frozenset({"waiting", "person"})


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A press of button `index` (from 0) under the reply with message id `message_id`."""

    message_id: int
    index: int


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a customer sent, from any channel.

    `conversation_key` and `customer_key` are the channel's own ids ("telegram:<chat>[:<thread>]",
    "web:<token>"); `external_id` is the channel's id of this message, unique within the conversation:
    a message whose external_id is already stored is a repeat and gets the reply it already had.
    `text` is what was typed, a photo's caption, or "" ; `command` is "start", "help", ... without slash."""

    channel: str
    conversation_key: str
    customer_key: str
    external_id: str
    received_at: datetime
    kind: MessageKind = "text"
    text: str = ""
    command: str = ""
    argument: str = ""
    button: ButtonPress | None = None
    customer_name: str = ""
    language: str = ""  # what the channel says of the customer, e.g. Telegram's language_code
    replaces: str = ""  # for kind "edit": external_id of the message that was edited
    quotes: str = ""  # the channel's id of the message that this one points at
    attachment: str = ""  # the channel's file id
    update_id: str = ""  # the stored update this came from; its row is closed in the turn's transaction


@dataclass(frozen=True, slots=True)
class Decision:
    """What the desk does about a message, and why.

    `reason` is a short fixed word ("confident", "missing_slot", "uncertain", "out_of_scope",
    "customer_asked", "angry", "action_failed", "always_a_person", "still_uncertain", ...).
    `choices` are intent names offered in a clarification, or those of a message that makes several requests."""

    kind: DecisionKind
    reason: str
    intent: str | None = None
    prob: float = 0.0
    answer_id: str | None = None
    slot: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a reply. `payload` is ours and never leaves the desk: channels send (message id, index)."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the customer. `message_id` is the store's id of it, set once it is stored; `attachment` is
    OWN_DATA or nothing."""

    text: str
    buttons: tuple[Button, ...] = ()
    message_id: int = 0
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the bot would say, for a person to look at first; `state` is what the conversation would remember then."""

    text: str
    buttons: tuple[Button, ...]
    intent: str | None
    answer_id: str | None
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Met:
    """A conversation as a message met it. What came of the message is written only where status and state are still
    these; with `state` None the status alone counts.

    `mark` names the version of its row that was read: where it still is that one, nothing else needs to be compared. It
    is "" on SQLite, which has none, and where the name of the message's author, or that they blocked the bot, changes too."""

    status: ConversationStatus = "bot"
    state: Mapping[str, Any] | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message with all that came of it; `replies` is empty while a person has the conversation, `status` who has it
    after it.

    `is_repeat` is set when the message had been handled before and the stored replies are given again."""

    message: Message
    conversation_id: int
    message_id: int
    replies: tuple[Reply, ...]
    decision: Decision | None = None
    status: ConversationStatus = "bot"
    understanding: Understanding | None = None
    findings: Findings | None = None
    is_repeat: bool = False
    timings_ms: dict[str, float] = field(default_factory=dict)
