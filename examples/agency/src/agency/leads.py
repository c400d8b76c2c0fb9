"""Leads as rows of the agency's own: the second way to keep them, which `Office` can be told to take."""

from collections.abc import Collection, Mapping
from typing import Any

from crmcore import Kind, Lead, LeadId, Tombstone
from crmcore.adapters.document import dump_record, load_record
from crmcore.adapters.sql import LeadRows
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from agency.tables import LeadRow

__all__ = ["WAYS", "OwnLeads"]

#: The columns of the agency that a lead has a field for; everything else that it says is in `more`.
COLUMNS = ("title", "company_title", "comments")


class OwnLeads:
    """The port behind which the SQL store keeps what leads say, on the agency's table."""

    def read(self, connection: Connection, ids: Collection[LeadId]) -> dict[LeadId, Lead]:
        """See `LeadRows.read`."""
        rows = connection.execute(select(LeadRow.__table__).where(LeadRow.id.in_(ids))).mappings()
        return {
            row["id"]: load_record(Kind.LEAD, {**row["more"], **{name: row[name] for name in COLUMNS}}) for row in rows
        }

    def write(self, connection: Connection, leads: Mapping[LeadId, Lead | Tombstone]) -> None:
        """See `LeadRows.write`; what the agency keeps beside a lead stays, unless the lead is deleted."""
        known = set(connection.scalars(select(LeadRow.id).where(LeadRow.id.in_(leads))))
        rows = {id: _row(lead) for id, lead in leads.items() if isinstance(lead, Lead)}
        connection.execute(delete(LeadRow).where(LeadRow.id.in_(known - rows.keys())))
        if new := [rows[id] for id in rows.keys() - known]:
            connection.execute(insert(LeadRow), new)
        if old := [rows[id] for id in rows.keys() & known]:
            this = update(LeadRow).where(LeadRow.id == bindparam("at"))
            connection.execute(this, [{**row, "at": row.pop("id")} for row in old])


def _row(lead: Lead) -> dict[str, Any]:
    more = dump_record(lead)
    return {"id": lead.id, **{name: more.pop(name, None) for name in COLUMNS}, "more": more}


#: Where leads are kept, by the name of the way: in the tables of the CRM, or in the agency's.
WAYS: dict[str, LeadRows | None] = {"crm": None, "own": OwnLeads()}
