"""An audit reads a switched CRM once: what it has seen with its lead is not read again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve, fields

from crmcore.adapters.document import dump_crm, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.application import audit, pages
from crmcore.application.audit import audit_store
from crmcore.application.pages import PAGE
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Reads, Store
from crmcore.testing import ADMIN, TestCrm, accepted
from crmcore.testing.wrapped import WrappedStore
from tests.unit.adapters.memory.test_planted import planted

#: More leads than two pages have.
LEADS = 2 * PAGE + 100


class Counting(WrappedStore):
    """Counts how often each record is read."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.read: Counter[Ref] = Counter()

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """The reads of this store, which nobody writes to."""
        yield self

    def snapshot(self, query: Query) -> Snapshot:
        """Count what the answer has."""
        found = super().snapshot(query)
        for kind, part in RECORDS.items():
            self.read.update(Ref(kind, id) for id in getattr(found, part))
        self.read.update(Ref(Kind.LEDGER, id) for id in found.ledger)
        return found

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Count what the page has."""
        found = super().page(kind, after, limit)
        self.read.update(Ref(kind, entry.id) for entry in found if kind is not Kind.OUTCOME)
        return found


@pytest.fixture(scope="module")
def switched() -> Counting:
    """A CRM whose leads have become deals with a contact each, and an activity."""
    scene = TestCrm.classic()
    scene.leads(LEADS, activities=1)
    accepted(scene.crm.switch_to_simple(ADMIN, key="k"))
    store = Counting(scene.store)
    assert list(audit_store(store)) == []
    return store


@pytest.mark.parametrize("kind", [Kind.DEAL, Kind.CONTACT, Kind.ACTIVITY, Kind.LEDGER])
def test_what_a_lead_became_is_read_with_it_and_not_again(switched: Counting, kind: Kind) -> None:
    """Each record of the conversion is read once, and none is passed over."""
    assert {count for ref, count in switched.read.items() if ref.kind is kind} == {1}
    assert sum(1 for ref in switched.read if ref.kind is kind) == LEADS


def test_only_the_leads_of_the_first_page_are_read_twice(switched: Counting) -> None:
    """Where ids lie close together, the next leads are asked for without a page."""
    twice = [ref.id for ref, count in switched.read.items() if ref.kind is Kind.LEAD and count > 1]
    assert sorted(twice) == list(range(1, PAGE + 1))


#: The eight highest ids that there may be.
LAST = range(ID_LIMIT - 7, ID_LIMIT + 1)


class Asked(WrappedStore):
    """Notes what is asked of the leads: after which id a page begins, or the first and the last of several ids.

    And all questions: the kind of a page and where it begins, or what a snapshot is asked for.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.questions: list[Any] = []
        self.all: list[Any] = []

    def snapshot(self, query: Query) -> Snapshot:
        """Note the ids."""
        self.all.append([each.name for each in fields(Query) if getattr(query, each.name) != each.default])
        if query.leads:
            self.questions.append((query.leads[0], query.leads[-1]))
        return super().snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Note where the page begins."""
        self.all.append((kind, after))
        if kind is Kind.LEAD:
            self.questions.append(after)
        return super().page(kind, after, limit)


@pytest.mark.parametrize(
    "leads, questions",
    [
        ([], [None]),
        # Ids that follow one another: until one is not there, and twice at most.
        (range(1, 7), [None, (1, 4), (5, 8), 6]),
        (range(1, 13), [None, (1, 4), (5, 8), (9, 12), 12]),
        # One that is not there is passed over.
        ([1, 2, 3, 4, 6], [None, (1, 4), (5, 8), 4]),
        # Ids that lie close: with fewer gaps than ids.
        ([1, 2, 3, 8, 9], [None, (1, 8), (9, 12), 9]),
        ([1, 2, 3, 9, 10], [None, (1, 9), 9, (10, 10)]),
        ([1, 20, 30, 40, 50], [None, (1, 40), 40, (50, 50)]),
        # The last ids that there are.
        (LAST, [None, (LAST[0], LAST[3]), (LAST[4], LAST[7]), LAST[7]]),
        (LAST[1:], [None, (LAST[1], LAST[4]), LAST[4], (LAST[5], LAST[7])]),
    ],
    ids=str,
)
def test_the_next_leads_are_asked_for_without_a_page_where_ids_lie_close(
    leads: Iterable[int], questions: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of four is followed by the next four ids, as long as its ids lie close and the last one was there."""
    for module in (audit, pages):
        monkeypatch.setattr(module, "PAGE", 4)
    lead = TestCrm.classic().lead()
    image = evolve(new_crm(CrmMode.CLASSIC), leads={LeadId(id): evolve(lead, id=LeadId(id)) for id in leads})
    store = Asked(InMemoryStore(image))
    assert list(audit_store(store)) == []
    assert store.questions == questions


def test_what_was_read_with_the_leads_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three leads that became deals with a contact and an activity; then a deal, two clients and a call alone."""
    for module in (audit, pages):
        monkeypatch.setattr(module, "PAGE", 4)
    p = TestCrm.classic()
    p.leads(3, activities=1)
    accepted(p.crm.switch_to_simple(ADMIN, key="k"))
    p.deal()
    p.company()
    p.activity(p.contact())
    store = Asked(p.store)
    assert list(audit_store(store)) == []
    whole = ["stages", "leads", "results"]
    assert [sorted(each) if isinstance(each, list) else each for each in store.all] == [
        (Kind.PIPELINE, None),
        (Kind.LEAD, None), sorted(whole),
        (Kind.LEDGER, 3),
        (Kind.DEAL, 3), [],
        (Kind.CONTACT, 3),
        (Kind.COMPANY, None),
        (Kind.BINDING, 3), ["activities", "contacts"],
        (Kind.ACTIVITY, 3),
        (Kind.COMMAND, None),
        (Kind.SWITCH, None), ["tally"],
        (Kind.OUTCOME, None),
        ["backlog", "stages"],
    ]  # fmt: skip


@pytest.mark.rule("DATA-1")
def test_what_is_not_there_is_told_of_the_record_that_names_it() -> None:
    """A contact of its company, an activity of what it is bound to, and a command of what it has made."""
    p = TestCrm.classic()
    p.contact()
    accepted(p.crm.add_deal(ADMIN, key="deal"))
    p.activity(p.contact())
    image = p.image()
    damaged = evolve(
        image,
        contacts={id: planted(each, company_id=99) if id == 1 else each for id, each in image.contacts.items()},
        deals={},
        bindings={ActivityId(1): frozenset({Ref(Kind.COMPANY, 98)})},
    )
    found = [(each.kind, each.ids) for each in audit_store(InMemoryStore(damaged))]
    assert found == [(Kind.CONTACT, (1,)), (Kind.ACTIVITY, (1,)), (Kind.COMMAND, ("deal",))]


@pytest.mark.rule("DATA-1")
def test_a_pipeline_that_cannot_be_read_is_named_and_its_deals_are_not_at_fault() -> None:
    """They say nothing of its stages."""
    p = TestCrm.classic()
    p.deal()
    image = p.image()
    pipelines = {id: planted(each, name=5) for id, each in image.pipelines.items()}
    found = [(each.kind, each.ids) for each in audit_store(InMemoryStore(evolve(image, pipelines=pipelines)))]
    assert found == [(Kind.PIPELINE, (0,))]


class Damaged(WrappedStore):
    """A store in which one contact cannot be read."""

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """The reads of this store, which nobody writes to."""
        yield self

    def snapshot(self, query: Query) -> Snapshot:
        """Stop at the contact."""
        if query.contacts:
            raise RecordFault(Ref(Kind.CONTACT, query.contacts[0]), "unreadable")
        return super().snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Stop at the contact, and say so once all before it were read."""
        found = super().page(kind, after, limit)
        if kind is Kind.CONTACT and found:
            raise RecordFault(Ref(Kind.CONTACT, found[0].id), "unreadable")
        return found


@pytest.mark.rule("DATA-1.16")
def test_an_audit_names_all_that_cannot_be_read_and_no_export_passes_one_over() -> None:
    """So what an export gives of a CRM whose audit is clean is the whole of it, and makes the same CRM again."""
    scene = TestCrm.classic()
    leads = [lead.id for lead in scene.leads(5, activities=1)]
    scene.trouble.unreadable.update(leads[1::2])
    found = accepted(scene.crm.audit(ADMIN))
    assert [(each.kind, each.ids) for each in found] == [(Kind.LEAD, (id,)) for id in leads[1::2]]
    with pytest.raises(RecordFault) as caught:
        scene.crm.export(ADMIN)
    assert caught.value.ref == Ref(Kind.LEAD, leads[1])
    scene.trouble.heal()
    assert accepted(scene.crm.audit(ADMIN)) == ()
    again = TestCrm.of(load_crm(dump_crm(accepted(scene.crm.export(ADMIN)))))
    assert again.image() == scene.image()


@pytest.mark.rule("DATA-1")
def test_a_client_that_cannot_be_read_is_named_and_its_lead_is_not_at_fault() -> None:
    """What a link leads to is there, whatever it holds."""
    scene = TestCrm.classic()
    contact = scene.contact()
    scene.lead(contact_id=contact.id)
    found = [(each.law, each.kind, each.ids) for each in audit_store(Damaged(scene.store))]
    assert found == [("every_record_can_be_read", Kind.CONTACT, (contact.id,))]
