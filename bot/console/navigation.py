"""What stands in the console's menu."""

from dataclasses import dataclass

from bot.console.routes import may
from bot.store.staff.records import Role
from bot.wording import Wording


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu; `icon` is one of bot/console/icons.py, `role` the least that sees it. Pages below
    `covers` belong to it too. `calls` is how many things there want to be looked at."""

    name: str
    path: str
    icon: str
    role: Role
    covers: str = ""
    calls: int = 0

    def is_open(self, path: str) -> bool:
        """Whether the page of that path belongs to it."""
        return any(
            path == start or path.startswith(f"{start}/") for start in (self.path, self.covers) if start
        )


def menu(words: Wording, role: Role, alerts: int = 0) -> tuple[Entry, ...]:
    """The entries for somebody of this role; the first is where they begin."""
    entries = (
        Entry(words.say("Inbox"), "/inbox", "inbox", "agent", covers="/conversations"),
        Entry(words.say("Review"), "/review", "review", "agent"),
        Entry(words.say("Answers"), "/answers", "answers", "agent"),
        Entry(words.say("Canned"), "/canned", "canned", "agent"),
        Entry(words.say("Autonomy"), "/autonomy", "autonomy", "lead"),
        Entry(words.say("Insights"), "/insights", "insights", "lead", calls=alerts),
        Entry(words.say("Retraining"), "/retraining", "retraining", "lead"),
        Entry(words.say("Team"), "/team", "team", "admin"),
        Entry(words.say("Audit log"), "/audit", "audit", "admin"),
        Entry(words.say("Account"), "/account", "account", "agent"),
    )
    return tuple(entry for entry in entries if may(role, entry.role))
