"""Edits, activities, imports and set-up by hand (EDIT-1, CONV-6, CONV-9, DATA-3, IMPORT-1, STAGE-1).

lines: one short test per behaviour of the commands that are neither switch nor intake.
"""

from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    ActivityId,
    CompanyId,
    Grant,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    LeadStages,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    Operation,
    PersonName,
    Pipeline,
    PipelineId,
    Reason,
    Ref,
    Refused,
    RepeatInquiry,
    Role,
    Settings,
    Stage,
    StageCode,
    StageSemantics,
    Tombstone,
    UserId,
    Versioned,
)
from crmcore.application.images import image_of
from crmcore.domain.model.contact import PLACEHOLDER_NAME
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import CARDS
from crmcore.domain.model.schema import parts_of
from crmcore.domain.protocol.commands import BINDINGS_LIMIT, AddRecord, DeleteLead, EditRecord, ImportRecords
from crmcore.domain.protocol.events import LeadClosed, LeadReopened, RecordEdited
from crmcore.testing import TestCrm
from tests.building import (
    ADMIN,
    OTHER,
    STRANGER,
    Scene,
    accepted,
    classic,
    interrupted,
    other_pipeline,
    refused,
    simple,
)
from tests.filled import filled


@pytest.mark.rule("EDIT-1")
class TestEdits:
    """EDIT-1. An edit carries the version that the caller read; nobody repeats a stale one."""

    @pytest.mark.rule("EDIT-1.1")
    def test_an_edit_moves_the_version_by_one(self) -> None:
        """The answer is the version of the next edit."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.crm.edit_lead(ADMIN, lead_id, 1, title="y") == 2
        assert scene.crm.edit_lead(ADMIN, lead_id, 2, title="y") == 2
        assert scene.crm.edit_lead(ADMIN, lead_id, 2, comments="z") == 3
        assert refused(scene.crm.edit_lead(ADMIN, lead_id, 1, title="old")) == "stale_version"
        assert scene.lead(lead_id).title == "y"

    def test_of_two_edits_at_once_one_is_stale(self) -> None:
        """The loser of the race is told, and overwrites nothing."""
        scene, store = interrupted()
        lead_id = scene.add(title="x")
        store.overtake(lambda: scene.crm.edit_lead(ADMIN, lead_id, 1, title="first"))
        assert refused(scene.crm.edit_lead(ADMIN, lead_id, 1, title="second")) == "stale_version"
        assert scene.lead(lead_id).title == "first"

    def test_every_kind_of_card_is_edited(self) -> None:
        """Deals, contacts and companies have their versions too."""
        scene = simple()
        deal = accepted(scene.crm.add_deal(ADMIN, title="x"))
        contact, company = scene.add_contact(), scene.add_company()
        assert scene.crm.edit_deal(ADMIN, deal, 1, title="y", contact_id=contact, company_id=company) == 2
        assert scene.crm.edit_contact(ADMIN, contact, 1, job_title="y", company_id=company) == 2
        assert scene.crm.edit_company(ADMIN, company, 1, title="y") == 2
        assert scene.deal(deal).title == scene.contact(contact).job_title == scene.company(company).title == "y"
        assert refused(scene.crm.edit_contact(ADMIN, contact, 2, company_id=CompanyId(99))) == "unknown_record"

    @pytest.mark.rule("CONV-4")
    @pytest.mark.parametrize("honorific", [None, "Dr"])
    def test_a_contact_is_never_nameless(self, honorific: str | None) -> None:
        """Whether somebody adds one without a name or takes its name away, people have something to click on."""
        scene = classic()
        nameless = PersonName(honorific=honorific)
        contact = accepted(scene.crm.add_contact(ADMIN, name=nameless))
        assert accepted(scene.crm.contact(ADMIN, contact)).record.name == evolve(PLACEHOLDER_NAME, honorific=honorific)
        accepted(scene.crm.edit_contact(ADMIN, contact, 1, name=PersonName(first="Ann")))
        accepted(scene.crm.edit_contact(ADMIN, contact, 2, name=nameless))
        assert accepted(scene.crm.contact(ADMIN, contact)).record.name == evolve(PLACEHOLDER_NAME, honorific=honorific)

    @pytest.mark.rule("EDIT-1.2")
    def test_the_same_key_gives_the_same_record(self) -> None:
        """For every command that creates; other content under the key is a conflict."""
        scene = classic()
        for kind in (Kind.DEAL, Kind.CONTACT, Kind.COMPANY):
            command = AddRecord(kind=kind, fields={"comments": "x", "custom": {"A": 1, "B": ("x",)}}, key=kind.value)
            first = scene.crm.run(ADMIN, command)
            assert scene.crm.run(ADMIN, command) == first
            other = evolve(command, fields={"comments": "x", "custom": {"A": True, "B": ("x",)}})
            assert refused(scene.crm.run(ADMIN, other)) == "key_conflict"
        lead_id = scene.add(title="x")
        copies = {accepted(scene.crm.copy_lead(ADMIN, lead_id, key="copy")) for _ in range(2)}
        refs = [Ref(Kind.LEAD, lead_id)]
        work = {accepted(scene.crm.add_activity(ADMIN, of=refs, subject="x", key="work")) for _ in range(2)}
        assert len(copies) == len(work) == 1
        scene.convert(lead_id)
        assert scene.crm.add_activity(ADMIN, of=refs, subject="x", key="work") == work.pop()
        assert refused(scene.crm.add_activity(ADMIN, of=refs, subject="y", key="work")) == "key_conflict"

    @pytest.mark.rule("EDIT-1.4")
    def test_a_record_as_read_is_stale_only_if_the_record_changed(self) -> None:
        """A mail that came meanwhile stops nobody; another edit does, also one that wrote the same version number."""
        scene = classic()
        read = accepted(scene.crm.lead(ADMIN, scene.add(title="x")))
        id, ref = read.record.id, Ref(Kind.LEAD, read.record.id)
        scene.add_activity(ref)
        assert refused(scene.crm.edit_lead(ADMIN, id, read.version, title="y")) == "stale_version"
        assert scene.crm.edit_lead(ADMIN, id, read, title="y") == scene.version(id) == 3
        assert refused(scene.crm.edit_lead(ADMIN, id, read, title="z")) == "stale_version"
        assert refused(scene.crm.edit_lead(ADMIN, id, Versioned(read.record, 3), title="z")) == "stale_version"

    @pytest.mark.parametrize("kind", CARDS)
    @pytest.mark.rule("EDIT-1.4")
    def test_each_card_may_be_handed_in_as_read(self, kind: Kind) -> None:
        """And one of another id, or of another kind, is no version of it."""
        scene = classic()
        ids = {
            Kind.LEAD: scene.add(title="x"),
            Kind.DEAL: accepted(scene.crm.add_deal(ADMIN, title="x")),
            Kind.CONTACT: scene.add_contact(),
            Kind.COMPANY: accepted(scene.crm.add_company(ADMIN, title="x")),
        }
        reads = {each: accepted(getattr(scene.crm, each.value)(ADMIN, id)) for each, id in ids.items()}
        edit = getattr(scene.crm, f"edit_{kind.value}")
        assert edit(ADMIN, ids[kind], reads[kind], comments="y") == 2
        assert refused(edit(ADMIN, ids[kind], reads[kind], comments="z")) == "stale_version"
        with pytest.raises(InvalidValue, match=r"^version: expected a version, or the record of this kind and id"):
            edit(ADMIN, ids[kind] + 1, reads[kind], comments="z")
        other = next(each for each in CARDS if each is not kind)
        with pytest.raises(InvalidValue, match=r"^version: "):
            edit(ADMIN, ids[kind], reads[other], comments="z")
        with pytest.raises(InvalidValue, match=r"^version: "):
            edit(ADMIN, ids[kind], Versioned(reads[kind].record, 0), comments="z")

    def test_an_empty_pipeline_leaves_a_deal_where_it_is(self) -> None:
        """As for a new deal, which goes to the default one; no deal is in none."""
        scene = simple()
        scene.add_other_pipeline()
        deal = accepted(scene.crm.add_deal(ADMIN, pipeline_id=OTHER))
        command = EditRecord(ref=Ref(Kind.DEAL, deal), version=1, fields={"pipeline_id": None})
        accepted(scene.crm.run(ADMIN, command))
        assert scene.deal(deal).pipeline_id == OTHER

    def test_a_deal_changes_stage_and_pipeline(self) -> None:
        """Its stage is of its pipeline; a new pipeline starts in its first stage; an archived one keeps its deals."""
        scene = simple()
        scene.add_other_pipeline()
        deal = accepted(scene.crm.add_deal(ADMIN, pipeline_id=OTHER))
        assert (scene.deal(deal).stage, scene.deal(deal).is_open) == ("FIRST_B", True)
        accepted(scene.crm.edit_deal(ADMIN, deal, 1, stage=StageCode("WON_B")))
        assert not scene.deal(deal).is_open
        accepted(scene.crm.archive_pipeline(ADMIN, OTHER))
        assert scene.crm.archive_pipeline(ADMIN, OTHER) == OTHER
        accepted(scene.crm.edit_deal(ADMIN, deal, 2, title="kept", pipeline_id=OTHER))
        assert refused(scene.crm.edit_deal(ADMIN, deal, 3, stage=StageCode("NEW"))) == "unknown_stage"
        accepted(scene.crm.edit_deal(ADMIN, deal, 3, pipeline_id=PipelineId(0)))
        assert scene.deal(deal).stage == "NEW"
        assert refused(scene.crm.edit_deal(ADMIN, deal, 4, pipeline_id=OTHER)) == "unknown_pipeline"

    def test_a_stage_edit_closes_and_reopens_and_says_so(self) -> None:
        """The events name the fields and never their values."""
        scene = classic()
        lead_id = scene.add(title="x")
        scene.told.clear()
        accepted(scene.edit(lead_id, stage=StageCode("JUNK"), comments="secret"))
        accepted(scene.edit(lead_id, stage=StageCode("IN_PROCESS")))
        assert list(scene.told) == [
            RecordEdited(Ref(Kind.LEAD, lead_id), ("comments", "stage")),
            LeadClosed(lead_id),
            RecordEdited(Ref(Kind.LEAD, lead_id), ("stage",)),
            LeadReopened(lead_id),
        ]

    def test_closing_and_reopening_what_is_so_already_changes_nothing(self) -> None:
        """Both answer with the lead, and move no version."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.crm.reopen_lead(ADMIN, lead_id) == lead_id
        assert scene.version(lead_id) == 1
        accepted(scene.crm.close_lead(ADMIN, lead_id, stage="JUNK"))
        assert scene.crm.close_lead(ADMIN, lead_id) == lead_id
        assert scene.version(lead_id) == 2

    def test_a_converted_lead_is_copied_without_its_outcome(self) -> None:
        """CONV-9: the copy has the data, not the client; copying a hidden lead is refused as unknown."""
        scene = classic()
        lead_id = scene.add(title="x", name=PersonName(first="Ada"))
        scene.convert(lead_id)
        copy = scene.lead(accepted(scene.crm.copy_lead(ADMIN, lead_id)))
        assert (copy.title, copy.name.first, copy.is_active, copy.is_linked) == ("x", "Ada", True, False)
        assert refused(scene.crm.copy_lead(UserId(99), lead_id)) == "unknown_record"


@pytest.mark.rule("CONV-6", "DATA-3")
class TestActivities:
    """CONV-6. An activity is one record with a set of bindings."""

    def test_complete_is_final_and_tells_once(self) -> None:
        """Completing twice keeps the first instant; one may be added as completed."""
        scene = classic()
        work = scene.add_activity(Ref(Kind.LEAD, scene.add(title="x")))
        accepted(scene.crm.complete_activity(ADMIN, work))
        first = scene.activity(work)
        scene.later()
        assert scene.crm.complete_activity(ADMIN, work) == work
        assert scene.activity(work) == first
        done = scene.add_activity(Ref(Kind.LEAD, 1), completed=True)
        assert scene.activity(done).completed_at == scene.clock.now()

    @pytest.mark.rule("CONV-6.5")
    def test_a_completed_activity_is_open_again(self) -> None:
        """Its instant goes with it; reopening an open one changes nothing, and the next switch completes it."""
        scene = classic()
        work = scene.add_activity(Ref(Kind.LEAD, scene.add(title="x")), completed=True)
        assert accepted(scene.crm.reopen_activity(ADMIN, work)) == work
        assert (scene.activity(work).completed, scene.activity(work).completed_at) == (False, None)
        version = accepted(scene.crm.activity(ADMIN, work)).version
        assert scene.crm.reopen_activity(ADMIN, work) == work
        assert accepted(scene.crm.activity(ADMIN, work)).version == version
        scene.switch(ModeSwitchPolicy(keep_activities=False))
        assert scene.activity(work).completed

    @pytest.mark.rule("CONV-6.5", "EDIT-1.4")
    def test_an_activity_is_edited_as_it_was_read(self) -> None:
        """Its fields and whether it is done; stale is what another has changed, and the same again writes nothing."""
        scene = classic()
        read = accepted(scene.crm.activity(ADMIN, scene.add_activity(Ref(Kind.LEAD, scene.add(title="x")))))
        work = read.record.id
        assert scene.crm.edit_activity(ADMIN, work, read, subject="Call again", completed=True) == 2
        assert (scene.activity(work).subject, scene.activity(work).completed_at) == ("Call again", scene.clock.now())
        assert refused(scene.crm.edit_activity(ADMIN, work, read, subject="Other")) == "stale_version"
        assert refused(scene.crm.edit_activity(ADMIN, work, 1, subject="Other")) == "stale_version"
        assert scene.crm.edit_activity(ADMIN, work, 2, subject="Call again") == 2
        assert scene.crm.edit_activity(ADMIN, work, 2, completed=False) == 3
        assert scene.crm.edit_activity(ADMIN, work, 3, subject="Last") == 4

    @pytest.mark.rule("CONV-6.6", "CONV-6.4")
    def test_one_more_binding_is_as_an_activity_that_is_added(self) -> None:
        """A converted lead takes none, an active one is moved by it, and a trace of an earlier binding goes."""
        scene = classic()
        lead_id, other = scene.add(title="x"), scene.add(title="y")
        work = scene.add_activity(Ref(Kind.LEAD, lead_id))
        row = scene.convert(lead_id)
        deal = Ref(Kind.DEAL, row.deal_id)
        accepted(scene.crm.unbind_activity(ADMIN, work, deal))
        accepted(scene.crm.bind_activity(ADMIN, work, deal))
        assert scene.activity(work).unbound == frozenset()
        before = scene.version(other)
        accepted(scene.crm.bind_activity(ADMIN, work, Ref(Kind.LEAD, other)))
        assert (scene.version(other), Ref(Kind.LEAD, other) in scene.bound(work)) == (before + 1, True)
        assert scene.crm.bind_activity(ADMIN, work, Ref(Kind.LEAD, other)) == work
        assert scene.version(other) == before + 1
        free = scene.add_activity(Ref(Kind.LEAD, other))
        assert refused(scene.crm.bind_activity(ADMIN, free, Ref(Kind.LEAD, lead_id))) == "already_converted"
        assert scene.holds_all_laws()

    @pytest.mark.rule("CONV-6.7")
    def test_one_more_binding_ends_where_a_new_activity_ends(self) -> None:
        """The 200th binding is made by hand and no more; what is bound already is still answered as before."""
        scene = classic()
        leads = [Ref(Kind.LEAD, scene.add(title="x")) for _ in range(BINDINGS_LIMIT)]
        work = scene.add_activity(*leads[1:])
        client = Ref(Kind.CONTACT, scene.add_contact())
        assert scene.crm.bind_activity(ADMIN, work, leads[0]) == work
        assert scene.crm.bind_activity(ADMIN, work, client) == Refused(
            Reason.TOO_MANY_BINDINGS, Ref(Kind.ACTIVITY, work)
        )
        assert scene.crm.bind_activity(ADMIN, work, leads[0]) == work
        assert scene.bound(work) == set(leads)
        scene.convert(LeadId(int(leads[0].id)))
        assert len(scene.bound(work)) == BINDINGS_LIMIT + 2
        assert scene.holds_all_laws()

    @pytest.mark.rule("CONV-6.6", "DATA-3")
    def test_a_lead_that_is_deleted_meanwhile_leaves_no_activity_behind(self) -> None:
        """Binding moves a closed lead too, so a deletion that was decided before it is decided again."""
        scene, store = interrupted()
        kept, lead_id = scene.add(title="x"), scene.add(title="y")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        work = scene.add_activity(Ref(Kind.LEAD, kept))

        def move() -> None:
            accepted(scene.crm.bind_activity(ADMIN, work, Ref(Kind.LEAD, lead_id)))
            accepted(scene.crm.unbind_activity(ADMIN, work, Ref(Kind.LEAD, kept)))

        store.overtake(move)
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        assert refused(scene.crm.activity(ADMIN, work)) == "unknown_record"

    def test_unbinding_leaves_a_trace_that_the_laws_accept(self) -> None:
        """The binding to the client of a conversion may be taken away; the one to the converted lead may not."""
        scene = classic()
        lead_id = scene.add(title="x")
        work = scene.add_activity(Ref(Kind.LEAD, lead_id))
        row = scene.convert(lead_id)
        client = Ref(Kind.CONTACT, row.contact_id or 0)
        accepted(scene.crm.unbind_activity(ADMIN, work, client))
        assert client not in scene.bound(work)
        assert scene.activity(work).unbound == {client}
        assert refused(scene.crm.unbind_activity(ADMIN, work, Ref(Kind.LEAD, lead_id))) == "already_converted"
        assert refused(scene.crm.unbind_activity(ADMIN, work, client)) == "not_bound"
        assert refused(scene.crm.unbind_activity(ADMIN, ActivityId(99), client)) == "unknown_record"
        assert scene.holds_all_laws()

    def test_a_deleted_activity_leaves_a_tombstone(self) -> None:
        """Its data is gone; what it was bound to stays known to the audit."""
        scene = classic()
        lead_id = scene.add(title="x")
        work = scene.add_activity(Ref(Kind.LEAD, lead_id), subject="secret")
        scene.convert(lead_id)
        accepted(scene.crm.delete_activity(ADMIN, work))
        assert isinstance(scene.image().activities[work], Tombstone)
        assert refused(scene.crm.delete_activity(ADMIN, work)) == "unknown_record"
        assert accepted(scene.crm.activities(ADMIN, of=Ref(Kind.LEAD, lead_id))) == ()
        assert scene.holds_all_laws()


@pytest.mark.rule("EDIT-1", "PERM-7")
def test_a_key_answers_also_when_the_lead_of_its_command_was_deleted_since() -> None:
    """Keys come before records; another key finds no lead, and so does somebody without any right."""
    scene = classic()
    lead_id = scene.add(title="Source")

    def asked(actor: UserId, key: str) -> tuple[Any, Any]:
        copied = scene.crm.copy_lead(actor, lead_id, key=f"copy {key}")
        return copied, scene.crm.add_activity(actor, of=[Ref(Kind.LEAD, lead_id)], key=f"work {key}")

    first = asked(ADMIN, "one")
    accepted(scene.crm.delete_lead(ADMIN, lead_id))
    assert asked(ADMIN, "one") == first
    for answers in (asked(ADMIN, "two"), asked(STRANGER, "one")):
        assert [refused(each) for each in answers] == ["unknown_record"] * 2


@pytest.mark.rule("DATA-3", "SWITCH-1")
class TestDeletion:
    """DATA-3. A deleted record leaves a tombstone; its ledger row and its links stay."""

    def test_an_unconverted_lead_takes_its_own_activities_along(self) -> None:
        """An activity that something else has too stays."""
        scene = classic()
        gone, kept = scene.add(title="Gone"), scene.add(title="Kept")
        own = scene.add_activity(Ref(Kind.LEAD, gone))
        shared = scene.add_activity(Ref(Kind.LEAD, gone), Ref(Kind.LEAD, kept))
        accepted(scene.crm.delete_lead(ADMIN, gone))
        activities = scene.image().activities
        assert isinstance(activities[own], Tombstone)
        assert isinstance(activities[shared], Activity)
        assert refused(scene.crm.lead(ADMIN, gone)) == "unknown_record"
        assert scene.switch().totals.converted == 1
        assert scene.holds_all_laws()

    @pytest.mark.rule("DATA-3.1")
    @pytest.mark.parametrize("imported", [False, True], ids=["added", "imported"])
    def test_a_deletion_that_has_not_seen_the_last_activity_of_a_closed_lead_is_decided_again(
        self, imported: bool
    ) -> None:
        """An activity that came between its reading and its commit is not left behind, whoever is faster."""
        with TestCrm.classic() as p:
            lead = p.lead()
            accepted(p.crm.close_lead(ADMIN, lead.id))
            deletion = p.hold(ADMIN, DeleteLead(lead_id=lead.id))
            bound = frozenset({Ref(Kind.LEAD, lead.id)})
            if imported:
                work = Activity(id=ActivityId(7), kind="call", responsible=ADMIN)
                accepted(p.crm.import_records(ADMIN, ImportRecords(activities=((work, bound),))))
            else:
                p.activity(p.reread(lead))
            with pytest.raises(Conflict):
                deletion.commit()
            accepted(p.crm.delete_lead(ADMIN, lead.id))
            assert all(isinstance(each, Tombstone) for each in image_of(p.store).activities.values())

    def test_an_activity_goes_with_the_last_of_its_leads(self) -> None:
        """Nothing is left behind that nobody could find."""
        scene = classic()
        first, last = scene.add(title="First"), scene.add(title="Last")
        shared = scene.add_activity(Ref(Kind.LEAD, first), Ref(Kind.LEAD, last))
        accepted(scene.crm.delete_lead(ADMIN, first))
        assert isinstance(scene.image().activities[shared], Activity)
        accepted(scene.crm.delete_lead(ADMIN, last))
        assert isinstance(scene.image().activities[shared], Tombstone)
        assert scene.holds_all_laws()

    def test_a_converted_lead_keeps_deal_ledger_and_activities(self) -> None:
        """The tombstone holds the links and none of the data."""
        scene = classic()
        lead_id = scene.add(title="Gone")
        work = scene.add_activity(Ref(Kind.LEAD, lead_id))
        row = scene.convert(lead_id)
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        stone = scene.image().leads[lead_id]
        assert isinstance(stone, Tombstone)
        assert (stone.deal_id, stone.contact_id) == (row.deal_id, row.contact_id)
        assert scene.row(lead_id) == row
        assert scene.activity(work).id == work
        assert [each.record.id for each in scene.crm.deals(ADMIN, lead=lead_id)] == [row.deal_id]
        assert list(scene.crm.leads(ADMIN)) == []
        assert refused(scene.crm.convert_lead(ADMIN, lead_id)) == "unknown_record"
        assert scene.holds_all_laws()


def _lead(id: int = 50, **fields: Any) -> Lead:
    given = {"stage": "NEW", "semantics": StageSemantics.IN_PROCESS, "responsible": ADMIN, **fields}
    return Lead(id=LeadId(id), **given)


#: Fields that say which record it is, or that an import refuses for another reason: stages and links.
PLACED = {"id", "stage", "semantics", "contact_id", "company_id", "deal_id", "unbound"}


@pytest.mark.rule("IMPORT-1")
class TestImport:
    """IMPORT-1. Records are stored as they are: all of them, or none."""

    def test_even_an_empty_import_needs_the_right(self) -> None:
        """Who may not add leads may not import."""
        scene = classic()
        assert refused(scene.crm.import_records(UserId(99), ImportRecords())) == "not_permitted"
        assert accepted(scene.crm.import_records(ADMIN, ImportRecords())).leads == 0

    def test_who_may_add_own_leads_imports_own_leads_only(self) -> None:
        """One lead of somebody else, and nothing is imported."""
        scene = classic()
        own = UserId(51)
        scene.roles.grant(own, Role(name="own", levels={Grant(Operation.ADD, Kind.LEAD): Level.OWN}))
        mine, theirs = _lead(50, responsible=own), _lead(51)
        assert refused(scene.crm.import_records(own, ImportRecords(leads=(mine, theirs)))) == "not_permitted"
        assert accepted(scene.crm.import_records(own, ImportRecords(leads=(mine,)))).leads == 1

    @pytest.mark.rule("IMPORT-1.1", "IMPORT-1.3")
    def test_leads_and_activities_are_stored_as_they_are(self) -> None:
        """In every stage; new ids are above imported ones; a second import skips what is equal."""
        scene = classic()
        work = Activity(id=ActivityId(70), subject="x")
        records = ImportRecords(
            leads=(_lead(50), _lead(51, stage="JUNK", semantics=StageSemantics.FAILURE), _lead(50)),
            activities=((work, frozenset({Ref(Kind.LEAD, 50)})), (work, frozenset({Ref(Kind.LEAD, 50)}))),
        )
        done = accepted(scene.crm.import_records(ADMIN, records))
        assert (done.leads, done.activities) == (2, 1)
        assert done.skipped == (Ref(Kind.LEAD, 50), Ref(Kind.ACTIVITY, 70))
        before = scene.image()
        again = accepted(scene.crm.import_records(ADMIN, records))
        assert (again.leads, again.activities, len(again.skipped)) == (0, 0, 5)
        assert scene.image() == before
        assert (scene.add(title="x"), scene.add_activity(Ref(Kind.LEAD, 50))) == (52, 71)
        assert scene.switch().totals.at_begin == 2

    @pytest.mark.rule("IMPORT-1.3")
    def test_an_equal_lead_is_skipped_also_where_it_is_converted(self) -> None:
        """Its deal and its client are there as it is; another lead with a deal is refused as ever."""
        scene = classic()
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(50),))))
        accepted(scene.crm.convert_lead(ADMIN, LeadId(50)))
        stored = scene.lead(LeadId(50))
        importer = UserId(51)
        scene.roles.grant(importer, Role(name="in", levels={Grant(Operation.ADD, Kind.LEAD): Level.ALL}))
        before = scene.image()
        for actor in (ADMIN, importer):
            done = accepted(scene.crm.import_records(actor, ImportRecords(leads=(stored,))))
            assert (done.leads, done.skipped) == (0, (Ref(Kind.LEAD, 50),))
        other = ImportRecords(leads=(evolve(stored, id=LeadId(52)),))
        assert refused(scene.crm.import_records(ADMIN, other)) == "unknown_record"
        assert scene.image() == before

    @pytest.mark.rule("IMPORT-1.4")
    @pytest.mark.parametrize("field", [part.name for part in parts_of(Lead) if part.name not in PLACED])
    def test_a_lead_that_differs_in_any_field_is_refused(self, field: str) -> None:
        """An id that is there is skipped for an equal lead alone, whichever field differs."""
        scene = classic()
        stored = _lead(50, title="x", responsible=UserId(3))
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(stored,))))
        other = evolve(stored, **{field: getattr(filled(Lead), field)})
        assert other != stored
        before = scene.image()
        answer = scene.crm.import_records(ADMIN, ImportRecords(leads=(other,)))
        assert refused(answer) == "record_differs"
        assert scene.image() == before

    @pytest.mark.parametrize("field", ["stage", "contact_id", "company_id"])
    def test_a_lead_with_another_stage_or_link_is_refused(self, field: str) -> None:
        """Though it is as active as before, and the client is there."""
        scene = classic()
        links = {"contact_id": scene.add_contact(), "company_id": scene.add_company()}
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(50),))))
        others: dict[str, Any] = {**links, "stage": StageCode("IN_PROCESS")}
        other = evolve(_lead(50), **{field: others[field]})
        assert refused(scene.crm.import_records(ADMIN, ImportRecords(leads=(other,)))) == "record_differs"

    @pytest.mark.parametrize("field", [part.name for part in parts_of(Activity) if part.name not in PLACED])
    def test_an_activity_that_differs_in_any_field_is_refused(self, field: str) -> None:
        """As a lead is; and so is one that is bound to another lead."""
        scene = classic()
        first, second = frozenset({Ref(Kind.LEAD, 50)}), frozenset({Ref(Kind.LEAD, 51)})
        stored = Activity(id=ActivityId(70), subject="x", responsible=UserId(3))
        records = ImportRecords(leads=(_lead(50), _lead(51)), activities=((stored, first),))
        accepted(scene.crm.import_records(ADMIN, records))
        made = filled(Activity)
        others: dict[str, Any] = {field: getattr(made, field)}
        if field in ("completed", "completed_at"):
            others = {"completed": True, "completed_at": made.completed_at if field == "completed_at" else None}
        other = evolve(stored, **others)
        assert other != stored
        for activity, bound in ((other, first), (stored, second)):
            answer = scene.crm.import_records(ADMIN, ImportRecords(activities=((activity, bound),)))
            assert refused(answer) == "record_differs"

    @pytest.mark.rule("STAGE-1.1")
    def test_one_bad_record_keeps_all_out(self) -> None:
        """Nothing is imported when one record cannot be."""
        scene = classic()
        records = ImportRecords(leads=(_lead(50), _lead(51, stage="NONE")))
        assert refused(scene.crm.import_records(ADMIN, records)) == "unknown_stage"
        assert scene.counts()["leads"] == 0

    def test_links_to_clients_must_exist(self) -> None:
        """A lead of a client that is there is imported with its link."""
        scene = classic()
        contact, company = scene.add_contact(), scene.add_company()
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(contact_id=contact, company_id=company),))))
        bad = ImportRecords(leads=(_lead(51, company_id=CompanyId(99)),))
        assert refused(scene.crm.import_records(ADMIN, bad)) == "unknown_record"

    @pytest.mark.rule("IMPORT-1.2")
    @pytest.mark.parametrize("state", ["switching", "unlicensed", "simple"])
    def test_closed_leads_may_be_imported_in_every_state(self, state: str) -> None:
        """Only active ones need Classic."""
        scene = simple() if state == "simple" else classic()
        if state == "switching":
            accepted(scene.crm.begin_switch(ADMIN, key="k"))
        scene.plan.classic = state != "unlicensed"
        closed = _lead(51, stage="JUNK", semantics=StageSemantics.FAILURE)
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(closed,))))
        assert refused(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(),)))) == "classic_only"

    @pytest.mark.rule("DATA-1")
    @pytest.mark.parametrize(
        "given",
        [
            {"leads": 5},
            {"leads": ("x",)},
            {"leads": (_lead(0),)},
            {"activities": 5},
            {"activities": (5,)},
            {"activities": ((Activity(id=ActivityId(1)),),)},
            {"activities": (("x", frozenset({Ref(Kind.LEAD, 1)})),)},
            {"activities": ((Activity(id=ActivityId(1)), frozenset()),)},
            {"activities": ((Activity(id=ActivityId(1)), [Ref(Kind.LEAD, 1)]),)},
            {"activities": ((Activity(id=ActivityId(1)), frozenset({Ref(Kind.PIPELINE, 1)})),)},
            {"activities": ((Activity(id=ActivityId(1)), frozenset({Ref(Kind.LEAD, "1")})),)},
        ],
    )
    def test_what_is_no_record_is_refused(self, given: dict[str, Any]) -> None:
        """Wrong types raise before anything is looked at; a lead's id is at least 1, or no chunk would ever find it."""
        with pytest.raises(InvalidValue):
            ImportRecords(**given)


def _won_for_converted(scene: Scene) -> LeadStages:
    """The stages of the CRM with another code for the one that means success."""
    stages = scene.crm.lead_stages().record.stages
    return LeadStages(
        stages=tuple(evolve(each, code=StageCode("WON")) if each.code == "CONVERTED" else each for each in stages)
    )


@pytest.mark.rule("STAGE-1")
class TestSetUp:
    """STAGE-1. Meanings are fixed, success is one, stages in use stay."""

    def test_an_unused_stage_can_be_removed_and_new_ones_added(self) -> None:
        """Names and order change freely."""
        scene = classic()
        found = scene.crm.lead_stages()
        new = Stage(code=StageCode("EXTRA"), semantics=StageSemantics.IN_PROCESS)
        left = tuple(each for each in found.record.stages if each.code != "PROCESSED")
        assert scene.crm.define_lead_stages(ADMIN, LeadStages(stages=(new, *left)), found.version) == found.version + 1
        assert scene.lead(scene.add(title="x")).stage == "EXTRA"

    @pytest.mark.rule("STAGE-1.5")
    def test_a_stage_that_a_lead_enters_meanwhile_is_not_removed(self) -> None:
        """The race with a new lead ends in a refusal, and no lead stands in a stage that is gone."""
        scene, store = interrupted()
        found = scene.crm.lead_stages()
        left = tuple(each for each in found.record.stages if each.code != "PROCESSED")
        store.overtake(lambda: scene.add(title="x", stage=StageCode("PROCESSED")))
        answer = scene.crm.define_lead_stages(ADMIN, LeadStages(stages=left), found.version)
        assert refused(answer) == "stage_in_use"
        assert scene.holds_all_laws()

    @pytest.mark.rule("STAGE-1.9")
    def test_success_is_a_stage_of_any_code_where_no_lead_needs_the_old_one(self) -> None:
        """An empty CRM names its success stage as it likes, and leads convert into it."""
        scene = classic()
        accepted(scene.crm.define_lead_stages(ADMIN, _won_for_converted(scene), 1))
        lead_id = scene.add(title="x")
        scene.switch()
        assert scene.lead(lead_id).stage == "WON"
        assert scene.holds_all_laws()

    @pytest.mark.rule("STAGE-1.8")
    def test_the_stage_that_a_live_switch_froze_stays(self) -> None:
        """Also without any lead in it, and also if the switch begins while the catalogue is decided."""
        scene, store = interrupted()
        read = scene.crm.lead_stages()
        wanted = _won_for_converted(scene)
        scene.add(title="x")
        store.overtake(scene.begin)
        assert refused(scene.crm.define_lead_stages(ADMIN, wanted, read.version)) == "stage_in_use"
        scene.switch()
        assert scene.holds_all_laws()

    def test_a_lead_that_wants_a_stage_removed_meanwhile_is_refused(self) -> None:
        """The other side of the race."""
        scene, store = interrupted()
        found = scene.crm.lead_stages()
        left = tuple(each for each in found.record.stages if each.code != "PROCESSED")
        store.overtake(lambda: scene.crm.define_lead_stages(ADMIN, LeadStages(stages=left), found.version))
        assert refused(scene.crm.add_lead(ADMIN, stage=StageCode("PROCESSED"))) == "unknown_stage"

    def test_without_a_failure_stage_no_lead_can_be_closed(self) -> None:
        """The catalogue need not have one."""
        scene = classic()
        found = scene.crm.lead_stages()
        left = tuple(each for each in found.record.stages if each.code != "JUNK")
        accepted(scene.crm.define_lead_stages(ADMIN, LeadStages(stages=left), found.version))
        assert refused(scene.crm.close_lead(ADMIN, scene.add(title="x"))) == "unknown_stage"

    def test_pipelines_are_added_and_changed_by_version(self) -> None:
        """A new one has version 0 before; stages may be added, and all are listed in id order."""
        scene = classic()
        assert scene.crm.define_pipeline(ADMIN, other_pipeline()) == 1
        more = evolve(
            other_pipeline(),
            stages=(*other_pipeline().stages, Stage(code=StageCode("MORE"), semantics=StageSemantics.FAILURE)),
        )
        assert scene.crm.define_pipeline(ADMIN, more, 1) == 2
        assert scene.crm.archive_pipeline(ADMIN, OTHER) == scene.crm.archive_pipeline(ADMIN, OTHER) == OTHER
        renamed: Pipeline = evolve(more, archived=True, name="Old")
        assert scene.crm.define_pipeline(ADMIN, renamed, 3) == 4
        assert [each.record.id for each in scene.crm.pipelines()] == [0, OTHER]

    def test_of_two_who_define_a_pipeline_at_once_one_wins(self) -> None:
        """The other one is told that there is a newer version."""
        scene, store = interrupted()
        store.overtake(lambda: accepted(scene.crm.define_pipeline(ADMIN, other_pipeline())))
        second = scene.crm.define_pipeline(ADMIN, evolve(other_pipeline(), name="Second"))
        assert second == Refused(Reason.STALE_VERSION, Ref(Kind.PIPELINE, OTHER))

    @pytest.mark.rule("PERM-6")
    def test_the_set_up_needs_the_settings_right(self) -> None:
        """Whatever of it is changed."""
        scene = classic()
        stages = scene.crm.lead_stages()
        for answer in (
            scene.crm.define_lead_stages(STRANGER, stages.record, stages.version),
            scene.crm.define_pipeline(STRANGER, other_pipeline()),
            scene.crm.archive_pipeline(STRANGER, OTHER),
            scene.crm.change_settings(STRANGER),
        ):
            assert answer == Refused(Reason.NOT_PERMITTED, None, "PERM-6")

    @pytest.mark.rule("CONV-7", "INTAKE-3")
    def test_settings_change_one_by_one(self) -> None:
        """What is not named stays, the epoch too; nothing named changes nothing."""
        scene = classic()
        before = scene.crm.settings()
        after = accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        assert after == evolve(before, match=MatchSetting.EMAIL) == scene.crm.settings()
        after = accepted(scene.crm.change_settings(ADMIN, repeat_inquiry=RepeatInquiry.ATTACH))
        assert (after.match, after.repeat_inquiry) == (MatchSetting.EMAIL, RepeatInquiry.ATTACH)
        assert scene.crm.change_settings(ADMIN) == after
        assert isinstance(after, Settings)


@pytest.mark.rule("DATA-1", "EDIT-1")
def test_an_edit_is_of_a_card() -> None:
    """An activity or a pipeline is not edited as a card."""
    for ref in (Ref(Kind.ACTIVITY, 1), Ref(Kind.PIPELINE, 1)):
        with pytest.raises(InvalidValue):
            EditRecord(ref=ref, version=1, fields={})
    scene: Scene = classic()
    assert refused(scene.crm.edit_lead(ADMIN, LeadId(9), 1)) == "unknown_record"


@pytest.mark.rule("PERM-6")
class TestMovingDeals:
    """PERM-6. Every command needs its named right; a deal is updated where it is and where it goes."""

    def test_a_deal_moves_only_where_the_actor_may_update_deals(self) -> None:
        """The right in one pipeline is not the right in the other."""
        scene = classic()
        accepted(scene.crm.define_pipeline(ADMIN, other_pipeline()))
        clerk = UserId(77)
        rights = {Grant(operation, Kind.DEAL, PipelineId(0)): Level.ALL for operation in Operation}
        scene.roles.grant(clerk, Role(name="clerk", levels=rights))
        deal_id = accepted(scene.crm.add_deal(clerk, title="x"))
        denied = Refused(Reason.NOT_PERMITTED, Ref(Kind.PIPELINE, OTHER), "PERM-6")
        assert scene.crm.edit_deal(clerk, deal_id, 1, pipeline_id=OTHER) == denied
        assert accepted(scene.crm.edit_deal(clerk, deal_id, 1, pipeline_id=PipelineId(0), title="y")) == 2
        assert accepted(scene.crm.edit_deal(ADMIN, deal_id, 2, pipeline_id=OTHER)) == 3
