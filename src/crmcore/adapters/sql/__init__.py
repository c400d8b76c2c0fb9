"""The SQL store: SQLite and PostgreSQL (extras `sql` and `postgres`)."""
