"""Other CRMs in the same tables, with the same ids on both sides: nothing of theirs is read, and nothing is written."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

from crmcore import CrmError, Kind, LeadId, Ref
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.ids import NUMBERED, TABLES, ActivityId, CompanyId, ContactId, DealId, PipelineId, StageCode
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import all_versions
from crmcore.testing.contracts.reference import QUERIES
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import busy_crm
from crmcore.testing.field_paths import differing
from tests.sql.conftest import Database
from tests.sql.servers import Portals

POINTS = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
_ACTIVE = busy_crm().leads[LeadId(10)]
assert isinstance(_ACTIVE, Lead)
#: In a stage that no lead of the CRM in the middle is in.
_LAST = evolve(_ACTIVE, id=LeadId(16_000), stage=StageCode("LATER"))
#: With an id above those of the neighbours.
IMPORTED = evolve(_LAST, id=LeadId(20_000), stage=StageCode("NEW"))
NEIGHBOUR = evolve(busy_crm(), leads={**busy_crm().leads, _LAST.id: _LAST})
PARTS = (
    "leads",
    "matches",
    "client_deals",
    "lead_activities",
    "shared",
    "ledger",
    "marks",
    "tally",
    "backlog",
    "stages_in_use",
)
CLOSING = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)


@pytest.fixture
def three(database: Database) -> Iterator[tuple[Store, Store, Store]]:
    """Three CRMs with the same records, of which the middle one is used; the first has been used in the same way."""
    portals = Portals(database.url, database.schema)
    first = InMemoryStore(busy_crm())
    _used(first)
    yield portals.store(image_of(first)), portals.store(busy_crm()), portals.store(NEIGHBOUR)
    portals.close()


@pytest.mark.rule("SWITCH-11", "DATA-1")
def test_a_crm_among_others_is_used_as_if_it_were_alone(three: tuple[Store, Store, Store]) -> None:
    """Every answer, record, version and id is that of the same CRM in memory, and the others stay as they were."""
    before, used, after = three
    alone = InMemoryStore(busy_crm())
    given = [_all_of(before), _all_of(after)]
    answers, expected = _used(used), _used(alone)

    assert [name for name in expected if answers[name] != expected[name]] == []
    assert _all_of(used) == _all_of(alone)
    assert [_all_of(before), _all_of(after)] == given
    last = [image for image, *_ in given]
    assert [[store.reserve(kind, 1)[0] for kind in NUMBERED] for store in (before, after)] == [
        [max(getattr(image, TABLES[kind])) + 1 for kind in NUMBERED] for image in last
    ]


@pytest.mark.rule("DATA-1")
def test_a_question_finds_nothing_of_the_others(three: tuple[Store, Store, Store]) -> None:
    """A CRM whose neighbours are full answers like the same CRM in memory."""
    _, used, _ = three
    alone = InMemoryStore(busy_crm())
    for store in (used, alone):  # from now on it is bound to a lead alone, and in the other CRMs to a client as well
        accepted(Scene(store).crm.unbind_activity(ADMIN, ActivityId(408), Ref(Kind.CONTACT, 201)))
    for asked, query in QUERIES.items():
        found, expected = used.snapshot(query), alone.snapshot(query)
        for name in PARTS:
            assert differing(getattr(found, name), getattr(expected, name), name) == [], asked


def _all_of(store: Store) -> Any:
    """Every record, and every version."""
    return Scene(store).image(), all_versions(store), store.page(Kind.BINDING), store.page(Kind.OUTCOME)


def _used(store: Store) -> dict[str, Any]:
    """What a day's work in a CRM answers, step by step; it writes every table."""
    scene = Scene(store)
    crm = scene.crm
    lead, other = Ref(Kind.LEAD, 20008), Ref(Kind.LEAD, 3)
    stages = crm.lead_stages()
    fewer = tuple(stage for stage in stages.record.stages if stage.code != "LATER")
    pipeline = crm.pipelines()[1]
    steps: dict[str, Callable[[], Any]] = {
        "a client taken away": lambda: crm.unbind_activity(ADMIN, ActivityId(408), Ref(Kind.CONTACT, 201)),
        "a shared one": lambda: crm.add_activity(ADMIN, of=(Ref(Kind.LEAD, 9), Ref(Kind.LEAD, 10))),
        "what was set aside": lambda: scene.crm.retry_switch(ADMIN),
        "its end before time": lambda: crm.cancel_switch(ADMIN),
        "one that completes": lambda: crm.begin_switch(ADMIN, key="completes", policy=CLOSING),
        "the whole of it": lambda: crm.run_switch(crm.resume_switch(ADMIN), chunk=1),  # type: ignore[arg-type]  # a switch is live
        "its outcomes": lambda: list(crm.outcomes(ADMIN, crm.settings().epoch)),
        "an inquiry": lambda: crm.take_inquiry(ADMIN, channel="call", key="new", contact_points=POINTS),
        "the way back": lambda: crm.switch_to_classic(ADMIN),
        "fewer stages": lambda: crm.define_lead_stages(ADMIN, LeadStages(stages=fewer), stages.version),
        "a pipeline": lambda: crm.define_pipeline(ADMIN, evolve(pipeline.record, name="Other"), pipeline.version),
        "an archived one": lambda: crm.archive_pipeline(ADMIN, PipelineId(7)),
        "an import": lambda: crm.import_records(ADMIN, ImportRecords(leads=(IMPORTED,), activities=())),
        "leads": lambda: [crm.add_lead(ADMIN, contact_points=POINTS, comments=str(n)) for n in range(12)],
        "activities": lambda: [crm.add_activity(ADMIN, of=(Ref(Kind.LEAD, 20_004 + n), lead)) for n in range(3)],
        "another": lambda: crm.add_activity(
            ADMIN, of=(Ref(Kind.LEAD, 20004), Ref(Kind.LEAD, 20008), Ref(Kind.CONTACT, 201))
        ),
        "one taken away": lambda: crm.unbind_activity(ADMIN, ActivityId(414), lead),
        "one completed": lambda: crm.complete_activity(ADMIN, ActivityId(402)),
        "one deleted": lambda: crm.delete_activity(ADMIN, ActivityId(403)),
        "a lead closed": lambda: crm.close_lead(ADMIN, LeadId(20006)),
        "a lead reopened": lambda: crm.reopen_lead(ADMIN, LeadId(20006)),
        "a lead deleted": lambda: crm.delete_lead(ADMIN, LeadId(20007)),
        "a lead converted": lambda: crm.convert_lead(ADMIN, LeadId(20005), policy=CLOSING),
        "an edited lead": lambda: crm.edit_lead(ADMIN, LeadId(20009), 1, stage=StageCode("PROCESSED")),
        "an edited deal": lambda: crm.edit_deal(ADMIN, DealId(101), 1, comments="edited"),
        "an edited contact": lambda: crm.edit_contact(ADMIN, ContactId(201), 1, contact_points=()),
        "an edited company": lambda: crm.edit_company(ADMIN, CompanyId(301), 1, contact_points=POINTS),
        "what is bound": lambda: crm.activities(ADMIN, of=other),
        "the preview": lambda: crm.preview_switch(ADMIN, CLOSING),
        "a switch": lambda: crm.begin_switch(ADMIN, key="another", policy=CLOSING),
        "its chunk": lambda: crm.convert_chunk(crm.resume_switch(ADMIN), 4),  # type: ignore[arg-type]  # as above
        "its numbers": lambda: crm.switch_status(ADMIN),
        "its end": lambda: crm.cancel_switch(ADMIN),
        "one more": lambda: crm.switch_to_simple(ADMIN, key="last", policy=CLOSING, chunk=3),
        "the sources": lambda: crm.sources(ADMIN),
        "the laws": lambda: crm.audit(ADMIN),
        "new ids": lambda: [store.reserve(kind, 2) for kind in NUMBERED],
    }
    return {name: _answer(step) for name, step in steps.items()}


def _answer(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except CrmError as error:
        return repr(error)
