"""What is in the CRM, by page and read only: records of each kind, and the switches with what became of each lead."""

from itertools import islice

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from crmcore.adapters.page.mode import PAGE, lead_title, numbers_of
from crmcore.adapters.page.options import number_in
from crmcore.adapters.page.shown import Catalogues, head_of, lines_of, pipelines_of, standing_of
from crmcore.adapters.page.visit import Visit
from crmcore.application.crm import Crm
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import ActivityId, Epoch, Kind, LeadId, Ref
from crmcore.domain.model.outcomes import Refused

__all__ = ["RecordViews"]


class RecordViews:
    """Answers the addresses below `/crm/records` and `/crm/switches`; one sees what one may read (PERM-5, PERM-6)."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    def many(self, visit: Visit, kind: str) -> Response:
        """One page of the records of a kind, or one record that is looked for by its id."""
        known, words = _known(kind), visit.words
        wanted = number_in(visit.query, "id")
        if wanted is not None:
            return visit.see(f"/records/{known}/{wanted}")
        after = number_in(visit.query, "after") or 0
        found = getattr(self._crm, f"{known}_page")(visit.person, after=after, limit=PAGE)
        catalogues = self._catalogues(known)
        rows = [
            (record.id, head_of(record, known, words), standing_of(record, words, catalogues), record)
            for record in (each.record for each in found.records)
        ]
        return visit.show("records", kind=known, rows=rows, faults=found.faults, after=found.after, is_first=not after)

    def one(self, visit: Visit, kind: str, id: int) -> Response:
        """One record with its fields, its links and its activities."""
        known = _known(kind)
        found = getattr(self._crm, known.value)(visit.person, id)
        if isinstance(found, Refused):
            return visit.refuse(found, back=f"/records/{known}")
        activities = () if known is Kind.ACTIVITY else self._crm.activities(visit.person, of=Ref(known, id))
        return visit.show(
            "record",
            kind=known,
            head=head_of(found.record, known, visit.words),
            lines=tuple(lines_of(found.record, visit.words, self._catalogues(known))),
            bindings=self._bindings(visit, id) if known is Kind.ACTIVITY else (),
            activities=[] if isinstance(activities, Refused) else [each.record for each in activities],
        )

    def switches(self, visit: Visit) -> Response:
        """One page of the switches, the newest first."""
        after = number_in(visit.query, "after")
        found = self._crm.switch_page(visit.person, after=after, limit=PAGE)
        if isinstance(found, Refused):
            return visit.refuse(found)
        return visit.show("switches", rows=found.records, after=found.after, is_first=after is None)

    def switch(self, visit: Visit, epoch: int) -> Response:
        """One switch: when, how, its numbers, and what became of each lead, by page."""
        page = self._crm.switch_page(visit.person, after=epoch + 1, limit=1)
        if isinstance(page, Refused):
            return visit.refuse(page)
        record = next((each for each in page.records if each.epoch == epoch), None)
        if record is None:
            raise NotFound
        report = self._crm.switch_named(visit.person, record.key)
        if isinstance(report, Refused):
            return visit.refuse(report)
        after = number_in(visit.query, "after") or 0
        found = self._crm.outcomes(visit.person, Epoch(epoch), after=LeadId(after))
        rows = list(islice(found, PAGE + 1))
        return visit.show(
            "switch",
            switch=report,
            numbers=numbers_of(report),
            pipelines=pipelines_of(self._crm),
            rows=[(id, lead_title(self._crm, visit, id), outcome) for id, outcome in rows[:PAGE]],
            after=rows[PAGE - 1][0] if len(rows) > PAGE else None,
            is_first=not after,
        )

    def _catalogues(self, kind: Kind) -> Catalogues:
        """What the records of a kind need of them."""
        return Catalogues(
            stages=self._crm.lead_stages().record if kind is Kind.LEAD else None,
            pipelines=pipelines_of(self._crm) if kind is Kind.DEAL else (),
        )

    def _bindings(self, visit: Visit, id: int) -> tuple[Ref, ...]:
        found = self._crm.bindings(visit.person, ActivityId(id))
        return () if isinstance(found, Refused) else tuple(sorted(found))


def _known(kind: str) -> Kind:
    if kind not in ENTITIES:
        raise NotFound
    return Kind(kind)
