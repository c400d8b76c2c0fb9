"""What each command says about a wrong argument: its name, and what would have been right (DATA-1, DATA-2)."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import crmcore
from crmcore import InvalidValue, Kind, Ref, StageSemantics
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.protocol.commands import BINDINGS_LIMIT, bindings_from
from crmcore.ports import Listing

X: Any = "x"
FIVE: Any = 5
#: As a caller without a type checker uses it.
c: Any = crmcore
LEAD: Any = c.Lead(id=1, responsible=1, stage="NEW", semantics=StageSemantics.IN_PROCESS)
LEAD_1 = Ref(Kind.LEAD, 1)
MANY = frozenset(Ref(Kind.LEAD, each) for each in range(1, 1001))
CALL: Any = c.Activity(id=1)
TOKEN = c.SwitchToken("k", 1)
ID, ID_OR_0 = "a whole number from 1 to 9223372036854775807", "a whole number from 0 to 9223372036854775807"
IMPORTED = "a whole number from 1 to 4611686018427387904"
CODE = "a code of 1 to 100 printable characters without spaces"
KEY = "1 to 100 printable characters"
LEAD_FIELDS = (
    "one of the fields address, amount, birth_date, comments, company_id, company_title, contact_id, contact_points, "
    "custom, job_title, name, observers, opened, origin, responsible, source, source_description, stage, "
    "stage_description, title, utm"
)

INQUIRY_FIELDS = (
    "one of the fields address, amount, birth_date, comments, company_title, contact_points, custom, job_title, name, "
    "observers, opened, origin, responsible, source, source_description, stage_description, title, utm"
)
DEAL_FIELDS = (
    "one of the fields address, amount, comments, company_id, contact_id, custom, opened, origin, pipeline_id, "
    "responsible, source, source_description, stage, title, utm"
)
COMPANY_FIELDS = "one of the fields address, comments, contact_points, custom, opened, origin, responsible, title, utm"

WRONG: list[tuple[str, str, Callable[[], object]]] = [
    ("lead.what", LEAD_FIELDS, lambda: c.AddLead(fields={"what": 1})),
    ("lead.?", LEAD_FIELDS, lambda: c.AddLead(fields={5: 1})),
    ("fields", "Mapping", lambda: c.AddLead(fields=5)),
    ("lead.title", "str", lambda: c.AddLead(fields={"title": 5})),
    ("lead.stage", CODE, lambda: c.AddLead(fields={"stage": ""})),
    ("key", KEY, lambda: c.AddLead(key="", fields={})),
    ("key", "str", lambda: c.AddLead(key=5, fields={})),
    ("lead_id", ID, lambda: c.CopyLead(lead_id=0)),
    ("key", KEY, lambda: c.CopyLead(lead_id=1, key=" ")),
    ("kind", "Kind", lambda: c.AddRecord(kind="deal", fields={})),
    ("kind", "deal, contact or company", lambda: c.AddRecord(kind=Kind.LEAD, fields={})),
    ("deal.observers", DEAL_FIELDS, lambda: c.AddRecord(kind=Kind.DEAL, fields={"observers": ()})),
    ("key", KEY, lambda: c.AddRecord(kind=Kind.CONTACT, key="\n", fields={})),
    ("ref", "Ref", lambda: c.EditRecord(ref=5, version=1, fields={})),
    (
        "ref",
        "references to leads, deals, contacts or companies",
        lambda: c.EditRecord(ref=Ref(Kind.SWITCH, "k"), version=1, fields={}),
    ),
    ("ref", ID, lambda: c.EditRecord(ref=Ref(Kind.LEAD, 0), version=1, fields={})),
    ("version", ID, lambda: c.EditRecord(ref=Ref(Kind.LEAD, 1), version=0, fields={})),
    (
        "company.amount",
        COMPANY_FIELDS,
        lambda: c.EditRecord(ref=Ref(Kind.COMPANY, 1), version=1, fields={"amount": None}),
    ),
    ("lead_id", ID, lambda: c.CloseLead(lead_id=0)),
    ("stage", CODE, lambda: c.CloseLead(lead_id=1, stage="")),
    ("lead_id", "int", lambda: c.ReopenLead(lead_id="1")),
    ("lead_id", ID, lambda: c.DeleteLead(lead_id=0)),
    ("lead_id", ID, lambda: c.ConvertLead(lead_id=0)),
    ("policy", "ModeSwitchPolicy", lambda: c.ConvertLead(lead_id=1, policy=X)),
    (
        "activity.what",
        "one of the fields completed, deadline, description, kind, responsible, subject",
        lambda: c.AddActivity(bound_to=frozenset({LEAD_1}), fields={"what": 1}),
    ),
    ("bound_to", "frozenset", lambda: c.AddActivity(bound_to=[LEAD_1], fields={})),
    (
        "bound_to",
        "1 to 200 leads, deals, contacts and companies",
        lambda: c.AddActivity(bound_to=frozenset(), fields={}),
    ),
    ("bound_to", "1 to 200 leads, deals, contacts and companies", lambda: c.AddActivity(bound_to=MANY, fields={})),
    ("bound_to", "Ref", lambda: c.AddActivity(bound_to=frozenset({5}), fields={})),
    ("bound_to", ID, lambda: c.AddActivity(bound_to=frozenset({Ref(Kind.LEAD, 0)}), fields={})),
    ("key", KEY, lambda: c.AddActivity(bound_to=frozenset({LEAD_1}), key="", fields={})),
    ("of", "Iterable", lambda: bindings_from("of", FIVE)),
    ("of", "1 to 200 leads, deals, contacts and companies", lambda: bindings_from("of", [])),
    ("of", "1 to 200 leads, deals, contacts and companies", lambda: bindings_from("of", MANY)),
    ("of", "references to leads, deals, contacts or companies", lambda: bindings_from("of", [Ref(Kind.PIPELINE, 1)])),
    ("activity_id", ID, lambda: c.CompleteActivity(activity_id=0)),
    ("activity_id", ID, lambda: c.UnbindActivity(activity_id=0, ref=LEAD_1)),
    ("ref", "Ref", lambda: c.UnbindActivity(activity_id=1, ref=5)),
    ("activity_id", ID, lambda: c.DeleteActivity(activity_id=0)),
    ("activity_id", ID, lambda: c.EditActivity(activity_id=0, version=1, fields={})),
    ("channel", CODE, lambda: c.TakeInquiry(channel="a b", fields={})),
    ("lead.stage", INQUIRY_FIELDS, lambda: c.TakeInquiry(channel="call", fields={"stage": "NEW"})),
    ("lead.contact_id", INQUIRY_FIELDS, lambda: c.TakeInquiry(channel="call", fields={"contact_id": 1})),
    ("lead.company_id", INQUIRY_FIELDS, lambda: c.TakeInquiry(channel="call", fields={"company_id": 1})),
    ("activity.subject", "str", lambda: c.TakeInquiry(channel="call", subject=5, fields={})),
    ("key", KEY, lambda: c.TakeInquiry(channel="call", key="", fields={})),
    ("stages", "LeadStages", lambda: c.DefineLeadStages(stages=5, version=1)),
    ("version", ID, lambda: c.DefineLeadStages(stages=DEFAULT_LEAD_STAGES, version=0)),
    ("pipeline", "Pipeline", lambda: c.DefinePipeline(pipeline=5, version=0)),
    ("version", ID_OR_0, lambda: c.DefinePipeline(pipeline=default_pipeline(), version=-1)),
    ("pipeline_id", ID_OR_0, lambda: c.ArchivePipeline(pipeline_id=-1)),
    ("match", "MatchSetting", lambda: c.ChangeSettings(match=X)),
    ("repeat_inquiry", "RepeatInquiry", lambda: c.ChangeSettings(repeat_inquiry=X)),
    ("leads", "tuple", lambda: c.ImportRecords(leads=[])),
    ("leads[0]", "Lead", lambda: c.ImportRecords(leads=(5,))),
    ("leads[1].id", IMPORTED, lambda: c.ImportRecords(leads=(LEAD, evolve(LEAD, id=2**62 + 1)))),
    ("updates", "tuple", lambda: c.ImportRecords(updates=[])),
    ("updates[0]", "pairs of a lead and the version that was read of it", lambda: c.ImportRecords(updates=((5,),))),
    ("activities", "tuple", lambda: c.ImportRecords(activities=[])),
    ("activities[0]", "tuple", lambda: c.ImportRecords(activities=(5,))),
    ("activities[0]", "pairs of an activity and what it is bound to", lambda: c.ImportRecords(activities=((CALL,),))),
    ("activities[0]", "Activity", lambda: c.ImportRecords(activities=((5, frozenset({LEAD_1})),))),
    (
        "activities[0].id",
        IMPORTED,
        lambda: c.ImportRecords(activities=((evolve(CALL, id=2**62 + 1), frozenset({LEAD_1})),)),
    ),
    ("activities[0]", "frozenset", lambda: c.ImportRecords(activities=((CALL, [LEAD_1]),))),
    (
        "activities[0]",
        "1 to 200 records that an activity is bound to",
        lambda: c.ImportRecords(activities=((CALL, frozenset()),)),
    ),
    (
        "activities[0]",
        "1 to 200 records that an activity is bound to",
        lambda: c.ImportRecords(activities=((CALL, MANY),)),
    ),
    ("activities[0]", "Ref", lambda: c.ImportRecords(activities=((CALL, frozenset({5})),))),
    ("key", KEY, lambda: c.BeginSwitch(key="")),
    ("policy", "ModeSwitchPolicy", lambda: c.BeginSwitch(key="k", policy=X)),
    ("token", "SwitchToken", lambda: c.ConvertChunk(token=5, size=1)),
    ("size", ID, lambda: c.ConvertChunk(token=TOKEN, size=0)),
    ("shard", "tuple", lambda: c.ConvertChunk(token=TOKEN, size=1, shard=[0, 1])),
    ("shard", "(k, n) with k from 0 to n - 1", lambda: c.ConvertChunk(token=TOKEN, size=1, shard=(0,))),
    ("shard", "(k, n) with k from 0 to n - 1", lambda: c.ConvertChunk(token=TOKEN, size=1, shard=(0, 1, 2))),
    ("shard", "int", lambda: c.ConvertChunk(token=TOKEN, size=1, shard=("0", 1))),
    ("shard", ID_OR_0, lambda: c.ConvertChunk(token=TOKEN, size=1, shard=(-1, 1))),
    ("shard", "(k, n) with k from 0 to n - 1", lambda: c.ConvertChunk(token=TOKEN, size=1, shard=(1, 1))),
    ("without", "frozenset", lambda: c.ConvertChunk(token=TOKEN, size=1, without=[1])),
    ("without", ID, lambda: c.ConvertChunk(token=TOKEN, size=1, without=frozenset({0}))),
    ("lost", "tuple", lambda: c.ConvertChunk(token=TOKEN, size=1, lost=[])),
    ("lost", "LedgerRow", lambda: c.ConvertChunk(token=TOKEN, size=1, lost=(5,))),
    ("token", "SwitchToken", lambda: c.SetAside(token=5, lead_id=1, code="c")),
    ("lead_id", ID, lambda: c.SetAside(token=TOKEN, lead_id=0, code="c")),
    ("code", CODE, lambda: c.SetAside(token=TOKEN, lead_id=1, code="")),
    ("token", "SwitchToken", lambda: c.FinishSwitch(token=5)),
    ("ref", "Ref", lambda: c.DeleteRecord(ref=5)),
    ("ref", "references to leads, deals, contacts or companies", lambda: c.DeleteRecord(ref=Ref(Kind.ACTIVITY, 1))),
    ("ref", "a reference to a deal, contact or company", lambda: c.DeleteRecord(ref=LEAD_1)),
    ("ref", ID, lambda: c.DeleteRecord(ref=Ref(Kind.DEAL, 0))),
    ("refs", "1 to 10000 leads, deals, contacts and companies", lambda: c.EraseRecords(refs=frozenset())),
    ("updates[0]", "Lead", lambda: c.ImportRecords(updates=((CALL, 1),))),
    ("updates[1].version", ID, lambda: c.ImportRecords(updates=((LEAD, 1), (LEAD, 0)))),
    ("kind", "lead, deal, contact, company or activity", lambda: Listing(kind=Kind.PIPELINE)),
    ("limit", "a whole number from 1 to 1000", lambda: Listing(kind=Kind.LEAD, limit=0)),
    (
        "active",
        "nothing: clients are neither active nor closed",
        lambda: Listing(kind=Kind.CONTACT, active=True),
    ),
    ("of", "a reference to a contact or company", lambda: Listing(kind=Kind.LEAD, of=LEAD_1)),
    ("of", "a reference to a company", lambda: Listing(kind=Kind.CONTACT, of=LEAD_1)),
    ("of", "nothing", lambda: Listing(kind=Kind.COMPANY, of=LEAD_1)),
    (
        "bound_to",
        "lists of leads, deals, contacts or companies, for a list of activities",
        lambda: Listing(kind=Kind.LEAD, bound_to=(Listing(kind=Kind.LEAD),)),
    ),
]


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize("field, expected, make", WRONG)
def test_a_wrong_argument_is_told_by_its_name_and_what_would_be_right(
    field: str, expected: str, make: Callable[[], object]
) -> None:
    """Before anything is read or written."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert (caught.value.field, caught.value.expected) == (field, expected)


@pytest.mark.rule("DATA-1")
def test_the_first_and_the_last_that_are_allowed_are_taken() -> None:
    """Ids from 1 to the limit, and as many bindings as an activity may have."""
    for id in (1, 2**63 - 1):
        assert c.DeleteRecord(ref=Ref(Kind.DEAL, id)).ref.id == id
    most = frozenset(Ref(Kind.LEAD, id) for id in range(1, BINDINGS_LIMIT + 1))
    assert bindings_from("refs", most) == most
    assert c.ImportRecords(activities=((CALL, most),)).activities[0][1] == most
