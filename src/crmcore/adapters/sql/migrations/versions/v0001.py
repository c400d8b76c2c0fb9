"""The first tables and views."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Carry out the statements that were written down for this database."""
    script = Path(__file__).with_name(f"0001_{op.get_context().dialect.name}.sql")
    for statement in script.read_text(encoding="utf-8").removesuffix(";\n").split(";\n\n"):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
