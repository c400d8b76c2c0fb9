"""Inquiries and leads that come in, in both modes (INTAKE-1 to INTAKE-5, POLICY-6).

lines: each way to know a sender, in both modes.
"""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ClientChoice,
    Company,
    Contact,
    ContactPoint,
    CrmMode,
    CrmState,
    Grant,
    ImportRecords,
    InquiryHeld,
    Kind,
    Lead,
    LeadId,
    Level,
    ModeSwitchPolicy,
    Money,
    Operation,
    PersonName,
    PipelineId,
    PointKind,
    Ref,
    RepeatInquiry,
    Role,
    SourceCode,
    StageCode,
    StageSemantics,
    UserId,
    Utm,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.ids import CARDS
from crmcore.domain.model.text import TEXT_LIMIT
from crmcore.domain.protocol.events import InquiryTaken
from tests.building import (
    ADMIN,
    OTHER,
    Scene,
    accepted,
    classic,
    email,
    euros,
    interrupted,
    phone,
    refused,
    simple,
    there,
)

ADA = email("ada@example.com")
#: Somebody who has the rights that a test gives.
DESK = UserId(51)


def _held(scene: Scene, **fields: Any) -> InquiryHeld:
    scene.later()
    return accepted(scene.crm.take_inquiry(ADMIN, **{"channel": "email", **fields}))


def _lead_of(held: InquiryHeld) -> LeadId:
    assert held.ref.kind is Kind.LEAD
    return LeadId(int(held.ref.id))


@pytest.mark.rule("INTAKE-1")
class TestClassic:
    """INTAKE-1. In Classic, an inquiry becomes a lead, or joins one."""

    @pytest.mark.rule("INTAKE-1.1", "INTAKE-1.4", "INTAKE-1.5")
    @pytest.mark.parametrize("channel", ["request", "call", "email", "chat", "social", "Z" * 100])
    def test_an_unknown_sender_becomes_a_lead_with_the_touch_as_its_activity(self, channel: str) -> None:
        """The activity is of the channel's kind and bound to the lead alone; the subject is the title."""
        scene = classic()
        held = _held(scene, channel=channel, subject="Hello", contact_points=[ADA], responsible=UserId(5))
        lead = scene.lead(_lead_of(held))
        activity = scene.activity(held.activity_id)
        assert (lead.title, lead.is_active, lead.is_linked, lead.responsible) == ("Hello", True, False, 5)
        assert lead.created_at == activity.created_at == scene.clock.now()
        assert (activity.kind, activity.subject, activity.completed, activity.responsible) == (
            channel,
            "Hello",
            False,
            5,
        )
        assert scene.bound(held.activity_id) == {held.ref}

    @pytest.mark.rule("INTAKE-1.6")
    def test_without_a_subject_the_channel_names_the_lead(self) -> None:
        """Whatever it is; and a title that is given wins."""
        scene = classic()
        assert scene.lead(_lead_of(_held(scene, channel="call"))).title == "Inquiry by call"
        assert scene.lead(_lead_of(_held(scene, channel="chat"))).title == "Inquiry by chat"
        assert scene.lead(_lead_of(_held(scene, title="Given", subject="Other"))).title == "Given"

    @pytest.mark.rule("INTAKE-1.2", "INTAKE-7.1")
    @pytest.mark.parametrize("point", [ADA, email(" ADA@Example.COM "), phone("+39 06-1")])
    def test_the_sender_s_active_lead_takes_the_touch(self, point: Any) -> None:
        """By e-mail, or by a phone; no second lead is made, and the lead's version moves."""
        scene = classic()
        lead_id = scene.add(contact_points=[ADA, phone("+39061")])
        version = scene.version(lead_id)
        held = _held(scene, contact_points=[point])
        assert held.ref == Ref(Kind.LEAD, lead_id)
        assert scene.counts()["leads"] == 1
        assert scene.version(lead_id) > version

    def test_several_active_leads_with_the_mail_and_with_the_phone(self) -> None:
        """Of several with the e-mail the lowest id; a phone that two leads have names nobody."""
        scene = classic()
        first = scene.add(contact_points=[ADA, phone("1")])
        second = scene.add(contact_points=[ADA, phone("1")])
        assert _lead_of(_held(scene, contact_points=[ADA])) == first
        assert _lead_of(_held(scene, contact_points=[phone("1")])) not in (first, second)

    def test_a_closed_lead_of_the_sender_is_not_woken(self) -> None:
        """A new lead is made."""
        scene = classic()
        old = scene.add(contact_points=[ADA])
        accepted(scene.crm.close_lead(ADMIN, old))
        assert _lead_of(_held(scene, contact_points=[ADA])) != old

    @pytest.mark.rule("INTAKE-1.3", "INTAKE-3.1")
    def test_a_known_client_gives_a_repeat_lead(self) -> None:
        """It is linked to the client; the client does not change."""
        scene = classic()
        client = scene.add_contact("Ada", contact_points=[ADA])
        before = accepted(scene.crm.contact(ADMIN, client))
        lead = scene.lead(_lead_of(_held(scene, contact_points=[ADA], name=PersonName(first="Other"))))
        assert (lead.contact_id, lead.company_id) == (client, None)
        assert accepted(scene.crm.contact(ADMIN, client)) == before
        assert scene.row(scene.convert(lead.id).lead_id).contact_id == client


@pytest.mark.rule("INTAKE-7")
class TestActiveLeadOfASender:
    """INTAKE-7. How a sender is recognised by an active lead, which takes precedence over a known client."""

    @pytest.mark.rule("INTAKE-7.3")
    def test_of_several_with_the_e_mail_the_lowest_id_takes_the_touch(self) -> None:
        """In whatever order the e-mails stand, and whichever of them is found."""
        scene = classic()
        first = scene.add(contact_points=[email("one@example.com")])
        scene.add(contact_points=[ADA])
        assert _lead_of(_held(scene, contact_points=[ADA, email("one@example.com")])) == first

    def test_an_e_mail_that_is_found_leaves_phones_alone(self) -> None:
        """A lead with the phone and a lower id does not take the touch."""
        scene = classic()
        scene.add(contact_points=[phone("1")])
        second = scene.add(contact_points=[ADA])
        assert _lead_of(_held(scene, contact_points=[ADA, phone("1")])) == second

    @pytest.mark.rule("INTAKE-7.2")
    def test_a_phone_of_exactly_one_active_lead_is_the_sender_s(self) -> None:
        """A closed lead with the same phone does not count; with a second active one, nobody has it."""
        scene = classic()
        closed, only = scene.add(contact_points=[phone("1")]), scene.add(contact_points=[phone("1")])
        accepted(scene.crm.close_lead(ADMIN, closed))
        unknown = email("unknown@example.com")
        assert _lead_of(_held(scene, contact_points=[unknown, phone("1")])) == only
        another = scene.add(contact_points=[phone("1")])
        assert _lead_of(_held(scene, contact_points=[phone("1")])) not in (closed, only, another)

    @pytest.mark.rule("INTAKE-7.4")
    @pytest.mark.parametrize("point", [ADA, phone("1")], ids=["e-mail", "phone"])
    def test_the_active_lead_goes_before_the_known_client(self, point: ContactPoint) -> None:
        """The touch is added to the lead, and no repeat lead of the client is made."""
        scene = classic()
        scene.add_contact("Ada", contact_points=[point])
        lead = scene.add(contact_points=[point])
        held = _held(scene, contact_points=[point])
        assert held.ref == Ref(Kind.LEAD, lead)
        assert scene.bound(held.activity_id) == {held.ref}
        assert scene.counts()["leads"] == 1

    def test_a_client_of_the_e_mail_does_not_go_before_a_lead_of_the_phone(self) -> None:
        """Whichever way the lead is found."""
        scene = classic()
        scene.add_contact("Ada", contact_points=[ADA])
        lead = scene.add(contact_points=[phone("1")])
        assert _held(scene, contact_points=[ADA, phone("1")]).ref == Ref(Kind.LEAD, lead)


@pytest.mark.rule("INTAKE-2", "INTAKE-3", "POLICY-6")
class TestWithoutLeads:
    """INTAKE-2. Without leads, an inquiry becomes a deal and a client at once."""

    @pytest.mark.parametrize("channel", ["chat", "social", "telegram-bot"])
    def test_any_code_is_a_channel(self, channel: str) -> None:
        """It is the kind of the touch, and names the deal."""
        scene = simple()
        held = _held(scene, channel=channel)
        assert scene.deal(accepted_deal(held)).title == f"Inquiry by {channel}"
        assert scene.activity(held.activity_id).kind == channel

    @pytest.mark.rule("INTAKE-2.2", "POLICY-6.2")
    @pytest.mark.parametrize("client", list(ClientChoice))
    def test_the_kinds_of_the_last_policy(self, client: ClientChoice) -> None:
        """A deal in its pipeline's first stage, on a new client of the kinds that were chosen last."""
        scene = classic()
        scene.switch(ModeSwitchPolicy(client=client, pipeline_id=scene.add_other_pipeline()))
        held = _held(scene, contact_points=[ADA], name=PersonName(first="Ada"), company_title="Co", amount=euros("5"))
        image = scene.image()
        [deal] = there(image.deals).values()
        assert (deal.pipeline_id, deal.stage, deal.amount, deal.lead_id) == (OTHER, "FIRST_B", euros("5"), None)
        assert len(image.contacts) == int(client.wants_contact)
        assert len(image.companies) == int(client.wants_company)
        clients = [*there(image.contacts).values(), *there(image.companies).values()]
        assert all(each.lead_id is None for each in clients if isinstance(each, Contact | Company))
        assert image.leads == {}
        assert scene.bound(held.activity_id) == {
            held.ref,
            *(Ref(Kind.CONTACT, id) for id in image.contacts),
            *(Ref(Kind.COMPANY, id) for id in image.companies),
        }
        assert scene.holds_all_laws()

    def test_the_default_where_no_switch_ever_finished(self) -> None:
        """A contact."""
        scene = simple()
        _held(scene, contact_points=[ADA])
        assert (scene.counts()["contacts"], scene.counts()["companies"]) == (1, 0)

    @pytest.mark.rule("INTAKE-2.1")
    @pytest.mark.parametrize(
        "fields, title",
        [({"company_title": "Calm Ltd", "subject": "Desks"}, "Calm Ltd"), ({"subject": "Desks"}, "Desks")],
        ids=["named", "not named"],
    )
    def test_a_new_company_is_called_as_the_inquiry_names_it(self, fields: dict[str, Any], title: str) -> None:
        """Where it names none, the company has the title of the deal (CONV-4)."""
        scene = classic()
        scene.switch(ModeSwitchPolicy(client=ClientChoice.COMPANY))
        _held(scene, contact_points=[ADA], **fields)
        [company] = there(scene.image().companies).values()
        assert isinstance(company, Company)
        assert company.title == title

    @pytest.mark.rule("INTAKE-2.1")
    @pytest.mark.parametrize("state", ["switching", "unlicensed"])
    def test_while_switching_and_unlicensed_no_active_lead_is_made(self, state: str) -> None:
        """The live switch's policy counts while it is live."""
        scene = classic()
        if state == "switching":
            accepted(scene.crm.begin_switch(ADMIN, key="k", policy=ModeSwitchPolicy(client=ClientChoice.COMPANY)))
        else:
            scene.plan.classic = False
        assert _held(scene).ref.kind is Kind.DEAL
        assert (scene.counts()["contacts"], scene.counts()["companies"]) == ((0, 1) if state == "switching" else (1, 0))

    @pytest.mark.rule("INTAKE-3.2")
    def test_a_known_client_by_mail_and_by_phone(self) -> None:
        """No second client; the phone counts where no e-mail does, and only if exactly one client has it."""
        scene = simple()
        client = scene.add_contact("Ada", contact_points=[ADA, phone("+1 22")])
        scene.add_contact("Twin", contact_points=[phone("33")])
        scene.add_contact("Other twin", contact_points=[phone("33")])
        for points in ([email("ADA@example.com")], [phone("+122")]):
            deal = scene.deal(accepted_deal(_held(scene, contact_points=points)))
            assert deal.contact_id == client
        assert scene.counts()["contacts"] == 3
        _held(scene, contact_points=[phone("33")])
        assert scene.counts()["contacts"] == 4
        _held(scene)
        _held(scene, contact_points=[email("no at sign"), phone("none")])
        assert scene.counts()["contacts"] == 6

    def test_a_contact_and_its_company_are_one_client(self) -> None:
        """With `both`, the phone that the two share still names them; the next deal is on both."""
        scene = classic()
        scene.switch(ModeSwitchPolicy(client=ClientChoice.BOTH))
        first = scene.deal(accepted_deal(_held(scene, contact_points=[phone("1")])))
        again = scene.deal(accepted_deal(_held(scene, contact_points=[phone("1")])))
        assert (again.contact_id, again.company_id) == (first.contact_id, first.company_id) == (1, 1)

    def test_a_company_alone_is_a_client(self) -> None:
        """Known by its e-mail."""
        scene = simple()
        company = scene.add_company("Co", contact_points=[ADA])
        deal = scene.deal(accepted_deal(_held(scene, contact_points=[ADA])))
        assert (deal.contact_id, deal.company_id) == (None, company)

    @pytest.mark.rule("INTAKE-3.4")
    def test_of_several_clients_the_one_with_the_newest_open_deal(self) -> None:
        """A closed deal does not count; without open deals it is the lowest id."""
        scene = simple()
        ids = [scene.add_contact(name, contact_points=[ADA]) for name in ("A", "B", "C")]
        assert scene.deal(accepted_deal(_held(scene, contact_points=[ADA], key="a"))).contact_id == ids[0]
        scene.later()
        accepted(scene.crm.add_deal(ADMIN, contact_id=ids[2]))
        scene.later()
        accepted(scene.crm.add_deal(ADMIN, contact_id=ids[1], stage=StageCode("WON")))
        assert scene.deal(accepted_deal(_held(scene, contact_points=[ADA]))).contact_id == ids[2]

    @pytest.mark.rule("INTAKE-3.3", "INTAKE-3.5", "INTAKE-3.6")
    def test_a_repeat_inquiry_is_attached_where_the_setting_says_so(self) -> None:
        """To the newest open deal; without one a new deal is made. By default each inquiry is a deal."""
        scene = simple()
        first = _held(scene, contact_points=[ADA])
        assert _held(scene, contact_points=[ADA]).ref != first.ref
        accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
        attached = _held(scene, contact_points=[ADA])
        assert attached.ref == Ref(Kind.DEAL, 2)
        assert scene.bound(attached.activity_id) == {Ref(Kind.DEAL, 2), Ref(Kind.CONTACT, 1)}
        scene.add_contact("New", contact_points=[email("new@example.com")])
        assert _held(scene, contact_points=[email("new@example.com")]).ref not in (first.ref, attached.ref)


FULL: dict[str, Any] = {
    "title": "Desks",
    "company_title": "Co",
    "name": PersonName(first="Ada"),
    "job_title": "Buyer",
    "comments": "Twelve, please.\nSoon.",
    "amount": euros("5"),
    "observers": (UserId(5),),
    "opened": True,
    "responsible": UserId(5),
}
NEW_PHONE = phone("+32 2 555 01 10")


@pytest.mark.rule("INTAKE-6", "CONV-3")
class TestNothingIsLostSilently:
    """INTAKE-6. The message is kept, and what no record took over is named in the answer and in the touch."""

    @pytest.mark.rule("INTAKE-6.1")
    def test_an_inquiry_that_becomes_a_lead_loses_nothing(self) -> None:
        """Neither a first one nor a repeat lead; the touch has the message beside the lead."""
        scene = classic()
        scene.add_contact("Ada", contact_points=[ADA])
        for points in ([email("new@example.com")], [ADA, NEW_PHONE]):
            held = _held(scene, contact_points=points, **FULL)
            assert held.not_carried == ()
            assert scene.activity(held.activity_id).description == FULL["comments"]

    @pytest.mark.rule("INTAKE-6.3", "INTAKE-6.6")
    def test_attached_to_a_lead_all_but_the_message_is_named(self) -> None:
        """The e-mail is known, the phone is new; the touch takes the title for its subject."""
        scene = classic()
        scene.add(contact_points=[ADA])
        held = _held(scene, contact_points=[email("ADA@example.com"), NEW_PHONE], **FULL)
        names = ("company_title", "name", "job_title", "phones", "opened", "amount", "observers")
        assert held.not_carried == names
        activity = scene.activity(held.activity_id)
        assert activity.description == f"Twelve, please.\nSoon.\n\nNot carried: {', '.join(names)}"
        assert (activity.subject, activity.responsible) == ("Desks", 5)

    @pytest.mark.parametrize(
        "title, subject, kept, lost",
        [
            (None, None, None, ()),
            (" ", " ", None, ()),
            ("Desks", " ", "Desks", ()),
            ("Desks", "Desks", "Desks", ()),
            (None, "Chairs", "Chairs", ()),
            ("Desks", "Chairs", "Chairs", ("title",)),
        ],
    )
    def test_the_title_of_an_attached_inquiry(self, title: Any, subject: Any, kept: Any, lost: Any) -> None:
        """It is the subject of the touch where that has no other; a title that was made up is not lost."""
        scene = classic()
        scene.add(contact_points=[ADA])
        held = _held(scene, contact_points=[ADA], title=title, subject=subject)
        assert (scene.activity(held.activity_id).subject, held.not_carried) == (kept, lost)

    def test_attached_to_a_deal_all_but_the_message_is_named(self) -> None:
        """What the client is found by is known; a title beside another subject is not kept."""
        scene = simple()
        accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
        first = _held(scene, contact_points=[ADA, NEW_PHONE])
        held = _held(scene, subject="Again", contact_points=[ADA, NEW_PHONE], title="Desks", company_title="Co")
        assert (held.ref, held.not_carried) == (first.ref, ("title", "company_title"))
        activity = scene.activity(held.activity_id)
        assert (activity.subject, activity.description) == ("Again", "Not carried: title, company_title")

    @pytest.mark.rule("INTAKE-6.2")
    def test_a_new_deal_of_a_known_client_names_what_the_client_does_not_take(self) -> None:
        """The deal has the title, the amount and the comments."""
        scene = simple()
        scene.add_contact("Ada", contact_points=[ADA])
        held = _held(scene, contact_points=[ADA, NEW_PHONE, email("second@example.com")], **FULL)
        assert held.not_carried == ("company_title", "name", "job_title", "phones", "emails", "observers")
        assert scene.deal(accepted_deal(held)).comments == FULL["comments"]
        assert str(scene.activity(held.activity_id).description).startswith(FULL["comments"])

    def test_a_phone_of_somebody_else_is_new(self) -> None:
        """The client has not got it, though another one has."""
        scene = simple()
        scene.add_contact("Ada", contact_points=[ADA])
        scene.add_contact("Bob", contact_points=[NEW_PHONE])
        assert _held(scene, contact_points=[ADA, NEW_PHONE]).not_carried == ("phones",)

    def test_a_new_client_is_named_what_it_has_no_place_for(self) -> None:
        """As a conversion does."""
        scene = simple()
        held = _held(scene, contact_points=[ADA, NEW_PHONE], **FULL)
        assert held.not_carried == ("company_title", "observers")
        assert scene.activity(held.activity_id).description == (
            f"{FULL['comments']}\n\nNot carried: company_title, observers"
        )

    @pytest.mark.rule("INTAKE-6.5")
    def test_what_has_no_key_is_never_known(self) -> None:
        """Letters in a phone, a website, a messenger: they are named, also where the same text stands there."""
        scene = classic()
        points = [ADA, phone("1-800-FLOWERS"), ContactPoint(kind=PointKind.WEBSITE, value="example.com")]
        scene.add(contact_points=points)
        assert _held(scene, contact_points=points).not_carried == ("phones", "websites")

    @pytest.mark.rule("INTAKE-6.7")
    @pytest.mark.parametrize("spare", [0, 21])
    def test_comments_that_leave_no_room_stay_whole(self, spare: int) -> None:
        """The answer alone has the names then."""
        scene = classic()
        scene.add(contact_points=[ADA])
        comments = "x" * (TEXT_LIMIT - spare)
        held = _held(scene, contact_points=[ADA], comments=comments, job_title="Buyer")
        assert held.not_carried == ("job_title",)
        assert scene.activity(held.activity_id).description == comments

    def test_the_line_that_just_fits_is_there(self) -> None:
        """To the last character."""
        scene = classic()
        scene.add(contact_points=[ADA])
        line = "\n\nNot carried: utm"
        comments = "x" * (TEXT_LIMIT - len(line))
        held = _held(scene, contact_points=[ADA], comments=comments, utm=Utm(source="web"))
        assert scene.activity(held.activity_id).description == comments + line

    @pytest.mark.rule("EDIT-1", "INTAKE-6.4")
    def test_a_deal_that_lost_something_names_it_again(self) -> None:
        """The record of the key has what was not carried to a new deal."""
        scene = simple()
        first = _held(scene, contact_points=[ADA], key="k", **FULL)
        assert first.not_carried == ("company_title", "observers")
        assert _held(scene, contact_points=[ADA], key="k", **FULL) == first

    @pytest.mark.rule("EDIT-1", "INTAKE-6.4")
    def test_the_same_key_names_the_same(self) -> None:
        """Also when the e-mail has become known meanwhile, or the lead is gone."""
        scene = classic()
        lead_id = scene.add(contact_points=[ADA])
        asked = {"contact_points": [ADA, NEW_PHONE], "key": "k", **FULL}
        first = _held(scene, **asked)
        assert "phones" in first.not_carried
        accepted(scene.crm.edit_lead(ADMIN, lead_id, scene.version(lead_id), contact_points=[ADA, NEW_PHONE]))
        assert _held(scene, **asked) == first
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        assert _held(scene, **asked) == first


def accepted_deal(held: InquiryHeld) -> Any:
    assert held.ref.kind is Kind.DEAL
    return held.ref.id


@pytest.mark.rule("INTAKE-3.7", "CONV-7")
@pytest.mark.parametrize("mode", list(CrmMode))
def test_two_inquiries_of_one_unknown_sender_at_once_make_one_client(mode: CrmMode) -> None:
    """The second one finds what the first one made, though it looked before that was there."""
    scene, store = interrupted(mode)
    store.overtake(lambda: _held(scene, contact_points=[ADA]))
    _held(scene, contact_points=[email("ADA@EXAMPLE.COM")])
    counts = scene.counts()
    if mode is CrmMode.CLASSIC:
        assert (counts["leads"], counts["activities"]) == (1, 2)
    else:
        assert (counts["contacts"], counts["deals"]) == (1, 2)


@pytest.mark.rule("INTAKE-1", "INTAKE-2")
@pytest.mark.parametrize("build", [classic, simple])
def test_an_inquiry_takes_one_id_of_each_kind(build: Any) -> None:
    """The ids of what comes in follow one another; the touch belongs to whoever took it, and says when."""
    scene = build()
    first, second = (_held(scene, contact_points=[email(f"{n}@example.com")], subject="Hello") for n in range(2))
    assert (first.ref.id, second.ref.id) == (first.activity_id, second.activity_id) == (1, 2)
    touch = scene.activity(second.activity_id)
    assert (touch.subject, touch.responsible, touch.created_at) == ("Hello", ADMIN, scene.clock.now())
    if second.ref.kind is Kind.DEAL:
        assert scene.deal(accepted_deal(second)).created_at == scene.clock.now()


@pytest.mark.rule("INTAKE-3.5", "PERM-6")
@pytest.mark.parametrize("build", [classic, simple])
def test_an_attached_inquiry_is_told_and_hidden_from_who_may_not_read(build: Any) -> None:
    """The event has the record and the touch; the answer has no id of a record that the actor may not read."""
    scene = build()
    accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
    first = _held(scene, contact_points=[ADA], responsible=DESK)
    scene.heard()
    held = _held(scene, contact_points=[ADA])
    assert held.ref == first.ref
    assert scene.heard() == [InquiryTaken(first.ref, held.activity_id)]
    adds = Role(name="adds", levels={Grant(Operation.ADD, kind): Level.ALL for kind in CARDS})
    reads = Role(name="reads", levels={Grant(Operation.READ, first.ref.kind): Level.OWN})
    scene.roles.grant(DESK, adds)
    for told in Ref(first.ref.kind, 0), first.ref:
        assert accepted(scene.crm.take_inquiry(DESK, channel="call", contact_points=[ADA])).ref == told
        scene.roles.grant(DESK, reads)


@pytest.mark.rule("INTAKE-2", "PERM-6")
def test_an_inquiry_without_leads_needs_the_right_to_add_what_it_becomes() -> None:
    """A deal in the pipeline of the policy, and a client of its kind."""
    scene = classic()
    scene.add_other_pipeline()
    scene.switch(ModeSwitchPolicy(client=ClientChoice.COMPANY, pipeline_id=OTHER))
    deals, companies = Grant(Operation.ADD, Kind.DEAL, OTHER), Grant(Operation.ADD, Kind.COMPANY)
    contacts, elsewhere = Grant(Operation.ADD, Kind.CONTACT), Grant(Operation.ADD, Kind.DEAL, PipelineId(0))
    for actor, grants in enumerate([(deals, contacts), (elsewhere, companies), (deals, companies)], start=51):
        scene.roles.grant(UserId(actor), Role(name="desk", levels=dict.fromkeys(grants, Level.ALL)))
    answers = [scene.crm.take_inquiry(UserId(actor), channel="call") for actor in (51, 52, 53)]
    assert [refused(answer) for answer in answers[:2]] == ["not_permitted", "not_permitted"]
    assert accepted(answers[2]).ref.kind is Kind.DEAL


@pytest.mark.rule("INTAKE-3.5")
def test_a_setting_that_changes_before_the_commit_counts_for_the_inquiry() -> None:
    """Whether a repeat inquiry is attached is asked of the settings as they are when it is stored."""
    scene, store = interrupted(CrmMode.SIMPLE)
    first = _held(scene, contact_points=[ADA])
    store.overtake(lambda: accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH)))
    assert _held(scene, contact_points=[ADA]).ref == first.ref


@pytest.mark.rule("INTAKE-3.3")
def test_a_deal_without_a_time_is_older_than_all_others() -> None:
    """Whatever its id; of several such deals the highest id is the newest."""
    scene = simple()
    accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
    client = scene.add_contact("Ada", contact_points=[ADA])
    for _ in range(3):
        accepted(scene.crm.add_deal(ADMIN, contact_id=client))
    image = scene.image()
    for undated, newest in ((2, 3), 1), ((1, 2, 3), 3):
        deals = {id: evolve(scene.deal(id), created_at=None) if id in undated else scene.deal(id) for id in image.deals}
        seeded = Scene(InMemoryStore(evolve(image, deals=deals)))
        assert _held(seeded, contact_points=[ADA]).ref == Ref(Kind.DEAL, newest)


@pytest.mark.rule("EDIT-1")
@pytest.mark.parametrize("build", [classic, simple])
def test_the_same_key_gives_the_same_result(build: Any) -> None:
    """An inquiry repeated under its key is held once; other content under the key is a conflict."""
    scene = build()
    first = _held(scene, contact_points=[ADA], key="k")
    counts = scene.counts()
    assert _held(scene, contact_points=[ADA], key="k") == first
    assert scene.counts() == counts
    assert scene.image().commands["k"].made == (first.ref, Ref(Kind.ACTIVITY, first.activity_id))
    assert refused(scene.crm.take_inquiry(ADMIN, channel="call", contact_points=[ADA], key="k")) == "key_conflict"


@pytest.mark.rule("INTAKE-4", "SWITCH-6")
def test_a_lead_added_in_simple_is_stored_converted_in_one_commit() -> None:
    """It names its deal and client, and repeats under its key without a second deal."""
    scene = simple()
    ids = [accepted(scene.crm.add_lead(ADMIN, title="x", key="k")) for _ in range(2)]
    lead = scene.lead(ids[0])
    assert ids[0] == ids[1]
    assert (lead.stage, lead.deal_id, lead.contact_id) == ("CONVERTED", 1, 1)
    assert scene.counts()["deals"] == 1
    assert scene.holds_all_laws()


@pytest.mark.rule("INTAKE-5.2", "INTAKE-5.3", "CONV-5.1")
def test_the_amount_of_a_lead_that_was_imported_as_won_is_none_of_conversions() -> None:
    """It counts among the leads and their amounts, as finished; before the switch and after it."""
    scene = classic()
    web, stage = SourceCode("WEB"), StageCode("CONVERTED")
    won = Lead(
        id=LeadId(50), stage=stage, semantics=StageSemantics.SUCCESS, source=web, amount=euros("5"), responsible=ADMIN
    )
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(won,))))
    scene.add(source=web, amount=euros("2"))
    for converted, amounts in ((0, {}), (1, {"EUR": Decimal(2)})):
        [line] = scene.crm.sources(ADMIN)
        assert (line.leads, line.finished, line.converted) == (2, 1, converted)
        assert (line.amounts, line.converted_amounts) == ({"EUR": Decimal(7)}, amounts)
        scene.switch()
    assert scene.crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("INTAKE-5.1", "CONV-8")
def test_source_analysis_counts_leads_conversions_and_amounts() -> None:
    """By source, exactly, by currency; leads without a source come first, amounts without a currency apart."""
    scene = classic()
    web = SourceCode("WEB")
    amounts = [euros("0.1"), euros("0.2"), Money(amount=Decimal(7)), Money(currency="USD"), None]
    ids = [scene.add(source=web, amount=amount) for amount in amounts]
    scene.add(title="no source")
    accepted(scene.crm.close_lead(ADMIN, scene.add(source=web)))
    for n in range(3):
        scene.convert(ids[n])
    none, line = scene.crm.sources(ADMIN)
    assert (none.source, none.leads, none.amounts) == (None, 1, {})
    counts = (line.leads, line.converted, line.active, line.finished, line.failed)
    assert (line.source, *counts) == (web, 6, 3, 2, 0, 1)
    assert line.amounts == {"EUR": Decimal("0.3"), None: Decimal(7)}
    assert line.converted_amounts == {"EUR": Decimal("0.3"), None: Decimal(7)}
    assert line.leads == line.active + line.converted + line.finished + line.failed
