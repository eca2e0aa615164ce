"""Messages without words: photos, voice, stickers, places, documents, and nothing at all."""

from bot.dialogue.answering import person_button
from bot.dialogue.talk import Outcome, Talk
from bot.messages import Decision, Reply

MEDIA = frozenset({"photo", "document"})
ALBUM_S = 10.0  # pictures that follow this soon belong together: one word on all of them is enough


def is_more_of_an_album(talk: Talk) -> bool:
    """Whether a picture or file without words comes right after another."""
    return talk.message.kind in MEDIA and talk.now.timestamp() - talk.state.media_at < ALBUM_S


def answer_wordless(talk: Talk) -> Outcome:
    """A sensible word on something the desk cannot read, and the offer of a person who can."""
    reply = Reply(_text(talk), () if talk.message.kind == "sticker" else (person_button(talk),))
    return Outcome(talk, Decision("ask", "no_words"), (reply,))


def _text(talk: Talk) -> str:
    words = talk.words
    match talk.message.kind:
        case "photo":
            return words.say(
                "Thanks, I've kept the picture with this conversation. I can't see it myself: what is it about?"
            )
        case "voice":
            return words.say("Thanks for the voice message. I can't listen to it, sorry: could you write it?")
        case "sticker":
            return words.say("Nice one! What can I do for you?")
        case "location":
            return words.say("Thanks, I've noted the place. What can I do for you?")
        case "document":
            return words.say(
                "Thanks, I've kept the file with this conversation. I can't read it myself: what is it about?"
            )
        case "text" | "edit":
            return words.say("There was nothing in that message. What can I do for you?")
        case _:
            return words.say("I can't read that kind of message, sorry. Could you write it?")
