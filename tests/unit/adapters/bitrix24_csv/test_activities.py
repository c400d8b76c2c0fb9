"""Activities from CSV files, and the leads they are bound to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import BadFile, read_activities, read_leads
from crmcore.adapters.bitrix24_csv.activities import activity_sheet
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import Kind, LeadId, Ref
from tests.unit.adapters.bitrix24_csv.files import activities_of, only, write_file


@pytest.mark.rule("CSV-5.4", "CSV-5.5")
def test_every_column_fills_its_field(tmp_path: Path) -> None:
    """An activity comes in with all that the file says of it."""
    file = activities_of(
        tmp_path,
        "ID;LEAD_ID;TYPE;SUBJECT;DESCRIPTION;RESPONSIBLE_ID;DEADLINE;CREATED;COMPLETED;COMPLETED_AT",
        "5;1;call;Ask;How;7;2026-11-24T10:00:00Z;2026-11-23T10:00:00+03:00;Y;23.11.2026 12:00",
    )
    assert (file.bad_rows, file.unplaced) == ((), {})
    activity = Activity(
        id=5,  # type: ignore[arg-type]  # a plain id
        kind="call",
        subject="Ask",
        description="How",
        responsible=7,  # type: ignore[arg-type]  # a plain id
        deadline=datetime(2026, 11, 24, 10, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 7, tzinfo=UTC),
        completed=True,
        completed_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )
    assert file.activities == ((activity, frozenset({Ref(Kind.LEAD, 1)})),)


def test_an_activity_may_be_shared_by_several_leads(tmp_path: Path) -> None:
    """Their ids stand in one cell, joined by commas."""
    ((_, bound),) = activities_of(tmp_path, "ID;LEAD_ID", "1;2, 1,2").activities
    assert bound == {Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 2)}


@pytest.mark.rule("CSV-7.2")
def test_bindings_of_the_library_s_own_export_are_understood(tmp_path: Path) -> None:
    """Leads among them bind; deals and clients are reported, since no file brings them."""
    file = activities_of(tmp_path, "ID;BINDINGS", '1;"lead:1,deal:4,contact:9"', "2;lead:2")
    assert [bound for _, bound in file.activities] == [{Ref(Kind.LEAD, 1)}, {Ref(Kind.LEAD, 2)}]
    assert file.unplaced == {"BINDINGS": 1}


@pytest.mark.rule("CSV-7.5")
@pytest.mark.parametrize(
    "cell, kind",
    [
        ("call", "call"),
        ("CALL", "call"),
        ("2", "call"),
        ("2.0", "call"),
        ("Звонок", "call"),
        ("E-mail", "email"),
        ("", "task"),
    ],
)
def test_kinds_are_known_by_code_number_and_name(tmp_path: Path, cell: str, kind: str) -> None:
    """Another kind stays the code that it is, to the letter."""
    file = activities_of(tmp_path, "ID;LEAD_ID;TYPE", f"1;1;{cell}", "2;1;openline", "3;1;Straße-Z")
    assert [activity.kind for activity, _ in file.activities] == [kind, "openline", "Straße-Z"]


@pytest.mark.rule("CSV-7.1", "CSV-7.6")
@pytest.mark.parametrize(
    "headings, row, field, code",
    [
        ("ID;LEAD_ID", "1;3", "LEAD_ID", "unknown_lead"),
        ("ID;LEAD_ID", '1;"1,3"', "LEAD_ID", "unknown_lead"),
        ("ID;LEAD_ID", "1;one", "LEAD_ID", "bad_id"),
        ("ID;LEAD_ID", "1;", "LEAD_ID", "missing_value"),
        ("ID;BINDINGS", "1;four", "BINDINGS", "bad_id"),
        ("ID;BINDINGS", "1;thing:4", "BINDINGS", "bad_id"),
        ("ID;LEAD_ID", ";1", "ID", "missing_value"),
        ("ID;LEAD_ID;TYPE", "1;1;two words", "TYPE", "bad_kind"),
        ("ID;LEAD_ID;COMPLETED", "1;1;done", "COMPLETED", "bad_flag"),
        ("ID;LEAD_ID;DEADLINE", "1;1;soon", "DEADLINE", "bad_date"),
        ("ID;LEAD_ID;SUBJECT", "1;1;" + "s" * 256, "SUBJECT", "invalid_value"),
        ("ID;LEAD_ID;COMPLETED_AT", "1;1;2026-11-23", "COMPLETED_AT", "invalid_value"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, headings: str, row: str, field: str, code: str) -> None:
    """Line, heading and code are said, as for leads."""
    file = activities_of(tmp_path, headings, row)
    assert file.activities == ()
    assert only(file.bad_rows) == (2, field, code)


@pytest.mark.rule("IMPORT-1", "CSV-6.9")
def test_an_id_that_comes_again_is_skipped_when_equal_and_bad_when_not(tmp_path: Path) -> None:
    """Equal means bound to the same leads, too."""
    file = activities_of(tmp_path, "ID;LEAD_ID;SUBJECT", "1;1;a", "1;1;a", "1;2;a")
    assert len(file.activities) == 1
    assert only(file.skipped_rows) == (3, "ID", "id_again")
    assert only(file.bad_rows) == (4, "ID", "id_differs")


@pytest.mark.rule("CSV-4.1")
def test_a_responsible_who_is_only_named_is_reported(tmp_path: Path) -> None:
    """The names belong to the table of the lead file; who is meant cannot be told here."""
    file = activities_of(tmp_path, "ID;LEAD_ID;Ответственный;Mystery", "1;1;Ann;x", "2;1;7;")
    assert [activity.responsible for activity, _ in file.activities] == [None, 7]
    assert file.unplaced == {"Mystery": 1, "Ответственный": 1}


def test_a_file_that_names_no_leads_is_refused(tmp_path: Path) -> None:
    """Activities that belong to nothing could never be found again."""
    with pytest.raises(BadFile) as caught:
        activities_of(tmp_path, "ID;SUBJECT", "1;a")
    assert caught.value.row.code == "missing_column"


def test_the_shared_activities_are_read(shared: Path) -> None:
    """14 open activities of the leads of the export."""
    leads = read_leads(shared / "data" / "leads_export_ru.csv").leads
    file = read_activities(shared / "data" / "activities.csv", [lead.id for lead in leads])
    assert (len(file.activities), file.bad_rows, file.skipped_rows, file.unplaced) == (14, (), (), {})
    assert not any(activity.completed for activity, _ in file.activities)
    assert {activity.kind for activity, _ in file.activities} == {"call", "email"}


@pytest.mark.rule("CSV-7.7")
def test_a_file_that_may_say_otherwise_what_is_completed_is_refused(tmp_path: Path) -> None:
    """Tasks have a status; beside a column of completion, or empty, it says nothing."""
    for heading in ("status", "Статус", "Stato", "Task status"):
        with pytest.raises(BadFile) as caught:
            activities_of(tmp_path, f"ID;LEAD_ID;{heading}", "5;1;5")
        assert (caught.value.row.code, caught.value.row.field) == ("not_understood", heading)
    assert len(activities_of(tmp_path, "ID;LEAD_ID;STATUS;COMPLETED", "5;1;2;Y").activities) == 1
    assert len(activities_of(tmp_path, "ID;LEAD_ID;Status", "5;1;").activities) == 1


@pytest.mark.rule("CSV-7.1", "CSV-7.3", "CSV-7.4", "CSV-2.4")
@pytest.mark.parametrize(
    "headings, row, said",
    [
        ("ID;LEAD_ID", "1;", "LEAD_ID: expected the id of a lead (missing_value)"),
        ("ID;LEAD_ID;BINDINGS", "1;;", "LEAD_ID: expected the id of a lead (missing_value)"),
        ("ID;BINDINGS", "1;", "BINDINGS: expected the id of a lead (missing_value)"),
        ("ID;LEAD_ID", "1;3", "LEAD_ID: expected a lead of the imported file, found id 3 (unknown_lead)"),
        ("ID;LEAD_ID", "1;D_2", "LEAD_ID: belongs to a deal, not to a lead (other_owner)"),
        ("ID;BINDINGS", "1;contact:2", "BINDINGS: belongs to a contact, not to a lead (other_owner)"),
        ("ID;OWNER_ID;OWNER_TYPE_ID", "1;2;31", "OWNER_ID: belongs to another kind of record (other_owner)"),
        ("ID;OWNER_ID;OWNER_TYPE_ID", "1;2;", "OWNER_ID: expected the type of the owner beside its id (missing_value)"),
        ("ID;OWNER_ID;OWNER_TYPE_ID", "1;;", "OWNER_ID: expected the id of a lead (missing_value)"),
        ("ID;OWNER_ID;OWNER_TYPE_ID", "1;;1", "OWNER_ID: expected the id of a lead (missing_value)"),
        ("ID;OWNER_ID;OWNER_TYPE_ID", "1;x;1", "OWNER_ID: expected ids, joined by commas (bad_id)"),
        ("ID;BINDINGS", "1;5", "BINDINGS: expected records such as lead:102,deal:1 (bad_id)"),
        (
            "ID;OWNER_ID;OWNER_TYPE_ID",
            "1;;2",
            "OWNER_TYPE_ID: belongs to another kind of record than a lead (other_owner)",
        ),
        (
            "ID;LEAD_ID;TYPE",
            "1;1;two words",
            "TYPE: expected a type of activities: Meeting, Call, Task, E-mail, the same in other languages, or a code "
            "without blanks (bad_kind)",
        ),
    ],
)
def test_what_an_activity_lacks_is_said(tmp_path: Path, headings: str, row: str, said: str) -> None:
    """By the column, with what would have been right; other records than leads are no mistake."""
    file = activities_of(tmp_path, headings, row)
    assert [str(row) for row in (*file.bad_rows, *file.skipped_rows)] == [
        f"{tmp_path / 'activities.csv'}, line 2, {said}"
    ]
    assert len(file.skipped_rows) == ("other_owner" in said)


@pytest.mark.rule("CSV-7.4")
@pytest.mark.parametrize(
    "headings, said",
    [
        ("ID;SUBJECT", ": expected a column LEAD_ID, BINDINGS or OWNER_ID (missing_column)"),
        (
            "ID;OWNER_ID",
            ", OWNER_ID: expected a column OWNER_TYPE_ID beside it, since leads, deals and clients each count their "
            "ids from 1 (missing_column)",
        ),
    ],
)
def test_a_file_that_cannot_say_whose_its_activities_are_is_refused(tmp_path: Path, headings: str, said: str) -> None:
    """Before any row is read."""
    with pytest.raises(BadFile) as bad:
        activities_of(tmp_path, headings, "1;2")
    assert str(bad.value.row) == f"{tmp_path / 'activities.csv'}, line 1{said}"


@pytest.mark.rule("CSV-7.2")
def test_records_of_other_kinds_beside_a_lead_are_counted(tmp_path: Path) -> None:
    """Once for each row, under their column; an owner may stand beside bindings."""
    file = activities_of(
        tmp_path,
        "ID;BINDINGS;OWNER_ID;OWNER_TYPE_ID",
        '1;"lead:1,deal:4,contact:9";2;1',
        '2;"lead:1";7;4',
        '3;"lead:2,deal:1";1;2',
        "4;;1;Lead",
    )
    leads = [sorted(ref.id for ref in refs) for _, refs in file.activities]
    assert (leads, file.bad_rows) == ([[1, 2], [1], [2], [1]], ())
    assert file.unplaced == {"BINDINGS": 2, "OWNER_ID": 2}


def test_an_activity_file_is_read_as_one_of_leads_is(tmp_path: Path) -> None:
    """With its encoding, and one page of a longer list only where somebody says that it is all."""
    path = write_file(tmp_path, "ID;LEAD_ID;SUBJECT\n5;1;Größe\n".encode("cp1252"))
    file = read_activities(path, [LeadId(1)], mapping=evolve(NO_MAPPING, encoding="cp1252"))
    assert [activity.subject for activity, _ in file.activities] == ["Größe"]
    assert file.sheet is not None
    page = write_file(tmp_path, '{"result":[{"ID":"5","LEAD_ID":"1","SUBJECT":"a"}],"total":120}', "page.json")
    for read in (lambda: read_activities(page, [LeadId(1)]), lambda: activity_sheet(page, NO_MAPPING)):
        with pytest.raises(BadFile, match=r"\(partial_file\)"):
            read()
    assert len(read_activities(page, [LeadId(1)], partial=True).activities) == 1


@pytest.mark.rule("CSV-4.1")
def test_persons_are_known_by_their_ids_alone(tmp_path: Path) -> None:
    """As the product writes employees too; each name that is no id is counted."""
    rows = ("1;1;Ann", "2;1;user_8", "3;1;[9] Ugo Sample", "4;1;Ann", "5;1;")
    file = activities_of(tmp_path, "ID;LEAD_ID;RESPONSIBLE_ID", *rows)
    assert [activity.responsible for activity, _ in file.activities] == [None, 8, 9, None, None]
    assert file.unplaced == {"RESPONSIBLE_ID": 2}
