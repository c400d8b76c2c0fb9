"""Run by Alembic: works on the connection that `upgrade` hands over, within its transaction."""

from alembic import context

_config = context.config.attributes
context.configure(
    connection=_config["connection"],
    target_metadata=_config.get("metadata"),
    version_table=_config["version_table"],
    version_table_schema=_config["schema"],
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
