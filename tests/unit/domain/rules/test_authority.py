"""Who may do what: levels, roles that add up, and rights that are lost between a decision and its commit.

lines: every operation of the library has its row in one of the tables.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import evolve, fields

from crmcore import (
    Activity,
    ActivityId,
    CompanyId,
    ContactId,
    Crm,
    DealId,
    Grant,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    Level,
    ModeSwitchPolicy,
    Operation,
    Page,
    PersonName,
    PipelineId,
    Reason,
    Ref,
    Refused,
    Rights,
    Role,
    SwitchToken,
    UserId,
)
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.roles import MANAGER as MANAGER_ROLE
from crmcore.domain.model.errors import StoreBusy
from crmcore.domain.model.ids import CARDS
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.protocol.commands import ImportRecords, SetAside
from crmcore.domain.rules import authority
from crmcore.domain.rules.authority import NO_RIGHTS, everything_on, may_change_roles, may_settings
from tests.building import (
    ADMIN,
    BOTH,
    MANAGER,
    OTHER,
    STRANGER,
    Scene,
    accepted,
    classic,
    interrupted,
    other_pipeline,
    refused,
)

WORKER = UserId(10)
LEAD, DEAL, CONTACT, COMPANY, WORK = LeadId(1), DealId(1), ContactId(1), CompanyId(1), ActivityId(1)


def _grants(*grants: Grant, level: Level = Level.ALL) -> Role:
    return Role(name="role", levels=dict.fromkeys(grants, level))


@pytest.mark.rule("PERM-5")
class TestRolesAddUp:
    """PERM-5. Roles add up, and for each operation the highest level counts."""

    @pytest.mark.rule("PERM-5.1")
    def test_the_highest_level_wins(self) -> None:
        """Own leads from one role and all leads from another are all leads."""
        own, every = (
            _grants(Grant(Operation.READ, Kind.LEAD), level=Level.OWN),
            _grants(Grant(Operation.READ, Kind.LEAD)),
        )
        for roles in ((own, every), (every, own)):
            assert Rights.of(roles).level(Operation.READ, Kind.LEAD) is Level.ALL
        assert Rights.of(()) == NO_RIGHTS

    def test_flags_add_up(self) -> None:
        """One role that may change settings is enough, and the same holds for export and administration."""
        settings, export = Role(name="s", settings=True), Role(name="e", export=True)
        assert Rights.of((settings, export)).may_change_settings
        assert Rights.of((export, settings)).may_export
        assert not Rights.of((export,)).may_change_settings
        assert Rights.of((export,)).may_export
        assert Rights.of((settings,)).may_export
        assert Rights.of((ADMINISTRATOR,)).may_export
        assert not NO_RIGHTS.may_export

    @pytest.mark.rule("PERM-6.8")
    @pytest.mark.parametrize(
        "role, exports, audits",
        [
            (Role(name="e", export=True), True, False),
            (Role(name="s", settings=True), True, True),
            (ADMINISTRATOR, True, True),
            (Role(name="m", levels=everything_on(*CARDS)), False, False),
        ],
    )
    def test_who_may_export_takes_the_whole_crm_out_and_no_more(self, role: Role, exports: bool, audits: bool) -> None:
        """The export right is enough for an export, and for no audit or setting; the settings right has it."""
        scene = classic()
        scene.add(title="Request")
        clerk = UserId(77)
        scene.roles.grant(clerk, role)
        assert (scene.crm.export(clerk) == scene.image()) is exports
        asked = (scene.crm.audit(clerk), scene.crm.change_settings(clerk))
        assert [isinstance(answer, Refused) for answer in asked] == [not audits] * 2
        if not exports:
            assert scene.crm.export(clerk) == Refused(Reason.NOT_PERMITTED, None, "PERM-6")

    def test_an_administrator_may_do_everything(self) -> None:
        """Every operation on every kind, in every pipeline."""
        rights = Rights.of((ADMINISTRATOR,))
        assert all(rights.level(op, kind, OTHER) is Level.ALL for op in Operation for kind in CARDS)

    def test_a_grant_for_one_pipeline_holds_there_only(self) -> None:
        """What is granted for a pipeline adds to what is granted for all of them."""
        rights = Rights.of((_grants(Grant(Operation.ADD, Kind.DEAL, OTHER)),))
        assert rights.level(Operation.ADD, Kind.DEAL, OTHER) is Level.ALL
        assert rights.level(Operation.ADD, Kind.DEAL) is Level.NONE
        general = Rights.of((_grants(Grant(Operation.ADD, Kind.DEAL), level=Level.OWN),))
        assert general.level(Operation.ADD, Kind.DEAL, OTHER) is Level.OWN

    @pytest.mark.rule("PERM-9")
    def test_the_widest_level_is_that_of_any_pipeline_and_of_this_operation_alone(self) -> None:
        """What is granted for adding, or for another kind, widens no reading."""
        levels = {
            Grant(Operation.READ, Kind.DEAL): Level.OWN,
            Grant(Operation.READ, Kind.DEAL, OTHER): Level.OPEN,
            Grant(Operation.ADD, Kind.DEAL): Level.ALL,
            Grant(Operation.READ, Kind.LEAD): Level.ALL,
        }
        rights = Rights.of((Role(name="role", levels=levels),))
        assert rights.widest(Operation.READ, Kind.DEAL) is Level.OPEN
        assert rights.widest(Operation.READ, Kind.CONTACT) is Level.NONE
        assert Rights.of((ADMINISTRATOR,)).widest(Operation.DELETE, Kind.CONTACT) is Level.ALL

    @pytest.mark.rule("DATA-1")
    @pytest.mark.parametrize(
        "build",
        [
            lambda: Grant("read", Kind.LEAD),  # type: ignore[arg-type]
            lambda: Grant(Operation.READ, "lead"),  # type: ignore[arg-type]
            lambda: Grant(Operation.READ, Kind.ACTIVITY),
            lambda: Grant(Operation.READ, Kind.LEAD, OTHER),
            lambda: Grant(Operation.READ, Kind.DEAL, "x"),  # type: ignore[arg-type]
            lambda: Role(name=5),  # type: ignore[arg-type]
            lambda: Role(name="r", levels=5),  # type: ignore[arg-type]
            lambda: Role(name="r", levels={"x": Level.ALL}),  # type: ignore[dict-item]
            lambda: Role(name="r", levels={Grant(Operation.READ, Kind.LEAD): 3}),  # type: ignore[dict-item]
            lambda: Role(name="r", settings=1),  # type: ignore[arg-type]
        ],
    )
    def test_a_right_that_cannot_be_is_refused(self, build: Callable[[], object]) -> None:
        """A grant names an operation, a kind and for deals a pipeline; a level is a level."""
        with pytest.raises(InvalidValue):
            build()


@pytest.mark.rule("PERM-5", "PERM-6")
class TestLevels:
    """PERM-5. The levels are none, own records, own records and those open to all, and all records."""

    SEEN: ClassVar[dict[Level, set[str]]] = {
        Level.NONE: set(),
        Level.OWN: {"own", "own open"},
        Level.OPEN: {"own", "own open", "open"},
        Level.ALL: {"own", "own open", "open", "closed"},
    }

    @pytest.fixture
    def scene(self) -> Scene:
        """Four leads, contacts, companies and deals: own or not, open to all or not."""
        scene = classic()
        for title, owner, opened in (
            ("own", WORKER, False),
            ("own open", WORKER, True),
            ("open", ADMIN, True),
            ("closed", ADMIN, False),
        ):
            scene.add(title=title, responsible=owner, opened=opened)
            accepted(scene.crm.add_deal(ADMIN, title=title, responsible=owner, opened=opened))
            scene.add_company(title, responsible=owner, opened=opened)
            scene.add_contact(title, responsible=owner, opened=opened)
        return scene

    @pytest.mark.rule("PERM-5.2")
    @pytest.mark.parametrize("level", list(Level))
    def test_reads_and_lists_show_what_the_level_reaches(self, scene: Scene, level: Level) -> None:
        """A record out of reach is missing from lists, and asked for by id it does not exist."""
        scene.roles.grant(WORKER, Role(name="reader", levels=everything_on(*CARDS, level=level)))
        crm, seen = scene.crm, self.SEEN[level]
        assert {each.record.title for each in crm.leads(WORKER)} == seen
        assert {each.record.title for each in crm.deals(WORKER)} == seen
        assert {each.record.title for each in crm.companies(WORKER)} == seen
        assert {each.record.name.first for each in crm.contacts(WORKER)} == seen
        assert sum(line.leads for line in crm.sources(WORKER)) == len(seen)
        for every in crm.leads(ADMIN):
            found = crm.lead(WORKER, every.record.id)
            if every.record.title in seen:
                assert found == every
            else:
                assert found == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, every.record.id))

    @pytest.mark.rule("PERM-5.3")
    @pytest.mark.parametrize("level", list(Level))
    def test_edits_reach_what_the_level_reaches(self, scene: Scene, level: Level) -> None:
        """Who may read all leads edits those that the level of updating reaches."""
        levels = {Grant(Operation.READ, Kind.LEAD): Level.ALL, Grant(Operation.UPDATE, Kind.LEAD): level}
        scene.roles.grant(WORKER, Role(name="editor", levels=levels))
        for every in list(scene.crm.leads(ADMIN)):
            answer = scene.crm.edit_lead(WORKER, every.record.id, every.version, comments="x")
            if every.record.title in self.SEEN[level]:
                accepted(answer)
            else:
                assert refused(answer) == "not_permitted"

    @pytest.mark.parametrize("level", list(Level))
    def test_additions_reach_what_the_level_reaches(self, scene: Scene, level: Level) -> None:
        """Who may add own leads may not add one for somebody else."""
        scene.roles.grant(WORKER, _grants(Grant(Operation.ADD, Kind.LEAD), level=level))
        mine = scene.crm.add_lead(WORKER, title="mine")
        others = scene.crm.add_lead(WORKER, title="others", responsible=ADMIN)
        assert isinstance(mine, Refused) is (level is Level.NONE)
        assert isinstance(others, Refused) is (level is not Level.ALL)

    def test_the_rights_on_an_activity_are_those_on_its_records(self, scene: Scene) -> None:
        """Who may update one of its records may complete it; who may read one sees it; others learn nothing."""
        crm = scene.crm
        work = scene.add_activity(Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 4))
        hidden = scene.add_activity(Ref(Kind.LEAD, 4))
        scene.roles.grant(WORKER, Role(name="reader", levels=everything_on(Kind.LEAD, level=Level.OWN)))
        accepted(crm.complete_activity(WORKER, work))
        assert accepted(crm.activity(WORKER, work)).record.completed
        assert accepted(crm.bindings(WORKER, work)) == {Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 4)}
        for answer in (
            crm.activity(WORKER, hidden),
            crm.bindings(WORKER, hidden),
            crm.complete_activity(WORKER, hidden),
            crm.delete_activity(WORKER, hidden),
            crm.edit_activity(WORKER, hidden, 1, subject="x"),
            crm.reopen_activity(WORKER, hidden),
            crm.bind_activity(WORKER, hidden, Ref(Kind.LEAD, 1)),
            crm.bind_activity(WORKER, work, Ref(Kind.LEAD, 5)),
            crm.activities(WORKER, of=Ref(Kind.LEAD, 4)),
            crm.unbind_activity(WORKER, work, Ref(Kind.LEAD, 4)),
        ):
            assert refused(answer) == "unknown_record"
        reader = UserId(11)
        scene.roles.grant(reader, _grants(Grant(Operation.READ, Kind.LEAD)))
        answer = crm.complete_activity(reader, hidden)
        assert answer == Refused(Reason.NOT_PERMITTED, Ref(Kind.ACTIVITY, hidden), "PERM-6")


Ask = Callable[[Crm, UserId], object]


def _drained(found: Iterator[Any]) -> object:
    """A list of records that one may not read is empty, not refused."""
    return Refused(Reason.NOT_PERMITTED) if not list(found) else found


def _paged(page: Page[Any]) -> object:
    """So is a page, and it says nothing of what may come behind it."""
    return page if page.records else Refused(Reason.NOT_PERMITTED if page == Page() else Reason.UNKNOWN_RECORD)


#: Every command and read, with what a stranger and a manager (all records, no settings) are told; `None` is accepted.
ASKED: list[tuple[str, Ask, str, str | None]] = [
    ("add_lead", lambda crm, who: crm.add_lead(who, title="x"), "not_permitted", None),
    ("copy_lead", lambda crm, who: crm.copy_lead(who, LEAD), "unknown_record", None),
    ("edit_lead", lambda crm, who: crm.edit_lead(who, LEAD, 2, title="x"), "unknown_record", None),
    ("close_lead", lambda crm, who: crm.close_lead(who, LEAD), "unknown_record", None),
    ("reopen_lead", lambda crm, who: crm.reopen_lead(who, LEAD), "unknown_record", None),
    ("delete_lead", lambda crm, who: crm.delete_lead(who, LEAD), "unknown_record", None),
    ("erasure", lambda crm, who: crm.erasure(who, Ref(Kind.LEAD, LEAD)), "unknown_record", None),
    ("erase", lambda crm, who: crm.erase(who, Ref(Kind.LEAD, LEAD)), "unknown_record", None),
    ("convert_lead", lambda crm, who: crm.convert_lead(who, LEAD, policy=BOTH), "unknown_record", None),
    ("convert_leads", lambda crm, who: crm.convert_leads(who, [LEAD])[0], "unknown_record", None),
    ("add_deal", lambda crm, who: crm.add_deal(who, title="x"), "not_permitted", None),
    ("edit_deal", lambda crm, who: crm.edit_deal(who, DEAL, 2, title="x"), "unknown_record", None),
    ("delete_deal", lambda crm, who: crm.delete_deal(who, DEAL), "unknown_record", None),
    ("add_contact", lambda crm, who: crm.add_contact(who, name=PersonName(first="x")), "not_permitted", None),
    ("edit_contact", lambda crm, who: crm.edit_contact(who, CONTACT, 1, job_title="x"), "unknown_record", None),
    ("delete_contact", lambda crm, who: crm.delete_contact(who, CONTACT), "unknown_record", None),
    ("add_company", lambda crm, who: crm.add_company(who, title="x"), "not_permitted", None),
    ("edit_company", lambda crm, who: crm.edit_company(who, COMPANY, 1, title="x"), "unknown_record", None),
    ("delete_company", lambda crm, who: crm.delete_company(who, COMPANY), "unknown_record", None),
    ("add_activity", lambda crm, who: crm.add_activity(who, of=[Ref(Kind.LEAD, 1)]), "unknown_record", None),
    ("complete_activity", lambda crm, who: crm.complete_activity(who, WORK), "unknown_record", None),
    ("edit_activity", lambda crm, who: crm.edit_activity(who, WORK, 1, subject="x"), "unknown_record", None),
    ("reopen_activity", lambda crm, who: crm.reopen_activity(who, WORK), "unknown_record", None),
    (
        "bind_activity",
        lambda crm, who: crm.bind_activity(who, WORK, Ref(Kind.DEAL, 1)),
        "unknown_record",
        None,
    ),
    (
        "unbind_activity",
        lambda crm, who: crm.unbind_activity(who, WORK, Ref(Kind.DEAL, 1)),
        "unknown_record",
        None,
    ),
    ("delete_activity", lambda crm, who: crm.delete_activity(who, WORK), "unknown_record", None),
    ("take_inquiry", lambda crm, who: crm.take_inquiry(who, channel="call"), "not_permitted", None),
    (
        "define_lead_stages",
        lambda crm, who: crm.define_lead_stages(who, DEFAULT_LEAD_STAGES, 1),
        "not_permitted",
        "not_permitted",
    ),
    (
        "define_pipeline",
        lambda crm, who: crm.define_pipeline(who, other_pipeline()),
        "not_permitted",
        "not_permitted",
    ),
    ("archive_pipeline", lambda crm, who: crm.archive_pipeline(who, OTHER), "not_permitted", "not_permitted"),
    ("change_settings", lambda crm, who: crm.change_settings(who), "not_permitted", "not_permitted"),
    (
        "import_records",
        lambda crm, who: crm.import_records(who, ImportRecords(leads=_some_leads())),
        "not_permitted",
        None,
    ),
    (
        "import_in_parts",
        lambda crm, who: crm.import_in_parts(who, "k", [ImportRecords(leads=_some_leads())]),
        "not_permitted",
        None,
    ),
    ("preview_switch", lambda crm, who: crm.preview_switch(who), "not_permitted", "not_permitted"),
    ("begin_switch", lambda crm, who: crm.begin_switch(who, key="k"), "not_permitted", "not_permitted"),
    ("resume_switch", lambda crm, who: crm.resume_switch(who), "not_permitted", "not_permitted"),
    ("retry_switch", lambda crm, who: crm.retry_switch(who), "not_permitted", "not_permitted"),
    ("cancel_switch", lambda crm, who: crm.cancel_switch(who), "not_permitted", "not_permitted"),
    ("switch_to_classic", lambda crm, who: crm.switch_to_classic(who), "not_permitted", "not_permitted"),
    ("switch_to_simple", lambda crm, who: crm.switch_to_simple(who, key="k"), "not_permitted", "not_permitted"),
    ("switch_status", lambda crm, who: crm.switch_status(who), "not_permitted", "not_permitted"),
    ("audit", lambda crm, who: crm.audit(who), "not_permitted", "not_permitted"),
    ("export", lambda crm, who: crm.export(who), "not_permitted", "not_permitted"),
    ("events", lambda crm, who: crm.events(who), "not_permitted", "not_permitted"),
    ("lead", lambda crm, who: crm.lead(who, LEAD), "unknown_record", None),
    ("deal", lambda crm, who: crm.deal(who, DEAL), "unknown_record", None),
    ("contact", lambda crm, who: crm.contact(who, CONTACT), "unknown_record", None),
    ("company", lambda crm, who: crm.company(who, COMPANY), "unknown_record", None),
    ("activity", lambda crm, who: crm.activity(who, WORK), "unknown_record", None),
    ("activities", lambda crm, who: crm.activities(who, of=Ref(Kind.LEAD, 1)), "unknown_record", None),
    ("bindings", lambda crm, who: crm.bindings(who, WORK), "unknown_record", None),
    ("leads", lambda crm, who: _drained(crm.leads(who)), "not_permitted", None),
    ("deals", lambda crm, who: _drained(crm.deals(who)), "not_permitted", None),
    ("contacts", lambda crm, who: _drained(crm.contacts(who)), "not_permitted", None),
    ("companies", lambda crm, who: _drained(crm.companies(who)), "not_permitted", None),
    ("lead_page", lambda crm, who: _paged(crm.lead_page(who)), "not_permitted", None),
    ("deal_page", lambda crm, who: _paged(crm.deal_page(who)), "not_permitted", None),
    ("contact_page", lambda crm, who: _paged(crm.contact_page(who)), "not_permitted", None),
    ("company_page", lambda crm, who: _paged(crm.company_page(who)), "not_permitted", None),
    ("activity_page", lambda crm, who: _paged(crm.activity_page(who)), "not_permitted", None),
    ("switch_page", lambda crm, who: crm.switch_page(who), "not_permitted", "not_permitted"),
    ("last_switch", lambda crm, who: crm.last_switch(who), "not_permitted", "not_permitted"),
    ("switch_named", lambda crm, who: crm.switch_named(who, "k"), "not_permitted", "not_permitted"),
    ("active_leads", lambda crm, who: crm.active_leads(who), "not_permitted", "not_permitted"),
    ("sources", lambda crm, who: _drained(iter(crm.sources(who))), "not_permitted", None),
]


ASKED_BY_NAME = {name: ask for name, ask, *_ in ASKED}
#: What never commits.
READS = frozenset(
    {"lead", "deal", "contact", "company", "activity", "activities", "bindings"}
    | {"leads", "deals", "contacts", "companies", "sources", "erasure"}
    | {"lead_page", "deal_page", "contact_page", "company_page", "activity_page"}
)


def _some_leads() -> tuple[Lead, ...]:
    stage = DEFAULT_LEAD_STAGES.entry
    return (Lead(id=LeadId(50), stage=stage.code, semantics=stage.semantics, responsible=MANAGER),)


def _full() -> Scene:
    scene = classic()
    scene.add(title="Request")
    accepted(scene.crm.add_deal(ADMIN, title="Deal"))
    scene.add_contact()
    scene.add_company()
    scene.add_activity(Ref(Kind.LEAD, 1), Ref(Kind.DEAL, 1))
    return scene


@pytest.mark.rule("PERM-6.1", "PERM-6.2", "PERM-1")
@pytest.mark.parametrize("ask, told", [pytest.param(ask, told, id=name) for name, ask, told, _ in ASKED])
def test_a_stranger_is_refused_everything_and_nothing_changes(ask: Ask, told: str) -> None:
    """Without a role, each command and each read is refused, to the last version number without a trace."""
    scene = _full()
    before, versions = scene.image(), list(scene.crm.leads(ADMIN))
    assert refused(ask(scene.crm, STRANGER)) == told
    assert (scene.image(), list(scene.crm.leads(ADMIN))) == (before, versions)


@pytest.mark.rule("PERM-6.6", "PERM-1")
@pytest.mark.parametrize("ask, told", [pytest.param(ask, told, id=name) for name, ask, _, told in ASKED])
def test_a_manager_works_with_records_and_may_not_touch_the_settings(ask: Ask, told: str | None) -> None:
    """All rights on records are not the right to change CRM settings."""
    scene = _full()
    before = scene.image()
    answer = ask(scene.crm, MANAGER)
    if told is None:
        accepted(answer)
    else:
        assert refused(answer) == told
        assert scene.image() == before


@pytest.mark.rule("PERM-5", "PERM-6.7")
def test_each_right_without_a_level_decides_something() -> None:
    """It changes the answer to a question of `Rights`, and each question is asked."""
    questions = [name for name in dir(Rights) if name.startswith("may_")]
    for right in (each.name for each in fields(Rights) if each.name != "levels"):
        given: dict[str, Any] = {right: True}
        assert [name for name in questions if getattr(Rights(**given), name)], f"no question is answered by {right}"
    home = Path(authority.__file__)
    texts = [path.read_text("utf-8") for path in home.parents[2].rglob("*.py") if "testing" not in path.parts]
    asked = {name for name in questions for text in texts if f".{name}" in text}
    assert set(questions) == asked


@pytest.mark.rule("PERM-6")
def test_the_table_asks_every_public_method() -> None:
    """No command or read is left out, but those that need no right: tokens, and what is on everybody's screen."""
    free = {"run", "convert_chunk", "finish_switch", "run_switch", "switch_report"}
    free |= {"mode", "settings", "pipelines", "lead_stages", "has_classic", "outcomes"}
    public = {name for name in dir(Crm) if not name.startswith("_")}
    assert {name for name, *_ in ASKED} == public - free


@pytest.mark.rule("PERM-6", "PERM-3.3")
def test_outcomes_are_for_those_with_the_settings_right() -> None:
    """Others see none."""
    scene = _full()
    report = scene.switch()
    assert report.token is not None
    assert len(list(scene.crm.outcomes(ADMIN, report.token.epoch))) == 1
    assert list(scene.crm.outcomes(MANAGER, report.token.epoch)) == []


@pytest.mark.rule("PERM-3.1", "PERM-3.2")
def test_the_settings_right_alone_is_not_the_right_to_create() -> None:
    """Beginning also needs the right to add each kind that the policy creates, here and in that pipeline."""
    scene = _full()
    scene.add_other_pipeline()
    boss = Role(name="boss", settings=True)
    scene.roles.grant(WORKER, boss)
    for policy in (ModeSwitchPolicy(), BOTH):
        assert refused(scene.crm.begin_switch(WORKER, key="k", policy=policy)) == "not_permitted"
    scene.roles.grant(WORKER, _grants(Grant(Operation.ADD, Kind.DEAL, OTHER), Grant(Operation.ADD, Kind.CONTACT)))
    answer = scene.crm.begin_switch(WORKER, key="k")
    assert answer == Refused(Reason.NOT_PERMITTED, Ref(Kind.PIPELINE, 0), "PERM-3")
    answer = scene.crm.begin_switch(WORKER, key="k", policy=ModeSwitchPolicy(pipeline_id=OTHER))
    assert isinstance(answer, SwitchToken)


@pytest.mark.rule("PERM-3", "SWITCH-5")
def test_leads_hidden_from_the_person_are_not_left_behind() -> None:
    """Who may begin but sees no lead converts all of them."""
    scene = _full()
    adds = [Grant(Operation.ADD, kind) for kind in (Kind.DEAL, Kind.CONTACT)]
    scene.roles.grant(WORKER, Role(name="boss", settings=True, levels=dict.fromkeys(adds, Level.ALL)))
    assert list(scene.crm.leads(WORKER)) == []
    assert accepted(scene.crm.switch_to_simple(WORKER, key="k")).totals.converted == 1


@pytest.mark.rule("PERM-4.4")
def test_a_running_worker_goes_on_after_revocation() -> None:
    """The token converts and finishes; begin, resume, retry and cancel are gone with the right."""
    scene = _full()
    token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
    assert isinstance(token, SwitchToken)
    scene.roles.revoke(ADMIN)
    for answer in (
        scene.crm.begin_switch(ADMIN, key="k"),
        scene.crm.resume_switch(ADMIN),
        scene.crm.retry_switch(ADMIN),
        scene.crm.cancel_switch(ADMIN),
    ):
        assert refused(answer) == "not_permitted"
    assert accepted(scene.crm.run_switch(token)).result == "switched"


@pytest.mark.rule("PERM-3.5", "PERM-4.1")
def test_what_a_switch_creates_is_judged_at_its_beginning_only() -> None:
    """With the settings right alone one cannot begin, and can resume, retry and go on with what another has begun."""
    scene = _full()
    scene.roles.grant(WORKER, Role(name="boss", settings=True))
    assert refused(scene.crm.begin_switch(WORKER, key="k")) == "not_permitted"
    accepted(scene.crm.begin_switch(ADMIN, key="k"))
    accepted(scene.crm.retry_switch(WORKER))
    token = accepted(scene.crm.resume_switch(WORKER))
    assert accepted(scene.crm.run_switch(token)).result == "switched"


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(ask, id=name)
        for name, ask, _, told in ASKED
        if told is None and "activit" not in name and name not in READS
    ],
)
def test_a_right_revoked_between_decision_and_commit_refuses(ask: Ask) -> None:
    """The right is judged at the serial point: taken away just before it, the command is refused and writes nothing."""
    scene, store = interrupted()
    _fill(scene)
    if ask is ASKED_BY_NAME["reopen_lead"]:
        accepted(scene.crm.close_lead(ADMIN, LEAD))
    before = scene.image()
    store.overtake(lambda: scene.roles.revoke(MANAGER))
    assert refused(ask(scene.crm, MANAGER)) in ("not_permitted", "unknown_record")
    assert not store.is_armed
    assert scene.image() == before


def _fill(scene: Scene) -> None:
    scene.add(title="Request")
    accepted(scene.crm.add_deal(ADMIN, title="Deal"))
    scene.add_contact()
    scene.add_company()
    scene.add_activity(Ref(Kind.LEAD, 1), Ref(Kind.DEAL, 1))


@pytest.mark.rule("PERM-2", "PERM-1.2")
@pytest.mark.parametrize("name", ["begin_switch", "cancel_switch", "retry_switch", "switch_to_classic"])
def test_the_settings_right_revoked_in_between_refuses(name: str) -> None:
    """The mode does not move for somebody who was an administrator a moment ago."""
    scene, store = interrupted()
    _fill(scene)
    if name in ("cancel_switch", "retry_switch"):
        token = accepted(scene.crm.begin_switch(ADMIN, key="live"))
        assert isinstance(token, SwitchToken)
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=LEAD, code="x")))
    if name == "switch_to_classic":
        scene.switch()
    before = scene.image()
    store.overtake(lambda: scene.roles.revoke(ADMIN))
    method = getattr(scene.crm, name)
    answer = method(ADMIN, key="k") if name == "begin_switch" else method(ADMIN)
    assert not store.is_armed
    assert refused(answer) == "not_permitted"
    assert scene.image() == before


@pytest.mark.rule("PERM-2.2", "PLAN-1.1", "MODE-3", "PLAN-2.1", "MODE-6.2")
def test_a_plan_lost_in_between_refuses_classic_and_turns_a_new_lead_into_a_deal() -> None:
    """What the plan says counts at the commit: cancelling is refused, a lead that was to stay is converted."""
    scene, store = interrupted()
    accepted(scene.crm.begin_switch(ADMIN, key="k"))
    store.overtake(lambda: setattr(scene.plan, "classic", False))
    assert refused(scene.crm.cancel_switch(ADMIN)) == "plan_without_classic"
    scene, store = interrupted()
    store.overtake(lambda: setattr(scene.plan, "classic", False))
    assert not scene.lead(scene.add(title="Request")).is_active
    scene, store = interrupted()
    scene.switch()
    store.overtake(lambda: setattr(scene.plan, "classic", False))
    assert refused(scene.crm.switch_to_classic(ADMIN)) == "plan_without_classic"


@pytest.mark.rule("PERM-2.1")
def test_rights_that_never_settle_make_the_store_busy() -> None:
    """Where the answer differs each time it is asked, no command ends, and nothing is written."""

    class Flickering:
        asked = 0

        def rights(self, actor: UserId) -> Rights:
            self.asked += 1
            return Rights(administrator=True, export=bool(self.asked % 2))

    scene = classic()
    crm = Crm(store=scene.store, permissions=Flickering(), plan=scene.plan, clock=scene.clock)
    before = scene.image()
    with pytest.raises(StoreBusy):
        crm.add_lead(ADMIN, title="x")
    assert scene.image() == before


@pytest.mark.rule("PERM-6")
def test_linking_to_a_hidden_client_answers_as_if_it_did_not_exist() -> None:
    """Nobody learns by a link whether a client exists."""
    scene = _full()
    scene.roles.grant(WORKER, Role(name="leads", levels=everything_on(Kind.LEAD, Kind.DEAL)))
    lead = _some_leads()[0]
    for contact_id in (CONTACT, ContactId(99)):
        unknown = Refused(Reason.UNKNOWN_RECORD, Ref(Kind.CONTACT, contact_id))
        assert scene.crm.add_lead(WORKER, contact_id=contact_id) == unknown
        assert scene.crm.edit_lead(WORKER, LEAD, 2, contact_id=contact_id) == unknown
        assert scene.crm.add_deal(WORKER, contact_id=contact_id) == unknown
        linked = evolve(lead, contact_id=contact_id)
        assert scene.crm.import_records(WORKER, ImportRecords(leads=(linked,))) == unknown


@pytest.mark.rule("PERM-6.3", "IMPORT-1")
def test_importing_activities_asks_for_the_leads_they_are_bound_to() -> None:
    """Who may add leads but not update them cannot attach work to a lead, nor learn whether it is there."""
    scene = _full()
    work = Activity(id=ActivityId(60), subject="x")
    records = ImportRecords(activities=((work, frozenset({Ref(Kind.LEAD, 1)})),))
    assert refused(scene.crm.import_records(STRANGER, records)) == "not_permitted"
    blind = UserId(78)
    scene.roles.grant(blind, _grants(Grant(Operation.ADD, Kind.LEAD)))
    hidden = scene.crm.import_records(blind, records)
    assert hidden == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 1))
    missing = ImportRecords(activities=((work, frozenset({Ref(Kind.LEAD, 99)})),))
    assert scene.crm.import_records(blind, missing) == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 99))
    scene.roles.grant(WORKER, _grants(Grant(Operation.ADD, Kind.LEAD), Grant(Operation.READ, Kind.LEAD)))
    assert refused(scene.crm.import_records(WORKER, records)) == "not_permitted"
    accepted(scene.crm.import_records(MANAGER, records))
    again = accepted(scene.crm.import_records(WORKER, records))
    assert again.skipped == (Ref(Kind.ACTIVITY, 60),)


@pytest.mark.rule("PERM-8.1")
def test_only_administrators_change_roles() -> None:
    """The settings right alone is not enough, and nobody's rights are not either."""
    after = [[ADMINISTRATOR], [MANAGER_ROLE]]
    assert may_change_roles(Rights.of([ADMINISTRATOR]), after) is None
    for rights in (NO_RIGHTS, Rights(settings=True), Rights.of([MANAGER_ROLE])):
        assert may_change_roles(rights, after) == Refused(Reason.NOT_PERMITTED, None, "PERM-8")


@pytest.mark.rule("PERM-8.2")
def test_the_last_administrator_stays() -> None:
    """Not even an administrator leaves the CRM without one."""
    by = Rights.of([ADMINISTRATOR])
    left: list[list[list[Role]]] = [[], [[]], [[MANAGER_ROLE], []]]
    for after in left:
        assert may_change_roles(by, after) == Refused(Reason.NOT_PERMITTED, None, "PERM-8")


@pytest.mark.rule("PERM-1")
def test_the_rule_of_a_settings_refusal_is_perm_1_unless_said_otherwise() -> None:
    """Commands about the mode are PERM-1, all others name their rule."""
    nobody = Role(name="nobody")
    rights = Rights.of([nobody])
    assert may_settings(rights) == Refused(Reason.NOT_PERMITTED, None, "PERM-1")
    assert may_settings(rights, "PERM-6") == Refused(Reason.NOT_PERMITTED, None, "PERM-6")


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize(
    "build, field, expected",
    [
        (
            lambda: Grant(Operation.READ, Kind.ACTIVITY),
            "Grant.kind",
            "lead, deal, contact or company",
        ),
        (lambda: Grant(Operation.READ, Kind.DEAL, PipelineId(-1)), "Grant.pipeline_id", None),
        (lambda: Grant(Operation.READ, Kind.LEAD, PipelineId(0)), "Grant.pipeline_id", "no pipeline, except for deals"),
        (lambda: Role(name="x", levels={"read": Level.ALL}), "Role.levels", "Grant"),  # type: ignore[dict-item]  # wrong
        (
            lambda: Role(name="x", levels={Grant(Operation.READ, Kind.LEAD): 3}),  # type: ignore[dict-item]  # wrong
            "Role.levels",
            "Level",
        ),
        (lambda: Role(name="x", export=1), "Role.export", "bool"),  # type: ignore[arg-type]  # wrong
    ],
)
def test_a_wrong_grant_says_where_and_what_would_be_right(
    build: Callable[[], object], field: str, expected: str | None
) -> None:
    """The error names the field and what was expected."""
    with pytest.raises(InvalidValue) as caught:
        build()
    assert caught.value.field == field
    assert expected is None or caught.value.expected == expected
