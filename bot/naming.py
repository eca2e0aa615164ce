"""What the fixed words of the log are called by people."""

from bot.store.inbox.views import Changed, Person
from bot.wording import Wording


def channel_name(channel: str) -> str:
    """Of several bots on Telegram, "telegram.shop" is the one called shop."""
    kind, _, bot = channel.partition(".")
    name = {"web": "Web", "telegram": "Telegram", "terminal": "Terminal"}.get(kind, kind)
    return f"{name} ({bot})" if bot else name


def sentiment_name(words: Wording, sentiment: str | None) -> str:
    match sentiment:
        case "angry":
            return words.say("Angry")
        case "negative":
            return words.say("Unhappy")
        case "positive":
            return words.say("Pleased")
        case _:
            return ""


def status_name(words: Wording, status: str) -> str:
    match status:
        case "waiting":
            return words.say("Waiting")
        case "person":
            return words.say("With a person")
        case "closed":
            return words.say("Closed")
        case _:
            return words.say("With the bot")


def why_moved(words: Wording, reason: str) -> str:
    """Why a conversation changed hands."""
    match reason:
        case "customer_asked":
            return words.say("asked for a person")
        case "angry":
            return words.say("is angry")
        case "out_of_scope_twice":
            return words.say("asked twice for what the bot doesn't know")
        case "still_uncertain":
            return words.say("was not understood twice")
        case "always_a_person":
            return words.say("asked what a person always answers")
        case "action_failed":
            return words.say("an action failed")
        case "failure" | "no_model":
            return words.say("the bot failed")
        case "missing_slot" | "not_confirmed":
            return words.say("didn't get through the bot's questions")
        case "no_answer":
            return words.say("there was no answer that fits")
        case "unassigned":
            return words.say("given back to the team")
        case "drafted":
            return words.say("the bot's draft waits for a look")
        case "off":
            return words.say("asked what the bot leaves to people")
        case "silence":
            return words.say("nobody wrote for long")
        case "customer_wrote":
            return words.say("the customer wrote again")
        case _:
            return reason.replace("_", " ")


def how_moved(words: Wording, change: Changed) -> str:
    """A line on who has a conversation from then on."""
    name = _called(change.by)
    match change.reason:
        case "taken":
            return words.say("{name} took the conversation", name=name)
        case "assigned":
            return words.say("{name} gave it to {other}", name=name, other=_called(change.assignee))
        case "given_back" if change.by is None:
            return words.say("The customer came back to the bot")
        case "given_back":
            return words.say("{name} gave it back to the bot", name=name)
        case "draft_sent":
            return words.say("{name} sent the bot's draft", name=name)
    if change.status == "closed":
        return words.say("{name} closed it", name=name)
    why = why_moved(words, change.reason)
    if change.status == "waiting":
        return words.say("Waits for a person: {why}", why=why)
    return words.say("With the bot again: {why}", why=why)


def _called(person: Person | None) -> str:
    return person.name if person else "?"


def decision_name(words: Wording, kind: str) -> str:
    match kind:
        case "answer":
            return words.say("Answered")
        case "ask":
            return words.say("Asked back")
        case "clarify":
            return words.say("Offered choices")
        case _:
            return words.say("Handed over")


def dimension_name(words: Wording, dimension: str) -> str:
    match dimension:
        case "channel":
            return words.say("Channel")
        case "intent":
            return words.say("Intent")
        case "product":
            return words.say("Product")
        case _:
            return words.say("All messages")


def which(dimension: str, value: str) -> str:
    """A series' value as people call it."""
    return channel_name(value) if dimension == "channel" else value


def series_name(words: Wording, dimension: str, value: str) -> str:
    """What an alert is about."""
    name = which(dimension, value)
    return f"{dimension_name(words, dimension)}: {name}" if name else words.say("All messages")
