"""Who is who in a file: names become customer, agent or bot."""

from collections import Counter
from collections.abc import Iterable, Mapping

from training.errors import TrainingError
from training.importers.source import Options
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
        self.unknown: Counter[str] = Counter()

    def is_told(self, name: str) -> bool:
        """Whether an option or a word says who this is."""
        return plain(name) in self._named or plain(name) in self._words

    def role(self, name: str) -> Speaker | None:
        """Who a name is; one that nothing is known of is counted."""
        key = plain(name)
        if role := self._named.get(key) or self._words.get(key):
            return role
        if self._others_are_customers:
            return "customer"
        self.unknown[name] += 1
        return None

    def check(self, path: object) -> None:
        """Raise TrainingError if a name was met that nothing is known of."""
        if self.unknown:
            raise TrainingError(
                f"{path}: who is who? Met {counted(self.unknown)}; "
                "say it with --agent NAME, --customer NAME or --bot NAME (with --agent alone, the others are customers)"
            )


def plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def counted(names: Mapping[str, int]) -> str:
    """Names with how often they were met, most frequent first."""
    shown = [f"{name!r} ({n})" for name, n in Counter(names).most_common(MAX_NAMES)]
    return ", ".join(shown) + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")


def missing(wanted: Iterable[str], met: Iterable[str]) -> list[str]:
    """Those wanted that were not met."""
    keys = {plain(name) for name in met}
    return [name for name in wanted if plain(name) not in keys]
