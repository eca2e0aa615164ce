"""The wording of the chat page and its widget, as data for their scripts."""

from bot.wording import LANGUAGES, Wording, wording

MAX_LANGUAGES = 20  # of an Accept-Language header that are looked at


def page_labels(words: Wording, desk: str) -> dict[str, str]:
    """What the chat page says; names in braces are filled in by its script."""
    return {
        "welcome": words.say(
            "Hello! I'm the assistant of {desk}. Ask me in your own words; where I can't help, a person will.",
            desk=desk,
        ),
        "log": words.say("Conversation"),
        "input": words.say("Your message"),
        "placeholder": words.say("Write a message…"),
        "send": words.say("Send"),
        "menu": words.say("Menu"),
        "human": words.say("Talk to a person"),
        "bot": words.say("Back to the bot"),
        "language": words.say("Change the language"),
        "privacy": words.say("What is stored about me"),
        "forget": words.say("Delete my data"),
        "close": words.say("Close the chat"),
        "you": words.say("You"),
        "assistant": words.say("Assistant"),
        "person": words.say("Support"),
        "online": words.say("Online"),
        "connecting": words.say("Connecting…"),
        "person_has_it": words.say("A person has this conversation and answers here."),
        "typing": words.say("Writing…"),
        "sending": words.say("Sending…"),
        "sent": words.say("Sent"),
        "failed": words.say("Not sent"),
        "retry": words.say("Try again"),
        "too_long": words.say("That is too long: at most {limit} characters.", limit="{limit}"),
        "no_data": words.say("Your data can't be had at the moment. Please try again."),
        "today": words.say("Today"),
        "yesterday": words.say("Yesterday"),
        "noscript": words.say("This chat needs JavaScript."),
        "new_messages": words.say("New messages"),
    }


def widget_labels() -> dict[str, dict[str, str]]:
    """What the widget says, in every language: its script is the same for all."""
    return {language: _widget_labels(wording(language)) for language in LANGUAGES}


def _widget_labels(words: Wording) -> dict[str, str]:
    return {
        "open": words.say("Open the chat"),
        "close": words.say("Close the chat"),
        "chat": words.say("Chat"),
        "unread": words.say("New messages"),
        "elsewhere": words.say("The chat can't be shown on this page."),
        "new_tab": words.say("Open it in a new tab"),
    }


def preferred_language(asked: str, accepted: str, desk: str) -> str:
    """The language asked for by name, else the best of an Accept-Language header, else the desk's own."""
    if asked in LANGUAGES:
        return asked
    ranges = (_range(part) for part in accepted.split(",")[:MAX_LANGUAGES])
    wanted = sorted((found for found in ranges if found[0] > 0), reverse=True, key=lambda found: found[0])
    known = (tag.split("-")[0].strip().lower() for _, tag in wanted)
    return next((language for language in known if language in LANGUAGES), desk)


def _range(part: str) -> tuple[float, str]:
    tag, _, quality = part.partition(";")
    try:
        return float(quality.partition("=")[2]) if quality.strip() else 1.0, tag
    except ValueError:
        return 0.0, tag
