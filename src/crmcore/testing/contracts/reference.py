"""Every answer of a store compared with that of `InMemoryStore`, the reference, over the same records."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import fields

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.ids import MATCHED, ActivityId, CompanyId, ContactId, DealId, Epoch, Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.changes import ReadSet
from crmcore.domain.protocol.snapshot import NextLeads, Query, Snapshot
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import FULL, busy_crm
from crmcore.testing.field_paths import differences

__all__ = ["ReferenceLaws", "different_answers"]

_LEADS = tuple(map(LeadId, range(1, 18)))
_KEYS = frozenset(
    MatchKey(kind, PointKind.EMAIL, value) for kind in MATCHED for value in ("ann@example.com", "nobody@example.com")
)

#: One query for each thing that can be asked, and for the ways in which a switch asks for its next leads.
QUERIES: Mapping[str, Query] = {
    "nothing": Query(),
    "settings": Query(settings=True),
    "stages": Query(stages=True),
    "pipelines": Query(pipelines=True),
    "leads with their activities, ledger rows and marks": Query(leads=_LEADS),
    "a lead that is not there": Query(leads=(LeadId(99),)),
    "what conversions made": Query(leads=_LEADS, results=True),
    "the clients that match": Query(leads=_LEADS, match=True),
    "match keys": Query(match_keys=_KEYS),
    "match keys with the open deals of the clients": Query(match_keys=_KEYS, open_deals=True),
    "deals": Query(deals=tuple(map(DealId, range(100, 113)))),
    "contacts": Query(contacts=tuple(map(ContactId, range(200, 209)))),
    "companies": Query(companies=tuple(map(CompanyId, range(300, 310)))),
    "clients with their open deals": Query(contacts=(ContactId(201),), companies=(CompanyId(303),), open_deals=True),
    "activities": Query(activities=tuple(map(ActivityId, range(400, 412)))),
    "activities of a lead": Query(activities_of=(Ref(Kind.LEAD, 3),)),
    "activities of a deal and a contact": Query(activities_of=(Ref(Kind.DEAL, 106), Ref(Kind.CONTACT, 201))),
    "a switch": Query(switch_key="k"),
    "a switch that is not there": Query(switch_key="other"),
    "the live switch": Query(live_switch=True),
    "a command": Query(command_key="once"),
    "what the switch recorded of a lead": Query(outcome_of=LeadId(3)),
    "that a lead is set aside": Query(outcome_of=LeadId(9)),
    "a lead without its record": Query(outcome_of=LeadId(3), unread=True),
    "a converted lead without its record": Query(outcome_of=LeadId(1), unread=True),
    "the backlog": Query(backlog=True),
    "the tally of the live switch": Query(tally=Epoch(7)),
    "the tally of an earlier switch": Query(tally=Epoch(2)),
    "the stages in use": Query(stages_in_use=True),
    "the next leads": Query(next_leads=NextLeads(limit=2)),
    "the next leads with their matches": Query(next_leads=NextLeads(limit=9), match=True, pipelines=True),
    "the next leads of a shard": Query(next_leads=NextLeads(limit=9, shard=(0, 2))),
    "the next leads of the other shard": Query(next_leads=NextLeads(limit=9, shard=(1, 2))),
    "the next leads without one": Query(next_leads=NextLeads(limit=9, without=frozenset({LeadId(10)}))),
    "the next leads after one": Query(next_leads=NextLeads(limit=9, after=LeadId(10))),
}


class ReferenceLaws(StoreTests):
    """Every query is answered as the reference answers it."""

    @pytest.mark.rule("SWITCH-4", "SWITCH-5")
    @pytest.mark.parametrize("asked", QUERIES)
    def test_a_query_is_answered_as_the_reference_answers_it(self, asked: str, crmcore_stores: Stores) -> None:
        """The parts of the snapshot are the same, and so are the records whose versions are in the read set."""
        seed = busy_crm()
        found, expected = (store.snapshot(QUERIES[asked]) for store in (crmcore_stores(seed), InMemoryStore(seed)))

        assert different_answers(found, expected) == []

    @pytest.mark.rule("SWITCH-1", "SWITCH-11", "CONV-6")
    @pytest.mark.parametrize("keep_activities", [True, False])
    @pytest.mark.parametrize("client", list(ClientChoice))
    def test_a_switch_leaves_what_it_leaves_in_the_reference(
        self, client: ClientChoice, keep_activities: bool, crmcore_stores: Stores
    ) -> None:
        """The same commands over the same records end in the same CRM, every record and number of it."""
        ends = []
        for store in (crmcore_stores(new_crm(CrmMode.CLASSIC)), InMemoryStore(new_crm(CrmMode.CLASSIC))):
            scene = Scene(store)
            ids = [scene.add(**FULL), scene.add(title="Plain"), scene.add(**FULL), scene.add(title="Closed")]
            scene.add_activity(*(Ref(Kind.LEAD, id) for id in ids))
            scene.add_activity(Ref(Kind.LEAD, ids[0]))
            accepted(scene.crm.close_lead(ADMIN, ids[3]))
            scene.switch(ModeSwitchPolicy(client=client, keep_activities=keep_activities), chunk=2)
            ends.append((scene.image(), store.snapshot(Query(tally=Epoch(2)))))

        (found, tally), (expected, expected_tally) = ends
        assert different_answers(found, expected) == []
        assert different_answers(tally, expected_tally) == []


def different_answers(found: CrmImage | Snapshot, expected: CrmImage | Snapshot) -> list[str]:
    """What differs, by name and with both values: they are made up."""
    return [
        name
        for each in fields(type(expected))
        if each.name != "keeps_events"  # a choice of its host's
        for name in differences(
            _comparable(getattr(found, each.name)), _comparable(getattr(expected, each.name)), each.name
        )
    ]


def _comparable(part: Any) -> Any:
    """A part of an answer; of versions only whether a record exists, since a store may count from any number."""
    if isinstance(part, ReadSet):
        return part.epoch, {
            kind: {id: version > 0 for id, version in versions.items() if kind is not Kind.MATCH_KEY or version}
            for kind, versions in part.versions.items()
        }
    return part
