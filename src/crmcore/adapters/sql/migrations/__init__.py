"""The versions of the tables, as Alembic migrations that ship with the package."""
