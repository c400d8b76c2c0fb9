"""Imports of clients beside leads, and of leads that are there already (IMPORT-1, IMPORT-2)."""

from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    ActivityId,
    Company,
    CompanyId,
    Contact,
    ContactId,
    DealId,
    Grant,
    ImportRecords,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    Level,
    Operation,
    PersonName,
    Reason,
    Ref,
    Refused,
    Role,
    StageCode,
    StageSemantics,
    UserId,
)
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict
from crmcore.domain.protocol.events import RecordsImported
from crmcore.testing import TestCrm
from tests.building import ADMIN, Scene, accepted, classic, refused, simple

BEA = UserId(51)
_JUNK: dict[str, Any] = {"stage": StageCode("JUNK"), "semantics": StageSemantics.FAILURE}


def _lead(id: int = 50, **fields: Any) -> Lead:
    given = {"stage": "NEW", "semantics": StageSemantics.IN_PROCESS, "responsible": ADMIN, **fields}
    return Lead(id=LeadId(id), **given)


def _contact(id: int = 503, **fields: Any) -> Contact:
    return Contact(id=ContactId(id), **{"responsible": ADMIN, "name": PersonName(first="Ada"), **fields})


def _company(id: int = 7, **fields: Any) -> Company:
    return Company(id=CompanyId(id), **{"responsible": ADMIN, "title": "Sample", **fields})


def _portal(**more: Any) -> ImportRecords:
    """A lead of a contact of a company, all in one import."""
    given: dict[str, Any] = {
        "leads": (_lead(contact_id=503, company_id=7),),
        "contacts": (_contact(company_id=7),),
        "companies": (_company(),),
    }
    return ImportRecords(**{**given, **more})


def _grant(scene: Scene, *operations: Operation, kind: Kind = Kind.LEAD, level: Level = Level.ALL) -> None:
    """Give Bea these rights, and those to read and to add all leads."""
    levels = {Grant(each, Kind.LEAD): Level.ALL for each in (Operation.READ, Operation.ADD)}
    levels |= {Grant(each, kind): level for each in operations}
    scene.roles.grant(BEA, Role(name="in", levels=levels))


@pytest.mark.rule("IMPORT-1")
class TestClients:
    """IMPORT-1. Clients come with the leads that are linked to them: all of them, or none."""

    @pytest.mark.rule("IMPORT-1.7", "IMPORT-1.3")
    def test_clients_are_imported_with_the_leads_that_are_linked_to_them(self) -> None:
        """As they are, in one commit that is told; a second import skips what is equal."""
        scene = classic()
        twice = _portal(contacts=(_contact(company_id=7), _contact(company_id=7)))
        done = accepted(scene.crm.import_records(ADMIN, twice))
        assert (done.leads, done.contacts, done.companies) == (1, 1, 1)
        assert done.skipped == (Ref(Kind.CONTACT, 503),)
        assert scene.heard() == [RecordsImported(1, 0, 1, 1)]
        image = scene.image()
        assert (image.leads, image.contacts, image.companies) == (
            {50: _lead(contact_id=503, company_id=7)},
            {503: _contact(company_id=7)},
            {7: _company()},
        )
        again = accepted(scene.crm.import_records(ADMIN, _portal()))
        assert (again.contacts, again.companies, len(again.skipped)) == (0, 0, 3)
        assert scene.image() == image
        more = ImportRecords(companies=(_company(), _company(8)))
        assert accepted(scene.crm.import_records(ADMIN, more)).companies == 1
        assert scene.holds_all_laws()

    @pytest.mark.rule("IMPORT-1.7", "CONV-2")
    def test_a_lead_is_converted_on_the_client_that_came_with_it(self) -> None:
        """No second client is made of somebody who is known; new ids are above imported ones."""
        scene = classic()
        accepted(scene.crm.import_records(ADMIN, _portal()))
        scene.switch()
        image = scene.image()
        assert [(deal.contact_id, deal.company_id) for deal in image.deals.values()] == [(503, 7)]
        assert (len(image.contacts), len(image.companies)) == (1, 1)
        assert scene.add_contact() > 503
        assert scene.add_company() > 7

    @pytest.mark.rule("IMPORT-1.8")
    @pytest.mark.parametrize(
        "records, missing",
        [
            (_portal(contacts=(), companies=(_company(),)), Ref(Kind.CONTACT, 503)),
            (_portal(companies=()), Ref(Kind.COMPANY, 7)),
            (ImportRecords(contacts=(_contact(company_id=9),), companies=(_company(),)), Ref(Kind.COMPANY, 9)),
        ],
    )
    def test_a_link_to_a_client_that_is_nowhere_is_refused(self, records: ImportRecords, missing: Ref) -> None:
        """Neither there nor brought, so nothing is imported; what is there need not be brought."""
        scene = classic()
        before = scene.image()
        assert scene.crm.import_records(ADMIN, records) == Refused(Reason.UNKNOWN_RECORD, missing)
        assert scene.image() == before
        accepted(
            scene.crm.import_records(ADMIN, ImportRecords(contacts=(_contact(),), companies=(_company(), _company(9))))
        )
        accepted(scene.crm.import_records(ADMIN, evolve(records, contacts=(), companies=())))

    @pytest.mark.rule("IMPORT-1.4")
    @pytest.mark.parametrize(
        "other", [{"contacts": (_contact(comments="x"),)}, {"companies": (_company(comments="x"),)}]
    )
    def test_a_client_that_differs_is_refused(self, other: dict[str, Any]) -> None:
        """Whether it is there or came twice in one import."""
        scene = classic()
        accepted(scene.crm.import_records(ADMIN, ImportRecords(contacts=(_contact(),), companies=(_company(),))))
        before = scene.image()
        differs = Refused(
            Reason.RECORD_DIFFERS, Ref(Kind.CONTACT, 503) if "contacts" in other else Ref(Kind.COMPANY, 7)
        )
        assert scene.crm.import_records(ADMIN, ImportRecords(**other)) == differs
        assert scene.image() == before
        first: dict[str, Any] = {"contacts": (_contact(),), "companies": (_company(),)}
        twice: dict[str, Any] = {name: (*first[name], *records) for name, records in other.items()}
        assert classic().crm.import_records(ADMIN, ImportRecords(**twice)) == differs

    def test_a_client_that_a_conversion_made_cannot_be_imported(self) -> None:
        """There is no ledger row of it, as there is none of a lead with a deal; an equal one is skipped."""
        scene = classic()
        made = ImportRecords(contacts=(_contact(lead_id=3),))
        unknown = Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 3), "IMPORT-1")
        assert scene.crm.import_records(ADMIN, made) == unknown
        scene.convert(scene.add(title="x"))
        (there,) = scene.image().contacts.values()
        assert isinstance(there, Contact)
        done = accepted(scene.crm.import_records(ADMIN, ImportRecords(contacts=(there,))))
        assert (done.contacts, done.skipped) == (0, (Ref(Kind.CONTACT, there.id),))

    @pytest.mark.rule("PERM-6")
    @pytest.mark.parametrize("kind", [Kind.CONTACT, Kind.COMPANY])
    def test_each_client_needs_the_right_to_add_it(self, kind: Kind) -> None:
        """Of its kind, and as far as the right reaches."""
        scene = simple()
        of: dict[Kind, tuple[str, Any]] = {
            Kind.CONTACT: ("contacts", _contact()),
            Kind.COMPANY: ("companies", _company()),
        }
        name, client = of[kind]
        _grant(scene)
        assert refused(scene.crm.import_records(BEA, ImportRecords(**{name: (client,)}))) == "not_permitted"
        _grant(scene, Operation.ADD, kind=kind, level=Level.OWN)
        assert refused(scene.crm.import_records(BEA, ImportRecords(**{name: (client,)}))) == "not_permitted"
        own = evolve(client, responsible=BEA)
        accepted(scene.crm.import_records(BEA, ImportRecords(**{name: (own,)})))

    @pytest.mark.parametrize("state", ["switching", "unlicensed", "simple"])
    def test_clients_may_be_imported_in_every_state(self, state: str) -> None:
        """They are no leads."""
        scene = simple() if state == "simple" else classic()
        if state == "switching":
            accepted(scene.crm.begin_switch(ADMIN, key="k"))
        scene.plan.classic = state != "unlicensed"
        assert accepted(scene.crm.import_records(ADMIN, ImportRecords(contacts=(_contact(),)))).contacts == 1


def _changed(scene: Scene, id: int = 50, version: int | None = None, **fields: Any) -> ImportRecords:
    """An update of the stored lead in these fields."""
    lead = scene.crm.lead(ADMIN, LeadId(id))
    assert not isinstance(lead, Refused)
    return ImportRecords(updates=((evolve(lead.record, **fields), version or lead.version),))


def _stored(**fields: Any) -> Scene:
    scene = classic()
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(**fields),))))
    return scene


@pytest.mark.rule("IMPORT-2")
class TestUpdates:
    """IMPORT-2. An import updates leads that are there, if they are active and as they were read."""

    @pytest.mark.rule("IMPORT-2.1", "IMPORT-2.5")
    def test_an_active_lead_becomes_what_is_given(self) -> None:
        """It is told how many changed; the same once more changes nothing, whatever its version."""
        scene = _stored(title="Desks")
        scene.heard()
        records = _changed(scene, title="Lamps", stage=StageCode("IN_PROCESS"))
        done = accepted(scene.crm.import_records(ADMIN, records))
        assert (done.leads, done.updated, done.skipped) == (0, 1, ())
        assert (scene.lead(LeadId(50)).title, scene.lead(LeadId(50)).stage) == ("Lamps", "IN_PROCESS")
        assert scene.heard() == [RecordsImported(0, 0, 0, 0, 1)]
        before = image_of(scene.store)
        again = accepted(scene.crm.import_records(ADMIN, records))
        assert (again.updated, again.skipped) == (0, (Ref(Kind.LEAD, 50),))
        assert image_of(scene.store) == before
        read = scene.crm.lead(ADMIN, LeadId(50))
        assert not isinstance(read, Refused)
        assert read.version == 2

    @pytest.mark.rule("IMPORT-2.2")
    def test_an_update_may_close_a_lead_and_never_opens_one(self) -> None:
        """What was closed stays as it is, however little differs."""
        scene = _stored()
        accepted(scene.crm.import_records(ADMIN, _changed(scene, **_JUNK)))
        closed = scene.lead(LeadId(50))
        assert not closed.is_active
        opened: dict[str, Any] = {"stage": StageCode("NEW"), "semantics": StageSemantics.IN_PROCESS}
        for fields in (opened, {"comments": "x"}):
            answer = scene.crm.import_records(ADMIN, _changed(scene, **fields))
            assert answer == Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 50), "IMPORT-2")
        assert scene.lead(LeadId(50)) == closed

    @pytest.mark.rule("IMPORT-2.2", "CONV-9")
    def test_a_converted_lead_is_never_updated(self) -> None:
        """Its deal is told; what is equal is skipped."""
        scene = _stored()
        row = scene.convert(LeadId(50))
        answer = scene.crm.import_records(ADMIN, _changed(scene, title="x"))
        assert answer == Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, row.deal_id))
        assert accepted(scene.crm.import_records(ADMIN, _changed(scene))).skipped == (Ref(Kind.LEAD, 50),)

    @pytest.mark.rule("IMPORT-2.3")
    @pytest.mark.parametrize("state", ["switching", "unlicensed"])
    def test_leads_are_updated_in_classic_alone(self, state: str) -> None:
        """Also one that would be closed: while a switch is live, its leads are the switch's."""
        scene = _stored()
        records = _changed(scene, **_JUNK)
        same = _changed(scene)
        if state == "switching":
            accepted(scene.crm.begin_switch(ADMIN, key="k"))
        scene.plan.classic = state != "unlicensed"
        assert scene.crm.import_records(ADMIN, records) == Refused(Reason.CLASSIC_ONLY, Ref(Kind.LEAD, 50))
        assert accepted(scene.crm.import_records(ADMIN, same)).updated == 0

    @pytest.mark.rule("IMPORT-2.4")
    def test_a_lead_that_moved_on_is_refused(self) -> None:
        """Nobody's work is written over: the version that was read has to be that of now."""
        scene = _stored()
        records = _changed(scene, title="Lamps")
        accepted(scene.crm.edit_lead(ADMIN, LeadId(50), 1, comments="called"))
        before = scene.image()
        assert scene.crm.import_records(ADMIN, records) == Refused(Reason.STALE_VERSION, Ref(Kind.LEAD, 50))
        assert scene.image() == before

    @pytest.mark.rule("IMPORT-2.4")
    @pytest.mark.parametrize("meanwhile", ["edit", "switch"])
    def test_an_update_that_was_overtaken_is_decided_again(self, meanwhile: str) -> None:
        """By an edit of the lead, or by a switch, whose epoch is another one."""
        p = TestCrm.classic()
        lead = p.lead(title="Desks")
        asked = p.hold(ADMIN, ImportRecords(updates=((evolve(lead, title="Lamps"), 1),)))
        if meanwhile == "edit":
            accepted(p.crm.edit_lead(ADMIN, lead.id, 1, comments="called"))
        else:
            accepted(p.crm.begin_switch(ADMIN, key="k"))
        with pytest.raises(Conflict):
            asked.commit()
        assert p.reread(lead).title == "Desks"

    @pytest.mark.rule("IMPORT-2.1", "PERM-6")
    def test_an_update_needs_the_right_to_update(self) -> None:
        """Who may only add is refused; who may not read it is told that there is none."""
        scene = _stored()
        records = _changed(scene, title="Lamps")
        _grant(scene)
        assert refused(scene.crm.import_records(BEA, records)) == "not_permitted"
        _grant(scene, Operation.UPDATE)
        accepted(scene.crm.import_records(BEA, records))
        blind = UserId(52)
        levels = {Grant(each, Kind.LEAD): Level.ALL for each in (Operation.ADD, Operation.UPDATE)}
        scene.roles.grant(blind, Role(name="blind", levels=levels))
        assert refused(scene.crm.import_records(blind, records)) == "unknown_record"
        assert refused(scene.crm.import_records(ADMIN, ImportRecords(updates=((_lead(99), 1),)))) == "unknown_record"

    @pytest.mark.parametrize(
        "fields, reason",
        [
            ({"stage": StageCode("NONE")}, "unknown_stage"),
            ({"contact_id": ContactId(99)}, "unknown_record"),
            ({"deal_id": DealId(9)}, "unknown_record"),
        ],
    )
    def test_an_update_is_held_to_what_a_new_lead_is(self, fields: dict[str, Any], reason: str) -> None:
        """Its stage and its client are there, and nothing makes it converted."""
        scene = _stored()
        assert refused(scene.crm.import_records(ADMIN, _changed(scene, **fields))) == reason

    def test_a_lead_is_updated_once_in_an_import(self) -> None:
        """Twice the same is one; to two different leads nobody can make it."""
        scene = _stored()
        one, other = (_changed(scene, title=each).updates for each in ("Lamps", "Chairs"))
        answer = scene.crm.import_records(ADMIN, ImportRecords(updates=one + other))
        assert answer == Refused(Reason.RECORD_DIFFERS, Ref(Kind.LEAD, 50))
        done = accepted(scene.crm.import_records(ADMIN, ImportRecords(updates=one + one)))
        assert (done.updated, done.skipped) == (1, (Ref(Kind.LEAD, 50),))
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(51),))))
        both = _changed(scene).updates + _changed(scene, 51, title="Next").updates
        assert accepted(scene.crm.import_records(ADMIN, ImportRecords(updates=both))).updated == 1

    def test_an_activity_may_come_with_the_update_of_its_lead(self) -> None:
        """Both in one commit."""
        scene = _stored()
        work = (Activity(id=ActivityId(70)), frozenset({Ref(Kind.LEAD, 50)}))
        done = accepted(scene.crm.import_records(ADMIN, evolve(_changed(scene, title="Lamps"), activities=(work,))))
        assert (done.updated, done.activities, scene.lead(LeadId(50)).title) == (1, 1, "Lamps")
        assert scene.holds_all_laws()


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize(
    "given",
    [
        {"contacts": [_contact()]},
        {"contacts": (_company(),)},
        {"companies": (5,)},
        {"companies": (_company(2**62 + 1),)},
        {"updates": [(_lead(), 1)]},
        {"updates": (_lead(),)},
        {"updates": ((_lead(),),)},
        {"updates": ((5, 1),)},
        {"updates": ((_lead(2**62 + 1), 1),)},
        {"updates": ((_lead(), 0),)},
    ],
)
def test_what_is_no_client_and_no_update_is_refused(given: dict[str, Any]) -> None:
    """Wrong types raise before anything is looked at."""
    with pytest.raises(InvalidValue):
        ImportRecords(**given)


@pytest.mark.rule("IMPORT-3.2", "IMPORT-1")
def test_a_lead_that_a_part_before_has_brought_may_be_bound() -> None:
    """It is new, so it cannot have been converted."""
    scene = classic()
    call = (Activity(id=ActivityId(91), subject="Call"), frozenset({Ref(Kind.LEAD, 50)}))
    parts = (ImportRecords(leads=(_lead(),)), ImportRecords(activities=(call,)))
    assert accepted(scene.crm.import_in_parts(ADMIN, "k", parts)).activities == 1
    assert dict(scene.image().bindings) == {91: call[1]}
