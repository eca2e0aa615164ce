"""What goes over the wire: the shapes of REST and of the socket's frames, and of the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from bot.messages import ConversationStatus, DecisionKind
from bot.store.values import storable

MAX_TEXT = 10_000  # characters of one message
MAX_BYTES = 128 * 1024  # of one request or frame: MAX_TEXT at its longest as JSON
MAX_ID = 2**31 - 1


def _cleaned(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_cleaned), Field(max_length=MAX_TEXT)]
ClientMessageId = Annotated[str, Field(pattern="^[A-Za-z0-9_.-]{1,64}$")]
ConversationId = Annotated[str, Field(pattern="^[A-Za-z0-9_.~-]{1,128}$")]
MessageId = Annotated[int, Field(ge=1, le=MAX_ID)]
After = Annotated[int, Field(ge=0, le=MAX_ID)]
Language = Annotated[str, Field(max_length=35)]  # a language tag such as "zh-Hans"
Token = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43,128}$")]  # 256 bits in base64url, or more
ChoiceKind = Literal["choice", "helpful", "not_helpful", "data"]


class Shape(BaseModel):
    """Frozen; unknown fields and near misses of a type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Press(Shape):
    """A press of button `index` (from 0) under the reply `message_id`."""

    message_id: MessageId
    index: Annotated[int, Field(ge=0, le=99)]


class NewText(Shape):
    """Something the customer says; "/human", "/bot", "/language", "/privacy" and "/forget" are commands."""

    conversation: ConversationId
    client_message_id: ClientMessageId
    text: Text
    language: Language = ""


class NewPress(Shape):
    """A button the customer presses."""

    conversation: ConversationId
    client_message_id: ClientMessageId
    button: Press
    language: Language = ""


class Choice(Shape):
    """A button under a reply; "helpful" and "not_helpful" are feedback on the answer above them, "data" asks for all
    that is stored of the customer: GET /api/v1/conversations/{id}/data has it."""

    label: str
    kind: ChoiceKind


class Line(Shape):
    """One message of a transcript. `pressed` is set where the customer pressed a button to say it."""

    id: int
    speaker: Literal["customer", "bot", "person"]
    text: str
    at: datetime
    buttons: tuple[Choice, ...] = ()
    client_message_id: str | None = None
    pressed: Press | None = None


class Said(Shape):
    """One reply."""

    id: int
    text: str
    buttons: tuple[Choice, ...] = ()


class Decided(Shape):
    """What the desk did about the message, and why."""

    kind: DecisionKind
    reason: str
    intent: str | None
    answer_id: str | None


class Answered(Shape):
    """A message with all that came of it; no replies while a person has the conversation.

    `is_repeat`: this client_message_id was answered before, and the answer is given again."""

    conversation: str
    client_message_id: str
    message_id: int
    replies: tuple[Said, ...]
    decision: Decided | None
    status: ConversationStatus
    is_repeat: bool


class Transcript(Shape):
    """What was said, oldest first; with `has_more` the rest comes after the last id given."""

    conversation: str
    status: ConversationStatus
    messages: tuple[Line, ...]
    has_more: bool


class Health(Shape):
    """The state of the server."""

    status: Literal["ok", "ready"]
    note: str = ""  # what somebody should look at though it works; left out where there is nothing


class ErrorBody(Shape):
    """A fixed word, a sentence, and where one field is to blame: what was met and what was wanted."""

    code: str
    message: str
    field: str | None = None
    met: str | None = None
    wanted: str | None = None
    retry_after_s: int | None = None


class Failure(Shape):
    """An error."""

    error: ErrorBody


class OwnDataRequest(Shape):
    """The chat page asks for what is stored of its customer."""

    token: Token


# Frames from the browser


class Hello(Shape):
    """The first frame: who is there, and the last message they have."""

    type: Literal["hello"]
    token: Token
    after: After = 0
    language: Language = ""


class TextFrame(Shape):
    """A message in words."""

    type: Literal["message"]
    client_message_id: ClientMessageId
    text: Text


class PressFrame(Shape):
    """A button press."""

    type: Literal["press"]
    client_message_id: ClientMessageId
    button: Press


class Ping(Shape):
    """Is anybody there?"""

    type: Literal["ping"]


Frame = Hello | TextFrame | PressFrame | Ping
FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])

# Frames to the browser


class TranscriptFrame(Shape):
    """What is new; with `is_restart` all that was shown before is void."""

    type: Literal["transcript"] = "transcript"
    conversation: str
    status: ConversationStatus
    messages: tuple[Line, ...]
    is_restart: bool


class TypingFrame(Shape):
    """The desk is at work on an answer, or no longer."""

    type: Literal["typing"] = "typing"
    is_typing: bool


class ErrorFrame(Shape):
    """A frame that isn't taken; `client_message_id` where it was a message."""

    type: Literal["error"] = "error"
    error: ErrorBody
    client_message_id: str | None = None


class Pong(Shape):
    """Somebody is there."""

    type: Literal["pong"] = "pong"
