"""The gauges of the connections to PostgreSQL."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from bot.store.databases.pool import PoolUse


def pool_metrics(pool: PoolUse) -> Iterator[Metric]:
    """Those of one process."""
    for name, help_text, value in (
        ("in_use", "Connections to the database that the process uses at this moment.", pool.n_in_use),
        ("limit", "How many of them it may use at a time.", pool.limit),
        ("waited_for", "Transactions that wait for a connection to be free, made or tried.", pool.n_waiting),
    ):
        yield GaugeMetricFamily(f"kefu_database_connections_{name}", help_text, value=value)
