"""All tables together, for migrations and whoever must leave none out."""

from bot.store.tables import accounts, columns, drift, figures, labels, log, staff_work

PARTS = (accounts, log, labels, staff_work, figures, drift)
metadata = columns.metadata
