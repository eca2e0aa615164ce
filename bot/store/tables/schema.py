"""All tables together, for migrations and whoever must leave none out."""

from bot.store.tables import accounts, columns, figures, labels, log, retraining, staff_work, trials

PARTS = (accounts, log, labels, staff_work, figures, retraining, trials)
metadata = columns.metadata
