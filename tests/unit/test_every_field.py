"""No field of a record is forgotten on any of its ways: what is written by hand is compared with what is declared."""

import csv
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import NOTHING, evolve, fields_dict

from crmcore import Activity, Company, Contact, Deal, Lead, ModeSwitchPolicy
from crmcore.adapters.bitrix24_csv import write_crm
from crmcore.adapters.bitrix24_csv.words.columns import ACTIVITY_COLUMNS, LEAD_COLUMNS
from crmcore.adapters.bitrix24_csv.words.names import Names
from crmcore.adapters.document.records import dump_record, load_record
from crmcore.adapters.sql.commits.chunk import Chunk, JustRead, _only_converted, _same_contact, _same_deal
from crmcore.adapters.sql.rows.records import COLUMNS, FROM_ROW, TO_ROW
from crmcore.adapters.sql.rows.texts import dump_policy, dump_terms, load_policy, load_terms
from crmcore.adapters.words.sections import OptionsPage, OptionTexts, ToggleTexts
from crmcore.domain import decisions
from crmcore.domain.decisions.terms import settle
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import OPTION_PAGES, ConversionTerms
from crmcore.domain.model.schema import Field, given_parts, parts_of
from crmcore.domain.model.settings import FIRST_EPOCH, Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Snapshot
from crmcore.domain.rules.authority import Rights, Role
from crmcore.domain.rules.conversion import FIELD_MAP, Client, Conversion, convert
from tests.filled import filled, leaves

#: Every kind of record that a store keeps in rows of its own.
KEPT: dict[Kind, Any] = {
    **ENTITIES,
    Kind.PIPELINE: Pipeline,
    Kind.LEDGER: LedgerRow,
    Kind.SWITCH: SwitchRecord,
    Kind.COMMAND: CommandRecord,
}
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("kind", KEPT)
class TestKept:
    """DATA-1. A record comes back as it was stored, field by field."""

    def test_a_filled_record_has_nothing_twice(self, kind: Kind) -> None:
        """Or a store could put one field into the place of another; yes and what kind it is may stand often."""
        found = [value for _, value in leaves(filled(KEPT[kind])) if not isinstance(value, bool | StageSemantics)]
        assert len(found) == len({(type(value), value) for value in found})
        assert None not in found

    def test_as_a_row(self, kind: Kind) -> None:
        """Each column is written and read, in the order of the table."""
        record = filled(KEPT[kind])
        row = TO_ROW[kind](record, 1)
        assert len(row) == len(COLUMNS[kind])
        again = FROM_ROW[kind](row)
        assert dict(leaves(again)) == dict(leaves(record))
        assert again == record

    def test_as_a_document(self, kind: Kind) -> None:
        """Each key is written and read."""
        record = filled(KEPT[kind])
        assert set(dump_record(record)) - {"deleted_at"} == {part.name for part in parts_of(KEPT[kind])}
        assert load_record(kind, dump_record(record)) == record


def test_the_kinds_that_are_kept_are_all() -> None:
    """An outcome is a named tuple, which has columns of the same names."""
    assert set(KEPT) == set(TO_ROW) == set(FROM_ROW)
    assert COLUMNS[Kind.OUTCOME][2:] == LeadOutcome._fields


@pytest.mark.rule("SWITCH-4", "POLICY-6")
@pytest.mark.parametrize(
    "cls, write, read", [(ModeSwitchPolicy, dump_policy, load_policy), (ConversionTerms, dump_terms, load_terms)]
)
def test_the_options_of_a_switch_are_kept(cls: Any, write: Any, read: Any) -> None:
    """Each option of a policy and of its terms comes back from the text that a database keeps, whatever it is."""
    options: Any = filled(cls)
    assert read(write(options)) == options
    for part in parts_of(cls):
        other = _other(options, part.name)
        assert other != options
        assert read(write(other)) == other


def test_a_crm_without_a_policy_has_none_again() -> None:
    """As long as nothing was switched."""
    assert dump_policy(None) is None
    assert load_policy(None) is None


@pytest.mark.rule("SWITCH-10", "POLICY-6")
def test_the_terms_of_a_switch_have_every_option_of_its_policy() -> None:
    """Or a switch that was begun with one option would be joined with another."""
    options = [part.name for part in parts_of(ModeSwitchPolicy)]
    assert options == [part.name for part in parts_of(ConversionTerms) if part.name in options]
    terms = filled(ConversionTerms)
    for name in options:
        assert getattr(terms.policy, name) == getattr(terms, name)
    for page in OPTION_PAGES.values():
        assert sorted(page) == sorted(options)
    texts = {name: each.type for name, each in fields_dict(OptionsPage).items()}
    assert [name for name, of in texts.items() if of in (OptionTexts, ToggleTexts)] == options


@pytest.mark.rule("POLICY-1", "POLICY-2", "POLICY-3")
def test_each_option_of_a_switch_decides_something() -> None:
    """A decision or a rule reads it from the terms; else it is a label without an effect."""
    home = Path(decisions.__file__).parents[1]
    texts = [
        path.read_text("utf-8")
        for room in ("decisions", "rules")
        for path in (home / room).glob("*.py")
        if path.name != "terms.py"
    ]
    options = [part.name for part in parts_of(ModeSwitchPolicy)]
    assert [name for name in options if not any(f"terms.{name}" in text for text in texts)] == []


@pytest.mark.rule("POLICY-1", "PERM-5", "DATA-1")
@pytest.mark.parametrize("cls", [ModeSwitchPolicy, Role], ids=lambda cls: str(cls.__name__))
def test_each_option_and_right_is_checked(cls: Any) -> None:
    """A value of no type that is offered is refused, and the error names the field."""
    options = fields_dict(cls)
    needed = {name: "x" for name, option in options.items() if option.default is NOTHING}
    for name in options:
        with pytest.raises(InvalidValue) as caught:
            cls(**{**needed, name: object()})
        assert caught.value.field == f"{cls.__name__}.{name}"


@pytest.mark.rule("PERM-5")
def test_roles_that_add_up_lose_no_right() -> None:
    """Each right that has no level is in a role and in what roles add up to, and comes of any one of them."""
    rights = [name for name in fields_dict(Rights) if name != "levels"]
    assert rights == [name for name in fields_dict(Role) if name not in ("name", "levels")]
    for name in rights:
        role: Any = Role(name="one", **{name: True})  # type: ignore[arg-type]  # each of them is yes or no
        for roles in ([role, Role(name="none")], [Role(name="none"), role]):
            assert {each: getattr(Rights.of(roles), each) for each in rights} == {each: each == name for each in rights}


@pytest.mark.rule("SWITCH-4", "POLICY-6")
def test_the_terms_of_a_switch_are_those_of_its_policy() -> None:
    """Settled against a CRM, each option is the one that was asked for."""
    policy = evolve(filled(ModeSwitchPolicy), pipeline_id=None)
    snapshot = Snapshot(
        read=ReadSet(epoch=FIRST_EPOCH), settings=Settings(), stages=DEFAULT_LEAD_STAGES, pipelines=new_crm().pipelines
    )
    terms = settle(snapshot, policy)
    assert isinstance(terms, ConversionTerms)
    assert terms.are_of(policy)


#: What stands in no column of a written file: the meaning of a stage follows from its code; the deal has the link.
UNWRITTEN = {
    Kind.LEAD: {"semantics", "deal_id"},
    Kind.DEAL: {"semantics"},
    Kind.CONTACT: set(),
    Kind.COMPANY: set(),
    Kind.ACTIVITY: {"unbound"},
}


@pytest.mark.parametrize("kind", ENTITIES)
def test_a_written_file_has_every_field(kind: Kind, tmp_path: Path) -> None:
    """Each value of a record stands in a cell of its row."""
    record: Any = filled(ENTITIES[kind])
    part = {Kind.LEAD: "leads", Kind.DEAL: "deals", Kind.CONTACT: "contacts", Kind.COMPANY: "companies"}
    name = part.get(kind, "activities")
    parts: dict[str, Any] = {name: {record.id: record}}
    write_crm(evolve(new_crm(), **parts), Names(stages={}, sources={}, persons={}), tmp_path)
    with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        _, row = csv.reader(file, delimiter=";")
    cells = [cell for cell in row if cell]
    expected: list[str] = []
    for field in parts_of(ENTITIES[kind]):
        if field.name not in UNWRITTEN[kind]:
            value = getattr(record, field.name)
            if field.name == "contact_points":
                expected += [point.value for point in value]
            elif field.name == "observers":
                expected.append(",".join(map(str, value)))
            else:
                expected += [_cell(each) for _, each in leaves(value)]
    assert sorted(cells) == sorted(expected)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def test_a_file_may_bring_every_field() -> None:
    """A column is known for each field of a lead and an activity that a file can bring."""
    leads = {column.place.removeprefix("Lead.").split(".")[0].lower() for column in LEAD_COLUMNS if column.place}
    values = {"personname": "name", "externalorigin": "origin", "money": "amount"}
    named = {values.get(name, name) for name in leads} | {"contact_points", "custom", "name"}
    unread = {"contact_id", "company_id", "deal_id", "semantics"}
    assert named >= {part.name for part in parts_of(Lead)} - unread
    activities = {column.place.removeprefix("Activity.") for column in ACTIVITY_COLUMNS}
    assert activities >= {part.name for part in parts_of(Activity)} - {"unbound"}


def _converted(lead: Lead) -> Conversion:
    return convert(
        lead,
        (),
        filled(ConversionTerms, count(901)),
        deal_id=DealId(1),
        known=Client(),
        new_contact=ContactId(2),
        new_company=CompanyId(3),
        at=NOW,
    )


@pytest.mark.rule("CONV-3")
class TestCarried:
    """CONV-3. What lead and target both have is carried, and nothing else happens to the lead."""

    def test_the_map_carries_what_both_have(self) -> None:
        """A field of a deal, contact or company that a lead has too is in the map under its name."""
        settled = {"stage", "contact_id", "company_id", "pipeline_id", "name"}
        for column, target in (("deal", Deal), ("contact", Contact), ("company", Company)):
            both = (set(given_parts(target)) & set(given_parts(Lead))) - settled
            carried = {getattr(row, column) for row in FIELD_MAP} - {None}
            assert both <= carried
            assert carried <= set(given_parts(target))

    def test_a_conversion_does_what_the_map_says(self) -> None:
        """Every field, each with a value of its own."""
        lead = evolve(filled(Lead), semantics=StageSemantics.IN_PROCESS, deal_id=None, contact_id=None, company_id=None)
        made = _converted(lead)
        for row in FIELD_MAP:
            for record, target in ((made.deal, row.deal), (made.contact, row.contact), (made.company, row.company)):
                if target is not None and (row.field, record) != ("title", made.company):
                    assert getattr(record, target) == getattr(lead, row.field), (row.field, target)
        moved = {"stage", "semantics", "deal_id", "contact_id", "company_id"}
        for part in parts_of(Lead):
            if part.name not in moved:
                assert getattr(made.lead, part.name) == getattr(lead, part.name), part.name


@pytest.mark.rule("CONV-3")
class TestShortWay:
    """The short way of a SQL store copies the texts of a lead; a record that differs in one field must not go it."""

    def test_a_chunk_has_the_rows_that_each_record_has(self) -> None:
        """Whatever is copied from the row of the lead is what the record itself would be written as."""
        lead = evolve(filled(Lead), semantics=StageSemantics.IN_PROCESS, deal_id=None, contact_id=None, company_id=None)
        made = _converted(lead)
        assert made.contact is not None
        assert made.company is not None
        read = ReadSet(epoch=FIRST_EPOCH, versions={Kind.LEAD: {lead.id: 1}})
        changes = Changes(
            expects=read,
            leads={lead.id: made.lead},
            deals={made.deal.id: made.deal},
            contacts={made.contact.id: made.contact},
            companies={made.company.id: made.company},
            ledger={lead.id: made.row},
            outcomes={lead.id: LeadOutcome(OutcomeKind.CONVERTED)},
        )
        snapshot = Snapshot(read=read, settings=Settings(), leads={lead.id: lead})
        chunk = Chunk(changes, JustRead(snapshot, {lead.id: TO_ROW[Kind.LEAD](lead, 1)}), 9)
        for kind, rows, record in (
            (Kind.DEAL, chunk.deals, made.deal),
            (Kind.CONTACT, chunk.contacts, made.contact),
            (Kind.COMPANY, chunk.companies, made.company),
        ):
            (row,) = rows
            columns = ("portal", *COLUMNS[kind])
            assert dict(zip(columns, row, strict=True)) == dict(
                zip(columns, (9, *TO_ROW[kind](record, 1)), strict=True)
            )

    def test_a_record_that_differs_from_its_lead_is_written_by_itself(self) -> None:
        """For each field that a contact or a deal takes over; the title of a deal is written as it stands."""
        lead, contact, deal = filled(Lead), filled(Contact), evolve(filled(Deal), semantics=StageSemantics.IN_PROCESS)
        for row in FIELD_MAP:
            if row.contact:
                contact = evolve(contact, **{row.contact: getattr(lead, row.field)})
            if row.deal:
                deal = evolve(deal, **{row.deal: getattr(lead, row.field)})
        assert _same_contact(contact, lead)
        assert _same_deal(deal, lead)
        for row in FIELD_MAP:
            if row.contact:
                assert not _same_contact(_other(contact, row.contact), lead), row
            if row.deal not in (None, "title"):
                assert not _same_deal(_other(deal, str(row.deal)), lead), row

    def test_a_lead_that_was_edited_is_written_by_itself(self) -> None:
        """A conversion changes the stage, its meaning and the links, and nothing else."""
        lead = evolve(filled(Lead), semantics=StageSemantics.IN_PROCESS)
        after = evolve(lead, semantics=StageSemantics.SUCCESS)
        assert _only_converted(lead, after)
        for part in parts_of(Lead):
            if part.name not in ("id", "stage", "semantics", "deal_id", "contact_id", "company_id"):
                assert not _only_converted(lead, _other(after, part.name)), part.name


def _other(record: Any, name: str) -> Any:
    """The record with another value in one field."""
    value = getattr(record, name)
    other = getattr(filled(type(record), count(5001)), name)
    if isinstance(value, bool):
        other = not value
    elif isinstance(value, Enum):
        other = next(each for each in type(value) if each is not value)
    return evolve(record, **{name: other})


def test_every_mark_is_used() -> None:
    """A mark that no field has says nothing."""
    marks = {mark for cls in (*KEPT.values(), Stage, Pipeline) for part in parts_of(cls) for mark in part.marks}
    assert marks == set(Field)
