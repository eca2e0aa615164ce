"""The commands that Telegram shows beside the input field."""

from functools import partial

from telegram import Bot, BotCommand

from bot.channels.telegram.retrying import attempt
from bot.channels.telegram.tempo import Tempo
from bot.wording import LANGUAGES, Wording, wording


async def set_menu(bot: Bot, desk_language: str, tempo: Tempo) -> None:
    """Show the commands in every language we speak; whoever speaks none of them sees the desk's own."""
    for language in (None, *LANGUAGES):
        commands = _commands(wording(language or desk_language))
        await attempt(partial(bot.set_my_commands, commands, language_code=language), tempo)


def _commands(words: Wording) -> list[BotCommand]:
    return [
        BotCommand("start", words.say("Begin anew")),
        BotCommand("help", words.say("What I can do")),
        BotCommand("human", words.say("Talk to a person")),
        BotCommand("bot", words.say("Back to the bot")),
        BotCommand("language", words.say("Change the language")),
        BotCommand("privacy", words.say("What is stored about me")),
        BotCommand("forget", words.say("Delete my data")),
    ]
