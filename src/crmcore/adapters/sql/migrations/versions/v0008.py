"""Whether the leads of a CRM are in rows of its host's."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark, which only a new portal can get."""
    op.get_bind().exec_driver_sql("ALTER TABLE crm_portal ADD COLUMN own_leads BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
