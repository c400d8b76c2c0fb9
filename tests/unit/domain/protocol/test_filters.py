"""The filters of a list, by hand: what passes each of them, and which kind has which."""

from typing import Any

import pytest

from crmcore import (
    Activity,
    ActivityId,
    Company,
    CompanyId,
    Contact,
    ContactId,
    Deal,
    DealId,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    PipelineId,
    Ref,
    StageCode,
    StageSemantics,
    Tombstone,
    UserId,
)
from crmcore.ports import LIST_LIMIT, Listing
from tests.building import NOW, of

ME, OTHERS = UserId(1), UserId(2)
CONTACT, COMPANY = of(Kind.CONTACT, 3), of(Kind.COMPANY, 4)


def _lead(semantics: StageSemantics = StageSemantics.IN_PROCESS, **more: Any) -> Lead:
    return Lead(**{"id": LeadId(1), "responsible": ME, "stage": StageCode("X"), "semantics": semantics, **more})


def _deal(semantics: StageSemantics = StageSemantics.IN_PROCESS, **more: Any) -> Deal:
    fields = {"id": DealId(1), "responsible": ME, "pipeline_id": PipelineId(0), "stage": StageCode("X")}
    return Deal(**{**fields, "semantics": semantics, **more})


@pytest.mark.rule("PERM-9")
class TestFilters:
    """PERM-9. The filters are simple: kind, active or not, client or record, responsible person, open to all."""

    @pytest.mark.rule("PERM-9.2")
    @pytest.mark.parametrize("make, kind", [(_lead, Kind.LEAD), (_deal, Kind.DEAL)])
    def test_active_is_in_process(self, make: Any, kind: Kind) -> None:
        """Success and failure are the others."""
        every = [make(semantics) for semantics in StageSemantics]
        active = [make(StageSemantics.IN_PROCESS)]
        assert [each for each in every if Listing(kind=kind, active=True).takes(each)] == active
        assert len([each for each in every if Listing(kind=kind, active=False).takes(each)]) == 2
        assert all(Listing(kind=kind).takes(each) for each in every)

    def test_an_activity_is_active_until_it_is_completed(self) -> None:
        """Its records do not matter for that."""
        call = Activity(id=ActivityId(1))
        for activity, active in ((call, True), (call.completed_by(NOW), False)):
            assert Listing(kind=Kind.ACTIVITY, active=True).takes(activity) is active
            assert Listing(kind=Kind.ACTIVITY, active=False).takes(activity) is not active

    @pytest.mark.parametrize("make, kind", [(_lead, Kind.LEAD), (_deal, Kind.DEAL)])
    def test_leads_and_deals_are_listed_by_either_client(self, make: Any, kind: Kind) -> None:
        """A contact is no company of the same id."""
        linked = make(contact_id=ContactId(3), company_id=CompanyId(4))
        refs = (CONTACT, COMPANY, of(Kind.CONTACT, 4), of(Kind.COMPANY, 3))
        assert [Listing(kind=kind, of=ref).takes(linked) for ref in refs] == [True, True, False, False]
        assert not Listing(kind=kind, of=CONTACT).takes(make())

    def test_contacts_are_listed_by_their_company_and_activities_by_what_they_are_bound_to(self) -> None:
        """What an activity is bound to is a relation beside it."""
        contact = Contact(id=ContactId(3), responsible=ME, company_id=CompanyId(4))
        assert Listing(kind=Kind.CONTACT, of=COMPANY).takes(contact)
        assert not Listing(kind=Kind.CONTACT, of=of(Kind.COMPANY, 5)).takes(contact)
        bound, asked = {of(Kind.LEAD, 7)}, Listing(kind=Kind.ACTIVITY, of=of(Kind.LEAD, 7))
        assert asked.takes(Activity(id=ActivityId(1)), bound)
        assert not asked.takes(Activity(id=ActivityId(1)), {CONTACT})

    @pytest.mark.parametrize(
        "responsible, open_to_all, passing",
        [
            (None, False, {"mine", "open", "closed"}),
            (ME, False, {"mine"}),
            (ME, True, {"mine", "open"}),
            (None, True, {"mine", "open", "closed"}),
        ],
    )
    def test_records_of_one_person_and_those_open_to_all(
        self, responsible: UserId | None, open_to_all: bool, passing: set[str]
    ) -> None:
        """Open to all adds to a person's own records; it hides nothing."""
        leads = (
            _lead(title="mine"),
            _lead(title="open", responsible=OTHERS, opened=True),
            _lead(title="closed", responsible=OTHERS),
        )
        asked = Listing(kind=Kind.LEAD, responsible=responsible, open_to_all=open_to_all)
        assert {lead.title for lead in leads if asked.takes(lead)} == passing

    def test_what_is_deleted_passes_no_filter(self) -> None:
        """Nor does what was never there."""
        gone = Tombstone(kind=Kind.LEAD, id=LeadId(1), deleted_at=NOW)
        assert not Listing(kind=Kind.LEAD).takes(gone)
        assert not Listing(kind=Kind.LEAD).takes(None)
        assert Listing(kind=Kind.COMPANY).takes(Company(id=CompanyId(1), responsible=ME))


@pytest.mark.rule("PERM-9", "DATA-1")
@pytest.mark.parametrize(
    "asked, field",
    [
        ({"kind": "lead"}, "kind"),
        ({"kind": Kind.PIPELINE}, "kind"),
        ({"after": -1}, "after"),
        ({"after": None}, "after"),
        ({"limit": 0}, "limit"),
        ({"limit": LIST_LIMIT + 1}, "limit"),
        ({"limit": True}, "limit"),
        ({"active": 1}, "active"),
        ({"kind": Kind.CONTACT, "active": True}, "active"),
        ({"kind": Kind.COMPANY, "active": False}, "active"),
        ({"of": 5}, "of"),
        ({"of": of(Kind.LEAD, 1)}, "of"),
        ({"of": Ref("contact", 1)}, "of"),  # type: ignore[arg-type]  # the fault
        ({"of": of(Kind.CONTACT, 0)}, "of"),
        ({"kind": Kind.CONTACT, "of": of(Kind.CONTACT, 1)}, "of"),
        ({"kind": Kind.COMPANY, "of": of(Kind.COMPANY, 1)}, "of"),
        ({"kind": Kind.ACTIVITY, "of": of(Kind.ACTIVITY, 1)}, "of"),
        ({"responsible": 0}, "responsible"),
        ({"open_to_all": 1}, "open_to_all"),
        ({"bound_to": [Listing(kind=Kind.LEAD)]}, "bound_to"),
        ({"kind": Kind.ACTIVITY, "bound_to": (Kind.LEAD,)}, "bound_to"),
        ({"bound_to": (Listing(kind=Kind.LEAD),)}, "bound_to"),
        ({"kind": Kind.ACTIVITY, "bound_to": (Listing(kind=Kind.ACTIVITY),)}, "bound_to"),
    ],
)
def test_a_page_that_cannot_be_is_refused_by_its_field(asked: dict[str, Any], field: str) -> None:
    """A filter that the kind does not have is no filter that passes all."""
    with pytest.raises(InvalidValue) as caught:
        Listing(**{"kind": Kind.LEAD, **asked})
    assert caught.value.field == field
