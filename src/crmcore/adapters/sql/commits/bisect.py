"""The search for a faulty lead: a step that the database rejects is halved until one lead is left (SWITCH-9)."""

from collections.abc import Callable, Sequence

from attrs import evolve

from crmcore.adapters.sql.connection.driver_errors import Trouble, as_store_error, is_driver_error, trouble_of
from crmcore.domain.model.errors import RecordFault, StoreError
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.protocol.changes import Changes

__all__ = ["UNWRITABLE", "fault_of"]

#: The code of a lead whose records the database does not take.
UNWRITABLE = "unwritable"


def fault_of(changes: Changes, error: BaseException, rehearse: Callable[[Changes], None]) -> StoreError:
    """The typed error of a step that the database rejected: `RecordFault` if it rejects one lead."""
    leads = tuple(changes.ledger) or (*changes.leads, *changes.closed)
    if trouble_of(error) is not Trouble.CONSTRAINT or not leads:
        return as_store_error(error)
    lead = leads[0] if len(leads) == 1 else _among(leads, changes, rehearse)
    return as_store_error(error) if lead is None else RecordFault(Ref(Kind.LEAD, lead), UNWRITABLE)


def _among(leads: Sequence[LeadId], changes: Changes, rehearse: Callable[[Changes], None]) -> LeadId | None:
    """The first lead that the database rejects alone; `None` if it rejects the leads only together."""
    while len(leads) > 1:
        half = leads[: len(leads) // 2]
        leads = half if _refused(half, changes, rehearse) else leads[len(half) :]
    return leads[0] if _refused(leads, changes, rehearse) else None


def _refused(leads: Sequence[LeadId], changes: Changes, rehearse: Callable[[Changes], None]) -> bool:
    try:
        rehearse(_only(leads, changes))
    except Exception as error:
        if not is_driver_error(error):
            raise
        return trouble_of(error) is Trouble.CONSTRAINT
    return False


def _only(leads: Sequence[LeadId], changes: Changes) -> Changes:
    """The part of a step that is about some of its leads."""
    rows = {id: changes.ledger[id] for id in leads if id in changes.ledger}
    deals = {row.deal_id for row in rows.values()}
    contacts = {row.contact_id for row in rows.values()}
    companies = {row.company_id for row in rows.values()}
    return evolve(
        changes,
        leads={id: changes.leads[id] for id in leads if id in changes.leads},
        closed={id: changes.closed[id] for id in leads if id in changes.closed},
        ledger=rows,
        deals={id: deal for id, deal in changes.deals.items() if id in deals},
        contacts={id: contact for id, contact in changes.contacts.items() if id in contacts},
        companies={id: company for id, company in changes.companies.items() if id in companies},
        outcomes={id: changes.outcomes[id] for id in leads if id in changes.outcomes},
    )
