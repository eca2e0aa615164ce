"""What the bot writes in the staff group."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.staff.forum import MAX_TITLE
from bot.naming import channel_name, how_moved, series_name
from bot.review.rereading import Suggestion
from bot.settings import Settings
from bot.store.inbox.views import Case, Changed, Entry, Noted, Spoken
from bot.store.insights.alerts import Alert, Behind
from bot.store.records import StoredDraft
from bot.wording import Wording, wording

MAX_SUBJECT = 60  # characters
MAX_QUOTE = 300  # characters of a message behind an alert
MAX_SHOWN = 900  # characters of a suggestion; all of it is sent
SEND = "send:"  # begins the data of a button that sends a suggestion; its number follows
SEND_DRAFT, REJECT_DRAFT = "draft:", "reject:"  # the id of the draft follows
TAKE = "take"
LIGHTS = {"waiting": "🟡", "person": "🟢", "closed": "⚪"}


@dataclass(frozen=True, slots=True)
class Texts:
    """In the desk's language."""

    settings: Settings

    @property
    def words(self) -> Wording:
        return wording(self.settings.desk.language)

    def title(self, case: Case, subject: str) -> str:
        """State, customer, who has it, and what it is about."""
        who = self.customer(case)
        if case.status == "person" and case.assignee is not None:
            who = f"{who} ({case.assignee.name})"
        title = f"{LIGHTS.get(case.status, '🤖')} {who}"
        return (f"{title} · {subject}" if subject else title)[:MAX_TITLE]

    def customer(self, case: Case) -> str:
        return case.customer or self.words.say("Visitor {number}", number=case.id)

    def summary(self, case: Case, entries: Sequence[Entry]) -> str:
        """Who it is, what they gave, and what was said last."""
        say = self.words.say
        head = [f"{self.customer(case)} · {channel_name(case.channel)}"]
        if case.slots:
            head.append(", ".join(f"{name}: {value}" for name, value in case.slots.items()))
        if self.settings.web.public_url:
            base = self.settings.web.public_url.rstrip("/")
            head.append(say("In the console: {url}", url=f"{base}/console/conversations/{case.id}"))
        lines = [self.line(case, entry) for entry in entries]
        return "\n\n".join(["\n".join(head), *lines, self.help()])

    def line(self, case: Case, entry: Entry) -> str:
        """One thing that happened."""
        say = self.words.say
        if isinstance(entry, Changed):
            return f"— {how_moved(self.words, entry)}"
        if isinstance(entry, Noted):
            return f"// {entry.person.name if entry.person else '?'}: {entry.text}"
        names = {"customer": self.customer(case), "bot": say("Bot")}
        names["person"] = entry.person.name if entry.person else say("Support")
        text = entry.text or say("({kind})", kind=entry.kind)
        if entry.kind == "edit":
            text = say("✏️ changed it to: {text}", text=text)
        elif entry.kind == "button":
            text = f"[{text}]"
        return f"{names[entry.speaker]}: {text}"

    def alert(self, alert: Alert, behind: Sequence[Behind]) -> str:
        """Customers are unhappier than usual, and the messages that show it."""
        say = self.words.say
        share, usual = (f"{value:.0%}" for value in (alert.now, alert.baseline))
        head = [
            f"⚠️ {say('Unhappy customers are on the rise')}",
            series_name(self.words, *alert.series),
            f"{share} " + say("of {n} messages, usually {baseline}", n=alert.n, baseline=usual),
        ]
        lines = (f"“{_cut(message.text, MAX_QUOTE)}”" for message in behind)
        return "\n\n".join(["\n".join(head), *lines])

    def help(self) -> str:
        return self.words.say(
            "What you write here reaches the customer. // before a line: for colleagues only. /help shows the rest."
        )

    def suggestions(self, suggested: Sequence[Suggestion]) -> str:
        shown = (_cut(one.text, MAX_SHOWN) for one in suggested)
        return "\n\n".join(f"{number}. {text}" for number, text in enumerate(shown, 1))

    def send_buttons(self, n: int) -> InlineKeyboardMarkup:
        """One for each suggestion."""
        say = self.words.say
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(
                        say("Send {number}", number=index + 1), callback_data=f"{SEND}{index}"
                    )
                    for index in range(n)
                ]
            ]
        )

    def draft(self, draft: StoredDraft) -> str:
        """What the bot would say, were it not for people to look at it."""
        return f"{self.words.say('The bot would say:')}\n\n{_cut(draft.text, MAX_SHOWN)}"

    def draft_buttons(self, draft: StoredDraft) -> InlineKeyboardMarkup:
        """To send a draft, or not."""
        say = self.words.say
        labels = {SEND_DRAFT: say("Send"), REJECT_DRAFT: say("Not that")}
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(label, callback_data=f"{verb}{draft.id}")
                    for verb, label in labels.items()
                ]
            ]
        )

    def take_button(self, holder: str = "") -> InlineKeyboardMarkup:
        """To have the conversation, from a colleague where one has it."""
        say = self.words.say
        label = say("Take it from {name}", name=holder) if holder else say("Take it")
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=TAKE)]])


def subject_of(case: Case) -> str:
    """What the customer said last, in few words."""
    said = (
        one.text for one in reversed(case.entries) if isinstance(one, Spoken) and one.speaker == "customer"
    )
    return _cut(" ".join(next((text for text in said if text.strip()), "").split()), MAX_SUBJECT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
