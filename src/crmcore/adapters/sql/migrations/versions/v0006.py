"""The ids of persons whom files only named."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE = {
    "sqlite": """
CREATE TABLE crm_person_name (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT crm_person_name_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_person_name_unique_portal_name UNIQUE (portal, name),
    CONSTRAINT crm_person_name_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
) WITHOUT ROWID""",
    "postgresql": """
CREATE TABLE crm_person_name (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_person_name_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_person_name_unique_portal_name UNIQUE (portal, name),
    CONSTRAINT crm_person_name_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)""",
}


def upgrade() -> None:
    """Add the table; persons of earlier imports are in no list."""
    connection = op.get_bind()
    connection.exec_driver_sql(_TABLE[connection.dialect.name])


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
