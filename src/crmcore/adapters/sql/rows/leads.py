"""Leads in rows of a host's own: what the CRM keeps of such a lead itself, and the port behind which the rest is.

What a conversion is decided by, and found by, stays in the tables of the CRM: who is responsible, the stage, the links,
and the e-mails and phones that clients are matched by. Everything else that a lead says is in the host's rows alone.
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from attrs import evolve, fields_dict
from sqlalchemy import Connection

from crmcore.domain.model.errors import InvalidValue, RecordFault, raise_alone
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.integrity import UNREADABLE
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["KEPT", "LeadRows", "bare", "filled"]

#: What the CRM keeps of a lead whose other fields are in a row of the host's.
KEPT = (
    *("id", "responsible", "opened", "stage", "semantics"),
    *("contact_points", "contact_id", "company_id", "deal_id"),
)
_ELSEWHERE: dict[str, Any] = {name: each.default for name, each in fields_dict(Lead).items() if name not in KEPT}


class LeadRows(Protocol):
    """The rows of a host that leads are kept in: a port of the SQL store, for `create_portal` and `open_store`.

    Both methods work on the connection that they get, inside its running transaction, and neither commits, rolls back
    or calls the store. They may be called by several threads at once, each with a connection of its own.
    """

    def read(self, connection: Connection, ids: Collection[LeadId]) -> Mapping[LeadId, Lead]:
        """The leads with these ids, as they were written last.

        What the CRM keeps itself (`KEPT`) is put over what is returned, so it may be out of date. A lead that is left
        out cannot be read, and so is one for which `InvalidValue` is raised: a switch sets it aside (SWITCH-9).
        """
        ...

    def write(self, connection: Connection, leads: Mapping[LeadId, Lead | Tombstone]) -> None:
        """Write leads, new and changed ones, each as a whole; of a deleted one nothing may stay (DATA-3).

        The rows of the CRM are written already, and locked until the transaction ends. A constraint of the host's that
        one lead breaks sets that lead aside, like any other that the database does not take.
        """
        ...


def bare(leads: Mapping[LeadId, Lead | Tombstone]) -> dict[LeadId, Lead | Tombstone]:
    """These leads with what the CRM keeps of them."""
    return {id: evolve(lead, **_ELSEWHERE) if isinstance(lead, Lead) else lead for id, lead in leads.items()}


def filled(
    rows: LeadRows, connection: Connection, leads: Mapping[LeadId, Lead | Tombstone]
) -> dict[LeadId, Lead | Tombstone]:
    """These leads with what the rows of the host say; raises the `RecordFault` of one that cannot be read."""
    ids = [id for id, lead in leads.items() if isinstance(lead, Lead)]
    try:
        found = rows.read(connection, ids) if ids else {}
    except InvalidValue:
        found = {id: lead for id in ids for lead in [_alone(rows, connection, id)] if lead is not None}
    missing = next((id for id in ids if id not in found), None)
    if missing is not None:
        raise RecordFault(Ref(Kind.LEAD, missing), UNREADABLE)
    return {
        id: evolve(found[id], **{name: getattr(lead, name) for name in KEPT}) if isinstance(lead, Lead) else lead
        for id, lead in leads.items()
    }


def _alone(rows: LeadRows, connection: Connection, id: LeadId) -> Lead | None:
    try:
        return rows.read(connection, [id]).get(id)
    except InvalidValue:
        raise_alone(RecordFault(Ref(Kind.LEAD, id), UNREADABLE))
