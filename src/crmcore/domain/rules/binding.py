"""What a ledger row binds, and which clients leads are linked to: pure functions that every store shares (CONV-6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["NO_CLIENT", "after_conversions", "clients_of", "targets_of"]

#: The code of a lead that is linked to a client that is not there, so that it cannot be converted.
NO_CLIENT = "no_client"


def clients_of(leads: Iterable[Lead | Tombstone]) -> dict[Kind, dict[int, LeadId]]:
    """The clients that active leads are linked to, each with a lead that is."""
    found: dict[Kind, dict[int, LeadId]] = {}
    for lead in leads:
        if isinstance(lead, Lead) and lead.is_active and lead.is_linked:
            for kind, id in ((Kind.CONTACT, lead.contact_id), (Kind.COMPANY, lead.company_id)):
                if id is not None:
                    found.setdefault(kind, {})[id] = lead.id
    return found


def targets_of(row: LedgerRow) -> tuple[Ref, ...]:
    """What the activities of a converted lead are bound to: its deal and its client or clients."""
    deal = Ref(Kind.DEAL, row.deal_id)
    if row.contact_id is None:
        return (deal,) if row.company_id is None else (deal, Ref(Kind.COMPANY, row.company_id))
    if row.company_id is None:
        return (deal, Ref(Kind.CONTACT, row.contact_id))
    return (deal, Ref(Kind.CONTACT, row.contact_id), Ref(Kind.COMPANY, row.company_id))


def after_conversions(
    rows: Iterable[LedgerRow],
    activities: Mapping[ActivityId, Activity | Tombstone],
    bindings: Mapping[ActivityId, frozenset[Ref]],
    completes_at: datetime | None,
) -> tuple[dict[ActivityId, Activity | Tombstone], dict[ActivityId, frozenset[Ref]]]:
    """The activities and bindings after the rows are committed: bound by union, open ones completed on demand.

    `rows` are those of the ledger, `activities` and `bindings` what there was before. `completes_at` is the instant at
    which the open activities of the rows are completed, or `None`; a deleted one stays deleted (D-140).

    >>> after_conversions([], {}, {}, None)
    ({}, {})
    """
    changed = dict(activities)
    bound = dict(bindings)
    for row in rows:
        targets = frozenset(targets_of(row))
        for id in row.activity_ids:
            bound[id] = bound.get(id, frozenset()) | targets
            if completes_at is not None and isinstance(activity := changed[id], Activity):
                changed[id] = activity.completed_by(completes_at)
    return changed, bound
