"""Who is who in a file: names become customer, agent or bot."""

import difflib
from collections import Counter
from collections.abc import Mapping

from training.errors import TrainingError
from training.importers.source import Options, Source
from training.turns import Speaker

WORDS: Mapping[str, Speaker] = {
    **dict.fromkeys(("customer", "client", "user", "visitor", "caller", "buyer", "guest", "q"), "customer"),
    **dict.fromkeys(("客户", "顾客", "用户", "买家"), "customer"),
    **dict.fromkeys(("agent", "support", "staff", "operator", "advisor", "adviser", "rep", "a"), "agent"),
    **dict.fromkeys(("representative", "customer service", "客服", "坐席", "卖家"), "agent"),
    **dict.fromkeys(("bot", "chatbot", "assistant", "system", "机器人"), "bot"),
}
MAX_NAMES = 12


class Speakers:
    """The roles given by options, then (`knows_words`) those that everyday words give.

    When agents are named and customers aren't, everybody else is a customer."""

    def __init__(self, options: Options, *, knows_words: bool = True) -> None:
        self._words = WORDS if knows_words else {}
        self._named: dict[str, Speaker] = {}
        self._named |= dict.fromkeys(map(plain, options.customers), "customer")
        self._named |= dict.fromkeys(map(plain, options.agents), "agent")
        self._named |= dict.fromkeys(map(plain, options.bots), "bot")
        self._others_are_customers = bool(options.agents) and not options.customers
        self.met: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()

    def is_told(self, name: str) -> bool:
        """Whether an option or a word says who this is."""
        return plain(name) in self._named or plain(name) in self._words

    def role(self, name: str) -> Speaker | None:
        """Who a name is; one that nothing is known of is counted, for `check` to tell."""
        self.met[name] += 1
        role = self._role(name)
        if role is None:
            self._unknown[name] += 1
        return role

    def _role(self, name: str) -> Speaker | None:
        others: Speaker | None = "customer" if self._others_are_customers else None
        return self._named.get(plain(name)) or self._words.get(plain(name)) or others

    def check(self, source: Source) -> None:
        """Tell the source who is who; raise TrainingError if nothing is known of a name."""
        source.names.update(self.met)
        if self._unknown:
            raise TrainingError(
                f"{source.path}: who is who? Met {counted(self._unknown)}; "
                "say it with --agent NAME, --customer NAME or --bot NAME (with --agent alone, the others are customers)"
            )
        if any(plain(name) != self._role(name) for name in self.met):
            source.notes.append(f"speakers: {self._told()}")

    def _told(self) -> str:
        by_role: dict[str, Counter[str]] = {}
        for name, n in self.met.items():
            by_role.setdefault(self._role(name) or "", Counter())[name] = n
        return "; ".join(f"{role}: {counted(names, 3)}" for role, names in sorted(by_role.items()))


def plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def counted(names: Mapping[str, int], most: int = MAX_NAMES) -> str:
    """Names with how often they were met, most frequent first."""
    shown = [f"{name!r} ({n})" for name, n in Counter(names).most_common(most)]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_named(options: Options, met: Mapping[str, int], places: str) -> None:
    """Raise TrainingError if an option names somebody who wrote nothing; a slip would turn staff into customers."""
    names = {plain(name): name for name in met}
    for name in (*options.agents, *options.customers, *options.bots):
        if plain(name) not in names:
            near = difflib.get_close_matches(plain(name), names, 1)
            hint = f"; did you mean {names[near[0]]!r}?" if near else ""
            raise TrainingError(f"{places}: {name!r} is not among the names met: {counted(met)}{hint}")
