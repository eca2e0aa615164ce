"""The two databases: SQLite and PostgreSQL, their tables brought up to date, looked at, copied."""
