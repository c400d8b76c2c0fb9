"""What each value says about what is wrong: the field, and what would have been right (DATA-1, DATA-2)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

import crmcore
from crmcore import InvalidValue, Kind, Level, Operation, PointKind, Ref, StageSemantics
from crmcore.domain.model.fields import check_fields
from crmcore.domain.model.integrity import check_bindings, check_given, check_whole
from crmcore.domain.model.text import check_imported_id, check_instant
from crmcore.domain.model.values import ContactPoints
from tests.unit.domain.model.test_integrity import (
    COMMAND,
    OUTCOME,
    ROW,
    SETTINGS,
    STONE,
    SWITCH,
    TERMS,
    without_value,
)

OPEN, EMAIL = StageSemantics.IN_PROCESS, PointKind.EMAIL
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)
BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
X: Any = "x"
#: As a caller without a type checker uses it.
c: Any = crmcore
POINTS: Any = ContactPoints
LEAD: dict[str, Any] = {"id": 1, "responsible": 1, "stage": "NEW", "semantics": OPEN}
NEW: Any = c.Stage(code="NEW", semantics=OPEN)
WON: Any = c.Stage(code="WON", semantics=StageSemantics.SUCCESS)

#: What would have been right, where several say it.
ID, ID_OR_0 = "a whole number from 1 to 9223372036854775807", "a whole number from 0 to 9223372036854775807"
IMPORTED = "a whole number from 1 to 4611686018427387904"
INTEGER = "a whole number from -9223372036854775808 to 9223372036854775807"
CODE = "a code of 1 to 100 printable characters without spaces"
KEY = "1 to 100 printable characters"
PLAIN = "text without NUL, control characters and lone surrogates"
ZONED = "an instant with a time zone"


class _Code(str):
    """Could answer otherwise each time that it is asked."""


class _Broken(tzinfo):
    """The caller's own, which fails."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        raise RuntimeError

    dst = utcoffset

    def tzname(self, when: datetime | None) -> str:
        return "broken"


WRONG: list[tuple[str, str, Callable[[], object]]] = [
    ("Lead.title", "str", lambda: c.Lead(**LEAD, title=5)),
    ("Lead.title", "at most 255 characters", lambda: c.Lead(**LEAD, title="x" * 256)),
    ("Lead.title", PLAIN, lambda: c.Lead(**LEAD, title="x\n")),
    ("Lead.comments", "at most 65535 characters", lambda: c.Lead(**LEAD, comments="x" * 65_536)),
    ("Lead.comments", PLAIN, lambda: c.Lead(**LEAD, comments="\x00")),
    ("Lead.id", ID_OR_0, lambda: c.Lead(**{**LEAD, "id": -1})),
    ("Lead.id", "int", lambda: c.Lead(**{**LEAD, "id": True})),
    ("Lead.stage", CODE, lambda: c.Lead(**{**LEAD, "stage": "a b"})),
    ("Lead.semantics", "StageSemantics", lambda: c.Lead(**{**LEAD, "semantics": "process"})),
    ("Lead.birth_date", "a date without a time", lambda: c.Lead(**LEAD, birth_date=NOW)),
    ("Lead.birth_date", "date", lambda: c.Lead(**LEAD, birth_date="1980")),
    ("Lead.observers", "tuple", lambda: c.Lead(**LEAD, observers=[1])),
    ("Lead.observers", ID, lambda: c.Lead(**LEAD, observers=(0,))),
    ("Lead.observers", "at most 200 observers", lambda: c.Lead(**LEAD, observers=(1,) * 201)),
    ("Lead.contact_id", ID, lambda: c.Lead(**LEAD, contact_id=0)),
    ("Lead.amount", "Money", lambda: c.Lead(**LEAD, amount=5)),
    ("Lead.name", "PersonName", lambda: c.Lead(**LEAD, name="Ann")),
    ("Lead.opened", "bool", lambda: c.Lead(**LEAD, opened=1)),
    ("Lead.created_at", ZONED, lambda: c.Lead(**LEAD, created_at=NAIVE)),
    ("Lead.created_at", "datetime", lambda: c.Lead(**LEAD, created_at="today")),
    ("Lead.created_at", "an instant within the years 1 to 9999 in UTC", lambda: c.Lead(**LEAD, created_at=BEFORE_TIME)),
    ("Lead.contact_points", "tuple or list", lambda: c.Lead(**LEAD, contact_points=5)),
    ("Lead.custom", "Mapping", lambda: c.Lead(**LEAD, custom=5)),
    ("Deal.pipeline_id", ID_OR_0, lambda: c.Deal(id=1, responsible=1, pipeline_id=-1, stage="NEW", semantics=OPEN)),
    ("Activity.id", ID, lambda: c.Activity(id=0)),
    ("Activity.kind", CODE, lambda: c.Activity(id=1, kind="")),
    ("Activity.completed_at", "no instant while the activity is open", lambda: c.Activity(id=1, completed_at=NOW)),
    ("Activity.unbound", "frozenset", lambda: c.Activity(id=1, unbound=[])),
    ("Stage.code", CODE, lambda: c.Stage(code="", semantics=OPEN)),
    ("Stage.semantics", "StageSemantics", lambda: c.Stage(code="NEW", semantics="open")),
    ("Stage.name", "a name without direction overrides", lambda: c.Stage(code="NEW", semantics=OPEN, name="\u202e")),
    ("Stage.name", "str", lambda: c.Stage(code="NEW", semantics=OPEN, name=5)),
    ("LeadStages.stages", "tuple", lambda: c.LeadStages(stages=[])),
    ("LeadStages.stages", "Stage", lambda: c.LeadStages(stages=("NEW",))),
    ("LeadStages.stages", "at most 200 stages", lambda: c.LeadStages(stages=(NEW,) * 201)),
    ("LeadStages.stages", "each stage code once", lambda: c.LeadStages(stages=(NEW, NEW, WON))),
    ("LeadStages.stages", "at least one in-process stage", lambda: c.LeadStages(stages=(WON,))),
    ("LeadStages.stages", "exactly one success stage", lambda: c.LeadStages(stages=(NEW,))),
    ("Pipeline.id", ID_OR_0, lambda: c.Pipeline(id=-1, stages=(NEW,))),
    ("Pipeline.stages", "at least one in-process stage", lambda: c.Pipeline(id=0, stages=(WON,))),
    ("Pipeline.name", "a name without direction overrides", lambda: c.Pipeline(id=0, stages=(NEW,), name="\u202e")),
    ("Pipeline.archived", "no archived default pipeline", lambda: c.Pipeline(id=0, stages=(NEW,), archived=True)),
    ("Money.amount", "Decimal", lambda: c.Money(amount=5)),
    ("Money.amount", "a finite decimal", lambda: c.Money(amount=Decimal("NaN"))),
    ("Money.amount", "at most 20 digits before and 10 after the point", lambda: c.Money(amount=Decimal(10) ** 20)),
    ("Money.amount", "at most 20 digits before and 10 after the point", lambda: c.Money(amount=Decimal("1e-11"))),
    ("Money.currency", "str", lambda: c.Money(amount=Decimal(1), currency=5)),
    ("Money.currency", "three capital letters, for example EUR", lambda: c.Money(amount=Decimal(1), currency="EURO")),
    ("Money.currency", "three capital letters, for example EUR", lambda: c.Money(amount=Decimal(1), currency="eur")),
    ("Money", "an amount or a currency", c.Money),
    ("ContactPoint.kind", "PointKind", lambda: c.ContactPoint(kind="EMAIL", value="a")),
    ("ContactPoint.type", CODE, lambda: c.ContactPoint(kind=EMAIL, value="a", type="")),
    ("ContactPoint.value", "str", lambda: c.ContactPoint(kind=EMAIL, value=5)),
    ("ContactPoint.value", "at most 2000 characters", lambda: c.ContactPoint(kind=EMAIL, value="x" * 4001)),
    ("contact_points", "Iterable", lambda: POINTS(5)),
    ("contact_points", "ContactPoint", lambda: POINTS(["a"])),
    ("contact_points", "at most 200 contact points", lambda: POINTS([c.ContactPoint(kind=EMAIL, value="a")] * 201)),
    ("custom", "Mapping", lambda: c.CustomFields(5)),
    ("custom", "at most 500 custom fields", lambda: c.CustomFields({f"UF_{each}": 1 for each in range(501)})),
    ("custom", CODE, lambda: c.CustomFields({"": 1})),
    ("custom", "str", lambda: c.CustomFields({5: 1})),
    (
        "custom.UF_A",
        "text, whole number, decimal, yes/no, date, instant or a tuple of texts",
        lambda: c.CustomFields({"UF_A": 1.5}),
    ),
    ("custom.UF_A", INTEGER, lambda: c.CustomFields({"UF_A": 2**63})),
    ("custom.UF_A", INTEGER, lambda: c.CustomFields({"UF_A": -(2**63) - 1})),
    ("custom.UF_A", "a finite decimal", lambda: c.CustomFields({"UF_A": Decimal("Infinity")})),
    ("custom.UF_A", ZONED, lambda: c.CustomFields({"UF_A": NAIVE})),
    ("custom.UF_A", PLAIN, lambda: c.CustomFields({"UF_A": "\x00"})),
    ("custom.UF_A", PLAIN, lambda: c.CustomFields({"UF_A": ("\x00",)})),
    ("custom.UF_A", "at most 1000 texts", lambda: c.CustomFields({"UF_A": ("a",) * 1001})),
    ("custom.UF_A", "str", lambda: c.CustomFields({"UF_A": (5,)})),
    ("PersonName.first", "at most 255 characters", lambda: c.PersonName(first="x" * 256)),
    ("Address.street", "str", lambda: c.Address(street=5)),
    ("Utm.source", PLAIN, lambda: c.Utm(source="\x07")),
    ("ExternalOrigin.originator", "at most 255 characters", lambda: c.ExternalOrigin(originator="x" * 256)),
    ("ModeSwitchPolicy.client", "ClientChoice", lambda: c.ModeSwitchPolicy(client="both")),
    ("ModeSwitchPolicy.keep_activities", "bool", lambda: c.ModeSwitchPolicy(keep_activities=1)),
    ("ModeSwitchPolicy.pipeline_id", ID_OR_0, lambda: c.ModeSwitchPolicy(pipeline_id=-1)),
    ("SwitchToken.key", KEY, lambda: c.SwitchToken("", 1)),
    ("SwitchToken.epoch", ID, lambda: c.SwitchToken("k", 0)),
    ("Grant.operation", "Operation", lambda: c.Grant("read", Kind.LEAD)),
    ("Grant.pipeline_id", ID_OR_0, lambda: c.Grant(Operation.READ, Kind.DEAL, -1)),
    ("Grant.pipeline_id", "no pipeline, except for deals", lambda: c.Grant(Operation.READ, Kind.LEAD, 1)),
    ("Grant.kind", "Kind", lambda: c.Grant(Operation.READ, "lead")),
    ("Role.name", "a name without direction overrides", lambda: c.Role(name="\u202e")),
    ("Role.levels", "Mapping", lambda: c.Role(name="x", levels=5)),
    ("Role.levels", "Grant", lambda: c.Role(name="x", levels={5: Level.ALL})),
    ("Role.levels", "Level", lambda: c.Role(name="x", levels={c.Grant(Operation.READ, Kind.LEAD): 9})),
    ("Role.settings", "bool", lambda: c.Role(name="x", settings=1)),
    ("Role.export", "bool", lambda: c.Role(name="x", export=1)),
    ("Role.administrator", "bool", lambda: c.Role(name="x", administrator=1)),
    ("kind", "lead, deal, contact, company or activity", lambda: check_fields(Kind.SWITCH, {})),
    ("Lead.id", IMPORTED, lambda: check_imported_id("Lead.id", 2**62 + 1)),
    ("Lead.id", ID, lambda: check_imported_id("Lead.id", 2**63)),
    ("bindings", "one of lead, deal, contact, company", lambda: check_bindings([Ref(Kind.PIPELINE, 1)])),
    ("bindings", ID, lambda: check_bindings([Ref(Kind.DEAL, 0)])),
    ("ConversionTerms.client", "ClientChoice", lambda: check_whole(evolve(TERMS, client=X))),
    ("ConversionTerms.pipeline_id", ID_OR_0, lambda: check_whole(evolve(TERMS, pipeline_id=-1))),
    ("ConversionTerms.deal_stage", CODE, lambda: check_whole(evolve(TERMS, deal_stage=""))),
    ("ConversionTerms.lead_stage", CODE, lambda: check_whole(evolve(TERMS, lead_stage=""))),
    ("ConversionTerms.keep_activities", "bool", lambda: check_whole(evolve(TERMS, keep_activities=1))),
    ("ConversionTerms.match", "MatchSetting", lambda: check_whole(evolve(TERMS, match=X))),
    ("LedgerRow.lead_id", ID, lambda: check_whole(evolve(ROW, lead_id=0))),
    ("LedgerRow.deal_id", ID, lambda: check_whole(evolve(ROW, deal_id=0))),
    ("LedgerRow.contact_id", ID, lambda: check_whole(evolve(ROW, contact_id=0))),
    ("LedgerRow.company_id", ID, lambda: check_whole(evolve(ROW, company_id=0))),
    ("LedgerRow.activity_ids", ID, lambda: check_whole(evolve(ROW, activity_ids=(0,)))),
    ("LedgerRow.not_carried", "str", lambda: check_whole(evolve(ROW, not_carried=(5,)))),
    ("LedgerRow.converted_at", ZONED, lambda: check_whole(evolve(ROW, converted_at=NAIVE))),
    ("key", KEY, lambda: check_whole(evolve(SWITCH, key=""))),
    ("SwitchRecord.epoch", ID, lambda: check_whole(evolve(SWITCH, epoch=0))),
    ("SwitchRecord.at_begin", ID_OR_0, lambda: check_whole(evolve(SWITCH, at_begin=-1))),
    ("SwitchRecord.began_at", ZONED, lambda: check_whole(evolve(SWITCH, began_at=NAIVE))),
    ("SwitchRecord.ended", "one of finished, cancelled", lambda: check_whole(evolve(SWITCH, ended=X, ended_at=NOW))),
    (
        "SwitchRecord.ended_at",
        "an instant if the switch has ended, and otherwise nothing",
        lambda: check_whole(evolve(SWITCH, ended="finished")),
    ),
    ("SwitchRecord.ended_at", ZONED, lambda: check_whole(evolve(SWITCH, ended="cancelled", ended_at=NAIVE))),
    ("key", KEY, lambda: check_whole(evolve(COMMAND, key=""))),
    ("CommandRecord.fingerprint", "str", lambda: check_whole(evolve(COMMAND, fingerprint=5))),
    ("CommandRecord.made", "Kind", lambda: check_whole(evolve(COMMAND, made=(Ref(X, 1),)))),
    ("CommandRecord.made", ID_OR_0, lambda: check_whole(evolve(COMMAND, made=(Ref(Kind.LEAD, -1),)))),
    ("LeadOutcome.kind", "OutcomeKind", lambda: check_whole(OUTCOME._replace(kind=X))),
    ("LeadOutcome.code", CODE, lambda: check_whole(OUTCOME._replace(code=""))),
    ("LeadOutcome.added", "bool", lambda: check_whole(OUTCOME._replace(added=X))),
    ("LeadOutcome.contacts", ID_OR_0, lambda: check_whole(OUTCOME._replace(contacts=-1))),
    ("LeadOutcome.companies", ID_OR_0, lambda: check_whole(OUTCOME._replace(companies=-1))),
    ("LeadOutcome.bound", ID_OR_0, lambda: check_whole(OUTCOME._replace(bound=-1))),
    ("LeadOutcome.completed", ID_OR_0, lambda: check_whole(OUTCOME._replace(completed=-1))),
    ("LeadOutcome.kept_open", ID_OR_0, lambda: check_whole(OUTCOME._replace(kept_open=-1))),
    ("Settings.epoch", ID, lambda: check_whole(evolve(SETTINGS, epoch=0))),
    (
        "Settings.switching.epoch",
        ID,
        lambda: check_whole(evolve(SETTINGS, switching=evolve(SETTINGS.switching, epoch=0))),
    ),
    (
        "Settings.switching.key",
        KEY,
        lambda: check_whole(evolve(SETTINGS, switching=evolve(SETTINGS.switching, key=""))),
    ),
    (
        "Settings.switching.terms.deal_stage",
        CODE,
        lambda: check_whole(evolve(SETTINGS, switching=evolve(SETTINGS.switching, terms=evolve(TERMS, deal_stage="")))),
    ),
    ("SwitchRecord.terms.match", "MatchSetting", lambda: check_whole(evolve(SWITCH, terms=evolve(TERMS, match=X)))),
    ("Tombstone.id", ID, lambda: check_whole(evolve(STONE, id=0))),
    ("Tombstone.kind", "Kind", lambda: check_whole(evolve(STONE, kind=X))),
    ("Tombstone.deleted_at", ZONED, lambda: check_whole(evolve(STONE, deleted_at=NAIVE))),
    ("contact_points", "no blank contact point", lambda: check_whole(without_value())),
    ("Lead", "every part as its class has built it", lambda: check_given(object.__new__(c.Lead))),
    ("Lead.source", "str itself, not of a subclass", lambda: c.Lead(**LEAD, source=_Code("WEB"))),
    ("Lead.title", PLAIN, lambda: c.Lead(**LEAD, title="\x9f")),
    (
        "at",
        "an instant with a time zone that has an offset",
        lambda: check_instant("at", NOW.replace(tzinfo=_Broken())),
    ),
]


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize("field, expected, make", WRONG)
def test_a_wrong_value_is_told_by_its_field_and_what_would_be_right(
    field: str, expected: str, make: Callable[[], object]
) -> None:
    """Each limit of each field in words, and never the value itself."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert (caught.value.field, caught.value.expected) == (field, expected)


def test_records_that_differ_have_different_hashes() -> None:
    """By a field, or by their class alone."""
    lead, other = c.Lead(**LEAD), c.Lead(**LEAD, title="x")
    assert hash(lead) != hash(other)
    assert hash(c.Utm(source="x")) != hash(c.Utm(medium="x"))
    contact, company = c.Contact(id=1, responsible=1), c.Company(id=1, responsible=1)
    assert hash(evolve(contact)) == hash(contact) != hash(company)
    assert hash(c.CustomFields({"a": "x"})) != hash(c.CustomFields({"a": "y"}))


def test_a_custom_list_is_read_no_further_than_its_limit() -> None:
    """A longer one is refused, however long it is."""
    assert c.CustomFields({"a": ("x",) * 1000})["a"] == ("x",) * 1000
    with pytest.raises(InvalidValue):
        c.CustomFields({"a": ("x",) * 1001})
