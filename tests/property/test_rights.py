"""Modes, rights and versions over any CRM: what must not change does not."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Epoch, Kind, LeadId, PipelineId, Ref, StageCode
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.commands import (
    AddActivity,
    AddLead,
    AddRecord,
    BeginSwitch,
    CancelSwitch,
    CloseLead,
    Command,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DefinePipeline,
    DeleteLead,
    EditRecord,
    ResumeSwitch,
    RetrySwitch,
    SwitchToClassic,
    TakeInquiry,
)
from crmcore.domain.rules.mode import CrmState
from crmcore.testing import ADMIN, MANAGER, STRANGER, Step, TestCrm
from crmcore.testing.strategies import commands, creations, crm_images, edits, lead_fields, policies
from tests.property.canonical import everything
from tests.property.effort import examples

ANY = crm_images(match=None, max_leads=3)


@pytest.mark.rule("MODE-3", "PLAN-1")
class TestThePlan:
    """MODE-3. A downgrade may take a feature away, never a record."""

    @examples(0.1)
    @given(image=ANY)
    def test_losing_the_plan_and_getting_it_back_changes_no_data(self, image: CrmImage) -> None:
        """Unlicensed is derived: every record and version is as before, meanwhile and afterwards."""
        world = TestCrm.of(image)
        before, state = everything(world.store), world.crm.mode()
        world.plan.classic = False
        without = world.crm.mode()
        assert without is (CrmState.UNLICENSED if state is CrmState.CLASSIC else state)
        refused = world.crm.switch_to_classic(ADMIN)
        assert refused == Refused(Reason.PLAN_WITHOUT_CLASSIC)
        assert everything(world.store) == before
        world.plan.classic = True
        assert world.crm.mode() is state
        assert everything(world.store) == before

    @examples(0.1)
    @given(image=crm_images(mode=CrmMode.CLASSIC, min_active=1), policy=policies(), fields=lead_fields())
    def test_unlicensed_leads_can_be_worked_on_and_switched_but_not_reopened(
        self, image: CrmImage, policy: ModeSwitchPolicy, fields: Any
    ) -> None:
        """Edit, close and convert go on; reopening is refused; the switch to Simple is on every plan."""
        world = TestCrm.of(image)
        world.plan.classic = False
        first = min(id for id, lead in image.leads.items() if isinstance(lead, Lead) and lead.is_active)
        found = world.crm.lead(ADMIN, first)
        assert not isinstance(found, Refused)
        assert not isinstance(world.crm.edit_lead(ADMIN, first, found.version, **fields), Refused)
        assert world.crm.close_lead(ADMIN, first) == first
        assert world.crm.reopen_lead(ADMIN, first) == Refused(Reason.REOPEN_REFUSED, Ref(Kind.LEAD, first))
        report = world.crm.switch_to_simple(ADMIN, key="now", policy=policy)
        assert not isinstance(report, Refused)
        assert report.result == "switched"
        assert world.crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("MODE-4", "MODE-5")
@examples(0.1)
@given(image=crm_images(mode=CrmMode.SIMPLE, match=None, max_leads=3))
def test_going_to_classic_changes_the_mode_and_un_converts_nothing(image: CrmImage) -> None:
    """MODE-4. Mode and epoch are all that differs."""
    world = TestCrm.of(image)
    epoch = world.crm.switch_to_classic(ADMIN)
    expected = evolve(image.settings, mode=CrmMode.CLASSIC, epoch=Epoch(image.settings.epoch + 1))
    assert epoch == expected.epoch
    assert image_of(world.store) == evolve(image, settings=expected)


STEERING: tuple[Command[Any], ...] = (
    BeginSwitch(key="now"),
    ResumeSwitch(),
    RetrySwitch(),
    CancelSwitch(),
    SwitchToClassic(),
)


@pytest.mark.rule("PERM-1", "PERM-2", "PERM-6")
class TestRefusalsChangeNothing:
    """PERM-1. Anybody else gets a typed refusal, and the CRM is unchanged, down to the last version number."""

    @examples(0.5)
    @given(image=ANY, asked=st.lists(st.tuples(st.sampled_from((ADMIN, MANAGER, STRANGER)), commands()), max_size=6))
    def test_a_refused_command_leaves_every_record_and_version(self, image: CrmImage, asked: list[Any]) -> None:
        """Whatever the command and whoever asks; and what succeeds was not asked by a stranger without a token."""
        world = TestCrm.of(image)
        for actor, command in asked:
            before = everything(world.store)
            answer = world.crm.run(actor, command)
            if isinstance(answer, Refused):
                assert everything(world.store) == before
            elif actor == STRANGER:
                assert hasattr(command, "token") or everything(world.store) == before

    @examples(0.1)
    @given(image=ANY, live=st.booleans(), actor=st.sampled_from((MANAGER, STRANGER)))
    def test_steering_a_switch_needs_the_settings_right(self, image: CrmImage, live: bool, actor: Any) -> None:
        """Begin, resume, retry, cancel and the way to Classic are refused as not permitted, whatever the state."""
        world = TestCrm.of(image)
        if live:
            world.crm.begin_switch(ADMIN, key="live")
        before = everything(world.store)
        for command in STEERING:
            answer = world.crm.run(actor, command)
            assert isinstance(answer, Refused)
            assert (answer.reason, answer.rule) == (Reason.NOT_PERMITTED, "PERM-1")
        assert everything(world.store) == before

    @examples(0.3)
    @given(image=ANY, command=st.one_of(commands(), st.sampled_from(STEERING)))
    def test_a_right_that_is_revoked_before_the_commit_refuses(self, image: CrmImage, command: Command[Any]) -> None:
        """A decision made with the right and committed without it writes nothing (but for the holders of a token)."""
        world = TestCrm.of(image)
        world.roles.grant(MANAGER, ADMINISTRATOR)
        held = world.hold(MANAGER, command)
        world.roles.revoke(MANAGER)
        before = everything(world.store)
        if held.confirm is None:
            return
        stale = _stale(held)
        assert stale in ((), (Ref(Kind.RIGHTS, 0),))
        assert everything(world.store) == before
        assert isinstance(world.crm.run(MANAGER, command), Refused)


def _stale(held: Step) -> tuple[Ref, ...]:
    """What had moved on when a held decision was committed."""
    try:
        held.commit()
    except Conflict as conflict:
        return conflict.stale
    return ()


def _closed_in_simple() -> CrmImage:
    """A closed lead in Simple: to move it into an open stage is refused by the state, before its version (D-28)."""
    world = TestCrm(store=InMemoryStore.classic())
    world.crm.add_lead(ADMIN)
    world.crm.close_lead(ADMIN, LeadId(1))
    world.crm.switch_to_simple(ADMIN, key="now")
    return image_of(world.store)


def _with_a_deal() -> CrmImage:
    """A deal: to move it into an unknown stage is refused after its version (D-39)."""
    world = TestCrm(store=InMemoryStore())
    world.crm.add_deal(ADMIN)
    return image_of(world.store)


CLOSED_IN_SIMPLE, WITH_A_DEAL = _closed_in_simple(), _with_a_deal()

CREATING = (AddLead, CopyLead, AddRecord, AddActivity, TakeInquiry)


@pytest.mark.rule("EDIT-1")
class TestVersionsAndKeys:
    """EDIT-1. An edit carries the version that the caller read; if the record has changed since, it is stale."""

    @examples(0.3)
    @example(
        image=CLOSED_IN_SIMPLE,
        edit=EditRecord(ref=Ref(Kind.LEAD, 1), version=1, fields={"stage": StageCode("NEW")}),
        off=1,
    )
    @example(
        image=WITH_A_DEAL,
        edit=EditRecord(ref=Ref(Kind.DEAL, 1), version=1, fields={"stage": StageCode("NONE")}),
        off=1,
    )
    @given(image=ANY, edit=edits(), off=st.integers(1, 3))
    def test_a_stale_edit_is_never_written(self, image: CrmImage, edit: EditRecord, off: int) -> None:
        """Any version but the current one is refused; the current one is written and moves up by one, or says no.

        What is answered instead of "stale" is what the current version is answered too, and rests on something that
        comes before the record (PERM-7).
        """
        world = TestCrm.of(image)
        versions = {entry.id: entry.version for entry in world.store.page(edit.ref.kind)}
        current = versions.get(edit.ref.id, 0)
        before = everything(world.store)
        stale = world.crm.run(ADMIN, evolve(edit, version=current + off))
        assert isinstance(stale, Refused)
        assert everything(world.store) == before
        if not current:
            assert stale == Refused(Reason.UNKNOWN_RECORD, edit.ref)
            return
        answer = world.crm.run(ADMIN, evolve(edit, version=current))
        after = {entry.id: entry.version for entry in world.store.page(edit.ref.kind)}
        assert after[edit.ref.id] == (current if isinstance(answer, Refused) else answer)
        if stale != Refused(Reason.STALE_VERSION, edit.ref):
            assert stale == answer
            assert stale.reason.stands_before(Reason.STALE_VERSION)

    @examples(0.3)
    @given(image=ANY, command=creations())
    def test_the_same_key_gives_the_same_result(self, image: CrmImage, command: Any) -> None:
        """Asked again, nothing more is made; another command with the key is a conflict."""
        world = TestCrm.of(image)
        keyed = evolve(command, key="the key")
        first = world.crm.run(ADMIN, keyed)
        before = everything(world.store)
        assert world.crm.run(ADMIN, keyed) == first
        assert everything(world.store) == before
        if not isinstance(first, Refused):
            other = world.crm.add_lead(ADMIN, title="quite another one", key="the key")
            assert isinstance(other, Refused)
            assert other.reason is Reason.KEY_CONFLICT
            assert everything(world.store) == before

    @examples(0.3)
    @given(image=ANY, command=commands())
    def test_of_two_decisions_on_one_version_only_one_is_written(self, image: CrmImage, command: Command[Any]) -> None:
        """A decision that is committed after another one wrote what it had read is a conflict, and writes nothing."""
        world = TestCrm.of(image)
        early = world.hold(ADMIN, command)
        late = world.hold(ADMIN, command)
        early.commit()
        between = everything(world.store)
        touched = getattr(early.decision, "changes", None)
        try:
            late.commit()
        except Conflict:
            assert everything(world.store) == between
        else:
            made = isinstance(command, CREATING) and getattr(command, "key", None) is None
            assert touched is None or made


ABOUT_ONE: tuple[Command[Any], ...] = (
    ConvertLead(lead_id=LeadId(1)),
    CloseLead(lead_id=LeadId(1)),
    DeleteLead(lead_id=LeadId(1)),
    EditRecord(ref=Ref(Kind.LEAD, 1), version=1, fields={"comments": "seen"}),
    AddActivity(fields={}, bound_to=frozenset({Ref(Kind.LEAD, 1)})),
    ConvertChunk(token=SwitchToken("now", Epoch(2))),
)


@pytest.mark.rule("SWITCH-7", "SWITCH-1", "EDIT-1")
@examples(0.3)
@given(slow=st.sampled_from(ABOUT_ONE), quick=st.sampled_from(ABOUT_ONE), live=st.booleans())
def test_of_two_who_work_on_one_lead_the_first_commit_wins(slow: Command[Any], quick: Command[Any], live: bool) -> None:
    """SWITCH-7. Whatever the two do, the slower one meets a conflict and has to look again."""
    world = TestCrm(store=InMemoryStore.classic())
    assert world.crm.add_lead(ADMIN) == 1
    if live:
        world.crm.begin_switch(ADMIN, key="now")
    held = world.hold(ADMIN, slow)
    before = everything(world.store)
    world.crm.run(ADMIN, quick)
    between = everything(world.store)
    if between != before and not isinstance(held.decision, Refused):
        with pytest.raises(Conflict):
            held.commit()
    assert everything(world.store) == between


def test_of_two_who_define_one_new_pipeline_one_wins() -> None:
    """The absence of a pipeline is part of what its definition expects."""
    world = TestCrm(store=InMemoryStore())
    stages = default_pipeline().stages
    first, second = (
        world.hold(ADMIN, DefinePipeline(pipeline=evolve(default_pipeline(), id=PipelineId(5), name=name)))
        for name in ("first", "second")
    )
    assert first.commit() == 1
    with pytest.raises(Conflict):
        second.commit()
    assert image_of(world.store).pipelines[PipelineId(5)] == evolve(
        default_pipeline(), id=PipelineId(5), name="first", stages=stages
    )


@pytest.mark.rule("PERM-4")
@examples(0.1)
@given(image=crm_images(mode=CrmMode.CLASSIC, min_active=1))
def test_a_worker_goes_on_after_its_starter_lost_every_right(image: CrmImage) -> None:
    """PERM-4. Converting and finishing ask for the token and for no right."""
    world = TestCrm.of(image)
    world.roles.grant(MANAGER, ADMINISTRATOR)
    token = world.crm.begin_switch(MANAGER, key="now")
    assert isinstance(token, SwitchToken)
    world.roles.revoke(MANAGER)
    report = world.crm.run_switch(token)
    assert not isinstance(report, Refused)
    assert report.result == "switched"
    assert LeadId(0) not in image_of(world.store).leads
