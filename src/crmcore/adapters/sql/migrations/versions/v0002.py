"""The second normal forms: the match keys of every record are made anew, and a keyed inquiry keeps what was lost.

The column gets another name, so that a process of an older crmcore that has the database open still cannot look keys
up or write them: two versions of the forms never work on one store (MATCH-4).
"""

from alembic import op

from crmcore.adapters.sql.database.key_rebuild import rebuild_match_keys

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: The version of the normal forms in which the keys are made.
FORM = 2

_COLLATION = {"sqlite": "", "postgresql": ' COLLATE "C"'}


def upgrade() -> None:
    """Rename, add, and make the keys anew."""
    connection = op.get_bind()
    collation = _COLLATION[op.get_context().dialect.name]
    connection.exec_driver_sql('ALTER TABLE crm_match RENAME COLUMN "key" TO form')
    connection.exec_driver_sql(f"ALTER TABLE crm_command ADD COLUMN not_carried TEXT{collation} DEFAULT '[]' NOT NULL")
    rebuild_match_keys(connection)


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
