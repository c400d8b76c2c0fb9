"""The events of each step, for the CRMs that keep them."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_END = {
    "sqlite": """
    id BIGINT NOT NULL,
    step BIGINT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT crm_event_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_event_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
) WITHOUT ROWID""",
    "postgresql": """
    id BIGINT NOT NULL,
    step BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_event_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_event_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)""",
}


def upgrade() -> None:
    """Add the table, its index and the choice, which is no until somebody makes it."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE crm_portal ADD COLUMN keeps_events BOOLEAN DEFAULT false NOT NULL")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE SEQUENCE crm_event_id AS BIGINT")
        # Whoever may write the table needs it, and it gives nothing away.
        connection.exec_driver_sql("GRANT USAGE ON SEQUENCE crm_event_id TO PUBLIC")
    connection.exec_driver_sql(f"CREATE TABLE crm_event (\n    portal INTEGER NOT NULL,{_END[connection.dialect.name]}")
    connection.exec_driver_sql("CREATE INDEX crm_event_step ON crm_event (portal, step) WHERE step > 0")


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
