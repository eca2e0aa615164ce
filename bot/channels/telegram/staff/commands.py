"""What staff can tell the bot in a topic: /take, /bot, /close, /assign, /suggest, and anywhere /link and /help."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from telegram import Bot, BotCommand, BotCommandScopeChat

from bot.channels.telegram.retrying import attempt
from bot.channels.telegram.staff.events import Commanded
from bot.channels.telegram.staff.topics import Topics
from bot.channels.telegram.tempo import Tempo
from bot.staffing import Staffing
from bot.store.staff.records import Staff
from bot.wording import Wording

NOBODY = frozenset({"-", "all", "nobody", "team"})


@dataclass(frozen=True)
class Commands:
    """Each answers with what is to be said, "" where the topic shows it anyway. Raises what Staffing does."""

    topics: Topics
    staffing: Staffing

    @property
    def words(self) -> Wording:
        return self.topics.texts.words

    async def do(self, event: Commanded, conversation_id: int, member: Staff) -> str:
        """Carry out a command in a topic."""
        match event.name:
            case "take":
                await self.staffing.take(conversation_id, member.id)
            case "bot":
                await self.staffing.give_back(conversation_id, member.id)
            case "close":
                await self.staffing.close(conversation_id, member.id)
            case "assign":
                return await self._assign(conversation_id, member, event.argument)
            case "suggest":
                return await self._suggest(event, conversation_id)
            case _:
                return self.help()
        return ""

    async def link(self, event: Commanded) -> str:
        """Know somebody by their Telegram account from now on."""
        say = self.words.say
        if event.user_id is None:
            return self.who_are_you(in_groups_name=True)
        member = await self.topics.store.staff_group.link(event.argument, event.user_id)
        if member is None:
            return say("That code isn't good, or no longer. Make one in the console under Account.")
        return say("Welcome, {name}: what you write in a topic reaches the customer.", name=member.called)

    def help(self) -> str:
        lines = (f"/{name} {what}" for name, what in descriptions(self.words).items())
        return "\n".join([self.topics.texts.help(), *lines])

    def who_are_you(self, *, in_groups_name: bool) -> str:
        """What somebody is told whom the desk doesn't know: nothing of theirs reaches a customer."""
        say = self.words.say
        if in_groups_name:
            return say(
                "Not sent: write as yourself, not in the group's name, so that the desk knows who answers."
            )
        return say(
            "Not sent: the desk doesn't know you yet. In the console, under Account, make a code for Telegram and "
            "write here: /link CODE"
        )

    async def _assign(self, conversation_id: int, member: Staff, to: str) -> str:
        say = self.words.say
        wanted = to.strip().lstrip("@").lower()
        if wanted in NOBODY:
            await self.staffing.assign(conversation_id, member.id, None)
            return ""
        everybody = await self.topics.store.accounts.everybody()
        colleagues = [one for one in everybody if one.disabled_at is None]
        fits = _first_that_finds(
            colleagues,
            lambda one: wanted in {one.name.lower(), one.email.lower()},
            lambda one: one.name.lower().startswith(wanted) or one.email.lower().startswith(wanted),
        )
        if not wanted or len(fits) != 1:
            names = ", ".join(one.called for one in fits or colleagues)
            return say("To whom? /assign and one of: {names}; or /assign nobody", names=names)
        await self.staffing.assign(conversation_id, member.id, fits[0].id)
        return ""

    async def _suggest(self, event: Commanded, conversation_id: int) -> str:
        case = await self.topics.store.inbox.case(conversation_id)
        if case is not None and await self.topics.suggest(event.thread_id, case):
            return ""
        return self.words.say("The bot has nothing to suggest.")


def descriptions(words: Wording) -> dict[str, str]:
    """The commands and what they do."""
    return {
        "take": words.say("have the conversation"),
        "bot": words.say("give it back to the bot"),
        "close": words.say("end it"),
        "assign": words.say("give it to a colleague"),
        "suggest": words.say("what the bot would say"),
        "link": words.say("tell the desk who you are"),
        "help": words.say("what works here"),
    }


async def set_staff_menu(bot: Bot, chat_id: int, words: Wording, tempo: Tempo) -> None:
    """Show the commands beside the group's input field."""
    commands = [BotCommand(name, what) for name, what in descriptions(words).items()]
    scope = BotCommandScopeChat(chat_id)
    await attempt(partial(bot.set_my_commands, commands, scope=scope), tempo)


def _first_that_finds(people: list[Staff], *tests: Callable[[Staff], bool]) -> list[Staff]:
    """Those who pass the first test that any of them passes."""
    for test in tests:
        if found := [one for one in people if test(one)]:
            return found
    return []
