"""What leads, contacts and companies have alike: their points, names, sources and persons."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import KnownPersons, read_leads
from crmcore.adapters.bitrix24_csv.cards.card_reader import said_by
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.domain.model.values import Address, ExternalOrigin, Money, PersonName, Utm
from tests.unit.adapters.bitrix24_csv.files import leads_of, write_file


@pytest.mark.rule("CSV-5.7")
@pytest.mark.parametrize(
    "fields, points",
    [
        ({"phone": "+1,+2", "fm": [{"typeId": "PHONE", "valueType": "HOME", "value": "+1"}]}, ["HOME +1", "WORK +2"]),
        ({"phoneMobile": "+1,+3", "fm": [{"typeId": "PHONE", "value": "+1"}]}, ["WORK +1", "MOBILE +3"]),
        ({"phone": "+1,+2", "phoneHome": "+1"}, ["HOME +1", "WORK +2"]),
        ({"phoneHome": "+1", "phoneMobile": "+1"}, ["HOME +1", "MOBILE +1"]),
        ({"phone": "+1", "web": "+1"}, ["WORK +1", "WORK +1"]),
        ({"phone": "+1", "webHome": "+1"}, ["HOME +1", "WORK +1"]),
        ({"PHONE": "+1", "PHONE_HOME": "+1"}, ["HOME +1", "WORK +1"]),
    ],
)
def test_a_point_that_an_answer_says_twice_is_one(tmp_path: Path, fields: dict[str, object], points: list[str]) -> None:
    """Summaries of the newer methods say again what other fields have; fields of the older ones never do."""
    row = {"ID": 1, "STATUS_ID": "NEW"} if "PHONE" in fields else {"id": 1, "stageId": "NEW"}
    path = write_file(tmp_path, json.dumps({"result": [{**row, **fields}]}), "leads.json")
    (lead,) = read_leads(path).leads
    assert sorted(f"{point.type} {point.value}" for point in lead.contact_points) == sorted(points)


@pytest.mark.rule("CSV-5.3")
def test_blanks_around_a_currency_do_not_count(tmp_path: Path) -> None:
    """It is a code of three letters, and no text."""
    (lead,) = leads_of(tmp_path, "ID;OPPORTUNITY;CURRENCY_ID", "1;5; EUR ").leads
    assert lead.amount == Money(amount=Decimal(5), currency="EUR")


@pytest.mark.rule("CSV-6.8")
def test_each_full_name_that_says_more_is_counted(tmp_path: Path) -> None:
    """Beside a last name alone too; only where both names are empty it becomes the first one."""
    rows = ("1;;Smith;Ann Smith", "2;Ann;;Ann Smith", "3;;;Ann Smith", "4;Ann;Smith;Smith, Ann")
    file = leads_of(tmp_path, "ID;First name;Last name;Full name", *rows)
    assert [(lead.name.first, lead.name.last) for lead in file.leads] == [
        (None, "Smith"),
        ("Ann", None),
        ("Ann Smith", None),
        ("Ann", "Smith"),
    ]
    assert file.unplaced == {"Full name": 2}


@pytest.mark.rule("CSV-6.8")
@pytest.mark.parametrize(
    "parts, whole, said",
    [
        ({"first": "Ann, Lee", "last": "Smith"}, "Smith, Ann Lee", True),
        ({"first": "Ann,Lee", "middle": None}, "Lee Ann", True),
        ({"first": "Ann"}, "Ann Ann", False),
        ({"first": "Ann Ann"}, "Ann", True),
        ({}, "Ann", False),
        ({}, " , ", True),
    ],
)
def test_a_full_name_is_said_by_parts_that_have_its_words(parts: dict[str, str | None], whole: str, said: bool) -> None:
    """Each as often, in whatever order, and commas do not count."""
    assert said_by(parts, whole) is said


BLANKS = "the cell has blanks as names have them: call the column Source"
WAY_ON = "give the export of clients too (--contacts, --companies), or import it without the link (--unlinked)"
OTHER_IDS = "ids of another system become origins of leads that get ids of ours (--number)"


@pytest.mark.rule("CSV-6.5", "CSV-2.4")
@pytest.mark.parametrize(
    "heading, cell, said",
    [
        ("SOURCE_ID", "a b", f"expected the code of a source, {BLANKS}"),
        ("SOURCE_ID", "x" * 101, "expected a code of 1 to 100 printable characters without spaces"),
        ("SOURCE_ID", "[1]", "expected a code, the cell looks like a list or an object of a program"),
        ("Full name", "x" * 256, "expected at most 255 characters"),
        ("OBSERVER_IDS", "5,[6]", "expected a name, the cell looks like a list or an object of a program"),
        ("ASSIGNED_BY_ID", "9" * 19, "expected the id of a user, or a name"),
        ("Responsible", "123-45", "expected the id of a user, or a name"),
        ("CONTACT_ID", "9", f"this lead is linked to a contact that is in no file and not in the CRM; {WAY_ON}"),
        ("ID", "0", f"expected a whole number above 0; {OTHER_IDS}"),
    ],
)
def test_a_cell_that_is_no_source_or_person_is_named(tmp_path: Path, heading: str, cell: str, said: str) -> None:
    """By its heading, with what would have been right."""
    headings, row = ("ID;TITLE", f"{cell};a") if heading == "ID" else (f"ID;{heading}", f"1;{cell}")
    (bad,) = leads_of(tmp_path, headings, row).bad_rows
    assert (bad.line, bad.field, bad.message) == (2, heading, said)


@pytest.mark.rule("CSV-6.5", "CSV-6.6")
def test_names_of_sources_and_persons_are_mapped(tmp_path: Path) -> None:
    """Case and blanks do not matter; the table of names says what each became."""
    mapping = evolve(NO_MAPPING, sources={"spring fair": "FAIR"}, persons={"ann lee": 7})
    rows = ("1;Spring  Fair; Ann  LEE ", "2;FAIR;7", "3;WEB;Bob")
    file = leads_of(tmp_path, "ID;Source;Responsible", *rows, mapping=mapping)
    assert [(lead.source, lead.responsible) for lead in file.leads[::2]] == [("FAIR", 7), ("WEB", 1)]
    assert (file.names.sources["FAIR"], file.names.persons) == ("Spring  Fair", {7: "Ann LEE", 1: "Bob"})


@pytest.mark.rule("CSV-5.9")
@pytest.mark.parametrize("cell", ["5, 7,8", "[5, '7', None, 8]", "[{'id': 5}, {'ID': 7, 'name': 'x'}, 8]"])
def test_observers_are_a_list_in_any_form(tmp_path: Path, cell: str) -> None:
    """Joined, or as a program prints them, as ids or as objects."""
    (lead,) = leads_of(tmp_path, "ID;OBSERVER_IDS", f'1;"{cell}"').leads
    assert lead.observers == (5, 7, 8)


def test_a_lead_without_any_name_has_none(tmp_path: Path) -> None:
    """So does one of which only the honorific is empty."""
    assert [lead.name for lead in leads_of(tmp_path, "ID;HONORIFIC", "1;", "2;Dr").leads] == [
        PersonName(),
        PersonName(honorific="Dr"),
    ]


@pytest.mark.rule("CSV-6.6", "CSV-6.7")
@pytest.mark.parametrize(
    "headings, rows, persons",
    [
        ("ID;Responsible;Observers", ('1;Bob;"Ann,2"', "2;3;Bob"), {1: "Bob", 4: "Ann"}),
        ("ID;Responsible;Observers", ("1;Bob;[1]", "2;;"), {2: "Bob"}),
        ("ID;Responsible;Observers", ("1;2;Bob", "2;;"), {3: "Bob"}),
        ("ID;Responsible;Observers", ("1;2;Bob", "2;3;"), {1: "Bob"}),
        ("ID;Observers", ("1;Bob",), {2: "Bob"}),
    ],
)
def test_nobody_gets_an_id_that_is_in_use(
    tmp_path: Path, headings: str, rows: tuple[str, ...], persons: dict[int, str]
) -> None:
    """By the file anywhere, or as the user who stands in where nobody is responsible."""
    assert leads_of(tmp_path, headings, *rows).names.persons == persons
    path = write_file(tmp_path, f"{headings}\n" + "\n".join(rows))
    taken = read_leads(path, persons=KnownPersons({"bob": 9}, frozenset({1, 2, 3, 4})))
    assert taken.names.persons == {9 if name == "Bob" else 5: name for name in persons.values()}


def test_every_part_of_a_card_has_its_field(tmp_path: Path) -> None:
    """Codes stay as they are; the names of stages and sources that stand for one are told."""
    headings = "ID;Stage;STATUS_SEMANTIC_ID;Source;ADDRESS_CITY;ORIGIN_ID;ORIGINATOR_ID;UTM_TERM"
    file = leads_of(tmp_path, headings, "1;Junk lead;F;Call;Lyon;7;x;z", "2;NEW;;WEB;;;;")
    first, second = file.leads
    assert (first.address, first.origin, first.utm) == (
        Address(city="Lyon"),
        ExternalOrigin(id="7", originator="x"),
        Utm(term="z"),
    )
    assert (second.address, second.origin, second.utm, file.unlinked) == (None, None, None, 0)
    assert (file.names.stages, file.names.sources) == ({"JUNK": "Junk lead"}, {"CALL": "Call"})
    (lead,) = leads_of(tmp_path, "ID;SOURCE_ID", "1; UC_1 ").leads
    assert lead.source == "UC_1"
    (bad,) = leads_of(tmp_path, "ID;Stage;STATUS_SEMANTIC_ID", "1;NEW;F").bad_rows
    assert (bad.field, bad.code) == ("STATUS_SEMANTIC_ID", "unknown_stage")
