"""How the tables came to be, one step a file; run by `bot.store.databases.database` when a store opens."""
