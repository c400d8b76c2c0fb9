"""Stores that are wrong where a list is long, or where a limit meets a filter."""

from itertools import islice
from typing import Any

from attrs import evolve, fields

from crmcore.domain.model.ids import Kind, LeadId
from crmcore.domain.model.lead import Lead
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore
from crmcore.testing.wrapped import expecting

__all__ = ["CutListsStore", "LimitFirstStore"]

#: How long a list of a statement may be, as some author read once.
_LONGEST = 500


class CutListsStore(BadStore):
    """Puts the first 500 members of a list into a statement and forgets the rest (SWITCH-5)."""

    rule, point = "SWITCH-5", 0
    rejected_by = "test_long_lists_are_answered_as_the_reference_answers_them"

    def read(self, query: Query) -> Snapshot:
        """Read what the lists have room for; of the next leads, the activities of so many."""
        cut = {each.name: _cut(getattr(query, each.name)) for each in fields(Query) if each.name != "next_leads"}
        snapshot = self.store.snapshot(evolve(query, **cut))
        if query.next_leads is None:
            return snapshot
        some = set(islice(snapshot.leads, _LONGEST))
        work = {id: each for id, each in snapshot.lead_activities.items() if id in some}
        return evolve(snapshot, lead_activities=work)

    def sent(self, changes: Changes) -> Changes:
        """Commit, and compare the versions that the lists have room for."""
        versions = {kind: dict(islice(each.items(), _LONGEST)) for kind, each in changes.expects.versions.items()}
        if any(len(each) > _LONGEST for each in changes.expects.versions.values()):
            changes = expecting(self.store, changes, evolve(changes.expects, versions=versions))
        return changes


def _cut(value: Any) -> Any:
    if isinstance(value, (tuple, frozenset)) and len(value) > _LONGEST:
        return type(value)(islice(value, _LONGEST))
    return value


class LimitFirstStore(BadStore):
    """Applies the limit to the table first, and leaves out the leads to skip afterwards (SWITCH-9)."""

    rule, point = "SWITCH-9", 0
    rejected_by = "test_a_limit_counts_the_leads_that_are_offered"

    def read(self, query: Query) -> Snapshot:
        """Read, with fewer next leads than there are."""
        wanted = query.next_leads
        if wanted is None:
            return self.store.snapshot(query)
        beyond = self._active_after(wanted.after)[wanted.limit :]
        return self.store.snapshot(evolve(query, next_leads=wanted._replace(without=wanted.without.union(beyond))))

    def _active_after(self, after: LeadId | None) -> list[LeadId]:
        """The active leads in order, marked or not."""
        found: list[LeadId] = []
        while page := self.store.page(Kind.LEAD, after):
            found += [entry.id for entry in page if isinstance(entry.record, Lead) and entry.record.is_active]
            after = page[-1].id
        return found
