"""What the conversions of one commit make, count and name."""

import pytest
from attrs import evolve

from crmcore import (
    ClientChoice,
    Kind,
    Lead,
    LeadId,
    MatchSetting,
    ModeSwitchPolicy,
    PersonName,
    Ref,
    StageSemantics,
)
from crmcore.domain.decisions.keyed import fingerprint
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.commands import AddLead
from crmcore.domain.protocol.events import (
    ActivitiesCompleted,
)
from crmcore.domain.rules.conversion import not_carried
from tests.building import ADMIN, accepted, classic, email, phone, simple


@pytest.mark.rule("CONV-3", "CONV-7", "CONV-9", "SWITCH-12")
class TestWhatIsMade:
    """CONV-3. What is not carried is named; CONV-7: a match is per kind; CONV-9: a copy is fresh."""

    @pytest.mark.rule("CONV-3.2")
    def test_contact_points_that_are_lost_are_named_by_kind(self) -> None:
        """A repeat lead's points go nowhere, kind by kind, and neither does an honorific without a name."""
        lead = Lead(
            id=LeadId(1),
            stage="NEW",  # type: ignore[arg-type]  # the code of the first stage
            semantics=StageSemantics.IN_PROCESS,
            responsible=ADMIN,
            contact_points=(email("a@example.com"), phone("1")),  # type: ignore[arg-type]  # any tuple is taken
        )
        assert not_carried(lead, contact=False, company=False) == ("phones", "emails")
        assert not_carried(lead, contact=True, company=False) == ()
        dear = evolve(lead, name=PersonName(honorific="HNR_EN_1"), contact_points=ContactPoints())
        assert not_carried(dear, contact=False, company=False) == ("name",)

    @pytest.mark.rule("CONV-1.1")
    def test_a_company_that_matches_is_used_beside_a_new_contact(self) -> None:
        """Each kind is looked up for itself."""
        scene = classic()
        accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        company_id = scene.add_company(contact_points=(email("a@example.com"),))
        lead_id = scene.add(title="x", contact_points=(email("A@example.com"),))
        row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH))
        assert row.company_id == company_id
        assert scene.contact(row.contact_id).company_id == company_id
        assert scene.deal(row.deal_id).company_id == company_id

    @pytest.mark.rule("POLICY-3.3")
    def test_shared_work_after_the_first_is_still_counted(self) -> None:
        """One shared activity is skipped, the lead's own ones are not; by hand and by switch."""
        scene = classic()
        first, second = scene.add(title="a"), scene.add(title="b")
        scene.add_activity(Ref(Kind.LEAD, first), Ref(Kind.LEAD, second))
        scene.add_activity(Ref(Kind.LEAD, second))
        report = scene.switch(chunk=1)
        assert (report.totals.bound, report.totals.kept_open) == (2, 2)

    def test_kept_activities_are_not_told_as_completed(self) -> None:
        """Only what was completed is told so."""
        scene = classic()
        lead_id = scene.add(title="a")
        scene.add_activity(Ref(Kind.LEAD, lead_id))
        scene.heard()
        scene.convert(lead_id)
        assert not [event for event in scene.heard() if isinstance(event, ActivitiesCompleted)]

    def test_a_copy_leaves_the_stage_and_what_was_said_of_it(self) -> None:
        """It starts where new leads start."""
        scene = classic()
        lead_id = scene.add(title="a", stage_description="lost to another", comments="kept")
        copy = scene.lead(accepted(scene.crm.copy_lead(ADMIN, lead_id)))
        assert (copy.stage, copy.stage_description, copy.comments) == ("NEW", None, "kept")

    @pytest.mark.rule("SWITCH-4.1", "CONV-9.5")
    def test_a_lead_converted_at_once_is_stamped(self) -> None:
        """Its deal and its ledger row have the time of the commit."""
        scene = simple()
        scene.later()
        row = scene.row(scene.add(title="x"))
        assert row.converted_at == scene.clock.now()
        assert scene.deal(row.deal_id).created_at == scene.clock.now()

    def test_the_record_of_a_key_names_the_lead(self) -> None:
        """What the key made is a lead, by kind and id."""
        scene = classic()
        lead_id = accepted(scene.crm.add_lead(ADMIN, title="x", key="key"))
        record = scene.image().commands["key"]
        assert record.made == (Ref(Kind.LEAD, lead_id),)
        assert record.fingerprint == fingerprint(AddLead(fields={"title": "x"}, key="key"))


@pytest.mark.rule("INTAKE-4")
def test_ids_follow_one_another_without_gaps() -> None:
    """A lead that is converted at once takes one id of each kind."""
    scene = simple()
    rows = [scene.row(scene.add(title=title)) for title in "abc"]
    assert [row.deal_id for row in rows] == [1, 2, 3]
    assert [row.contact_id for row in rows] == [1, 2, 3]


@pytest.mark.rule("SWITCH-13", "POLICY-4")
def test_all_open_work_of_a_lead_is_counted_as_completed() -> None:
    """Two activities of one lead are two."""
    scene = classic()
    lead_id = scene.add(title="a")
    for _ in range(2):
        scene.add_activity(Ref(Kind.LEAD, lead_id))
    totals = scene.switch(ModeSwitchPolicy(keep_activities=False)).totals
    assert (totals.bound, totals.completed, totals.kept_open) == (2, 2, 0)
