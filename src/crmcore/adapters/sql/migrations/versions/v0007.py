"""Deals, contacts and companies can be deleted: `deleted_at`, and columns that are empty then.

SQLite cannot change the constraints of a table. Of the two ways that it documents, copying the table is refused inside
a transaction while links are checked, so the definition is written over, which leaves the rows as they are.
"""

from pathlib import Path

from alembic import op
from sqlalchemy import Connection

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHOLE = "CHECK (responsible IS NOT NULL AND opened IS NOT NULL)"
_IS_THERE = "CHECK (deleted_at IS NOT NULL OR (responsible IS NOT NULL AND opened IS NOT NULL{}))"
_OF_DEAL = (
    " AND pipeline_id IS NOT NULL AND stage IS NOT NULL AND semantics IS NOT NULL AND semantics IN ('P', 'S', 'F')"
)
_MEANING = "CONSTRAINT crm_deal_check_semantics CHECK (semantics IN ('P', 'S', 'F'))"
#: What each table says of its rows: the constraint on those that are there, and the one on deleted ones.
CHECKS = {
    "deal": (_IS_THERE.format(_OF_DEAL), "CHECK (deleted_at IS NULL OR semantics IS NULL)"),
    "contact": (_IS_THERE.format(""), "CHECK (deleted_at IS NULL OR contact_points IS NULL)"),
    "company": (_IS_THERE.format(""), "CHECK (deleted_at IS NULL OR contact_points IS NULL)"),
}
_VIEWS = {"deal": "crm_deals", "contact": "crm_contacts", "company": "crm_companies"}
#: The columns of a deal that had to be filled, with their types.
_FILLED = {"pipeline_id": "BIGINT", "stage": "TEXT", "semantics": "TEXT"}


def upgrade() -> None:
    """Add the column, let the others be empty in deleted rows, and show it in the views."""
    connection = op.get_bind()
    name = connection.dialect.name
    (_on_postgresql if name == "postgresql" else _on_sqlite)(connection)
    script = Path(__file__).with_name(f"0007_{name}.sql").read_text(encoding="utf-8")
    for statement in script.removesuffix(";\n").split(";\n\n"):
        connection.exec_driver_sql(statement)


def _on_postgresql(connection: Connection) -> None:
    """The views are replaced, so that who was let read them still is."""
    for table, (whole, deleted) in CHECKS.items():
        drops = [f"DROP CONSTRAINT crm_{table}_check_whole"]
        if table == "deal":
            drops += ["DROP CONSTRAINT crm_deal_check_semantics"]
            drops += [f"ALTER COLUMN {column} DROP NOT NULL" for column in _FILLED]
        adds = [
            f"ADD CONSTRAINT crm_{table}_check_whole {whole}",
            f"ADD CONSTRAINT crm_{table}_check_deleted {deleted}",
        ]
        changes = ", ".join(('ADD COLUMN deleted_at TEXT COLLATE "C"', *drops, *adds))
        connection.exec_driver_sql(f"ALTER TABLE crm_{table} {changes}")


def _on_sqlite(connection: Connection) -> None:
    for table, view in _VIEWS.items():
        connection.exec_driver_sql(f"DROP VIEW {view}")
        connection.exec_driver_sql(f"ALTER TABLE crm_{table} ADD COLUMN deleted_at TEXT")
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    for table, (whole, deleted) in CHECKS.items():
        mine = ("table", f"crm_{table}")
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = ? AND name = ?", mine)
        definition = str(found.scalar_one())
        changed = _once(definition, _WHOLE, f"{whole},\n    CONSTRAINT crm_{table}_check_deleted {deleted}")
        if table == "deal":
            changed = _once(changed, f"{_MEANING},\n    ", "")
            for column, type in _FILLED.items():
                changed = _once(changed, f"    {column} {type} NOT NULL", f"    {column} {type}")
        connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = ? AND name = ?", (changed, *mine))
    connection.exec_driver_sql("PRAGMA writable_schema=RESET")


def _once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise RuntimeError(f"the table is not as an earlier version has left it: no single {old!r}")
    return text.replace(old, new)


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
