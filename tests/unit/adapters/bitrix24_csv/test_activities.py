"""Activities from CSV files, and the leads they are bound to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_activities, read_leads
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import Kind, Ref
from tests.unit.adapters.bitrix24_csv.files import activities_of, only


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
    [("call", "call"), ("CALL", "call"), ("2", "call"), ("Звонок", "call"), ("E-mail", "email"), ("", "task")],
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
