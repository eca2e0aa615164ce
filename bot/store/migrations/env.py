"""Alembic's entry: runs the steps on the connection that `bot.store.databases.database` hands in."""

from alembic import context

from bot.store.tables.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite too: the connection began a transaction, and a half-made step must not stay
    render_as_batch=True,  # SQLite cannot alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
