"""Erasing what a CRM says of one person, and telling before what that would touch (DATA-4, DATA-5)."""

from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ActivityId,
    Address,
    ClientChoice,
    ContactId,
    ContactPoint,
    CustomFields,
    Erased,
    EraseRecords,
    ExternalOrigin,
    Grant,
    ImportRecords,
    InvalidValue,
    Kind,
    LeadId,
    Level,
    ModeSwitchPolicy,
    Operation,
    PersonName,
    PointKind,
    Reason,
    Ref,
    Refused,
    Role,
    Tombstone,
    UserId,
    Utm,
)
from crmcore.adapters.document import dump_crm
from crmcore.domain.model.contact import PLACEHOLDER_NAME
from crmcore.domain.protocol.commands import ERASED_LIMIT
from crmcore.domain.protocol.events import ActivityDeleted, LeadDeleted, RecordErased
from crmcore.domain.rules.authority import everything_on
from tests.building import ADMIN, Scene, accepted, classic, refused

ANN = (ContactPoint(kind=PointKind.EMAIL, value="Ann@Zamfir.example"),)
WORKER = UserId(12)
ALL: dict[str, Any] = {
    "comments": "Zamfir calls back",
    "address": Address(street="Calea Zamfir 1"),
    "custom": CustomFields({"UF_A": "zamfir"}),
    "origin": ExternalOrigin(originator="zamfir"),
    "utm": Utm(campaign="zamfir"),
    "contact_points": ANN,
    "name": PersonName(first="Ann", last="Zamfir"),
    "source_description": "Zamfir's form",
}


def _converted(scene: Scene, client: ClientChoice = ClientChoice.CONTACT) -> tuple[LeadId, Any, Any]:
    """A converted lead of Ann, with its deal and its client."""
    lead_id = scene.add(title="Zamfir", **ALL)
    scene.add_activity(Ref(Kind.LEAD, lead_id), subject="Call Zamfir")
    row = scene.convert(lead_id, ModeSwitchPolicy(client=client))
    by_contact = row.contact_id is not None
    made = Ref(Kind.CONTACT, row.contact_id or 0) if by_contact else Ref(Kind.COMPANY, row.company_id or 0)
    return lead_id, Ref(Kind.DEAL, row.deal_id), made


def _words(scene: Scene) -> bool:
    """Whether the document of the CRM still says the name."""
    return "zamfir" in dump_crm(scene.image()).lower()


@pytest.mark.rule("DATA-4.1", "DATA-4.2")
@pytest.mark.parametrize("client", [ClientChoice.CONTACT, ClientChoice.COMPANY])
@pytest.mark.parametrize("by", ["lead", "client", "other lead"])
def test_the_report_names_what_is_touched_and_writes_nothing(client: ClientChoice, by: str) -> None:
    """By the lead, by the client, or by another lead with the same e-mail: the same records, and no others."""
    scene = classic()
    lead_id, deal, made = _converted(scene, client)
    again = scene.add(title="More", contact_points=(ContactPoint(kind=PointKind.EMAIL, value="ann@zamfir.example"),))
    link: dict[str, Any] = {f"{made.kind}_id": made.id}
    linked = scene.add(title="Repeat", **link)
    other = scene.add(title="Other")
    own = scene.add_activity(Ref(Kind.LEAD, again))
    both = scene.add_activity(Ref(Kind.LEAD, again), Ref(Kind.LEAD, other))
    before = scene.image()
    ref = {"lead": Ref(Kind.LEAD, lead_id), "client": made, "other lead": Ref(Kind.LEAD, again)}[by]
    report = accepted(scene.crm.erasure(ADMIN, ref))
    clients: dict[str, Any] = {"contacts": (made.id,)} if made.kind is Kind.CONTACT else {"companies": (made.id,)}
    leads = tuple(sorted((lead_id, again, linked)))
    assert report == Erased(leads=leads, deals=(deal.id,), activities=(ActivityId(1), own), shared=(both,), **clients)
    assert scene.image() == before
    assert accepted(scene.crm.erase(ADMIN, ref)) == report


@pytest.mark.rule("DATA-4.3")
def test_a_shared_address_leads_to_nobody_else() -> None:
    """Bob has an address with Ann and one of his own: his other leads are found by his own record alone."""
    scene = classic()
    bob = ContactPoint(kind=PointKind.EMAIL, value="bob@example.org")
    ann, both, alone = (
        scene.add(contact_points=ANN),
        scene.add(contact_points=(*ANN, bob)),
        scene.add(contact_points=(bob,)),
    )
    assert accepted(scene.crm.erasure(ADMIN, Ref(Kind.LEAD, ann))).leads == (ann, both)
    assert accepted(scene.crm.erasure(ADMIN, Ref(Kind.LEAD, alone))).leads == (both, alone)


@pytest.mark.rule("DATA-4.2")
def test_a_company_beside_a_contact_is_not_the_person() -> None:
    """Who works for a company is another person than a colleague; a lead of the company alone is the company's."""
    scene = classic()
    company = scene.add_company()
    ann = accepted(scene.crm.add_contact(ADMIN, company_id=company, contact_points=ANN))
    colleague = scene.add(title="x", contact_id=scene.add_contact(), company_id=company)
    of_company = scene.add(title="y", company_id=company)
    found = accepted(scene.crm.erasure(ADMIN, Ref(Kind.CONTACT, ann)))
    assert (found.contacts, found.leads, found.companies) == ((ann,), (), ())
    assert colleague not in accepted(scene.crm.erasure(ADMIN, Ref(Kind.COMPANY, company))).leads
    assert accepted(scene.crm.erasure(ADMIN, Ref(Kind.COMPANY, company))).leads == (of_company,)


@pytest.mark.rule("DATA-5.2")
def test_nothing_says_who_it_was() -> None:
    """Leads and activities of their own are deleted, deals and clients keep ids, links, state and money."""
    scene = classic()
    lead_id, deal, contact = _converted(scene)
    before = scene.deal(deal.id)
    assert _words(scene)
    scene.told.clear()
    accepted(scene.crm.erase(ADMIN, contact))
    assert not _words(scene)
    after = scene.deal(deal.id)
    assert (after.stage, after.amount, after.source, after.contact_id) == (
        before.stage,
        before.amount,
        before.source,
        before.contact_id,
    )
    assert accepted(scene.crm.contact(ADMIN, ContactId(int(contact.id)))).record.name == PLACEHOLDER_NAME
    assert list(scene.told) == [
        RecordErased(contact),
        RecordErased(deal),
        LeadDeleted(lead_id),
        ActivityDeleted(ActivityId(1)),
    ]
    stone = Tombstone(kind=Kind.ACTIVITY, id=1, deleted_at=scene.clock.now())
    assert scene.image().activities[ActivityId(1)] == stone
    assert accepted(scene.crm.erase(ADMIN, contact)) == Erased()


@pytest.mark.rule("DATA-5.3")
def test_the_ledger_and_outcomes_stay_and_nothing_is_converted_again() -> None:
    """In a live switch the leads that go are recorded as deleted, and the laws hold before and after it ends."""
    scene = classic()
    lead_id, _, contact = _converted(scene)
    active = scene.add(title="More", contact_points=ANN)
    scene.begin()
    row = scene.image().ledger[lead_id]
    accepted(scene.crm.erase(ADMIN, contact))
    assert scene.holds_all_laws()
    totals = scene.switch().totals
    assert (totals.deleted, totals.converted) == (1, 0)
    assert scene.image().ledger == {lead_id: row}
    assert active in scene.image().leads
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-5.1", "PERM-6")
@pytest.mark.parametrize("kind", [Kind.LEAD, Kind.DEAL, Kind.CONTACT])
def test_each_record_needs_the_right_to_delete_it(kind: Kind) -> None:
    """Without it for one kind nothing is written; what the actor may not read is not named."""
    scene = classic()
    lead_id, deal, contact = _converted(scene)
    kinds = [each for each in (Kind.LEAD, Kind.DEAL, Kind.CONTACT) if each is not kind]
    seen = {Grant(Operation.READ, kind): Level.ALL}
    scene.roles.grant(WORKER, Role(name="most", levels={**everything_on(*kinds), **seen}))
    before = scene.image()
    refs = {Kind.LEAD: Ref(Kind.LEAD, lead_id), Kind.DEAL: deal, Kind.CONTACT: contact}
    start = refs[Kind.CONTACT if kind is Kind.LEAD else Kind.LEAD]
    expected = Refused(Reason.NOT_PERMITTED, refs[kind], "PERM-6")
    assert scene.crm.erasure(WORKER, start) == scene.crm.erase(WORKER, start) == expected
    hidden = UserId(13)
    scene.roles.grant(hidden, Role(name="blind", levels=everything_on(*kinds)))
    assert scene.crm.erase(hidden, start) == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    assert scene.image() == before
    scene.roles.grant(WORKER, Role(name="rest", levels=everything_on(kind)))
    assert not accepted(scene.crm.erase(WORKER, start)).is_empty


def test_what_is_gone_is_unknown() -> None:
    """An erased lead answers as one that never was, and so does one that the command names itself."""
    scene = classic()
    lead_id = scene.add(title="x", contact_points=ANN)
    ref = Ref(Kind.LEAD, lead_id)
    accepted(scene.crm.erase(ADMIN, ref))
    assert refused(scene.crm.erase(ADMIN, ref)) == "unknown_record"
    assert refused(scene.crm.run(ADMIN, EraseRecords(refs=frozenset({ref})))) == "unknown_record"


@pytest.mark.parametrize("refs", [frozenset(), frozenset({Ref(Kind.PIPELINE, 1)}), [Ref(Kind.LEAD, 1)]])
def test_what_names_no_cards_is_no_erasure(refs: Any) -> None:
    """None, another kind of record, and what is no set."""
    with pytest.raises(InvalidValue, match=r"^refs: "):
        EraseRecords(refs=refs)


@pytest.mark.rule("DATA-5.2")
@pytest.mark.parametrize("client", [ClientChoice.CONTACT, ClientChoice.COMPANY])
def test_what_was_about_two_people_goes_with_the_second(client: ClientChoice) -> None:
    """An activity of Ann and Bob stays with Ann's erasure, for Bob, and goes with his: nobody else is left."""
    scene = classic()
    leads = [scene.add(title="Zamfir"), scene.add(title="Bob")]
    talk = scene.add_activity(*(Ref(Kind.LEAD, lead) for lead in leads), subject="Zamfir and Bob")
    of_bob = scene.add_activity(Ref(Kind.LEAD, leads[1]))
    ann, bob = (scene.convert(lead, ModeSwitchPolicy(client=client)) for lead in leads)
    ref = [Ref(Kind.LEAD, row.lead_id) for row in (ann, bob)]
    first = accepted(scene.crm.erase(ADMIN, ref[0]))
    assert (first.activities, first.shared) == ((), (talk,))
    assert accepted(scene.crm.erasure(ADMIN, ref[1])).activities == (talk, of_bob)
    assert accepted(scene.crm.erase(ADMIN, ref[1])).shared == ()
    assert not _words(scene)
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-5.2")
@pytest.mark.parametrize("linked", ["no client", "a person's", "a company's"])
def test_an_empty_deal_is_whose_its_client_is(linked: str) -> None:
    """A deal without a title is still somebody's, or may be: its activities stay, and are named."""
    scene = classic()
    clients: dict[str, dict[str, Any]] = {
        "no client": {},
        "a person's": {"contact_id": scene.add_contact("Bob"), "company_id": scene.add_company()},
        "a company's": {"company_id": scene.add_company(title="Bob")},
    }
    client = clients[linked]
    deal = accepted(scene.crm.add_deal(ADMIN, **client))
    lead = scene.add(title="Zamfir")
    talk = scene.add_activity(Ref(Kind.LEAD, lead), Ref(Kind.DEAL, deal))
    assert accepted(scene.crm.erase(ADMIN, Ref(Kind.LEAD, lead))).shared == (talk,)


@pytest.mark.rule("DATA-4.2")
@pytest.mark.parametrize("deleted", [False, True])
def test_a_lead_that_was_deleted_leads_on(deleted: bool) -> None:
    """The company that was made from a lead beside a contact is found by the contact, also without the lead."""
    scene = classic()
    row = scene.convert(
        scene.add(title="Zamfir", name=PersonName(first="Ann"), company_title="Zamfir Ltd"),
        ModeSwitchPolicy(client=ClientChoice.BOTH),
    )
    if deleted:
        accepted(scene.crm.delete_lead(ADMIN, row.lead_id))
    assert row.contact_id is not None
    found = accepted(scene.crm.erasure(ADMIN, Ref(Kind.CONTACT, row.contact_id)))
    assert (found.contacts, found.companies, found.deals) == ((row.contact_id,), (row.company_id,), (row.deal_id,))


@pytest.mark.rule("DATA-5.1", "DATA-5.2")
def test_more_than_one_step_is_asked_for_as_a_whole_and_goes_on() -> None:
    """Beyond 10,000 records the rights come before the first step, and whoever is named comes with the last one."""
    mine, theirs = UserId(12), UserId(13)
    scene = classic()
    first = scene.add(title="Zamfir", contact_points=ANN, responsible=theirs)
    lead = scene.lead(first)
    ids = range(first, first + ERASED_LIMIT + 1)
    owner = {int(first): theirs}
    leads = tuple(evolve(lead, id=LeadId(id), responsible=owner.get(id, mine)) for id in ids[1:])
    accepted(scene.crm.run(ADMIN, ImportRecords(leads=leads)))
    talk = scene.add_activity(Ref(Kind.LEAD, first), Ref(Kind.LEAD, LeadId(first + 1)))
    own = {Grant(operation, Kind.LEAD): Level.OWN for operation in Operation}
    scene.roles.grant(mine, Role(name="own", levels={**own, Grant(Operation.READ, Kind.LEAD): Level.ALL}))
    ref = Ref(Kind.LEAD, first)
    scene.told.clear()
    assert scene.crm.erase(mine, ref) == Refused(Reason.NOT_PERMITTED, ref, "PERM-6")
    assert not scene.told
    erased = accepted(scene.crm.erase(ADMIN, ref))
    assert (erased.leads, erased.activities, erased.shared) == (tuple(ids), (talk,), ())
    assert [event for event in scene.told if isinstance(event, LeadDeleted)][-1] == LeadDeleted(first)


@pytest.mark.parametrize("ref", [Ref(Kind.DEAL, 1), Ref(Kind.LEAD, 0), Ref(Kind.LEAD, "1"), "lead 1", None])
def test_an_erasure_of_what_is_no_person_names_the_argument(ref: Any) -> None:
    """Another kind, an id that is none, and what is no reference: all are told of `ref`."""
    with pytest.raises(InvalidValue, match=r"^ref: "):
        classic().crm.erasure(ADMIN, ref)
