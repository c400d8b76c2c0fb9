"""Acceptance cases about what becomes of one lead; the test names begin with the ids of the cases.

lines: one short test per case, in the order of the list.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crmcore import (
    PLACEHOLDER_NAME,
    Address,
    ClientChoice,
    Contact,
    ContactPoint,
    ContactPoints,
    CustomFields,
    Kind,
    LeadId,
    ModeSwitchPolicy,
    Money,
    PersonName,
    PointKind,
    Ref,
    StageCode,
    UserId,
)
from tests.building import ADMIN, BOTH, MANAGER, Scene, accepted, classic, email, euros, phone, there

CONTACT = ModeSwitchPolicy(client=ClientChoice.CONTACT)
COMPANY = ModeSwitchPolicy(client=ClientChoice.COMPANY)


def _converted(policy: ModeSwitchPolicy, **fields: Any) -> tuple[Scene, LeadId]:
    scene = classic()
    lead_id = scene.add(**fields)
    scene.switch(policy)
    return scene, lead_id


@pytest.mark.rule("CONV-1")
def test_o4_a_lead_with_a_person_s_name_gives_that_contact() -> None:
    """Where nobody matches, a contact with the lead's name is created."""
    scene, lead_id = _converted(CONTACT, name=PersonName(first="Ada", last="Bright"))
    assert scene.contact(scene.lead(lead_id).contact_id).name == PersonName(first="Ada", last="Bright")


@pytest.mark.rule("POLICY-1", "CONV-5.3")
@pytest.mark.parametrize(
    "policy, contacts, companies",
    [
        pytest.param(CONTACT, 1, 0, id="O5-contact"),
        pytest.param(COMPANY, 0, 1, id="O5-company"),
        pytest.param(BOTH, 1, 1, id="O5-both"),
    ],
)
def test_client_as_the_policy_says(policy: ModeSwitchPolicy, contacts: int, companies: int) -> None:
    """The client is a contact, a company or both; the lead ends in the success stage with links to what was made."""
    scene, lead_id = _converted(policy, title="Request")
    lead = scene.lead(lead_id)
    assert (len(scene.image().contacts), len(scene.image().companies)) == (contacts, companies)
    assert (lead.contact_id is not None, lead.company_id is not None) == (contacts == 1, companies == 1)
    assert (lead.stage, lead.semantics.value, lead.deal_id is not None) == ("CONVERTED", "S", True)


@pytest.mark.rule("POLICY-2", "CONV-3")
def test_o11_the_pipeline_never_changes_the_responsible() -> None:
    """A deal in another pipeline belongs to whoever was responsible for the lead."""
    scene = classic()
    lead_id = scene.add(title="Request", responsible=MANAGER)
    scene.switch(ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline()))
    [deal] = there(scene.image().deals).values()
    assert (deal.pipeline_id, deal.responsible) == (7, MANAGER)
    assert scene.contact(scene.lead(lead_id).contact_id).responsible == MANAGER


@pytest.mark.rule("CONV-2.2")
@pytest.mark.parametrize("policy", [CONTACT, COMPANY, BOTH], ids=["O12-contact", "O12-company", "O12-both"])
def test_a_lead_of_a_client_becomes_a_deal_only(policy: ModeSwitchPolicy) -> None:
    """The client option is ignored for a lead that has a client, and the client does not change."""
    scene = classic()
    client = scene.add_contact("Carla", comments="knows us")
    before = accepted(scene.crm.contact(ADMIN, client))
    scene.add(title="Again", contact_id=client, name=PersonName(first="Other"), comments="newer")
    scene.switch(policy)
    image = scene.image()
    [deal] = there(image.deals).values()
    assert (deal.contact_id, deal.company_id) == (client, None)
    assert (len(image.contacts), len(image.companies)) == (1, 0)
    assert accepted(scene.crm.contact(ADMIN, client)) == before


@pytest.mark.rule("CONV-3")
def test_o16_the_contact_gets_every_phone_and_e_mail_with_its_type() -> None:
    """All contact points arrive in their order, each with its type."""
    points = (
        phone("+39 06 1", "WORK"),
        phone("+39 06 2", "MOBILE"),
        email("a@example.com", "HOME"),
        email("b@example.com", "WORK"),
        ContactPoint(kind=PointKind.WEBSITE, type="OTHER", value="https://example.com"),
        ContactPoint(kind=PointKind.MESSENGER, type="TELEGRAM", value="@ada"),
    )
    scene, lead_id = _converted(BOTH, contact_points=points)
    lead = scene.lead(lead_id)
    assert scene.contact(lead.contact_id).contact_points == points
    assert scene.company(lead.company_id).contact_points == points


@pytest.mark.rule("CONV-2", "CONV-3")
def test_o19_a_repeat_lead_leaves_an_empty_client_empty_and_keeps_its_address_on_the_deal() -> None:
    """A client without data is not filled from a repeat lead; the deal has the lead's address."""
    scene = classic()
    client = accepted(scene.crm.add_contact(ADMIN))
    before = accepted(scene.crm.contact(ADMIN, client))
    address = Address(full="1 High Street", city="York")
    lead_id = scene.add(contact_id=client, address=address, name=PersonName(first="Ada"))
    scene.switch(BOTH)
    assert accepted(scene.crm.contact(ADMIN, client)) == before
    deal_id = scene.lead(lead_id).deal_id
    assert deal_id is not None
    assert scene.deal(deal_id).address == address


@pytest.mark.rule("POLICY-2")
@pytest.mark.parametrize("stage", ["NEW", "IN_PROCESS", "PROCESSED"], ids=["O31-new", "O31-middle", "O31-last"])
def test_a_deal_starts_in_the_first_stage_whatever_the_lead_stage(stage: str) -> None:
    """The lead's own stage plays no part in where its deal starts."""
    scene = classic()
    scene.add(title="Request", stage=StageCode(stage))
    scene.switch(ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline()))
    [deal] = there(scene.image().deals).values()
    assert deal.stage == "FIRST_B"


@pytest.mark.rule("CONV-6.1", "CONV-6.2")
def test_o41_every_activity_of_the_lead_is_bound_to_the_deal() -> None:
    """An activity, a calendar event and four files of a lead are all bound to its deal; none is lost or doubled."""
    scene = classic()
    one, other = scene.add(title="One"), scene.add(title="Other")
    ids = [
        scene.add_activity(Ref(Kind.LEAD, one), kind="call"),
        scene.add_activity(Ref(Kind.LEAD, one), kind="event"),
        *(scene.add_activity(Ref(Kind.LEAD, other), kind="file") for _ in range(4)),
    ]
    scene.switch(BOTH)
    assert scene.counts()["activities"] == 6
    for id, lead_id in zip(ids, (one, one, other, other, other, other), strict=True):
        lead = scene.lead(lead_id)
        assert scene.bound(id) == {
            Ref(Kind.LEAD, lead_id),
            Ref(Kind.DEAL, lead.deal_id or 0),
            Ref(Kind.CONTACT, lead.contact_id or 0),
            Ref(Kind.COMPANY, lead.company_id or 0),
        }


@pytest.mark.rule("CONV-3")
def test_o43_an_address_is_taken_whole() -> None:
    """No part of an address is mixed with another one: the deal and the new clients have the lead's own."""
    address = Address(street="2 Low Road", postal_code="YO1")
    scene, lead_id = _converted(BOTH, address=address)
    lead = scene.lead(lead_id)
    [deal] = there(scene.image().deals).values()
    assert deal.address == scene.contact(lead.contact_id).address == scene.company(lead.company_id).address == address


@pytest.mark.rule("CONV-3")
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("text", id="O45-text"),
        pytest.param(12, id="O45-integer"),
        pytest.param(Decimal("1.50"), id="O45-decimal"),
        pytest.param(True, id="O45-yes_no"),
        pytest.param(date(2026, 2, 3), id="O45-date"),
        pytest.param(datetime(2026, 2, 3, 4, 5, tzinfo=UTC), id="O45-instant"),
        pytest.param(("red", "blue"), id="O45-list"),
    ],
)
def test_custom_values_arrive_equal(value: Any) -> None:
    """A custom value of each type is the same value, of the same type, in deal, contact and company."""
    scene, lead_id = _converted(BOTH, custom={"UF_ONE": value})
    lead = scene.lead(lead_id)
    [deal] = there(scene.image().deals).values()
    for record in (deal, scene.contact(lead.contact_id), scene.company(lead.company_id)):
        assert record.custom == CustomFields({"UF_ONE": value})
        assert type(record.custom["UF_ONE"]) is type(value)


@pytest.mark.rule("CONV-4.1")
def test_o47_a_phone_of_spaces_is_absent() -> None:
    """A contact point that is blank after trimming does not exist."""
    scene, lead_id = _converted(CONTACT, contact_points=[phone("   "), phone("1")])
    assert scene.contact(scene.lead(lead_id).contact_id).contact_points == (phone("1"),)


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize("address", ['"ada"bright@example.com', "no at sign"], ids=["O48-quote", "O48-without_at"])
def test_an_invalid_e_mail_converts_as_it_is(address: str) -> None:
    """A strange e-mail neither blocks the switch nor is changed, with matching on as well."""
    for match in ("none", "email"):
        scene = classic()
        scene.crm.change_settings(ADMIN, match=_match(match))
        lead_id = scene.add(contact_points=[email(address)])
        assert scene.switch(CONTACT).result == "switched"
        assert scene.contact(scene.lead(lead_id).contact_id).contact_points == (email(address),)


def _match(value: str) -> Any:
    from crmcore import MatchSetting

    return MatchSetting(value)


@pytest.mark.rule("CONV-4.2")
def test_or1_a_lead_with_only_a_title() -> None:
    """The contact gets the placeholder name; a company would take the title."""
    scene, lead_id = _converted(CONTACT, title="Request")
    assert scene.contact(scene.lead(lead_id).contact_id).name == PLACEHOLDER_NAME
    scene, lead_id = _converted(COMPANY, title="Request")
    assert scene.company(scene.lead(lead_id).company_id).title == "Request"


NAMES = [
    # case, policy, given, contact name, company title
    pytest.param(CONTACT, {"company_title": "Bright"}, "Unnamed contact", None, id="OR2-contact"),
    pytest.param(COMPANY, {"company_title": "Bright"}, None, "Bright", id="OR2-company"),
    pytest.param(BOTH, {"company_title": "Bright"}, "Unnamed contact", "Bright", id="OR2-both"),
    pytest.param(CONTACT, {"name": PersonName(first="Ada")}, "Ada", None, id="OR3-contact"),
    pytest.param(COMPANY, {"name": PersonName(first="Ada"), "title": "Ask"}, None, "Ask", id="OR3-company"),
    pytest.param(BOTH, {"name": PersonName(first="Ada"), "title": "Ask"}, "Ada", "Ask", id="OR3-both"),
    pytest.param(CONTACT, {"name": PersonName(first="   ")}, "Unnamed contact", None, id="OR8-contact"),
    pytest.param(BOTH, {"name": PersonName(first="   "), "title": "Ask"}, "Unnamed contact", "Ask", id="OR8-both"),
]


@pytest.mark.rule("CONV-4.3", "POLICY-1")
@pytest.mark.parametrize("policy, given, contact, company", NAMES)
def test_names_of_new_clients(
    policy: ModeSwitchPolicy, given: dict[str, Any], contact: str | None, company: str | None
) -> None:
    """Who is named becomes that client; blank is absent; whom nobody named gets the placeholder or the title."""
    scene, lead_id = _converted(policy, **given)
    lead = scene.lead(lead_id)
    assert (None if lead.contact_id is None else scene.contact(lead.contact_id).name.first) == contact
    assert (None if lead.company_id is None else scene.company(lead.company_id).title) == company


@pytest.mark.rule("CONV-4.4")
def test_or1_a_lead_without_a_title_is_named_by_its_number() -> None:
    """The deal and the company of a lead without title and company title are called "Lead #id"."""
    scene, lead_id = _converted(COMPANY)
    [deal] = there(scene.image().deals).values()
    assert deal.title == scene.company(scene.lead(lead_id).company_id).title == f"Lead #{lead_id}"
    assert scene.lead(lead_id).title is None


@pytest.mark.rule("CONV-1.2")
def test_or4_with_both_names_the_contact_is_linked_to_the_company() -> None:
    """Company first, then the contact linked to it, then the deal linked to both."""
    scene, lead_id = _converted(BOTH, name=PersonName(first="Ada"), company_title="Bright")
    lead = scene.lead(lead_id)
    contact, [deal] = scene.contact(lead.contact_id), there(scene.image().deals).values()
    assert contact.name.first == "Ada"
    assert scene.company(lead.company_id).title == "Bright"
    assert contact.company_id == lead.company_id == deal.company_id
    assert deal.contact_id == contact.id


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize("amount", ["12.345", "0.1000", "99999999999999999999.9999999999", "0", "-1"])
def test_or13_an_amount_arrives_exactly(amount: str) -> None:
    """12.345 EUR is 12.345 EUR in the deal and in the ledger, to the last written digit."""
    scene, lead_id = _converted(CONTACT, amount=euros(amount))
    [deal] = there(scene.image().deals).values()
    assert deal.amount is not None
    assert (str(deal.amount.amount), deal.amount.currency) == (amount, "EUR")
    assert scene.row(lead_id).amount == euros(amount)


@pytest.mark.rule("CONV-3")
def test_f3_a_contact_carries_honorific_post_and_typed_phones() -> None:
    """Salutation, job title, phone and mobile arrive in the contact, the company title in the company."""
    scene, lead_id = _converted(
        BOTH,
        name=PersonName(honorific="Dr", first="Ada", middle="M", last="Bright"),
        job_title="Buyer",
        birth_date=date(1990, 1, 2),
        contact_points=[phone("1", "WORK"), phone("2", "MOBILE")],
        company_title="Bright Ltd",
    )
    lead = scene.lead(lead_id)
    contact: Contact = scene.contact(lead.contact_id)
    assert contact.name == PersonName(honorific="Dr", first="Ada", middle="M", last="Bright")
    assert (contact.job_title, contact.birth_date) == ("Buyer", date(1990, 1, 2))
    assert contact.contact_points == ContactPoints([phone("1", "WORK"), phone("2", "MOBILE")])
    assert scene.company(lead.company_id).title == "Bright Ltd"


@pytest.mark.rule("CONV-5")
def test_f8_deal_contact_and_company_know_their_lead() -> None:
    """All three records name the lead they were made from."""
    scene, lead_id = _converted(BOTH, title="Request")
    image = scene.image()
    for table in (image.deals, image.contacts, image.companies):
        assert [each.lead_id for each in table.values()] == [lead_id]


@pytest.mark.rule("CONV-2.1", "CONV-3")
def test_f10_a_linked_lead_keeps_its_client_though_it_names_another_company() -> None:
    """The client the lead is linked to wins over the company title; the title is listed as not carried."""
    scene = classic()
    client = scene.add_company("Calm Ltd")
    lead_id = scene.add(company_id=client, company_title="Another Ltd")
    scene.switch(BOTH)
    assert scene.lead(lead_id).company_id == client
    assert [each.title for each in there(scene.image().companies).values()] == ["Calm Ltd"]
    assert scene.row(lead_id).not_carried == ("company_title",)


@pytest.mark.rule("CONV-3")
def test_f13_the_responsible_is_carried_and_observers_are_listed_as_lost() -> None:
    """Nobody but the responsible is carried over, and the outcome says so."""
    scene, lead_id = _converted(BOTH, responsible=MANAGER, observers=(UserId(8), UserId(9)), stage_description="nearly")
    lead = scene.lead(lead_id)
    [deal] = there(scene.image().deals).values()
    owners = {deal.responsible, scene.contact(lead.contact_id).responsible, scene.company(lead.company_id).responsible}
    assert owners == {MANAGER}
    assert set(scene.row(lead_id).not_carried) == {"observers", "stage_description"}


@pytest.mark.rule("CONV-4", "SWITCH-9")
def test_m5_a_lead_without_e_mail_converts_like_any_other() -> None:
    """No e-mail is no obstacle, with matching on as well."""
    scene = classic()
    scene.crm.change_settings(ADMIN, match=_match("email"))
    one, other = scene.add(title="One"), scene.add(title="Other")
    assert scene.switch(CONTACT).totals.converted == 2
    assert scene.lead(one).contact_id != scene.lead(other).contact_id


@pytest.mark.rule("SWITCH-13", "CONV-9")
def test_m6_the_result_carries_all_ids() -> None:
    """The answer of a conversion names deal, contact, company and activities."""
    scene = classic()
    lead_id = scene.add(contact_points=[email("ada@example.com")])
    activity = scene.add_activity(Ref(Kind.LEAD, lead_id))
    row = scene.convert(lead_id, BOTH)
    lead = scene.lead(lead_id)
    assert (row.lead_id, row.deal_id, row.contact_id, row.company_id) == (
        lead_id,
        lead.deal_id,
        lead.contact_id,
        lead.company_id,
    )
    assert row.activity_ids == (activity,)


@pytest.mark.rule("CONV-6.1", "CONV-6.2", "CONV-6.3")
def test_n5_two_comments_and_two_mails_are_bound_and_counted_once() -> None:
    """Bindings are added, and the activities are those of before."""
    scene = classic()
    lead_id = scene.add(title="Request")
    ids = [scene.add_activity(Ref(Kind.LEAD, lead_id), kind=kind) for kind in ("comment", "comment", "email", "email")]
    before = scene.image().activities
    report = scene.switch(CONTACT)
    deal_id = scene.lead(lead_id).deal_id or 0
    assert scene.image().activities == before
    assert len(before) == 4
    assert all({Ref(Kind.LEAD, lead_id), Ref(Kind.DEAL, deal_id)} <= scene.bound(id) for id in ids)
    assert (report.totals.bound, report.totals.kept_open, report.totals.completed) == (4, 4, 0)


@pytest.mark.rule("CONV-6")
def test_n6_a_later_comment_on_the_deal_is_not_written_back() -> None:
    """What happens on the deal later belongs to the deal; the lead keeps the history it had."""
    scene, lead_id = _converted(CONTACT, title="Request")
    deal = Ref(Kind.DEAL, scene.lead(lead_id).deal_id or 0)
    later = scene.add_activity(deal, kind="comment")
    assert scene.bound(later) == {deal}
    assert accepted(scene.crm.activities(ADMIN, of=Ref(Kind.LEAD, lead_id))) == ()


@pytest.mark.rule("CONV-2", "CONV-5")
def test_d1_with_contact_and_company_set_only_a_deal_is_made_and_the_lead_is_kept() -> None:
    """Both links go to the deal, nothing else is made, and the lead stays as a converted one."""
    scene = classic()
    contact, company = scene.add_contact(), scene.add_company()
    lead_id = scene.add(contact_id=contact, company_id=company)
    scene.switch(BOTH)
    [deal] = there(scene.image().deals).values()
    assert (deal.contact_id, deal.company_id) == (contact, company)
    assert (len(scene.image().contacts), len(scene.image().companies)) == (1, 1)
    assert scene.lead(lead_id).deal_id == deal.id


@pytest.mark.rule("CONV-2")
def test_x1_an_existing_account_gets_one_deal() -> None:
    """Promoting a lead of an existing company makes one deal on that company, and the lead is converted."""
    scene = classic()
    account = scene.add_company()
    lead_id = scene.add(company_id=account)
    row = scene.convert(lead_id)
    assert (row.company_id, row.contact_id) == (account, None)
    assert scene.counts()["deals"] == 1
    assert scene.lead(lead_id).semantics.value == "S"


@pytest.mark.rule("CONV-8")
def test_or13_a_currency_without_an_amount_is_carried_too() -> None:
    """Either half of an amount travels alone."""
    scene, _ = _converted(CONTACT, amount=Money(currency="USD"))
    [deal] = there(scene.image().deals).values()
    assert deal.amount == Money(currency="USD")
