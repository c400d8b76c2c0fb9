"""The conversion of any lead under any policy: total, exact, and as the field map says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.contact import PLACEHOLDER_NAME
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind, LeadId, Ref, StageCode
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import ClientChoice, ConversionTerms, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.commands import AddLead, Command, ConvertLead, TakeInquiry
from crmcore.domain.protocol.results import ConvertedLead
from crmcore.domain.rules.binding import after_conversions
from crmcore.domain.rules.conversion import FIELD_MAP, Client, Conversion, client_left, convert
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.strategies import crm_images, lead_fields, leads, policies
from tests.building import there
from tests.property.canonical import canonical, everything
from tests.property.effort import examples

AT = datetime(2026, 2, 3, tzinfo=UTC)
ASKED = ("convert", "inquiry", "add")
BUSY = crm_images(mode=CrmMode.CLASSIC, min_active=1, max_leads=4)


def converted(lead: Lead, policy: ModeSwitchPolicy) -> Conversion:
    terms = ConversionTerms(
        client=policy.client,
        pipeline_id=policy.pipeline,
        deal_stage=StageCode("NEW"),
        lead_stage=StageCode("CONVERTED"),
        keep_activities=policy.keep_activities,
        match=MatchSetting.NONE,
    )
    return convert(
        lead,
        (),
        terms,
        deal_id=DealId(9),
        known=Client(),
        new_contact=ContactId(8) if policy.client.wants_contact else None,
        new_company=CompanyId(7) if policy.client.wants_company else None,
        at=AT,
    )


@pytest.mark.rule("CONV-3", "CONV-4", "CONV-8", "SWITCH-9")
class TestFieldMap:
    """CONV-3. The field map says where each field goes; a filled field that no record takes over is named."""

    @examples(1)
    @given(lead=leads(active=True), policy=policies())
    def test_every_record_carries_exactly_what_its_column_says(self, lead: Lead, policy: ModeSwitchPolicy) -> None:
        """The code of the conversion against the table, row by row; every filled cell is carried or named."""
        made = converted(lead, policy)
        carried = set()
        for row in FIELD_MAP:
            value = getattr(lead, row.field)
            for record, target in ((made.contact, row.contact), (made.company, row.company), (made.deal, row.deal)):
                if record is None or target is None:
                    continue
                assert getattr(record, target) == expected(row.field, target, lead, record)
                if value and not (row.field == "title" and record is made.company and lead.company_title):
                    carried.add(row.field)
        filled = {row.field for row in FIELD_MAP if getattr(lead, row.field)}
        kinds = {f"{point.kind}s" for point in lead.contact_points}
        lost = (filled - carried - {"contact_points"}) | (set() if "contact_points" in carried else kinds)
        if made.contact is None and lead.name.honorific:
            lost.add("name")
        assert set(made.row.not_carried) == lost

    @examples(0.3)
    @given(lead=leads(active=True), policy=policies())
    def test_what_the_map_leaves_out_stays_empty(self, lead: Lead, policy: ModeSwitchPolicy) -> None:
        """A field of a new record that no row of the map names holds its default, an id, a link or a time."""
        made = converted(lead, policy)
        own = {"id", "lead_id", "created_at", "contact_id", "company_id", "pipeline_id", "stage", "semantics"}
        for record, column in ((made.contact, "contact"), (made.company, "company"), (made.deal, "deal")):
            if record is None:
                continue
            names = {field.name for field in type(record).__attrs_attrs__}
            assert names - own == {getattr(row, column) for row in FIELD_MAP} - {None}
            assert record.lead_id == lead.id
            assert record.created_at == AT

    @examples(0.5)
    @given(lead=leads(active=True), policy=policies())
    def test_amount_and_currency_travel_exactly(self, lead: Lead, policy: ModeSwitchPolicy) -> None:
        """To the digit: the same exponent, the same sign of zero."""
        made = converted(lead, policy)
        assert made.deal.amount is lead.amount
        assert made.row.amount is lead.amount
        assert made.lead.amount is lead.amount

    @examples(0.3)
    @given(lead=leads(active=True), policy=policies())
    @pytest.mark.rule("CONV-1", "CONV-5")
    def test_records_are_linked_to_each_other_and_to_the_lead(self, lead: Lead, policy: ModeSwitchPolicy) -> None:
        """The contact to the company, the deal to both, the lead to all; the lead keeps every other field."""
        made = converted(lead, policy)
        contact_id = None if made.contact is None else made.contact.id
        company_id = None if made.company is None else made.company.id
        assert (contact_id is not None, company_id is not None) == (
            policy.client.wants_contact,
            policy.client.wants_company,
        )
        if made.contact is not None:
            assert made.contact.company_id == company_id
        for record in (made.deal, made.lead, made.row):
            assert (record.contact_id, record.company_id) == (contact_id, company_id)
        links: dict[str, Any] = {
            "contact_id": contact_id,
            "company_id": company_id,
            "deal_id": made.deal.id,
            "stage": made.lead.stage,
            "semantics": made.lead.semantics,
        }
        assert made.lead == evolve(lead, **links)


def expected(field: str, target: str, lead: Lead, record: Any) -> Any:
    """What CONV-4 says where the lead's own field is blank."""
    value = getattr(lead, field)
    fallback = lead.title or f"Lead #{lead.id}"
    if field == "title":
        return (lead.company_title if type(record).__name__ == "Company" else None) or fallback
    if field == "company_title":
        return value or fallback
    if field == "name" and not value:
        return evolve(PLACEHOLDER_NAME, honorific=lead.name.honorific)
    return value


@pytest.mark.rule("CONV-2")
class TestRepeatLeads:
    """CONV-2. A lead that is linked to a client becomes a deal of that client and nothing else."""

    @examples(0.15)
    @given(image=BUSY, policy=policies())
    def test_a_linked_lead_makes_no_client_and_changes_none(self, image: CrmImage, policy: ModeSwitchPolicy) -> None:
        """Its deal has exactly its links to what is left, and the client keeps every field and version."""
        world = TestCrm.of(image)
        before = {kind: world.store.page(kind) for kind in (Kind.CONTACT, Kind.COMPANY)}
        gone = {
            Ref(kind, entry.id) for kind, page in before.items() for entry in page if type(entry.record) is Tombstone
        }
        for lead in image.leads.values():
            if not isinstance(lead, Lead) or not lead.is_active or client_left(lead, gone) == Client():
                continue
            done = world.crm.convert_lead(ADMIN, lead.id, policy=policy)
            assert isinstance(done, ConvertedLead)
            deal = image_of(world.store).deals[done.row.deal_id]
            assert (deal.contact_id, deal.company_id) == client_left(lead, gone)
        assert {kind: world.store.page(kind) for kind in (Kind.CONTACT, Kind.COMPANY)} == before


@pytest.mark.rule("CONV-6", "POLICY-3", "POLICY-4")
class TestActivities:
    """CONV-6. An activity is one record; the conversion binds it to deal and client, whatever POLICY-3 says."""

    @examples(0.2)
    @given(image=BUSY, policy=policies())
    def test_the_store_binds_and_completes_as_the_reference_does(
        self, image: CrmImage, policy: ModeSwitchPolicy
    ) -> None:
        """A switch in memory against `after_conversions`, the pure meaning of a ledger row's bindings."""
        world = TestCrm.of(image)
        world.crm.switch_to_simple(ADMIN, key="now", policy=policy)
        after = image_of(world.store)
        rows = [row for id, row in after.ledger.items() if id not in image.ledger]
        open_ones = {id: each for id, each in image.activities.items() if isinstance(each, Activity)}
        at = None if policy.keep_activities else world.clock.now()
        activities, bindings = after_conversions(rows, open_ones, image.bindings, at)
        assert after.bindings == bindings
        assert {id: each for id, each in after.activities.items() if isinstance(each, Activity)} == activities
        assert after.activities.keys() == image.activities.keys()

    @examples(0.15)
    @given(image=BUSY, policy=policies())
    def test_keeping_activities_open_changes_their_completion_and_nothing_else(
        self, image: CrmImage, policy: ModeSwitchPolicy
    ) -> None:
        """Two switches that differ in this option alone differ in what is completed alone (POLICY-3, POLICY-4)."""
        kept, closed = (_switched(image, evolve(policy, keep_activities=keep)) for keep in (True, False))
        rows = [row for lead_id, row in kept.ledger.items() if lead_id not in image.ledger]
        concerned = {id for row in rows for id in row.activity_ids}
        for id, activity in kept.activities.items():
            assert activity == image.activities[id]
            if id in concerned and isinstance(activity, Activity):
                assert closed.activities[id] == activity.completed_by(TestCrm.of(image).clock.now())
            else:
                assert closed.activities[id] == activity
        assert canonical(evolve(kept, activities={})) == canonical(evolve(closed, activities={}))

    @examples(0.1)
    @given(image=crm_images(mode=CrmMode.SIMPLE, earlier_switch=True, max_leads=2))
    def test_a_converted_lead_takes_no_activity(self, image: CrmImage) -> None:
        """The refusal names its deal, and nothing changes."""
        world = TestCrm.of(image)
        before = everything(world.store)
        for lead_id, row in image.ledger.items():
            if isinstance(image.leads[lead_id], Lead):
                assert world.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, lead_id)]) == Refused(
                    Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, row.deal_id), "CONV-6"
                )
        assert everything(world.store) == before


@pytest.mark.rule("POLICY-1", "POLICY-2")
class TestPipelineOption:
    """POLICY-2. Deals are created in the chosen pipeline, in its first stage."""

    @examples(0.15)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_the_pipeline_changes_pipeline_and_stage_of_the_deal_and_nothing_else(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """Two switches into different pipelines differ in these two fields alone."""
        usable = sorted(id for id, each in image.pipelines.items() if not each.archived)
        pipeline = image.pipelines[data.draw(st.sampled_from(usable))]
        other, default = _switched(image, evolve(policy, pipeline_id=pipeline.id)), _switched(image, policy)
        for id in other.deals.keys() - image.deals.keys():
            deal = there(other.deals)[id]
            assert (deal.pipeline_id, deal.stage) == (pipeline.id, pipeline.first_stage.code)
            assert deal == evolve(
                there(default.deals)[id], pipeline_id=pipeline.id, stage=deal.stage, semantics=deal.semantics
            )
        assert canonical(evolve(other, deals={})) == canonical(evolve(default, deals={}))


def _switched(image: CrmImage, policy: ModeSwitchPolicy) -> CrmImage:
    world = TestCrm.of(image)
    assert not isinstance(world.crm.switch_to_simple(ADMIN, key="now", policy=policy), Refused)
    return image_of(world.store)


@pytest.mark.rule("CONV-7")
class TestMatching:
    """CONV-7. With `email`, a client matches if a normalised e-mail is equal, and in no other way."""

    @examples(0.2)
    @given(image=crm_images(mode=CrmMode.CLASSIC, match=MatchSetting.EMAIL, min_active=2), policy=policies())
    def test_clients_that_exist_never_change_and_two_new_ones_share_no_lead(
        self, image: CrmImage, policy: ModeSwitchPolicy
    ) -> None:
        """Whoever was matched is as before, and no lead has more clients than its policy asks for."""
        after = _switched(image, policy)
        assert there(image.contacts).items() <= there(after.contacts).items()
        assert there(image.companies).items() <= there(after.companies).items()
        for lead_id, row in after.ledger.items():
            lead = image.leads.get(lead_id)
            if lead_id in image.ledger or not isinstance(lead, Lead) or lead.is_linked:
                continue
            wants = (policy.client.wants_contact, policy.client.wants_company)
            assert (row.contact_id is not None, row.company_id is not None) == wants

    @examples(0.1)
    @given(image=BUSY, policy=policies())
    def test_without_matching_every_lead_that_is_not_linked_has_its_own_client(
        self, image: CrmImage, policy: ModeSwitchPolicy
    ) -> None:
        """However equal their e-mails are."""
        after = _switched(image, policy)
        rows = [
            row
            for id, row in after.ledger.items()
            if isinstance(lead := image.leads.get(id), Lead) and lead.is_active and not lead.is_linked
        ]
        contacts = [row.contact_id for row in rows if row.contact_id is not None]
        companies = [row.company_id for row in rows if row.company_id is not None]
        assert len(set(contacts)) == len(contacts) == len(rows) * policy.client.wants_contact
        assert len(set(companies)) == len(companies) == len(rows) * policy.client.wants_company

    @examples(0.1)
    @given(policy=policies(), fields=st.lists(lead_fields(), min_size=2, max_size=2), asked=st.sampled_from(ASKED))
    @pytest.mark.rule("INTAKE-3")
    def test_two_who_race_for_one_unknown_e_mail_make_one_client(
        self, policy: ModeSwitchPolicy, fields: list[dict[str, Any]], asked: str
    ) -> None:
        """Conversions, inquiries or new leads in Simple: both decide, one commits, the other looks again and finds."""
        world = TestCrm(store=InMemoryStore.classic())
        world.crm.change_settings(ADMIN, match=MatchSetting.EMAIL)
        mail = (ContactPoint(kind=PointKind.EMAIL, value="one@example.com"),)
        given_fields = [{**each, "contact_points": mail} for each in fields]
        if asked == "convert":
            ids = [world.crm.add_lead(ADMIN, **each) for each in given_fields]
            racers: list[Command[Any]] = [ConvertLead(lead_id=LeadId(id), policy=policy) for id in map(_id, ids)]
        else:
            world.crm.switch_to_simple(ADMIN, key="now", policy=policy)
            racers = [
                TakeInquiry(channel="email", fields=each) if asked == "inquiry" else AddLead(fields=each)
                for each in given_fields
            ]
        first, second = (world.hold(ADMIN, racer) for racer in racers)
        first.commit()
        with pytest.raises(Conflict):
            second.commit()
        assert not isinstance(world.crm.run(ADMIN, racers[1]), Refused)
        image = image_of(world.store)
        assert len(image.deals) == 2
        assert len(image.contacts) == policy.client.wants_contact
        assert len(image.companies) == policy.client.wants_company


def _id(made: Any) -> int:
    assert isinstance(made, int)
    return made


@pytest.mark.rule("CONV-9", "EDIT-1")
class TestConvertedIsFinal:
    """CONV-9. A converted lead is final."""

    @examples(0.15)
    @given(image=BUSY, policy=policies(), other=policies(), fields=lead_fields())
    def test_only_comments_and_responsible_may_change(
        self, image: CrmImage, policy: ModeSwitchPolicy, other: ModeSwitchPolicy, fields: dict[str, Any]
    ) -> None:
        """Converting again answers with the first result; closing, reopening and other edits are refused."""
        world = TestCrm.of(image)
        lead_id = min(id for id, lead in image.leads.items() if isinstance(lead, Lead) and lead.is_active)
        first = world.crm.convert_lead(ADMIN, lead_id, policy=policy)
        assert isinstance(first, ConvertedLead)
        before = everything(world.store)
        assert world.crm.convert_lead(ADMIN, lead_id, policy=other) == ConvertedLead(first.row, already=True)
        for answer in (world.crm.close_lead(ADMIN, lead_id), world.crm.reopen_lead(ADMIN, lead_id)):
            assert isinstance(answer, Refused)
            assert answer.reason is Reason.ALREADY_CONVERTED
        assert everything(world.store) == before
        found = world.crm.lead(ADMIN, lead_id)
        assert not isinstance(found, Refused)
        edited = world.crm.edit_lead(ADMIN, lead_id, found.version, **fields)
        allowed = fields.keys() <= {"comments", "responsible"}
        assert isinstance(edited, Refused) is not allowed
        copy_id = world.crm.copy_lead(ADMIN, lead_id)
        assert not isinstance(copy_id, Refused)
        copied = world.crm.lead(ADMIN, copy_id)
        assert not isinstance(copied, Refused)
        assert copied.record.is_active
        assert (copied.record.contact_id, copied.record.company_id, copied.record.deal_id) == (None, None, None)
        assert world.crm.activities(ADMIN, of=Ref(Kind.LEAD, copy_id)) == ()
        assert list(audit_store(world.store)) == []


@pytest.mark.rule("CONV-4", "INTAKE-2")
@examples(0.3)
@given(fields=lead_fields(), subject=st.sampled_from((None, " ", "Ask")), client=st.sampled_from(ClientChoice))
@example(fields={"title": None}, subject=None, client=ClientChoice.CONTACT)
@example(fields={"title": " "}, subject=" ", client=ClientChoice.COMPANY)
def test_the_deal_of_an_inquiry_has_a_title_and_names_no_lead(
    fields: dict[str, Any], subject: str | None, client: ClientChoice
) -> None:
    """Without a title of its own it takes the subject or the channel; there is no lead to be named after."""
    world = TestCrm(store=InMemoryStore.classic())
    world.crm.switch_to_simple(ADMIN, key="now", policy=ModeSwitchPolicy(client=client))
    held = world.crm.take_inquiry(ADMIN, channel="call", subject=subject, **fields)
    assert not isinstance(held, Refused)
    image = image_of(world.store)
    deal = there(image.deals)[DealId(int(held.ref.id))]
    title = str(fields.get("title") or "")
    if title.strip():
        assert deal.title == title
    else:
        assert deal.title == ("Ask" if subject == "Ask" else "Inquiry by call")
    assert deal.lead_id is None
    assert image.leads == {}
    assert LeadId(0) not in image.ledger
