"""What a chunk of a switch may hold beyond what the rules make of it: a store writes what it is given, and expects it.

A store with a faster way for chunks relies on what conversions usually are: new records take over what their lead has,
and every lead that was read is converted. Where that is not so, it must come to the same end.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve, fields_dict

from crmcore.application.step import asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import ActivityId, ContactId, Kind, LeadId, PipelineId, Ref, StageCode, UserId
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import ConvertChunk
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import Stores, StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from crmcore.testing.contracts.seeds import FULL
from crmcore.testing.field_paths import differences, differing

__all__ = ["ChunkLaws"]

#: What a conversion decides itself, and links, which lead to records that must be there.
_DECIDED = ("id", "lead_id", "contact_id", "company_id", "deal_id", "pipeline_id", "stage", "semantics", "created_at")
_CARDS: Mapping[str, type[Any]] = {"leads": Lead, "deals": Deal, "contacts": Contact, "companies": Company}
#: Each field of each record that a chunk writes, where it is to differ from what the lead had.
_CHANGED = [
    *((part, name) for part, card in _CARDS.items() for name in fields_dict(card) if name not in _DECIDED),
    ("ledger", "amount"),
]


class ChunkLaws(StoreTests):
    """A chunk that is out of the ordinary is stored like any other commit."""

    @pytest.mark.rule("SWITCH-11", "DATA-1")
    def test_a_chunk_stores_each_field_as_it_is_given(self, crmcore_scene: Scene) -> None:
        """Also where one record has something else than its lead had, in whichever field that is."""
        plain = crmcore_scene.add()
        accepted(crmcore_scene.crm.add_deal(ADMIN, contact_id=crmcore_scene.add_contact()))
        accepted(crmcore_scene.crm.add_company(ADMIN, title="Company"))
        image = crmcore_scene.image()
        empty = {name: next(iter(getattr(image, name).values())) for name in _CARDS}
        accepted(crmcore_scene.crm.close_lead(ADMIN, plain))
        for _ in _CHANGED:
            crmcore_scene.add(**FULL)
        token = crmcore_scene.begin(ModeSwitchPolicy(client=ClientChoice.BOTH))
        expected: dict[str, dict[Any, Any]] = {}
        for part, name in _CHANGED:
            change = decided(crmcore_scene, ConvertChunk(token=token, size=1))
            parts: dict[str, Any] = {each: dict(getattr(change, each)) for each in (*_CARDS, "ledger")}
            ((id, record),) = parts[part].items()
            parts[part][id] = evolve(record, **{name: None if part == "ledger" else getattr(empty[part], name)})
            crmcore_scene.store.commit(evolve(change, **parts))
            expected = {each: {**expected.get(each, {}), **parts[each]} for each in parts}
        stored = crmcore_scene.image()

        for part, records in expected.items():
            found = {id: record for id, record in getattr(stored, part).items() if id in records}
            assert differing(found, records, part) == []

    @pytest.mark.rule("SWITCH-7")
    def test_a_lead_that_a_chunk_only_read_is_expected_too(self, crmcore_scene: Scene) -> None:
        """A chunk that leaves one of its leads out is a conflict where that one has moved on."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        change = _without(decided(crmcore_scene, _chunk(crmcore_scene, 2)), two)
        crmcore_scene.edit(two, comments="moved on")
        assert one in change.leads

        refuses(crmcore_scene, change, Ref(Kind.LEAD, two))

    @pytest.mark.rule("SWITCH-7")
    def test_a_lead_that_a_chunk_writes_and_does_not_convert_is_written(self, crmcore_scene: Scene) -> None:
        """Whatever becomes of it, beside those that are converted."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        edited = evolve(crmcore_scene.lead(two), comments="edited")
        change = _without(decided(crmcore_scene, _chunk(crmcore_scene, 2)), two)
        crmcore_scene.store.commit(evolve(change, leads={**change.leads, two: edited}))

        assert crmcore_scene.lead(two) == edited
        assert crmcore_scene.lead(one).deal_id is not None

    @pytest.mark.rule("SWITCH-7")
    def test_what_a_chunk_writes_besides_conversions_is_written_too(self, crmcore_stores: Stores) -> None:
        """As if it were committed right behind the chunk, whatever it is."""
        images = []
        for at_once in (True, False):
            there = Scene(crmcore_stores(new_crm(CrmMode.CLASSIC)))
            more = _more(there)
            token = there.begin(ModeSwitchPolicy(client=ClientChoice.BOTH))
            live = there.image().switches["k"]
            more["settings"] = evolve(there.crm.settings(), match=MatchSetting.EMAIL)
            more["switches"] = {"other": evolve(live, key="other", ended="cancelled", ended_at=there.clock.now())}
            for name, value in more.items():
                change = decided(there, ConvertChunk(token=token, size=1))
                there.store.commit(evolve(change, **{name: value}) if at_once else change)
                if not at_once:
                    alone: dict[str, Any] = {name: value}
                    there.store.commit(there.unread(**alone))
            images.append(there.image())

        assert differences(images[0], images[1]) == []

    @pytest.mark.rule("SWITCH-7", "STAGE-1")
    def test_the_conditions_of_a_chunk_are_looked_at(self, crmcore_scene: Scene) -> None:
        """It may ask for a number of active leads, and for stages without leads, as any commit may."""
        crmcore_scene.add()
        command = _chunk(crmcore_scene, 1)

        refuses(crmcore_scene, evolve(decided(crmcore_scene, command), active_leads=2), Ref(Kind.LEAD, LeadId(0)))
        unused = evolve(decided(crmcore_scene, command), unused_stages=frozenset({StageCode("NEW")}))
        refuses(crmcore_scene, unused, Ref(Kind.STAGES, StageCode("NEW")))

    @pytest.mark.rule("SWITCH-7")
    @pytest.mark.parametrize("moved", ["the settings", "a pipeline", "the stages"])
    def test_what_a_chunk_read_besides_leads_and_clients_is_expected_too(
        self, crmcore_scene: Scene, moved: str
    ) -> None:
        """Whatever the read set has is looked at, also what a chunk does not usually read."""
        crmcore_scene.add()
        command = _chunk(crmcore_scene, 1)
        handler = HANDLERS[ConvertChunk]
        query = evolve(handler.query(command), settings=True, pipelines=True, stages=True)
        snapshot = crmcore_scene.store.snapshot(query)
        context, _ = asked(
            crmcore_scene.roles, crmcore_scene.plan, crmcore_scene.clock, ADMIN, needs_right=handler.needs_right
        )
        ids = {
            kind: iter(crmcore_scene.store.reserve(kind, n))
            for kind, n in handler.ids(command, snapshot, context).items()
        }
        change = accepted(handler.decide(command, snapshot, context, ids)).changes
        assert change is not None
        late = evolve(change, expects=snapshot.read)
        crm = crmcore_scene.crm
        pipeline, stages = crm.pipelines()[0], crm.lead_stages()
        renamed = evolve(pipeline.record, name="Renamed")
        moves: dict[str, tuple[Kind, Callable[[], object]]] = {
            "the settings": (Kind.SETTINGS, lambda: crm.change_settings(ADMIN, match=MatchSetting.EMAIL)),
            "a pipeline": (Kind.PIPELINE, lambda: crm.define_pipeline(ADMIN, renamed, pipeline.version)),
            "the stages": (Kind.STAGES, lambda: crm.define_lead_stages(ADMIN, stages.record, stages.version)),
        }
        kind, move = moves[moved]
        accepted(move())

        refuses(crmcore_scene, late, Ref(kind, 0))

    @pytest.mark.rule("CONV-6", "SWITCH-12")
    def test_an_activity_is_shared_with_whatever_else_it_is_bound_to(self, crmcore_scene: Scene) -> None:
        """Also with a client that has the same number as the lead."""
        lead_id = crmcore_scene.add()
        contact = Contact(id=ContactId(lead_id), responsible=UserId(1))
        crmcore_scene.store.commit(crmcore_scene.unread(contacts={contact.id: contact}))
        refs = (Ref(Kind.LEAD, lead_id), Ref(Kind.CONTACT, contact.id))
        shared, own = crmcore_scene.add_activity(*refs), crmcore_scene.add_activity(refs[0])

        found = crmcore_scene.store.snapshot(Query(leads=(lead_id,)))
        assert [each.id for each in found.lead_activities[lead_id]] == [shared, own]
        assert list(found.shared) == [shared]


def _chunk(scene: Scene, size: int) -> ConvertChunk:
    return ConvertChunk(token=scene.begin(ModeSwitchPolicy(client=ClientChoice.BOTH)), size=size)


def _more(scene: Scene) -> dict[str, Any]:
    """By part of `Changes`, what a commit may write beside conversions, as far as it stands before the switch begins.

    Each gets a lead to be converted.
    """
    contact_id, company_id = scene.add_contact(), accepted(scene.crm.add_company(ADMIN, title="Company"))
    contact, company = Ref(Kind.CONTACT, contact_id), Ref(Kind.COMPANY, company_id)
    ids = [scene.add_activity(contact, company) for _ in range(2)]
    new = ActivityId(scene.store.reserve(Kind.ACTIVITY, 1)[0])
    stage = Stage(code=StageCode("MORE"), name="More", semantics=StageSemantics.IN_PROCESS)
    more: dict[str, Any] = {
        "settings": None,
        "stages": LeadStages(stages=(*scene.crm.lead_stages().record.stages, stage)),
        "pipelines": {PipelineId(7): evolve(scene.crm.pipelines()[0].record, id=PipelineId(7), name="Further")},
        "activities": {new: evolve(scene.activity(ids[0]), id=new)},
        "bindings": {ids[0]: frozenset({Ref(Kind.CONTACT, scene.add_contact())})},
        "unbound": {ids[1]: frozenset({company})},
        "commands": {"once": CommandRecord(key="once", fingerprint="other", made=())},
        "switches": None,
    }
    for _ in more:
        scene.add()
    return more


def _without(change: Changes, lead_id: LeadId) -> Changes:
    """The chunk without one of its leads and all that was made of it."""
    row = change.ledger[lead_id]
    gone: dict[str, Any] = {"deals": row.deal_id, "contacts": row.contact_id, "companies": row.company_id}
    gone |= dict.fromkeys(("leads", "ledger", "outcomes"), lead_id)
    parts: dict[str, Any] = {
        name: {k: v for k, v in getattr(change, name).items() if k != id} for name, id in gone.items()
    }
    return evolve(change, **parts)
