"""Stores whose tables have no place for a part of a record, or keep one that should be gone."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import ActivityId, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.text import NOTHING
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.faults.base import BadStore, epoch_of

__all__ = [
    "ActivityTextsStore",
    "CascadingStore",
    "ContactColumnsStore",
    "ErasedColumnsStore",
    "MinuteDeadlinesStore",
    "StrippedTitlesStore",
    "TracelessStore",
    "UnlinkingStore",
]


class _Narrow(BadStore):
    """Writes records as far as its columns go."""

    rule, point = "DATA-1", 0
    rejected_by = "test_a_commit_keeps_every_field"

    part: str

    def kept(self, record: Any) -> Any:
        """What the columns hold of a record that is not deleted."""
        raise NotImplementedError

    def sent(self, changes: Changes) -> Changes:
        """Commit what there are columns for."""
        records: Mapping[Any, Any] = getattr(changes, self.part)
        kept: dict[str, Any] = {
            self.part: {id: each if isinstance(each, Tombstone) else self.kept(each) for id, each in records.items()}
        }
        return evolve(changes, **kept) if records else changes


class ContactColumnsStore(_Narrow):
    """Has no columns for the birth date, the job title and the source of a contact, which leads have (DATA-1)."""

    part = "contacts"

    def kept(self, record: Contact) -> Contact:
        """The contact of a card that shows name and addresses."""
        return evolve(record, birth_date=None, job_title=None, source=None, source_description=None)


class ActivityTextsStore(_Narrow):
    """Has no columns for the subject and the description of an activity (DATA-1)."""

    part = "activities"

    def kept(self, record: Activity) -> Activity:
        """The activity of a list that shows kind and deadline."""
        return evolve(record, subject=None, description=None)


class MinuteDeadlinesStore(_Narrow):
    """Cuts deadlines to the minute, as the picker of its page has them (DATA-1)."""

    part = "activities"

    def kept(self, record: Activity) -> Activity:
        """The activity with a round deadline."""
        deadline = record.deadline
        return evolve(record, deadline=deadline and deadline.replace(second=0, microsecond=0))


class StrippedTitlesStore(_Narrow):
    """Strips the blanks around the title of a lead (DATA-1)."""

    part = "leads"

    def kept(self, record: Lead) -> Lead:
        """The lead with a tidy title."""
        return evolve(record, title=record.title and record.title.strip())


class TracelessStore(_Narrow):
    """Has no place for what a person unbound from an activity, so that an audit takes it for damage (CONV-9)."""

    rule, point = "CONV-9", 0
    rejected_by = "test_what_a_person_unbound_leaves_its_trace"
    part = "activities"

    def kept(self, record: Activity) -> Activity:
        """The activity alone."""
        return evolve(record, unbound=frozenset())


class CascadingStore(BadStore):
    """Deletes the bindings of a lead with its row, by a cascade of the database (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_a_binding_to_a_deleted_lead_stays"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and let go of whatever was bound to a deleted lead."""
        self.store.commit(changes, confirm)
        gone = {Ref(Kind.LEAD, id) for id, lead in changes.leads.items() if isinstance(lead, Tombstone)}
        if gone:
            bound = self.store.snapshot(Query(activities_of=tuple(gone))).bindings
            lost: dict[ActivityId, frozenset[Ref]] = {id: refs & gone for id, refs in bound.items()}
            self.store.commit(Changes(expects=epoch_of(self.store), unbound=lost))


class UnlinkingStore(BadStore):
    """Empties the links to a client when it is deleted, as ON DELETE SET NULL does (CONV-2)."""

    rule, point = "CONV-2", 0
    rejected_by = "test_a_lead_comes_with_the_tombstone_of_its_client"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and take the deleted clients from their leads."""
        self.store.commit(changes, confirm)
        for part, link in (("contacts", "contact_id"), ("companies", "company_id")):
            gone = {id for id, each in getattr(changes, part).items() if isinstance(each, Tombstone)}
            if gone:
                leads = [each.record for each in self.store.page(Kind.LEAD, None, 5000)]
                emptied = {
                    lead.id: evolve(lead, **{link: None})  # type: ignore[arg-type]  # a link
                    for lead in leads
                    if isinstance(lead, Lead) and getattr(lead, link) in gone
                }
                read = self.store.snapshot(Query(leads=tuple(emptied))).read
                self.store.commit(Changes(expects=read, leads=emptied))


class ErasedColumnsStore(BadStore):
    """Keeps titles in a column for its search, and addresses in a table of claims, also after an erasure (DATA-3)."""

    rule, point = "DATA-3", 0
    rejected_by = "test_nothing_of_what_was_erased_is_left_in_the_database"

    def start(self) -> None:
        """Its own columns are empty."""
        super().start()
        self.columns: list[str] = []

    def own_texts(self) -> Iterable[str]:
        """The search column and the table of claims."""
        return self.columns

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and note what can be searched for and what was claimed."""
        self.store.commit(changes, confirm)
        self.columns += [lead.title for lead in changes.leads.values() if isinstance(lead, Lead) and lead.title]
        self.columns += [key.value for key in changes.expects.versions.get(Kind.MATCH_KEY, NOTHING)]
