"""What customers can tell the desk itself: /start /help /human /bot /language /privacy /forget."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.dialogue import handoff
from bot.dialogue.phrases import plain
from bot.dialogue.state import ConversationState
from bot.dialogue.talk import Outcome, Talk, in_custody
from bot.messages import OWN_DATA, Button, Decision, Message, Reply
from bot.settings import Settings
from bot.wording import LANGUAGES, wording

if TYPE_CHECKING:
    from bot.store.store import Store

NAMES = frozenset({"start", "help", "human", "bot", "language", "privacy", "forget"})
# What a customer may ask of the desk even while a person has the conversation.
ALWAYS = frozenset({"bot", "privacy", "forget"})

DATA = "data"  # the payload of the button that asks for what is stored
# The web page fetches its own, see bot/channels/web/own_data.py.
SEND_FILES = frozenset({"telegram"})


def as_command(message: Message) -> Message:
    """A typed "/help" as the command it is, on channels that have none of their own, and so is a mere "help"."""
    if message.kind == "text" and plain(message.text) in {"help", "帮助"}:
        return replace(message, kind="command", command="help")
    if message.kind != "text" or not message.text.startswith("/"):
        return message
    word, _, argument = message.text[1:].partition(" ")
    name = word.lower().strip()
    return (
        replace(message, kind="command", command=name, argument=argument.strip())
        if name in NAMES
        else message
    )


@dataclass(frozen=True, slots=True)
class CustomerCommands:
    """Answers the commands; /human is the dialogue's."""

    settings: Settings
    store: "Store"

    async def handle(self, talk: Talk) -> Outcome:
        """Answer a command."""
        match talk.message.command:
            case "start":
                return self._start(talk)
            case "bot":
                return self.give_back(talk)
            case "language":
                return await self._language(talk)
            case "privacy":
                return self._privacy(talk)
            case "forget":
                return await self.forget(talk, is_sure=None)
            case _:
                return self._help(talk)

    def give_back(self, talk: Talk) -> Outcome:
        """The bot has the conversation again."""
        was_away = talk.is_with_people
        if was_away:
            text = talk.words.say("I'm back. What can I do for you?")
        else:
            text = talk.words.say("I'm right here. What can I do for you?")
        return _said(
            in_custody(talk, handoff.give_back(talk.state)), "given_back" if was_away else "command", text
        )

    async def set_language(self, talk: Talk, language: str) -> Outcome:
        """Speak the chosen language from now on."""
        if language not in LANGUAGES:
            return self._offer_languages(talk)
        await self.store.set_language(talk.message.customer_key, language)
        words = wording(language)
        return _said(
            replace(talk, words=words), "command", words.say("All right, I'll speak English with you.")
        )

    async def forget(self, talk: Talk, *, is_sure: bool | None) -> Outcome:
        """Remove the customer from the log, once they said yes to it; None: they weren't asked yet."""
        words = talk.words
        if is_sure is None or talk.state.question != "forget":
            return self._ask_to_forget(talk)
        if not is_sure:
            talk = replace(talk, state=replace(talk.state, question=""))
            return _said(talk, "left", words.say("All right, everything stays as it is."))
        await self.store.forget(talk.message.customer_key)
        # The confirmation needs a conversation to be sent in: a new one, which knows nothing.
        message = replace(talk.message, customer_name="", text="")
        conversation = await self.store.conversation(message)
        language = words.language
        talk = replace(
            talk,
            message=message,
            conversation_id=conversation.id,
            status=conversation.status,
            met=conversation.met,
            state=ConversationState(language=language),
        )
        return _said(
            talk, "forgotten", words.say("Done: what you wrote here and what was known about you is removed.")
        )

    def _ask_to_forget(self, talk: Talk) -> Outcome:
        words = talk.words
        text = words.say(
            "This removes what you wrote here and all that is known about you, for good. Are you sure?"
        )
        buttons = (Button(words.say("Yes"), "forget:yes"), Button(words.say("No"), "forget:no"))
        talk = replace(talk, state=replace(talk.state, question="forget"))
        return Outcome(talk, Decision("ask", "confirm"), (Reply(text, buttons),))

    def _start(self, talk: Talk) -> Outcome:
        words = talk.words
        text = words.say(
            "Hello! I'm the assistant of {desk}. Ask me in your own words; where I can't help, a person will.",
            desk=self.settings.desk.name,
        )
        # Whoever starts anew has left behind what was asked before.
        state = replace(talk.state, form=None, paused=None, unsure="", offered=())
        return _said(replace(talk, state=state), "command", text)

    def _help(self, talk: Talk) -> Outcome:
        words = talk.words
        lines = (
            words.say("Just write what you need. Besides, there is:"),
            words.say("/human: talk to a person"),
            words.say("/bot: come back to me"),
            words.say("/language: choose the language"),
            words.say("/privacy: what is stored, and why"),
            words.say("/forget: remove what is stored about you"),
        )
        return _said(talk, "command", "\n".join(lines))

    def _privacy(self, talk: Talk) -> Outcome:
        text = talk.words.say(
            "{desk} stores this conversation so that it can be answered, taken over by a person and used to make the "
            "answers better, without names, addresses and numbers. /forget removes it.",
            desk=self.settings.desk.name,
        )
        buttons = (Button(talk.words.say("Send me my data"), DATA),)
        return Outcome(talk, Decision("answer", "command"), (Reply(text, buttons),))

    def send_data(self, talk: Talk) -> Outcome:
        """All that is stored of the customer, as a file: only where nobody else reads along."""
        words, message = talk.words, talk.message
        if not _is_private(message):
            text = words.say("Others read along here. Ask me in a chat of our own: /privacy")
        elif message.channel in SEND_FILES:
            reply = Reply(words.say("This is all that is stored of you."), attachment=OWN_DATA)
            return Outcome(talk, Decision("answer", "command"), (reply,))
        else:
            text = words.say("I can't send files here. A person can get it for you: /human")
        return _said(talk, "command", text)

    async def _language(self, talk: Talk) -> Outcome:
        if not talk.message.argument:
            return self._offer_languages(talk)
        wanted = talk.message.argument.strip().lower()
        named = {name.lower(): code for code, name in LANGUAGES.items()}
        return await self.set_language(talk, named.get(wanted, wanted))

    def _offer_languages(self, talk: Talk) -> Outcome:
        buttons = tuple(Button(name, f"language:{code}") for code, name in LANGUAGES.items())
        text = talk.words.say("Which language shall I speak?")
        return Outcome(talk, Decision("ask", "command"), (Reply(text, buttons),))


def _is_private(message: Message) -> bool:
    """Whether the conversation is the customer's own, or a topic of it."""
    return f"{message.conversation_key}:".startswith(f"{message.customer_key}:")


def _said(talk: Talk, reason: str, text: str) -> Outcome:
    return Outcome(talk, Decision("answer", reason), (Reply(text),))
