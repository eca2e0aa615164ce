"""How a desk stands at the moment it is asked: its release, its memory, its queues, its budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.desk import Desk
from bot.monitoring.pool import pool_metrics
from bot.store.insights.standing import Standing

PERIOD = timedelta(days=7)


@dataclass(eq=False)
class DeskStanding(Collector):
    """What `look` read last; a scrape itself waits for nothing."""

    desk: Desk
    read: Standing | None = None

    async def look(self) -> None:
        """Read what stands in the log."""
        self.read = await self.desk.store.standing(datetime.now(UTC) - PERIOD)

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        model, engine = self.desk.model, self.desk.engine
        yield _gauge("kefu_release", "The release that answers.", {"release": model.release}, 1)
        yield _gauge(
            "kefu_release_unreadable",
            "1 where the current release can't be read and the desk makes do without.",
            {},
            float(bool(model.problem)),
        )
        yield _gauge(
            "kefu_wrong_answer_budget",
            "The share of the bot's own answers that may be wrong.",
            {},
            engine.settings.decide.max_wrong_answers,
        )
        if (pool := self.desk.store.pool) is not None:
            yield from pool_metrics(pool)
        if self.read is None:
            return
        answers = GaugeMetricFamily(
            "kefu_answers_week",
            "The bot's own answers of the last seven days, and those of them that staff corrected or customers found not helpful.",
            labels=["judged"],
        )
        for judged, n in self.read.answers.items():
            answers.add_metric([judged], n)
        yield answers
        conversations = GaugeMetricFamily(
            "kefu_conversations", "Conversations, by who has them; closed ones left out.", labels=["status"]
        )
        for status, n in self.read.conversations.items():
            conversations.add_metric([status], n)
        yield conversations
        yield _gauge("kefu_longest_wait_seconds", "Of a customer for a person.", {}, self.read.longest_wait_s)
        yield _gauge("kefu_updates_open", "Telegram's updates stored and not handled.", {}, self.read.updates)
        replies = GaugeMetricFamily("kefu_replies_waiting", "Replies not yet delivered.", labels=["channel"])
        for channel, n in self.read.replies.items():
            replies.add_metric([channel], n)
        yield replies
        yield _gauge(
            "kefu_retraining_under_way", "1 while the desk retrains itself.", {}, self.read.is_retraining
        )


def _gauge(name: str, help_text: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
