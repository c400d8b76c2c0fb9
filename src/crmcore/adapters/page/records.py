"""What is in the CRM, by page and read only: records of each kind, and the switches with what became of each lead."""

from itertools import islice
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from crmcore.adapters.page.mode import lead_title
from crmcore.adapters.page.options import number_in
from crmcore.adapters.page.shown import head_of, lines_of
from crmcore.adapters.page.visit import Visit
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import CLIENTS, Epoch, Kind, LeadId, Ref
from crmcore.domain.model.outcomes import Refused

__all__ = ["RecordViews"]

#: How many records one page shows.
PAGE = 50

_ACTIVE = {"yes": True, "no": False}


class RecordViews:
    """Answers the addresses below `/crm/records` and `/crm/switches`; one sees what one may read (PERM-5, PERM-6)."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    def many(self, visit: Visit, kind: str) -> Response:
        """One page of the records of a kind, or one record that is looked for by its id."""
        known = _known(kind)
        wanted = number_in(visit.query, "id")
        if wanted is not None:
            return visit.see(f"/records/{known}/{wanted}")
        after = number_in(visit.query, "after") or 0
        found = getattr(self._crm, f"{known}_page")(visit.person, after=after, limit=PAGE)
        heads = [(each.record.id, head_of(each.record, known, visit.words), each.record) for each in found.records]
        return visit.show("records", kind=known, rows=heads, faults=found.faults, after=found.after, is_first=not after)

    def one(self, visit: Visit, kind: str, id: int) -> Response:
        """One record with its fields, its links and its activities."""
        known = _known(kind)
        found = getattr(self._crm, known.value)(visit.person, id)
        if isinstance(found, Refused):
            return visit.refuse(found)
        activities = () if known is Kind.ACTIVITY else self._crm.activities(visit.person, of=Ref(known, id))
        return visit.show(
            "record",
            kind=known,
            head=head_of(found.record, known, visit.words),
            lines=tuple(lines_of(found.record, visit.words)),
            bindings=self._bindings(visit, id) if known is Kind.ACTIVITY else (),
            activities=[] if isinstance(activities, Refused) else [each.record for each in activities],
        )
