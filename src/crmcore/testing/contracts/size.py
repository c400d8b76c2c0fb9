"""A CRM of more than a thousand records of each kind: lists, pages and chunks that no statement holds at once."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.model.values import ContactPoint, ContactPoints, PersonName, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import NextLeads, Query, Snapshot
from crmcore.domain.rules.matching import match_keys
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.reference import different_answers
from crmcore.testing.contracts.scene import Scene

__all__ = ["MANY", "SizeLaws", "large_crm"]

#: More than a page and a chunk have, and than any list of a statement should rely on.
MANY = 1_010

_IDS = range(1, MANY + 1)
_LEADS = tuple(map(LeadId, _IDS))
_STAGE, _FIRST = DEFAULT_LEAD_STAGES.stages[0], default_pipeline().first_stage


def _points(number: int) -> ContactPoints:
    return ContactPoints([ContactPoint(kind=PointKind.EMAIL, type="WORK", value=f"p{number}@example.com")])


@cache
def large_crm() -> CrmImage:
    """Leads, deals, contacts, companies and activities, each with others of the same number, in Classic."""
    leads = {
        id: Lead(
            id=id,
            title=f"Lead {id}",
            stage=_STAGE.code,
            semantics=_STAGE.semantics,
            contact_points=_points(id),
            name=PersonName(first="Ann"),
            responsible=UserId(1),
        )
        for id in _LEADS
    }
    contacts = {
        ContactId(id): Contact(
            id=ContactId(id), responsible=UserId(1), contact_points=_points(id), name=PersonName(first="Ann")
        )
        for id in _IDS
    }
    deals = {
        DealId(id): Deal(
            id=DealId(id),
            pipeline_id=default_pipeline().id,
            stage=_FIRST.code,
            semantics=_FIRST.semantics,
            responsible=UserId(1),
            contact_id=ContactId(id),
        )
        for id in _IDS
    }
    new = new_crm(CrmMode.CLASSIC)
    return evolve(
        new,
        settings=evolve(new.settings, match=MatchSetting.EMAIL),
        leads=leads,
        deals=deals,
        contacts=contacts,
        companies={
            CompanyId(id): Company(id=CompanyId(id), responsible=UserId(1), title=f"Company {id}") for id in _IDS
        },
        activities={ActivityId(id): Activity(id=ActivityId(id)) for id in _IDS},
        bindings={ActivityId(id): frozenset({Ref(Kind.LEAD, id), Ref(Kind.DEAL, id)}) for id in _IDS},
    )


#: Questions with long lists in them, or with long answers.
_QUESTIONS: Mapping[str, Query] = {
    "leads": Query(leads=_LEADS),
    "the next leads with their matches": Query(next_leads=NextLeads(MANY), match=True, open_deals=True),
    "the next leads without many": Query(next_leads=NextLeads(5, without=frozenset(_LEADS[:-2]))),
    "deals": Query(deals=tuple(map(DealId, _IDS))),
    "contacts with their open deals": Query(contacts=tuple(map(ContactId, _IDS)), open_deals=True),
    "companies": Query(companies=tuple(map(CompanyId, _IDS))),
    "activities": Query(activities=tuple(map(ActivityId, _IDS))),
    "activities of leads": Query(activities_of=tuple(Ref(Kind.LEAD, id) for id in _IDS)),
    "match keys": Query(match_keys=frozenset().union(*(match_keys(_points(id), (Kind.LEAD,)) for id in _IDS))),
    "the backlog": Query(backlog=True),
}


class SizeLaws(StoreTests):
    """What holds for five records holds for a thousand."""

    @pytest.mark.rule("SWITCH-4", "SWITCH-5")
    def test_long_lists_are_answered_as_the_reference_answers_them(self, crmcore_stores: Stores) -> None:
        """No list of a query or an answer is cut, in whatever parts a store sends it to its database."""
        store, expected = crmcore_stores(large_crm()), _answers()
        wrong = {name: different_answers(store.snapshot(query), expected[name]) for name, query in _QUESTIONS.items()}

        assert {name: parts for name, parts in wrong.items() if parts} == {}
        for kind in (Kind.LEAD, Kind.BINDING):
            assert [len(store.page(kind, None, limit)) for limit in (1000, 2000)] == [1000, MANY]

    @pytest.mark.rule("EDIT-1", "SWITCH-7")
    def test_one_stale_record_among_a_thousand_is_found(self, crmcore_stores: Stores) -> None:
        """Every expected version is compared, every claim is looked at, and every record is written."""
        scene = Scene(crmcore_stores(large_crm()))
        written = {id: evolve(lead, comments="all") for id, lead in large_crm().leads.items() if isinstance(lead, Lead)}
        changes = Changes(expects=scene.store.snapshot(Query(leads=_LEADS)).read, leads=written)
        for lead_id in (_LEADS[-1], _LEADS[0]):
            scene.edit(lead_id, comments="meanwhile")
        taken = scene.unread(leads=written)
        for late in (changes, taken):
            with pytest.raises(Conflict) as conflict:
                scene.store.commit(late)
            stale = {Ref(Kind.LEAD, _LEADS[-1]), Ref(Kind.LEAD, _LEADS[0])}
            assert stale <= set(conflict.value.stale)
        assert set(_comments(scene)) == {None, "meanwhile"}

        scene.store.commit(evolve(changes, expects=scene.store.snapshot(Query(leads=_LEADS)).read))
        assert [*_comments(scene)] == ["all"] * MANY

    @pytest.mark.rule("SWITCH-1", "SWITCH-5")
    def test_a_chunk_of_a_thousand_leads_is_converted_as_in_the_reference(self, crmcore_stores: Stores) -> None:
        """No lead of a chunk, client that it matches, or activity to be completed is left out."""
        found, results = _switched(crmcore_stores(large_crm()))
        expected, expected_results = _end()

        assert different_answers(found, expected) == []
        assert different_answers(results, expected_results) == []


@cache
def _answers() -> Mapping[str, Snapshot]:
    """What the reference answers; it is asked once for all the suites of a process."""
    reference = InMemoryStore(large_crm())
    return {name: reference.snapshot(query) for name, query in _QUESTIONS.items()}


@cache
def _end() -> tuple[CrmImage, Snapshot]:
    """What the same switch comes to in the reference."""
    return _switched(InMemoryStore(large_crm()))


def _switched(store: Store) -> tuple[CrmImage, Snapshot]:
    scene = Scene(store)
    policy = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)
    assert scene.switch(policy, chunk=1000).totals.converted == MANY
    return image_of(store), store.snapshot(Query(leads=_LEADS, results=True))


def _comments(scene: Scene) -> Iterator[Any]:
    return (getattr(lead, "comments", None) for lead in scene.store.snapshot(Query(leads=_LEADS)).leads.values())
