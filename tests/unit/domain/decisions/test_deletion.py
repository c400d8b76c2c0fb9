"""Deleting deals, contacts and companies: what stays, what goes along, and what a link to them counts for (DATA-3)."""

from typing import Any

import pytest

from crmcore import (
    Activity,
    ActivityId,
    ClientChoice,
    CompanyId,
    ContactId,
    DealId,
    DeleteRecord,
    Grant,
    InvalidValue,
    Kind,
    LeadId,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    Operation,
    PipelineId,
    Preview,
    Reason,
    Ref,
    Refused,
    RepeatInquiry,
    Role,
    Tombstone,
    UserId,
)
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import MADE
from crmcore.domain.protocol.events import ActivityDeleted, RecordDeleted
from crmcore.domain.rules.authority import everything_on
from crmcore.testing import TestCrm
from tests.building import ADMIN, BOTH, NOW, OTHER, Scene, accepted, classic, email, other_pipeline, refused, simple

WORKER = UserId(12)


def _delete(scene: Scene, ref: Ref) -> int:
    """One of them, by whichever command deletes it."""
    crm = scene.crm
    match ref.kind:
        case Kind.DEAL:
            return accepted(crm.delete_deal(ADMIN, DealId(int(ref.id))))
        case Kind.CONTACT:
            return accepted(crm.delete_contact(ADMIN, ContactId(int(ref.id))))
        case _:
            return accepted(crm.delete_company(ADMIN, CompanyId(int(ref.id))))


def _client(scene: Scene) -> tuple[Ref, Ref]:
    """A contact with an e-mail, and its company."""
    company = scene.add_company(title="Example Ltd", contact_points=(email("office@example.org"),))
    contact = scene.add_contact("Bob", contact_points=(email("bob@example.org"),), company_id=company)
    return Ref(Kind.CONTACT, contact), Ref(Kind.COMPANY, company)


def _card(scene: Scene, kind: Kind) -> Ref:
    """A deal, contact or company by hand, with all the links that it can have."""
    contact, company = _client(scene)
    deal = accepted(scene.crm.add_deal(ADMIN, contact_id=contact.id, company_id=company.id))  # type: ignore[arg-type]  # numbers
    return {Kind.DEAL: Ref(Kind.DEAL, deal), Kind.CONTACT: contact, Kind.COMPANY: company}[kind]


@pytest.mark.rule("DATA-3.1", "DATA-3.2", "DATA-3.3")
@pytest.mark.parametrize("kind", MADE)
def test_a_tombstone_stays_with_the_links(kind: Kind) -> None:
    """It says when, leads to what the record was linked to, and has nothing else; whoever asks for it finds none."""
    scene = classic()
    ref = _card(scene, kind)
    scene.later()
    assert _delete(scene, ref) == ref.id
    links: dict[Kind, Any] = {
        Kind.DEAL: {"contact_id": 1, "company_id": 1},
        Kind.CONTACT: {"company_id": 1},
        Kind.COMPANY: {},
    }
    part = {Kind.DEAL: scene.image().deals, Kind.CONTACT: scene.image().contacts, Kind.COMPANY: scene.image().companies}
    stone = Tombstone(kind=kind, id=int(ref.id), deleted_at=scene.clock.now(), **links[kind])
    assert part[kind] == {ref.id: stone}
    assert stone.deleted_at != NOW
    assert scene.heard()[-1] == RecordDeleted(ref)
    reads: dict[Kind, Any] = {
        Kind.DEAL: scene.crm.deal,
        Kind.CONTACT: scene.crm.contact,
        Kind.COMPANY: scene.crm.company,
    }
    assert refused(reads[kind](ADMIN, ref.id)) == "unknown_record"
    assert scene.crm.run(ADMIN, DeleteRecord(ref=ref)) == Refused(Reason.UNKNOWN_RECORD, ref)
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-3.2", "CONV-9.1")
def test_what_a_lead_became_may_go_and_the_lead_stays_converted() -> None:
    """Ledger, outcome and numbers are as they were; converting it again answers with the first result."""
    scene = classic()
    lead_id = scene.add(title="Desks")
    scene.add_activity(Ref(Kind.LEAD, lead_id))
    report = scene.switch(BOTH)
    before = scene.image()
    row = before.ledger[lead_id]
    for ref in (
        Ref(Kind.DEAL, row.deal_id),
        Ref(Kind.CONTACT, row.contact_id or 0),
        Ref(Kind.COMPANY, row.company_id or 0),
    ):
        _delete(scene, ref)
        assert scene.holds_all_laws()
    after = scene.image()
    assert (after.ledger, after.outcomes, after.leads) == (before.ledger, before.outcomes, before.leads)
    again = accepted(scene.crm.convert_lead(ADMIN, lead_id))
    assert (again.row, again.already) == (row, True)
    assert report.token is not None
    assert accepted(scene.crm.switch_report(report.token)).totals == report.totals
    stone = after.deals[row.deal_id]
    assert isinstance(stone, Tombstone)
    assert stone.lead_id == lead_id
    assert isinstance(after.activities[ActivityId(1)], Activity)  # the lead is left
    accepted(scene.crm.delete_lead(ADMIN, lead_id))
    assert isinstance(scene.image().activities[ActivityId(1)], Tombstone)
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-3.4")
@pytest.mark.parametrize("kind", MADE)
def test_activities_go_with_the_last_of_their_records(kind: Kind) -> None:
    """One that is bound to something else that is left stays until that is deleted too."""
    scene = classic()
    ref = _card(scene, kind)
    lead_id = scene.add(title="Desks")
    own, shared = scene.add_activity(ref), scene.add_activity(ref, Ref(Kind.LEAD, lead_id))
    _delete(scene, ref)
    activities = scene.image().activities
    assert [type(activities[id]) for id in (own, shared)] == [Tombstone, Activity]
    assert ActivityDeleted(own) not in scene.heard()  # as with a lead, the record's event says it
    assert scene.bound(shared) == {ref, Ref(Kind.LEAD, lead_id)}
    assert refused(scene.crm.unbind_activity(ADMIN, shared, Ref(Kind.LEAD, lead_id))) == "last_binding"
    accepted(scene.crm.delete_lead(ADMIN, lead_id))
    assert isinstance(scene.image().activities[shared], Tombstone)
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-3.7")
@pytest.mark.parametrize("how", ["added", "bound", "attached", "on a new deal"])
@pytest.mark.parametrize("kind", MADE)
def test_a_deletion_that_has_not_seen_the_last_activity_is_decided_again(kind: Kind, how: str) -> None:
    """It came between its reading and its commit, by hand or by an inquiry."""
    with TestCrm.simple() as p:
        company = p.company(title="Example Ltd")
        contact = p.contact(contact_points=(email("bob@example.org"),), company_id=company.id)
        deal = p.deal(contact_id=contact.id, company_id=company.id)
        card: Any = {Kind.DEAL: deal, Kind.CONTACT: contact, Kind.COMPANY: company}[kind]
        loose = p.activity(p.deal())
        if how == "attached":
            accepted(p.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
        ref = Ref(kind, card.id)
        deletion = p.hold(ADMIN, DeleteRecord(ref=ref))
        if how == "added":
            p.activity(card)
        elif how == "bound":
            accepted(p.crm.bind_activity(ADMIN, loose.id, ref))
        else:
            accepted(p.crm.take_inquiry(ADMIN, channel="email", contact_points=(email("bob@example.org"),)))
        if how == "on a new deal" and kind is Kind.DEAL:
            deletion.commit()  # the deal that is there has nothing to do with it
        else:
            with pytest.raises(Conflict) as caught:
                deletion.commit()
            assert caught.value.stale == (ref,)


@pytest.mark.rule("DATA-3.8")
@pytest.mark.parametrize("how", ["deleted", "unbound"])
@pytest.mark.parametrize("kind", [Kind.CONTACT, Kind.COMPANY])
def test_a_deletion_that_has_not_seen_a_conversion_leaves_no_activity_behind(kind: Kind, how: str) -> None:
    """Lead and deal go while the client's deletion waits: it is decided again, and takes the activity along."""
    with TestCrm.classic() as p:
        client: Any = p.company(title="Example Ltd") if kind is Kind.COMPANY else p.contact()
        lead = p.lead(**{f"{kind}_id": client.id})
        call = p.activity(lead)
        ref = Ref(kind, client.id)
        deletion = p.hold(ADMIN, DeleteRecord(ref=ref))
        deal = accepted(p.crm.convert_lead(ADMIN, lead.id)).row.deal_id
        accepted(p.crm.delete_lead(ADMIN, lead.id))
        if how == "deleted":
            accepted(p.crm.delete_deal(ADMIN, deal))
        else:
            accepted(p.crm.unbind_activity(ADMIN, call.id, Ref(Kind.DEAL, deal)))
        with pytest.raises(Conflict) as caught:
            deletion.commit()
        assert caught.value.stale == (ref,)
        accepted(p.crm.run(ADMIN, DeleteRecord(ref=ref)))
        assert isinstance(image_of(p.store).activities[call.id], Tombstone)


@pytest.mark.rule("DATA-3.5")
@pytest.mark.parametrize("kind", [Kind.CONTACT, Kind.COMPANY])
def test_nothing_new_is_linked_to_a_deleted_client(kind: Kind) -> None:
    """Neither a new record nor one that is there, which shows its old link as before."""
    scene = classic()
    ref = _card(scene, kind)
    link: dict[str, Any] = {f"{kind}_id": ref.id}
    lead_id = scene.add(title="Linked", **link)
    _delete(scene, ref)
    unknown = Refused(Reason.UNKNOWN_RECORD, ref)
    assert scene.crm.add_lead(ADMIN, **link) == unknown
    assert scene.crm.add_deal(ADMIN, **link) == unknown
    assert scene.asked_to_edit(lead_id, **link) == unknown
    assert getattr(scene.lead(lead_id), f"{kind}_id") == ref.id
    copy = accepted(scene.crm.copy_lead(ADMIN, lead_id))
    assert not scene.lead(copy).is_linked
    assert scene.holds_all_laws()


@pytest.mark.rule("CONV-2.3")
@pytest.mark.parametrize("way", ["by hand", "in a switch"])
class TestConversion:
    """CONV-2. A link to a deleted client counts as none."""

    def _converted(self, scene: Scene, lead_id: LeadId, way: str, policy: ModeSwitchPolicy = BOTH) -> Any:
        """The ledger row of a lead, by hand or in a switch; a preview has planned just that."""
        preview = accepted(scene.crm.preview_switch(ADMIN, policy))
        assert isinstance(preview, Preview)
        (plan,) = preview.leads
        row = scene.convert(lead_id, policy) if way == "by hand" else None
        scene.switch(policy)
        assert row in (None, scene.row(lead_id))
        row = scene.row(lead_id)
        planned = (plan.contact_id, plan.makes_contact, plan.company_id, plan.makes_company)
        made: list[Any] = [scene.image().contacts.get(row.contact_id or ContactId(0))]
        made.append(scene.image().companies.get(row.company_id or CompanyId(0)))
        makes = [getattr(each, "lead_id", None) == lead_id for each in made]
        known = [None if new else id for new, id in zip(makes, (row.contact_id, row.company_id), strict=True)]
        assert planned == (known[0], makes[0], known[1], makes[1])
        assert scene.holds_all_laws()
        return row

    def test_a_lead_with_nobody_left_gets_a_new_client(self, way: str) -> None:
        """Of the kinds that the policy asks for, out of its own fields; its links and the deal name them."""
        scene = classic()
        contact, company = _client(scene)
        lead_id = scene.add(title="Desks", contact_id=contact.id, company_id=company.id)  # type: ignore[arg-type]  # numbers
        _delete(scene, contact)
        _delete(scene, company)
        row = self._converted(scene, lead_id, way)
        assert (row.contact_id, row.company_id) == (2, 2)
        lead, deal = scene.lead(lead_id), scene.deal(row.deal_id)
        assert (lead.contact_id, lead.company_id, deal.contact_id, deal.company_id) == (2, 2, 2, 2)

    @pytest.mark.parametrize("gone", [Kind.CONTACT, Kind.COMPANY])
    def test_a_lead_stays_with_the_client_that_is_left(self, way: str, gone: Kind) -> None:
        """And makes none, whatever the policy asks for."""
        scene = classic()
        contact, company = _client(scene)
        lead_id = scene.add(title="Desks", contact_id=contact.id, company_id=company.id)  # type: ignore[arg-type]  # numbers
        _delete(scene, contact if gone is Kind.CONTACT else company)
        row = self._converted(scene, lead_id, way)
        left = (None, 1) if gone is Kind.CONTACT else (1, None)
        lead = scene.lead(lead_id)
        assert (row.contact_id, row.company_id) == (lead.contact_id, lead.company_id) == left
        assert len(scene.image().contacts) == len(scene.image().companies) == 1

    @pytest.mark.rule("DATA-3.6", "CONV-7.3")
    def test_it_is_matched_where_matching_is_on_and_never_with_a_deleted_one(self, way: str) -> None:
        """The deleted contact has the same e-mail and the lower id."""
        scene = classic()
        points = (email("ann@example.com"),)
        first, second = (scene.add_contact("Ann", contact_points=points) for _ in range(2))
        accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        lead_id = scene.add(title="Desks", contact_id=first, contact_points=points)
        _delete(scene, Ref(Kind.CONTACT, first))
        row = self._converted(scene, lead_id, way, ModeSwitchPolicy(client=ClientChoice.CONTACT))
        assert row.contact_id == second
        assert len(scene.image().contacts) == 2


@pytest.mark.rule("CONV-2.3", "PERM-3.4")
def test_converting_a_lead_of_a_deleted_client_asks_for_the_right_to_add_one() -> None:
    """A lead with a client asks for none, since none is made."""
    scene = classic()
    contact, _ = _client(scene)
    lead_id = scene.add(title="Desks", contact_id=contact.id)  # type: ignore[arg-type]  # a number
    leads, deals = everything_on(Kind.LEAD), everything_on(Kind.DEAL)
    scene.roles.grant(WORKER, Role(name="no clients", levels={**leads, **deals}))
    _delete(scene, contact)
    assert refused(scene.crm.convert_lead(WORKER, lead_id)) == "not_permitted"
    other = scene.add(title="Lamps", contact_id=scene.add_contact("Cleo"))
    accepted(scene.crm.convert_lead(WORKER, other))


@pytest.mark.rule("INTAKE-3.8")
class TestInquiries:
    """INTAKE-3. A deleted client is nobody, and its deal is no deal."""

    def _asked(self, scene: Scene) -> Any:
        """What an inquiry of Bob's becomes."""
        return accepted(scene.crm.take_inquiry(ADMIN, channel="email", contact_points=(email("bob@example.org"),)))

    def test_a_sender_whose_contact_was_deleted_is_unknown(self) -> None:
        """A new client is made, also where the company is there still."""
        scene = simple()
        contact, _ = _client(scene)
        _delete(scene, contact)
        deal = scene.deal(self._asked(scene).ref.id)
        assert (deal.contact_id, deal.company_id) == (2, None)

    @pytest.mark.parametrize("start", [classic, simple])
    def test_a_contact_whose_company_was_deleted_has_none(self, start: Any) -> None:
        """Neither the repeat lead nor the deal leads to it."""
        scene = start()
        contact, company = _client(scene)
        _delete(scene, company)
        held = self._asked(scene).ref
        card = scene.lead(held.id) if held.kind is Kind.LEAD else scene.deal(held.id)
        assert (card.contact_id, card.company_id) == (contact.id, None)
        assert scene.holds_all_laws()

    def test_a_deleted_deal_takes_no_inquiry(self) -> None:
        """The newest open one that is left does, and none makes a new one."""
        scene = simple()
        contact, _ = _client(scene)
        accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
        older, newer = (accepted(scene.crm.add_deal(ADMIN, contact_id=contact.id)) for _ in range(2))  # type: ignore[arg-type]  # a number
        _delete(scene, Ref(Kind.DEAL, newer))
        assert self._asked(scene).ref == Ref(Kind.DEAL, older)
        _delete(scene, Ref(Kind.DEAL, older))
        new = self._asked(scene).ref
        assert new.kind is Kind.DEAL
        assert new.id not in (older, newer)


@pytest.mark.rule("PERM-6.1", "PERM-5.2")
@pytest.mark.parametrize("kind", MADE)
def test_a_deletion_asks_for_the_right_to_delete_that_kind(kind: Kind) -> None:
    """Reading it is not enough, and what one may not read is not there; a level reaches one's own records."""
    scene = classic()
    ref = _card(scene, kind)
    asked = DeleteRecord(ref=ref)
    assert scene.crm.run(WORKER, asked) == Refused(Reason.UNKNOWN_RECORD, ref)
    read, delete = Grant(Operation.READ, kind), Grant(Operation.DELETE, kind)
    scene.roles.grant(WORKER, Role(name="reader", levels={read: Level.ALL, delete: Level.OWN}))
    assert scene.crm.run(WORKER, asked) == Refused(Reason.NOT_PERMITTED, ref, "PERM-6")
    scene.roles.grant(WORKER, Role(name="deleter", levels={delete: Level.ALL}))
    assert scene.crm.run(WORKER, asked) == ref.id


@pytest.mark.rule("PERM-6.1")
def test_the_right_to_delete_deals_goes_by_pipeline() -> None:
    """One may delete in one pipeline and not in another."""
    scene = classic()
    accepted(scene.crm.define_pipeline(ADMIN, other_pipeline()))
    ours, theirs = (accepted(scene.crm.add_deal(ADMIN, pipeline_id=id)) for id in (PipelineId(0), OTHER))
    levels = {Grant(Operation.READ, Kind.DEAL): Level.ALL, Grant(Operation.DELETE, Kind.DEAL, PipelineId(0)): Level.ALL}
    scene.roles.grant(WORKER, Role(name="one pipeline", levels=levels))
    assert refused(scene.crm.delete_deal(WORKER, theirs)) == "not_permitted"
    accepted(scene.crm.delete_deal(WORKER, ours))


@pytest.mark.rule("DATA-4.2", "DATA-5.2")
def test_an_erasure_passes_over_what_was_deleted_and_goes_on_through_it() -> None:
    """By the lead that became a deleted contact, the deals of that contact are found and emptied."""
    scene = classic()
    lead_id = scene.add(title="Zamfir")
    row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.CONTACT))
    assert row.contact_id is not None
    later = accepted(scene.crm.add_deal(ADMIN, title="Zamfir again", contact_id=row.contact_id))
    other = accepted(scene.crm.add_deal(ADMIN, title="Of somebody else"))
    _delete(scene, Ref(Kind.CONTACT, row.contact_id))
    _delete(scene, Ref(Kind.DEAL, row.deal_id))
    assert refused(scene.crm.erase(ADMIN, Ref(Kind.CONTACT, row.contact_id))) == "unknown_record"
    erased = accepted(scene.crm.erase(ADMIN, Ref(Kind.LEAD, lead_id)))
    assert (erased.leads, erased.deals, erased.contacts) == ((lead_id,), (later,), ())
    assert scene.deal(other).title == "Of somebody else"
    assert scene.holds_all_laws()


def test_a_deletion_names_a_deal_contact_or_company() -> None:
    """A lead has a command of its own."""
    for ref in (Ref(Kind.LEAD, 1), Ref(Kind.ACTIVITY, 1), Ref(Kind.DEAL, 0)):
        with pytest.raises(InvalidValue):
            DeleteRecord(ref=ref)


def test_what_is_deleted_is_in_no_list_and_no_count() -> None:
    """Neither page after page nor all at once."""
    scene = classic()
    for kind in MADE:
        _delete(scene, _card(scene, kind))
    crm = scene.crm
    assert [each.record.id for each in crm.deals(ADMIN)] == [2, 3]
    assert [each.record.id for each in crm.contact_page(ADMIN).records] == [1, 3]
    assert [each.record.id for each in crm.companies(ADMIN)] == [1, 2]
    assert type(image_of(scene.store).companies[CompanyId(3)]) is Tombstone
