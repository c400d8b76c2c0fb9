"""The version of a portal's rights goes, which nobody read: each commit reads the roles in its serial section."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the column."""
    op.get_bind().exec_driver_sql("ALTER TABLE crm_portal DROP COLUMN rights_version")


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
