"""Whole CRMs that obey every law."""

from typing import Any

from hypothesis import strategies as st

from crmcore.auditing import image_of
from crmcore.domain.commands import ImportRecords
from crmcore.domain.ids import DEFAULT_PIPELINE, ActivityId, Kind, LeadId, Ref
from crmcore.domain.image import CrmImage
from crmcore.domain.lead import Lead
from crmcore.domain.mode import CrmMode, Settings
from crmcore.domain.outcomes import Refused
from crmcore.domain.pipeline import default_pipeline
from crmcore.domain.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.stages import DEFAULT_LEAD_STAGES, StageSemantics
from crmcore.testing.crm import TestCrm
from crmcore.testing.personas import ADMIN
from crmcore.testing.strategies.records import activity_fields, card_fields, lead_fields
from crmcore.testing.strategies.setup import lead_stages, pipelines, policies

__all__ = [
    "crm_images",
]


@st.composite
def crm_images(
    draw: st.DrawFn,
    *,
    mode: CrmMode | None = None,
    match: MatchSetting | None = MatchSetting.NONE,
    min_active: int = 0,
    max_leads: int = 5,
    max_emails: int | None = None,
    earlier_switch: bool | None = None,
) -> CrmImage:
    """Whole CRMs, made by running the real commands, so that every law holds.

    Several pipelines, one of them perhaps archived; active, closed, finished, converted and deleted leads; repeat
    leads that are linked to clients; activities, open and complete, bound to one record or shared by several;
    perhaps a switch in the past. `None` leaves a choice open.
    """
    wanted = draw(st.sampled_from(CrmMode)) if mode is None else mode
    setting = draw(st.sampled_from(MatchSetting)) if match is None else match
    world = TestCrm.of(_set_up(draw, setting))
    script = _Script(draw, world, max_emails)
    if earlier_switch or (earlier_switch is None and draw(st.booleans())):
        for _ in range(draw(st.integers(0, 2))):
            script.add_lead()
        script.add_activities(1)
        script.switch("past")
        world.crm.switch_to_classic(ADMIN)
    clients = draw(st.integers(0, 2))
    for _ in range(clients):
        script.add_client()
    for _ in range(draw(st.integers(min_active, max_leads))):
        script.add_lead()
    script.add_activities(3)
    script.change_some(min_active)
    if wanted is CrmMode.SIMPLE:
        script.switch("last")
    return image_of(world.store)


def _set_up(draw: st.DrawFn, match: MatchSetting) -> CrmImage:
    catalogue = draw(st.one_of(st.just(DEFAULT_LEAD_STAGES), lead_stages()))
    made = [draw(st.one_of(st.just(default_pipeline()), pipelines(id=DEFAULT_PIPELINE)))]
    made += [draw(pipelines(id=number)) for number in range(1, draw(st.integers(1, 3)))]
    return CrmImage(
        settings=Settings(mode=CrmMode.CLASSIC, match=match),
        stages=catalogue,
        pipelines={pipeline.id: pipeline for pipeline in made},
    )


class _Script:
    """Draws commands that fit the CRM as it stands, and runs them."""

    def __init__(self, draw: st.DrawFn, world: TestCrm, max_emails: int | None) -> None:
        self.draw = draw
        self.world = world
        self.max_emails = max_emails

    def policy(self) -> ModeSwitchPolicy:
        usable = [each.record.id for each in self.world.crm.pipelines() if not each.record.archived]
        return self.draw(policies(pipelines=(None, *usable)))

    def add_client(self) -> None:
        crm = self.world.crm
        if self.draw(st.booleans()):
            crm.add_company(ADMIN, **self.draw(card_fields(kind=Kind.COMPANY)))
            return
        companies = [each.record.id for each in crm.companies(ADMIN)]
        company = self.draw(st.sampled_from((None, *companies)))
        crm.add_contact(ADMIN, **self.draw(card_fields(kind=Kind.CONTACT)), company_id=company)

    def add_lead(self) -> None:
        crm, draw = self.world.crm, self.draw
        fields = draw(lead_fields(max_emails=self.max_emails))
        contacts = [each.record.id for each in crm.contacts(ADMIN)]
        companies = [each.record.id for each in crm.companies(ADMIN)]
        if (contacts or companies) and draw(st.booleans()):
            fields["contact_id"] = draw(st.sampled_from((None, *contacts)))
            fields["company_id"] = draw(st.sampled_from((None, *companies)))
        open_stages = [
            stage.code for stage in crm.lead_stages().record.stages if stage.semantics is StageSemantics.IN_PROCESS
        ]
        fields["stage"] = draw(st.sampled_from(open_stages))
        _done(crm.add_lead(ADMIN, **fields))

    def add_activities(self, most: int) -> None:
        crm, draw = self.world.crm, self.draw
        targets = [Ref(Kind.LEAD, each.record.id) for each in crm.leads(ADMIN) if each.record.deal_id is None]
        targets += [Ref(Kind.DEAL, each.record.id) for each in crm.deals(ADMIN)]
        targets += [Ref(Kind.CONTACT, each.record.id) for each in crm.contacts(ADMIN)]
        for _ in range(draw(st.integers(0, most)) if targets else 0):
            of = draw(st.sets(st.sampled_from(targets), min_size=1, max_size=3))
            _done(crm.add_activity(ADMIN, of=of, **draw(activity_fields())))

    def change_some(self, min_active: int) -> None:
        """Close, convert, delete or reopen leads, as long as enough of them stay active; delete an activity."""
        crm, draw = self.world.crm, self.draw
        ids = [each.record.id for each in crm.leads(ADMIN, active=True)]
        for lead_id in ids[: len(ids) - min_active]:
            match draw(st.sampled_from(("leave", "close", "convert", "delete", "close and reopen", "finish"))):
                case "close":
                    _done(crm.close_lead(ADMIN, lead_id))
                case "convert":
                    _done(crm.convert_lead(ADMIN, lead_id, policy=self.policy()))
                case "delete":
                    _done(crm.delete_lead(ADMIN, lead_id))
                case "close and reopen":
                    _done(crm.close_lead(ADMIN, lead_id))
                    _done(crm.reopen_lead(ADMIN, lead_id))
                case "finish":
                    _done(crm.import_records(ADMIN, ImportRecords(leads=(self._finished(),))))
        activities = [id for id in range(1, 4) if not isinstance(crm.activity(ADMIN, ActivityId(id)), Refused)]
        if draw(st.booleans()) and activities:
            _done(crm.delete_activity(ADMIN, ActivityId(draw(st.sampled_from(activities)))))

    def _finished(self) -> Lead:
        """A lead in the success stage that never had a deal (CONV-5), as an import brings it."""
        crm = self.world.crm
        highest = max([each.record.id for each in crm.leads(ADMIN)], default=0)
        success = crm.lead_stages().record.success
        return Lead(id=LeadId(highest + 10), stage=success.code, semantics=success.semantics, responsible=ADMIN)

    def switch(self, key: str) -> None:
        _done(self.world.crm.switch_to_simple(ADMIN, key=key, policy=self.policy()))


def _done(result: Any) -> None:
    assert not isinstance(result, Refused), result
