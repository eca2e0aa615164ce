"""What a message carries beside words."""

from bot.channels.telegram.shapes import TelegramMessage
from bot.messages import MessageKind

# What a message may carry, the telling name first: an animation is a document as well, a venue a location.
_KINDS: dict[str, MessageKind] = {
    "photo": "photo",
    "voice": "voice",
    "audio": "voice",
    "video_note": "voice",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
    "animation": "document",
    "video": "document",
    "document": "document",
    "contact": "other",
    "dice": "other",
    "game": "other",
    "poll": "other",
    "story": "other",
    "paid_media": "other",
    "checklist": "other",
}


def carried(message: TelegramMessage) -> tuple[MessageKind | None, str]:
    """What a message brings, with the file's id; (None, "") for Telegram's own notes on what happened."""
    carried = message.model_extra or {}
    for name, kind in _KINDS.items():
        if name in carried:
            return kind, _file_id(carried[name])
    return ("text" if message.text is not None else None), ""


def _file_id(attached: object) -> str:
    """Of a file, or of the largest size of a picture, which comes last; "" for what is no file."""
    if isinstance(attached, list) and attached:
        attached = attached[-1]
    return str(attached.get("file_id", "")) if isinstance(attached, dict) else ""
