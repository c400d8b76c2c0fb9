"""An index for each filter of a list, with the active records apart; it replaces those of the open deals of a client.

Each index ends with the id, so that a page begins anywhere in it. What only part of the rows has, a client or that it
is open to all, is indexed for that part.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: The new indexes: what they are of, and of which rows.
INDEXES = {
    "crm_lead_closed": "crm_lead (portal, id) WHERE semantics <> 'P'",
    "crm_lead_responsible": "crm_lead (portal, responsible, semantics, id)",
    "crm_lead_opened": "crm_lead (portal, semantics, id) WHERE opened",
    "crm_lead_contact_id": "crm_lead (portal, contact_id, semantics, id) WHERE contact_id IS NOT NULL",
    "crm_lead_company_id": "crm_lead (portal, company_id, semantics, id) WHERE company_id IS NOT NULL",
    "crm_deal_semantics": "crm_deal (portal, semantics, id)",
    "crm_deal_responsible": "crm_deal (portal, responsible, semantics, id)",
    "crm_deal_opened": "crm_deal (portal, semantics, id) WHERE opened",
    "crm_deal_contact_id": "crm_deal (portal, contact_id, semantics, id) WHERE contact_id IS NOT NULL",
    "crm_deal_company_id": "crm_deal (portal, company_id, semantics, id) WHERE company_id IS NOT NULL",
    "crm_contact_responsible": "crm_contact (portal, responsible, id)",
    "crm_contact_opened": "crm_contact (portal, id) WHERE opened",
    "crm_contact_company_id": "crm_contact (portal, company_id, id) WHERE company_id IS NOT NULL",
    "crm_company_responsible": "crm_company (portal, responsible, id)",
    "crm_company_opened": "crm_company (portal, id) WHERE opened",
    "crm_activity_completed": "crm_activity (portal, completed, id)",
    "crm_activity_responsible": "crm_activity (portal, responsible, completed, id)",
    "crm_switch_epoch": "crm_switch (portal, epoch)",
}


def upgrade() -> None:
    """Make the new indexes, and drop those that they replace."""
    connection = op.get_bind()
    for name, content in INDEXES.items():
        connection.exec_driver_sql(f"CREATE INDEX {name} ON {content}")
    for link in ("contact_id", "company_id"):
        connection.exec_driver_sql(f"DROP INDEX crm_deal_open_{link}")


def downgrade() -> None:
    """There is no way back but the backup that was made before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
