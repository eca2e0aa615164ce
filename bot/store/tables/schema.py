"""All tables together, for migrations and whoever must leave none out."""

from bot.store.tables import (
    accounts,
    columns,
    drift,
    figures,
    labels,
    log,
    retraining,
    sealing,
    staff_work,
    trials,
)

PARTS = (accounts, log, labels, staff_work, figures, retraining, trials, drift, sealing)
metadata = columns.metadata
