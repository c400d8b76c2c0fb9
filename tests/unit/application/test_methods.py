"""What the methods of `Crm` add to the commands that they run: keys, limits, and how a whole switch answers."""

from collections.abc import Callable

import pytest

from crmcore import (
    ActivityId,
    ContactPoint,
    ConvertedLead,
    Crm,
    CrmState,
    Erased,
    Kind,
    LeadId,
    Reason,
    RecordFault,
    Ref,
    Refused,
    StoreBusy,
    SwitchReport,
    SwitchToken,
    Tombstone,
    Totals,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.application import crm as driver
from crmcore.domain.protocol.commands import CHUNK
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports import Changes, Store
from crmcore.testing import TestCrm
from crmcore.testing.wrapped import WrappedStore
from tests.building import ADMIN, MANAGER, accepted, classic, email, simple


@pytest.mark.rule("EDIT-1")
@pytest.mark.parametrize(
    "call",
    [
        lambda crm, key: crm.add_lead(ADMIN, key=key),
        lambda crm, key: crm.copy_lead(ADMIN, 1, key=key),
        lambda crm, key: crm.add_deal(ADMIN, key=key),
        lambda crm, key: crm.add_contact(ADMIN, key=key),
        lambda crm, key: crm.add_company(ADMIN, key=key),
        lambda crm, key: crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, LeadId(1))], key=key),
        lambda crm, key: crm.take_inquiry(ADMIN, channel="call", key=key),
    ],
)
def test_a_call_with_the_same_key_gives_the_first_answer_again(call: Callable[[Crm, str | None], object]) -> None:
    """With another key or without one it does its work anew."""
    scene = classic()
    scene.add()
    first = accepted(call(scene.crm, "k"))
    assert accepted(call(scene.crm, "k")) == first
    assert len({first, *(accepted(call(scene.crm, key)) for key in ("other", None))}) == 3


@pytest.mark.rule("SWITCH-13")
def test_as_many_leads_as_one_call_may_name_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer for each, in the order given."""
    monkeypatch.setattr(driver, "MANY_LEADS", 3)
    scene = classic()
    one, two = scene.add(), scene.add()
    made, unknown, other = scene.crm.convert_leads(ADMIN, iter([two, LeadId(99), one]))
    assert unknown == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, LeadId(99)))
    assert isinstance(made, ConvertedLead)
    assert isinstance(other, ConvertedLead)
    assert (made.row.lead_id, other.row.lead_id) == (two, one)


@pytest.mark.rule("MODE-5")
def test_a_whole_switch_in_simple_changes_nothing_and_says_so() -> None:
    """There is no token, there are no terms, and nothing is counted."""
    report = accepted(simple().crm.switch_to_simple(ADMIN, key="k"))
    assert isinstance(report, SwitchReport)
    assert (report.result, report.state, report.token, report.terms) == ("no_change", CrmState.SIMPLE, None, None)
    assert report.totals == Totals()


@pytest.mark.rule("SWITCH-15")
def test_a_whole_switch_asks_whether_it_is_to_stop() -> None:
    """Before each chunk; then it stays live, and how far it is told."""
    scene = classic()
    for _ in range(5):
        scene.add()
    answers = iter([False, True])
    report = accepted(scene.crm.switch_to_simple(ADMIN, key="k", chunk=2, stop=lambda: next(answers)))
    assert (report.result, report.totals.converted, report.totals.remaining) == ("switching", 2, 3)


class _Busy(WrappedStore):
    """A store in which somebody else acts before a person is erased, or behind each step of it."""

    before: Callable[[], object] | None = None
    behind: Callable[[], object] | None = None

    def snapshot(self, query: Query) -> Snapshot:
        """Act once, where a step is decided: it asks for the activities of all its records."""
        if query.activities_of and self.before is not None:
            act, self.before = self.before, None
            act()
        return super().snapshot(query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Act behind what somebody has deleted."""
        super().commit(changes, confirm)
        if self.behind is not None and any(isinstance(each, Tombstone) for each in changes.leads.values()):
            self.behind()


def _ann() -> tuple[TestCrm, _Busy, list[ContactPoint]]:
    """A CRM with two leads of one person."""
    store, points = _Busy(InMemoryStore.classic()), [email("ann@example.com")]
    p = TestCrm(store)
    for _ in range(2):
        p.lead(contact_points=points)
    return p, store, points


@pytest.mark.rule("DATA-4")
def test_a_record_that_goes_while_a_person_is_erased_is_passed_over() -> None:
    """It was found, and is deleted before the step."""
    p, store, _ = _ann()
    store.before = lambda: accepted(p.crm.delete_lead(ADMIN, LeadId(2)))
    erased = accepted(p.crm.erase(ADMIN, Ref(Kind.LEAD, LeadId(1))))
    assert isinstance(erased, Erased)
    assert erased.leads == (1,)


@pytest.mark.rule("DATA-4")
def test_a_person_of_whom_there_is_always_more_is_told_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many rounds; what was found is erased."""
    monkeypatch.setattr(driver, "ATTEMPTS", 3)
    p, store, points = _ann()
    store.behind = lambda: p.lead(contact_points=points)
    with pytest.raises(StoreBusy, match=r"^records of the person were added 3 times; safe to run again$"):
        p.crm.erase(ADMIN, Ref(Kind.LEAD, LeadId(1)))
    assert [lead.record.id for lead in p.crm.leads(ADMIN)] == [5]


class _Faulty(WrappedStore):
    """A store that stops at this record whenever leads are asked for to be converted."""

    at: Ref | None = None

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked: list[int] = []

    def snapshot(self, query: Query) -> Snapshot:
        """Stop at the record."""
        if query.next_leads:
            self.asked.append(query.next_leads.limit)
            if self.at is not None:
                raise RecordFault(self.at, "unreadable")
        return super().snapshot(query)


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize("at", [Ref(Kind.LEAD, 1), Ref(Kind.CONTACT, 1)])
def test_a_fault_that_stays_or_is_of_no_lead_ends_the_work(at: Ref) -> None:
    """A lead is left out once; what still cannot be read then reaches the caller, from a preview and from a chunk."""
    store = _Faulty(InMemoryStore.classic())
    p = TestCrm(store)
    p.lead()
    store.at = at
    with pytest.raises(RecordFault) as caught:
        p.crm.preview_switch(ADMIN)
    assert caught.value.ref == at
    token = p.crm.begin_switch(ADMIN, key="k")
    assert isinstance(token, SwitchToken)
    with pytest.raises(RecordFault) as caught:
        p.crm.convert_chunk(token)
    assert caught.value.ref == at


@pytest.mark.rule("SWITCH-12")
def test_a_preview_asks_for_as_many_leads_as_a_chunk_has() -> None:
    """It holds no more of them at a time."""
    store = _Faulty(InMemoryStore.classic())
    p = TestCrm(store)
    p.leads(2)
    accepted(p.crm.preview_switch(ADMIN))
    assert store.asked == [CHUNK, CHUNK]


@pytest.mark.rule("PERM-6")
def test_events_are_for_those_with_the_settings_right() -> None:
    """The refusal names the rule of what is hidden."""
    p = TestCrm(InMemoryStore.classic(events=True))
    p.lead()
    assert p.crm.events(MANAGER) == Refused(Reason.NOT_PERMITTED, None, "PERM-6")


@pytest.mark.rule("EDIT-1")
def test_each_activity_of_a_record_comes_with_its_version() -> None:
    """That of an edit, whichever way it is read."""
    p = TestCrm.classic()
    (lead,) = p.leads(1, activities=2)
    accepted(p.crm.edit_activity(ADMIN, ActivityId(2), 1, subject="Later"))
    found = accepted(p.crm.activities(ADMIN, of=Ref(Kind.LEAD, lead.id)))
    assert [(each.record.id, each.version) for each in found] == [(1, 1), (2, 2)]
    assert list(found) == [accepted(p.crm.activity(ADMIN, ActivityId(id))) for id in (1, 2)]
