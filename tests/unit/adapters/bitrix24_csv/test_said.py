"""What is said of a file or a row that is not taken, to the letter: where, what would have been right, and the code."""

import tomllib
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import read_activities, read_leads
from crmcore.adapters.bitrix24_csv.cells import whole_digits
from crmcore.adapters.bitrix24_csv.dumps import read_dump
from crmcore.adapters.bitrix24_csv.errors import BadFile, Fault
from crmcore.adapters.bitrix24_csv.rows import check_name
from crmcore.adapters.bitrix24_csv.sheets import Heading
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of, own_columns
from crmcore.adapters.bitrix24_csv.words.headings import camel, lead_column
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.ids import Kind, LeadId, Ref
from tests.unit.adapters.bitrix24_csv.files import activities_of, write_file

FAULTS = tomllib.loads(Path(__file__).with_name("said.toml").read_text(encoding="utf-8"))["fault"]


@pytest.mark.rule("IMPORT-1", "DATA-2")
@pytest.mark.parametrize("fault", FAULTS, ids=[fault["said"][:70] for fault in FAULTS])
def test_what_is_wrong_is_said_to_the_letter(tmp_path: Path, fault: dict[str, str]) -> None:
    """By the file's own name, line and heading, and what would have been right."""
    given = fault["given"].replace("{long}", "y" * 256).replace("{huge}", "x" * 200_000)
    path = write_file(tmp_path, given.encode(fault.get("encoding", "utf-8")), "given.csv")
    try:
        file = read_leads(path) if fault["file"] == "leads" else read_activities(path, [LeadId(1), LeadId(2)])
        rows = [*file.bad_rows, *file.skipped_rows]
    except BadFile as bad:
        rows = [bad.row]
    assert [str(row) for row in rows] == [f"{tmp_path}/{fault['said']}"]


def test_every_fault_is_said_once_at_least() -> None:
    """A fault that is added stands in the list above too; these four are no fault of what the file says."""
    told = {fault["said"].rpartition("(")[2].rstrip(")") for fault in FAULTS}
    assert told | {Fault.UNREADABLE_FILE, Fault.BAD_MAPPING, Fault.MISSING_EXTRA, Fault.RECORD_DIFFERS} == {*Fault}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("kind", own_columns())
def test_a_code_counts_alike_however_it_is_spelled(kind: FileKind) -> None:
    """In capitals, in camel case and with underscores: two, as every code of one kind alone."""
    for code in own_columns()[kind].codes:
        spellings = {code, camel(code), code.lower()} if "_" in code else {code}
        assert {likeness_of([each])[kind].score for each in spellings} == {2}, code


@pytest.mark.rule("IMPORT-1", "CONV-6")
def test_an_object_of_a_program_names_its_record_by_either_pair_of_fields(tmp_path: Path) -> None:
    """`OWNER_TYPE_ID` and `OWNER_ID`, or `ENTITY_TYPE_ID` and `ENTITY_ID`, however they are spelled."""
    cell = "[{'ENTITY_TYPE_ID': 1, 'ENTITY_ID': 2}, {'ownerTypeId': '1', 'ownerId': '1'}]"
    file = activities_of(tmp_path, "ID;BINDINGS", f'1;"{cell}"')
    assert [refs for _, refs in file.activities] == [{Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 2)}]


def test_quotes_inside_a_text_of_a_program_are_kept() -> None:
    """What Python prints in single quotes may hold double ones, and the other way round."""
    assert read_dump("""['say "hi"', "it's", 'it\\'s']""") == ['say "hi"', "it's", "it's"]


@pytest.mark.rule("IMPORT-1")
def test_what_is_just_within_a_limit_is_taken() -> None:
    """A name of 255 characters, and a phone of 5 to 15 digits that became a decimal; one more is too many."""
    heading = Heading(0, "Source", lead_column("SOURCE_ID").column, True, "Source")
    assert check_name(heading, "y" * 255) == "y" * 255
    assert [whole_digits(f"{'1' * digits}.0") is not None for digits in (4, 5, 15, 16)] == [False, True, True, False]


def test_names_are_compared_without_case_and_accents_of_habit() -> None:
    """Both ways to write one Russian letter and one English word are the same name."""
    assert plain(" Отчёт  по E-Mail ") == plain("отчет по email") == "отчет по email"
