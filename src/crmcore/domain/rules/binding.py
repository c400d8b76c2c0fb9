"""What a ledger row binds, purely: the reference that every store's bulk change is compared with (CONV-6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, Ref
from crmcore.domain.model.ledger import LedgerRow

__all__ = ["after_conversions", "targets_of"]


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
    activities: Mapping[ActivityId, Activity],
    bindings: Mapping[ActivityId, frozenset[Ref]],
    completes_at: datetime | None,
) -> tuple[dict[ActivityId, Activity], dict[ActivityId, frozenset[Ref]]]:
    """The activities and bindings after the rows are committed: bound by union, open ones completed on demand.

    `rows` are those of the ledger, `activities` and `bindings` what there was before. `completes_at` is the instant at
    which the open activities of the rows are completed, or `None`.

    >>> after_conversions([], {}, {}, None)
    ({}, {})
    """
    changed = dict(activities)
    bound = dict(bindings)
    for row in rows:
        targets = frozenset(targets_of(row))
        for id in row.activity_ids:
            bound[id] = bound.get(id, frozenset()) | targets
            if completes_at is not None:
                changed[id] = changed[id].completed_by(completes_at)
    return changed, bound
