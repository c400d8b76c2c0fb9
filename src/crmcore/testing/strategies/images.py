"""Whole CRMs that obey every law."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.crm import Crm
from crmcore.application.images import image_of
from crmcore.domain.decisions.leads import email_keys
from crmcore.domain.model.ids import DEFAULT_PIPELINE, MADE, ActivityId, CompanyId, ContactId, Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode, RepeatInquiry, Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, StageSemantics
from crmcore.domain.protocol.commands import DeleteRecord, ImportRecords
from crmcore.ports.store import Store
from crmcore.testing.checks import accepted
from crmcore.testing.failures import FailingStore
from crmcore.testing.personas import ADMIN, roles_of_personas
from crmcore.testing.strategies.cache import kept
from crmcore.testing.strategies.choices import Rolls, some_bytes
from crmcore.testing.strategies.records import fields_of, fields_of_activities, fields_of_leads
from crmcore.testing.strategies.setup import all_policies, lead_stages, pipelines

__all__ = ["crm_images"]


@kept
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
    live_switch: bool | None = False,
) -> CrmImage:
    """Whole CRMs, built by the real commands, so that every law holds.

    Several pipelines, one of them perhaps archived; active, closed, finished, converted and deleted leads; repeat
    leads that are linked to clients; activities, open and complete, bound to one record or shared by several;
    perhaps a switch in the past, finished or cancelled. `None` leaves a choice open. A live switch is there only
    where it is asked for, in Classic.
    """
    rolled = Rolls(draw(some_bytes(16)))
    wanted = rolled.one_of(tuple(CrmMode)) if mode is None else mode
    setting = rolled.one_of(tuple(MatchSetting)) if match is None else match
    script = _Script(draw, _set_up(draw, rolled, setting), max_emails)
    past = rolled.upto(1)
    if earlier_switch or (earlier_switch is None and past):
        for _ in range(rolled.upto(2)):
            script.add_lead()
        script.add_activities(1)
        if rolled.upto(3) == 3:
            script.switch_partly("cancelled")
            accepted(script.crm.cancel_switch(ADMIN))
        script.switch("past")
        accepted(script.crm.switch_to_classic(ADMIN))
    for _ in range(rolled.upto(2)):
        script.add_client()
    for _ in range(min_active + rolled.upto(max_leads - min_active)):
        script.add_lead()
    script.add_activities(3)
    script.change_some(min_active)
    if wanted is CrmMode.SIMPLE:
        script.switch("last")
    elif live_switch or (live_switch is None and rolled.upto(1)):
        script.switch_partly("live")
    return image_of(script.store)


def _set_up(draw: st.DrawFn, rolled: Rolls, match: MatchSetting) -> CrmImage:
    catalogue = draw(lead_stages()) if rolled.upto(1) else DEFAULT_LEAD_STAGES
    made = [draw(pipelines(id=DEFAULT_PIPELINE)) if rolled.upto(1) else default_pipeline()]
    made += [draw(pipelines(id=number, archived=rolled.upto(3) == 3)) for number in range(1, 1 + rolled.upto(2))]
    return CrmImage(
        settings=Settings(mode=CrmMode.CLASSIC, match=match, repeat_inquiry=rolled.one_of(tuple(RepeatInquiry))),
        stages=catalogue,
        pipelines={pipeline.id: pipeline for pipeline in made},
    )


_CHANGES = ("leave", "leave", "close", "convert", "delete", "close and reopen", "convert and delete", "finish")


class _Clock(FixedClock):
    """Goes on with each command, so that no two instants of a CRM are equal."""

    def now(self) -> datetime:
        self.move(timedelta(hours=1, microseconds=1))
        return super().now()


class _Script:
    """Draws commands that fit the CRM as it stands, and runs them."""

    def __init__(self, draw: st.DrawFn, image: CrmImage, max_emails: int | None) -> None:
        self.draw = draw
        self.max_emails = max_emails
        self.store = InMemoryStore(image)
        self.clock = _Clock(datetime(2024, 2, 29, tzinfo=UTC))
        self.crm = _crm(self.store, self.clock)
        self.in_process = [each.code for each in image.stages.stages if each.semantics is StageSemantics.IN_PROCESS]
        self.pipelines = image.pipelines
        self.usable = [each.id for each in image.pipelines.values() if not each.archived]
        self.contacts: list[ContactId] = []
        self.companies: list[CompanyId] = []
        self.bound: dict[ActivityId, list[Ref]] = {}
        self.added = 0

    def policy(self, rolled: Rolls) -> ModeSwitchPolicy:
        return rolled.one_of(all_policies((None, *self.usable)))

    def add_client(self) -> None:
        """A contact or a company, and sometimes a deal of theirs that never was a lead."""
        crm, rolled = self.crm, Rolls(self.draw(some_bytes(2)))
        if rolled.upto(1):
            fields, _ = fields_of(Kind.COMPANY).drawn(self.draw)
            self.companies.append(accepted(crm.add_company(ADMIN, **fields)))
        else:
            fields, links = fields_of(Kind.CONTACT).drawn(self.draw, 1)
            company = links.one_of((None, *self.companies))
            self.contacts.append(accepted(crm.add_contact(ADMIN, **fields, company_id=company)))
        if rolled.upto(3) == 3:
            fields, where = fields_of(Kind.DEAL).drawn(self.draw, 4)
            pipeline = self.pipelines[where.one_of(self.usable)]
            stage = where.one_of(pipeline.stages).code
            accepted(crm.add_deal(ADMIN, **fields, pipeline_id=pipeline.id, stage=stage, **self._links(where)))

    def add_lead(self) -> None:
        fields, rolled = fields_of_leads(self.max_emails).drawn(self.draw, 6)
        stage = rolled.one_of(self.in_process)
        key = f"lead {self.added}" if rolled.upto(3) == 3 else None
        links = self._links(rolled) if rolled.upto(1) else {}
        self.added += 1
        accepted(self.crm.add_lead(ADMIN, key=key, stage=stage, **fields, **links))
        if rolled.upto(3) == 3 and email_keys(fields.get("contact_points")):
            # Of somebody who has an active lead now: it is attached, and no further lead comes of it.
            key = f"inquiry {self.added}"
            accepted(self.crm.take_inquiry(ADMIN, channel="chat", key=key, **fields))

    def _links(self, rolled: Rolls) -> dict[str, Any]:
        return {
            "contact_id": rolled.one_of((None, *self.contacts)),
            "company_id": rolled.one_of((None, *self.companies)),
        }

    def add_activities(self, most: int) -> None:
        crm = self.crm
        targets = [Ref(Kind.LEAD, each.record.id) for each in crm.leads(ADMIN) if each.record.deal_id is None]
        targets += [Ref(Kind.DEAL, each.record.id) for each in crm.deals(ADMIN)]
        targets += [Ref(Kind.CONTACT, each.record.id) for each in crm.contacts(ADMIN)]
        rolled = Rolls(self.draw(some_bytes(1 + 4 * most)))
        for _ in range(rolled.upto(most) if targets else 0):
            of = sorted({rolled.one_of(targets) for _ in range(1 + rolled.upto(2))})
            activity_id = accepted(crm.add_activity(ADMIN, of=of, **fields_of_activities().drawn(self.draw)[0]))
            self.bound[activity_id] = of

    def change_some(self, min_active: int) -> None:
        """Close, convert, delete or reopen leads, as long as enough of them stay active; delete an activity."""
        crm = self.crm
        ids = [each.record.id for each in crm.leads(ADMIN, active=True)]
        spare = ids[: len(ids) - min_active]
        rolled = Rolls(self.draw(some_bytes(2 * len(spare) + 5)))
        for lead_id in spare:
            match rolled.one_of(_CHANGES):
                case "close":
                    accepted(crm.close_lead(ADMIN, lead_id))
                case "convert":
                    accepted(crm.convert_lead(ADMIN, lead_id, policy=self.policy(rolled)))
                case "delete":
                    accepted(crm.delete_lead(ADMIN, lead_id))
                case "convert and delete":
                    accepted(crm.convert_lead(ADMIN, lead_id, policy=self.policy(rolled)))
                    accepted(crm.delete_lead(ADMIN, lead_id))
                case "close and reopen":
                    accepted(crm.close_lead(ADMIN, lead_id))
                    accepted(crm.reopen_lead(ADMIN, lead_id))
                case "finish":
                    accepted(crm.import_records(ADMIN, ImportRecords(leads=(self._finished(),))))
        self._change_activity(rolled)
        self._delete_one(rolled)

    def _change_activity(self, rolled: Rolls) -> None:
        """Delete an activity, or take it off one of the records that it is bound to, where that may be."""
        crm, does = self.crm, rolled.one_of(("nothing", "delete", "unbind"))
        known = [id for id in self.bound if not isinstance(crm.activity(ADMIN, id), Refused)]
        if not known:
            return
        activity_id = rolled.one_of(known)
        if does == "delete":
            accepted(crm.delete_activity(ADMIN, activity_id))
        elif does == "unbind":
            crm.unbind_activity(ADMIN, activity_id, rolled.one_of(self.bound[activity_id]))

    def _delete_one(self, rolled: Rolls) -> None:
        """Delete a deal or client, whatever is linked to it."""
        kind = rolled.one_of((None, None, *MADE))
        known: dict[Kind | None, list[Any]] = {
            Kind.DEAL: [each.record.id for each in self.crm.deals(ADMIN)],
            Kind.CONTACT: self.contacts,
            Kind.COMPANY: self.companies,
        }
        ids = known.get(kind)
        if kind is not None and ids:
            id = rolled.one_of(ids)
            accepted(self.crm.run(ADMIN, DeleteRecord(ref=Ref(kind, id))))
            ids.remove(id)

    def _finished(self) -> Lead:
        """A lead in the success stage that never had a deal (CONV-5), as an import brings it."""
        crm = self.crm
        highest = max([each.record.id for each in crm.leads(ADMIN)], default=0)
        success = crm.lead_stages().record.success
        return Lead(id=LeadId(highest + 10), stage=success.code, semantics=success.semantics, responsible=ADMIN)

    def switch(self, key: str) -> None:
        rolled = Rolls(self.draw(some_bytes(1)))
        accepted(self.crm.switch_to_simple(ADMIN, key=key, policy=self.policy(rolled)))
        self.contacts = [each.record.id for each in self.crm.contacts(ADMIN)]
        self.companies = [each.record.id for each in self.crm.companies(ADMIN)]

    def switch_partly(self, key: str) -> None:
        """Begin a switch and let each of the first leads end in its own way, one perhaps set aside."""
        troubled = FailingStore(self.store)
        crm = _crm(troubled, self.clock)
        ids = [each.record.id for each in crm.leads(ADMIN, active=True)]
        rolled = Rolls(self.draw(some_bytes(len(ids) + 4)))
        key += rolled.one_of(("", " ключ"))
        token = crm.begin_switch(ADMIN, key=key, policy=self.policy(rolled))
        assert isinstance(token, SwitchToken)
        for lead_id in ids:
            match rolled.one_of(("leave", "leave", "close", "delete", "convert by hand", "set aside")):
                case "close":
                    accepted(crm.close_lead(ADMIN, lead_id))
                case "delete":
                    accepted(crm.delete_lead(ADMIN, lead_id))
                case "convert by hand":
                    accepted(crm.convert_lead(ADMIN, lead_id))
                case "set aside":
                    troubled.unwritable.add(lead_id)
        if rolled.upto(1):
            self.add_lead()
        accepted(crm.convert_chunk(token, 1 + rolled.upto(2)))


def _crm(store: Store, clock: FixedClock) -> Crm:
    return Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=clock)
