"""A whole CRM as CSV files: what stands where, and that it can be read again."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmcore.adapters.bitrix24_csv import LeadFile, Names, read_activities, read_leads, write_crm, write_table
from crmcore.adapters.bitrix24_csv.cells import escape
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS
from crmcore.adapters.bitrix24_csv.writer import CrmTables
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import (
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Kind,
    LeadId,
    PipelineId,
    Ref,
    StageCode,
    UserId,
)
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import (
    Address,
    ContactPoint,
    ContactPoints,
    CustomFields,
    CustomValue,
    Money,
    PersonName,
    PointKind,
)
from crmcore.testing import strategies

NO_NAMES = Names(stages={}, sources={}, persons={})
FILES = ["leads.csv", "deals.csv", "contacts.csv", "companies.csv", "activities.csv", "names.csv"]


def _lead(id: int, **fields: object) -> Lead:
    return Lead(
        id=LeadId(id),
        stage=StageCode("NEW"),
        semantics=StageSemantics.IN_PROCESS,
        **{"responsible": UserId(1), **fields},  # type: ignore[arg-type]  # each test gives fitting ones
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))


def _written(folder: Path, *leads: Lead) -> list[dict[str, str]]:
    write_crm(CrmImage(leads={lead.id: lead for lead in leads}), NO_NAMES, folder)
    return _rows(folder / "leads.csv")


@pytest.mark.rule("CSV-8.2")
def test_one_file_for_each_kind_and_one_for_the_names(tmp_path: Path) -> None:
    """The folder is made; an empty CRM gives headings, and nothing else is left behind."""
    paths = write_crm(
        CrmImage(), Names(stages={"NEW": "Новый"}, sources={"A": "b"}, persons={1: "Ann"}), tmp_path / "o"
    )
    assert [path.name for path in paths] == FILES
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == sorted(FILES)
    assert [_rows(path) for path in paths[:-1]] == [[]] * 5
    assert [[*row] for row in _rows(paths[-1])] == [["ENTITY_ID", "STATUS_ID", "NAME"]] * 3
    assert [tuple(row.values()) for row in _rows(paths[-1])] == [
        ("STATUS", "NEW", "Новый"),
        ("SOURCE", "A", "b"),
        ("USER", "1", "Ann"),
    ]


@pytest.mark.rule("CSV-8.1")
def test_files_are_utf_8_with_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    """Every cell is quoted, as in the product's own export."""
    write_crm(CrmImage(leads={LeadId(1): _lead(1, title="Тест")}), NO_NAMES, tmp_path)
    content = (tmp_path / "leads.csv").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"ID";"TITLE";"STATUS_ID";')
    assert '\r\n"1";"Тест";"NEW";'.encode() in content


def test_values_stand_under_the_product_s_field_codes(tmp_path: Path) -> None:
    """Amounts to the last digit, yes and no as letters, several values of a kind joined by a comma."""
    points = [
        ContactPoint(kind=PointKind.PHONE, type="WORK", value="1"),
        ContactPoint(kind=PointKind.PHONE, type="X-1", value="2"),
        ContactPoint(kind=PointKind.PHONE, type="WORK", value="3"),
        ContactPoint(kind=PointKind.EMAIL, type="A", value="a"),
        ContactPoint(kind=PointKind.MESSENGER, type="TELEGRAM", value="ann"),
    ]
    lead = _lead(
        7,
        name=PersonName(first="Ann"),
        amount=Money(amount=Decimal("1E+3"), currency="EUR"),
        contact_points=points,
        opened=True,
        observers=(UserId(2), UserId(3)),
        created_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        custom={"UF_CRM_A": ("x", "y,z"), "size": True},
    )
    (row,) = _written(tmp_path, lead)
    order = ["PHONE_WORK", "IM_TELEGRAM", "EMAIL_A", "PHONE_X-1"]
    assert [code for code in row if code.startswith(("PHONE_", "IM_", "EMAIL_"))] == order
    assert {code: cell for code, cell in row.items() if cell} == {
        "ID": "7",
        "STATUS_ID": "NEW",
        "NAME": "Ann",
        "OPPORTUNITY": "1000",
        "CURRENCY_ID": "EUR",
        "PHONE_WORK": "1,3",
        "PHONE_X-1": "2",
        "IM_TELEGRAM": "ann",
        "EMAIL_A": "a",
        "OPENED": "Y",
        "OBSERVER_IDS": "2,3",
        "ASSIGNED_BY_ID": "1",
        "DATE_CREATE": "2026-11-23T12:00:00+00:00",
        "UF_CRM_A": 'x,"y,z"',
        "UF_CRM_size": "Y",
    }


def test_cells_that_a_spreadsheet_would_run_are_escaped(tmp_path: Path) -> None:
    """A quote mark goes before them, and before a real one; negative amounts stay numbers."""
    titles = ("=HYPERLINK(1)", "@cmd", "+1", "-a", "'quoted'", "plain = text")
    rows = _written(
        tmp_path,
        *(_lead(id, title=title, amount=Money(amount=Decimal("-5.5"))) for id, title in enumerate(titles, 1)),
    )
    assert [row["TITLE"] for row in rows] == ["'=HYPERLINK(1)", "'@cmd", "'+1", "'-a", "''quoted'", "plain = text"]
    assert {row["OPPORTUNITY"] for row in rows} == {"-5.5"}


#: What a spreadsheet may run, by the current list of OWASP's page on CSV injection, and what it may not.
LIVE = {
    "an equals sign": "=1+1",
    "a call": '=HYPERLINK("http://a.example","b")',
    "a plus": "+1",
    "a phone": "+39 055 1234",
    "a minus": "-a",
    "a number and more": "-2+3+cmd|' /C calc'!A0",
    "a number and a blank": "-5 ",
    "a number with a line break": "-5\n",
    "an exponent": "-1e5",
    "an at sign": "@SUM(1)",
    "a tab": "\t=1",
    "a carriage return": "\r=1",
    "a line feed": "\n=1",
    "a full-width equals sign": "＝1+1",
    "a full-width plus": "＋1",
    "a full-width minus": "－1",
    "a full-width at sign": "＠SUM(1)",
}
DEAD = {"a number": "-5", "a decimal": "-5.50", "an amount": "12.5", "a text": "1=1", "an address": "a@b.example"}


@pytest.mark.rule("CSV-5.1", "CSV-8.6")
@pytest.mark.parametrize("case", LIVE)
def test_a_cell_that_a_spreadsheet_may_run_gets_a_quote_mark(tmp_path: Path, case: str) -> None:
    """Each beginning of the list has its row here, and what was written comes back to the letter."""
    text = LIVE[case]
    (row,) = _written(tmp_path, _lead(1, comments=text, custom={"UF_CRM_A": text}))
    assert (row["COMMENTS"], row["UF_CRM_A"]) == ("'" + text, "'" + text)
    (lead,) = read_leads(tmp_path / "leads.csv").leads
    assert (lead.comments, lead.custom["UF_CRM_A"]) == (text, text)


@pytest.mark.parametrize("case", DEAD)
def test_a_cell_that_no_spreadsheet_runs_stays(tmp_path: Path, case: str) -> None:
    """A column of amounts adds up."""
    (row,) = _written(tmp_path, _lead(1, comments=DEAD[case]))
    assert row["COMMENTS"] == DEAD[case]
    assert read_leads(tmp_path / "leads.csv").leads[0].comments == DEAD[case]


@pytest.mark.parametrize("text", ["NaN", "None", "null", "N/A", "\\N", '="x"', "'NaN"])
def test_a_text_that_would_be_read_as_something_else_comes_back(tmp_path: Path, text: str) -> None:
    """The words for nothing, and the formula that holds a text, are texts where somebody wrote them."""
    _written(tmp_path, _lead(1, title=text, custom={"UF_CRM_A": text}))
    (lead,) = read_leads(tmp_path / "leads.csv").leads
    assert (lead.title, lead.custom["UF_CRM_A"]) == (text, text)


@pytest.mark.parametrize("kind", PointKind)
@pytest.mark.parametrize(
    "value",
    [
        "a;b",
        "a\nb",
        "[a]",
        "7,9E+10",
        "7E1",
        "NaN",
        '"',
        "79000000101.0",
        "{}",
        "+1;ext=5",
        "a@b c@d",
        "+1/+2",
        "#NAME?",
    ],
)
def test_a_point_comes_back_to_the_letter(tmp_path: Path, kind: PointKind, value: str) -> None:
    """Quotes tell a value of our own from what other programs leave in such a cell."""
    points = [ContactPoint(kind=kind, type="WORK", value=each) for each in (value, "other")]
    for several in (points, points[:1]):
        _written(tmp_path, _lead(1, contact_points=several))
        file = read_leads(tmp_path / "leads.csv")
        assert file.bad_rows == ()
        assert file.leads[0].contact_points == ContactPoints(several)


def test_two_custom_codes_never_share_a_heading(tmp_path: Path) -> None:
    """The product's prefix is added where it is missing, even next to a code that has it."""
    (row,) = _written(tmp_path, _lead(1, custom={"A": "one", "UF_CRM_A": "two", "UF_CRM_": "three"}))
    assert {code: cell for code, cell in row.items() if code.startswith("UF_")} == {
        "UF_CRM_A": "two",
        "UF_CRM_UF_CRM_A": "one",
        "UF_CRM_UF_CRM_": "three",
    }


def test_activities_name_what_they_are_bound_to(tmp_path: Path) -> None:
    """Leads first, then deals, contacts and companies, each by id."""
    refs = frozenset(
        {
            Ref(Kind.COMPANY, 1),
            Ref(Kind.CONTACT, 1),
            Ref(Kind.DEAL, 10),
            Ref(Kind.DEAL, 9),
            Ref(Kind.LEAD, 102),
        }
    )
    activity = Activity(id=ActivityId(5), kind="call", subject="Ask")
    write_crm(CrmImage(activities={activity.id: activity}, bindings={activity.id: refs}), NO_NAMES, tmp_path)
    (row,) = _rows(tmp_path / "activities.csv")
    assert row["BINDINGS"] == "lead:102,deal:9,deal:10,contact:1,company:1"
    assert (row["ID"], row["TYPE"], row["SUBJECT"], row["COMPLETED"]) == ("5", "call", "Ask", "N")


@pytest.mark.rule("DATA-3", "CSV-8.3")
def test_deleted_records_have_no_row(tmp_path: Path) -> None:
    """A tombstone has no data that a person could read."""
    gone = Tombstone(kind=Kind.LEAD, id=1, deleted_at=datetime(2026, 11, 23, tzinfo=UTC))
    write_crm(CrmImage(leads={LeadId(1): gone, LeadId(2): _lead(2)}), NO_NAMES, tmp_path)
    assert [row["ID"] for row in _rows(tmp_path / "leads.csv")] == ["2"]


def test_files_that_cannot_be_written_leave_the_old_ones(tmp_path: Path) -> None:
    """All are written before the first is renamed, and what was begun is cleared away."""
    write_crm(CrmImage(), NO_NAMES, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = Names(stages={"NEW": "\ud800"}, sources={}, persons={})
    with pytest.raises(UnicodeEncodeError):
        write_crm(CrmImage(leads={LeadId(1): _lead(1)}), broken, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


PLACES = {(column.kind, column.type): at for at, column in enumerate(LEAD_COLUMNS) if column.kind}
LAST = len(LEAD_COLUMNS)


def as_imported(lead: Lead) -> Lead:
    """What an import can know of an exported lead.

    Contact points come back column by column, custom fields as the texts that stand in their cells, and links to
    deals and clients are left out.
    """
    points = sorted(
        lead.contact_points,
        key=lambda point: (PLACES.get((point.kind, point.type), LAST), point.kind, point.type),
    )
    return evolve(lead, contact_points=ContactPoints(points), contact_id=None, company_id=None, deal_id=None)


def only_texts(lead: Lead) -> Lead:
    """The same lead with texts under the product's codes as its custom fields."""
    texts = {
        f"UF_CRM_{at}": value
        for at, value in enumerate(lead.custom.values())
        if isinstance(value, str) and value.strip()
    }
    return evolve(lead, custom=CustomFields(texts))


def _read_again(image: CrmImage, folder: Path) -> LeadFile:
    write_crm(image, NO_NAMES, folder)
    return read_leads(folder / "leads.csv", stages=image.stages, unlinked=True)


@pytest.mark.rule("CONV-8", "CONV-3")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(strategies.leads().map(only_texts), max_size=4, unique_by=lambda lead: lead.id))
@example([_lead(1, title="'=1", comments="\r\n=1", company_title="''")])
@example([_lead(1, contact_points=[ContactPoint(kind=PointKind.EMAIL, value='"a,b" <c@d.example>')])])
def test_exported_leads_come_back_as_they_were(tmp_path: Path, leads: list[Lead]) -> None:
    """Export and import are two halves of one thing: not a digit, blank or quote is lost between them."""
    file = _read_again(CrmImage(leads={lead.id: lead for lead in leads}), tmp_path)
    assert file.bad_rows == ()
    assert list(file.leads) == sorted((as_imported(lead) for lead in leads), key=lambda lead: lead.id)


@pytest.mark.rule("CSV-7.3")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(strategies.crm_images())
def test_any_crm_can_be_written_and_its_leads_read(tmp_path: Path, image: CrmImage) -> None:
    """Whatever happened to its leads, each living one comes back, and so do the activities bound to a lead."""
    file = _read_again(image, tmp_path)
    leads = {lead.id: as_imported(lead) for lead in image.leads.values() if isinstance(lead, Lead)}
    # A list of texts may be longer, joined in one cell, than a text may be.
    assert all((row.field or "").startswith("UF_CRM_") for row in file.bad_rows)
    for lead in file.leads:
        assert evolve(lead, custom=CustomFields()) == evolve(leads[lead.id], custom=CustomFields())
    bound = {id: frozenset(ref for ref in refs if ref.kind is Kind.LEAD) for id, refs in image.bindings.items()}
    again = read_activities(tmp_path / "activities.csv", list(image.leads))
    expected = [
        (evolve(activity, unbound=frozenset()), bound[id])
        for id, activity in sorted(image.activities.items())
        if isinstance(activity, Activity) and bound[id]
    ]
    assert list(again.activities) == expected


@pytest.mark.rule("CSV-8.1")
@pytest.mark.parametrize("cell", ["plain", '"', 'a "b";', "a;b", "two\nlines", "'", "", '""'])
def test_rows_are_those_of_the_csv_module(cell: str) -> None:
    """Also where a cell has quotes, at an end or inside, and where none has."""
    rows = [["a", cell, "b"], [cell], ["", cell.strip(), ""]]
    file, expected = StringIO(), StringIO()
    write_table(rows, file)
    csv.writer(expected, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [[escape(each) for each in row] for row in rows]
    )
    assert file.getvalue() == "\ufeff" + expected.getvalue()


@pytest.mark.rule("CSV-8.2")
@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("long", ["", "x" * 60_000], ids=["short", "long"])
def test_columns_that_are_known_late_stand_where_they_would_have_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: str, count: int
) -> None:
    """Points and custom fields that the first cards do not have: the file is the same, to the byte.

    Rows are copied, and made once more where a cell before them is longer than what can be read back.
    """
    mail = ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com")
    phone = ContactPoint(kind=PointKind.PHONE, type="HOME", value="+32 2 555; 0110")
    early = {"UF_CRM_M": (f"a{long}", f"b{long}", f"c{long}")}
    leads = (
        _lead(1, title='Say "=1"', contact_points=ContactPoints([mail]), custom=CustomFields(early)),
        _lead(2),
        _lead(3, contact_points=ContactPoints([phone, mail]), comments="two\r\nlines;"),
        _lead(4, custom=CustomFields({"UF_CRM_A": 5, "Z": True})),
        _lead(5, contact_points=ContactPoints([mail]), custom=CustomFields({"UF_CRM_Z": "last", "UF_CRM_A": 6})),
    )
    gone = Tombstone(kind=Kind.LEAD, id=6, deleted_at=datetime(2026, 11, 23, tzinfo=UTC))
    image = CrmImage(leads={**{lead.id: lead for lead in leads[:count]}, LeadId(6): gone})
    write_crm(image, NO_NAMES, tmp_path / "known" / "files")
    monkeypatch.setattr("crmcore.adapters.bitrix24_csv.writer._FIRST", 2)
    (tmp_path / "late").mkdir()
    with CrmTables(tmp_path / "late") as tables:
        for each in image.leads.values():
            tables.add("leads", [each])
        tables.end(image if long else CrmImage(), NO_NAMES)
    known, late = ((tmp_path / name / "leads.csv").read_bytes() for name in ("known/files", "late"))
    assert late == known
    assert [path.name for path in (tmp_path / "late").glob(".*")] == []


def test_a_value_of_each_kind_is_written(tmp_path: Path) -> None:
    """Alone in its column and beside others; a list of nothing is empty."""
    values: dict[CustomValue, str] = {
        "x": "x",
        5: "5",
        False: "N",
        True: "Y",
        Decimal("1E+3"): "1000",
        date(2026, 1, 2): "2026-01-02",
        datetime(2026, 1, 2, 3, tzinfo=UTC): "2026-01-02T03:00:00+00:00",
        ("=a", "b,c"): '\'=a,"b,c"',
    }
    leads = [
        _lead(id, custom=CustomFields({"UF_CRM_ALL": value, f"UF_CRM_{id}": value}))
        for id, value in enumerate(values, 1)
    ]
    rows = _written(
        tmp_path, *leads, _lead(99, amount=Money(amount=Decimal(5)), custom=CustomFields({"UF_CRM_ALL": ()}))
    )
    assert [row["OPPORTUNITY"] for row in rows[-2:]] == ["", "5"]
    assert [row["UF_CRM_ALL"] for row in rows] == [*values.values(), ""]
    assert [row[f"UF_CRM_{id}"] for id, row in enumerate(rows[:-1], 1)] == [*values.values()]


def test_what_a_damaged_record_holds_is_run_by_no_spreadsheet(tmp_path: Path) -> None:
    """A CRM with damage can be written too, so that it can be looked at."""

    class Shouted(str):
        __slots__ = ()

    lead = _lead(1)
    object.__setattr__(lead, "comments", Shouted("=1+1"))
    (row,) = _written(tmp_path, lead)
    assert row["COMMENTS"] == "'=1+1"


def test_each_kind_of_card_has_its_columns(tmp_path: Path) -> None:
    """Deals have no points; contacts and companies have no stage."""
    mail = ContactPoints([ContactPoint(kind=PointKind.EMAIL, type="WORK", value="a@x.example")])
    deal = Deal(
        id=DealId(5), pipeline_id=PipelineId(0), stage=StageCode("NEW"), title="a",
        semantics=StageSemantics.IN_PROCESS, responsible=UserId(1),
        lead_id=LeadId(7), custom=CustomFields({"UF_CRM_A": "x"}),
    )  # fmt: skip
    ada = Contact(
        id=ContactId(6), name=PersonName(last="c"), responsible=UserId(2), company_id=CompanyId(8), contact_points=mail
    )
    firm = Company(id=CompanyId(8), responsible=UserId(3), title="b", address=Address(city="Lyon"))
    image = CrmImage(deals={deal.id: deal}, contacts={ada.id: ada}, companies={firm.id: firm})
    write_crm(image, NO_NAMES, tmp_path)
    rows = {name: _rows(tmp_path / f"{name}.csv") for name in ("leads", "deals", "contacts", "companies")}

    def usual(person: str) -> dict[str, str]:
        return {"OPENED": "N", "ASSIGNED_BY_ID": person}

    filled = {name: [{key: cell for key, cell in row.items() if cell} for row in found] for name, found in rows.items()}
    assert filled == {
        "leads": [],
        "deals": [{"ID": "5", "TITLE": "a", "CATEGORY_ID": "0", "STAGE_ID": "NEW", "LEAD_ID": "7", **usual("1"),
                   "UF_CRM_A": "x"}],
        "contacts": [{"ID": "6", "LAST_NAME": "c", "COMPANY_ID": "8", **usual("2"), "EMAIL_WORK": "a@x.example"}],
        "companies": [{"ID": "8", "TITLE": "b", "ADDRESS_CITY": "Lyon", **usual("3")}],
    }  # fmt: skip
