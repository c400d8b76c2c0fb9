"""Contact points in the forms of people and programs: how a cell is split, and what is no point."""

from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv.points import read_points
from crmcore.adapters.bitrix24_csv.rows import Unreadable
from crmcore.adapters.bitrix24_csv.sheets import Heading
from crmcore.adapters.bitrix24_csv.words.columns import MULTI_FIELDS
from crmcore.adapters.bitrix24_csv.words.headings import lead_column
from tests.unit.adapters.bitrix24_csv.files import leads_of


def _read(heading: str, cell: str) -> list[str]:
    column = MULTI_FIELDS if heading == "FM" else lead_column(heading).column
    return [
        f"{each.kind} {each.type} {each.value}"
        for each in read_points(Heading(0, heading, column, True, heading), cell)
    ]


@pytest.mark.rule("CSV-5.7")
@pytest.mark.parametrize(
    "heading, cell, points",
    [
        ("PHONE", "+1 555", ["phone WORK +1 555"]),
        ("PHONE_HOME", "+1, +2", ["phone HOME +1", "phone HOME +2"]),
        ("PHONE", "+1;+2", ["phone WORK +1", "phone WORK +2"]),
        ("PHONE", "+1-555-0100;ext=5", ["phone WORK +1-555-0100;ext=5"]),
        ("PHONE", "+1-555-0100; EXT=5,+2", ["phone WORK +1-555-0100; EXT=5", "phone WORK +2"]),
        ("PHONE", "79000000101.0", ["phone WORK 79000000101"]),
        ("PHONE", "79000000101.0,5", ["phone WORK 79000000101", "phone WORK 5"]),
        ("PHONE", "1 / 2", ["phone WORK 1 / 2"]),
        ("PHONE", "123456 / 1234567", ["phone WORK 123456 / 1234567"]),
        ("PHONE", "555-0100/01", ["phone WORK 555-0100/01"]),
        ("PHONE", "79000000101,0", ["phone WORK 79000000101"]),
        ("PHONE", '"7,9E+10",5', ["phone WORK 7,9E+10", "phone WORK 5"]),
        ("PHONE", '"[a]"', ["phone WORK [a]"]),
        ("PHONE", '"a;b"', ["phone WORK a;b"]),
        ("EMAIL", "a@x.example;b@x.example", ["email WORK a@x.example", "email WORK b@x.example"]),
        ("EMAIL", "no mail", ["email WORK no mail"]),
        ("WEB", "https://x.example/a;b", ["website WORK https://x.example/a;b"]),
        ("WEB", "https://x.example;www.y.example", ["website WORK https://x.example", "website WORK www.y.example"]),
        ("IM_TELEGRAM", "@a;@b", ["messenger TELEGRAM @a", "messenger TELEGRAM @b"]),
        ("IM_TELEGRAM", "a;b", ["messenger TELEGRAM a;b"]),
        ("IM_TELEGRAM", "7E10", ["messenger TELEGRAM 7E10"]),
        ("PHONE", "['+1', 2, None, '']", ["phone WORK +1", "phone WORK 2"]),
        ("PHONE", " [{'VALUE': '+1', 'VALUE_TYPE': 'HOME'}, {'value': 2}]", ["phone HOME +1", "phone WORK 2"]),
        ("PHONE", "['79000000101.0']", ["phone WORK 79000000101"]),
        ("PHONE", "{'VALUE': '+1'}", ["phone WORK +1"]),
        ("PHONE", "[{'VALUE': '+1', 'TYPE_ID': 'PHONE'}, {'VALUE': ''}]", ["phone WORK +1"]),
        (
            "FM",
            "[{'typeId': 'EMAIL', 'value': 'a'}, {'typeId': 'PHONE', 'valueType': 'FAX', 'value': '1'}]",
            ["phone FAX 1", "email WORK a"],
        ),
        ("FM", "[]", []),
    ],
)
def test_the_points_of_a_cell(heading: str, cell: str, points: list[str]) -> None:
    """Joined by commas, by semicolons where each part is a point, or a list of a program."""
    assert _read(heading, cell) == points


SEVERAL = "or several joined by commas"
UNLIKE = f"{SEVERAL}; the parts around a semicolon are not alike"
SHAPE = "the cell looks like"
LIST = "expected a list of contact points"
LOST = ": digits are lost, export again with this column as text"


@pytest.mark.rule("CSV-5.7", "CSV-2.4")
@pytest.mark.parametrize(
    "heading, cell, said",
    [
        ("EMAIL", "a@x.example;b", f"expected an e-mail, {UNLIKE}"),
        ("PHONE", "+1;x", f"expected a phone, {UNLIKE}"),
        ("EMAIL", "a@x.example b@x.example", f"expected an e-mail, {SEVERAL}"),
        ("PHONE", "+1+2", f"expected a phone, {SEVERAL}"),
        ("PHONE", "1234567 / 1234567", f"expected a phone, {SEVERAL}"),
        ("PHONE", "1234567|1234567", f"expected a phone, {SEVERAL}"),
        ("PHONE", "1234567 or 1234567", f"expected a phone, {SEVERAL}"),
        ("PHONE", "7,9E+10", f"expected a phone, {SHAPE} a number that a spreadsheet has shortened{LOST}"),
        ("EMAIL", "#NAME?", f"expected an e-mail, {SHAPE} an error of a spreadsheet"),
        ("WEB", "#NAME?", f"expected a web address, {SHAPE} an error of a spreadsheet"),
        ("IM_VK", "#NAME?", f"expected the name of somebody in a messenger, {SHAPE} an error of a spreadsheet"),
        ("PHONE", "[{'VALUE': 'a', 'TYPE_ID': 'EMAIL'}]", f"expected a phone, {SHAPE} a list with an e-mail"),
        ("FM", "+1", LIST),
        ("EMAIL", "a@x.example,#NAME?", f"expected an e-mail, {SHAPE} an error of a spreadsheet"),
        ("PHONE", "['7,9E+10']", f"expected a phone, {SHAPE} a number that a spreadsheet has shortened{LOST}"),
        ("FM", "#NAME?", f"{LIST}, {SHAPE} an error of a spreadsheet"),
        ("FM", "[{'value': '+1'}]", f"{LIST} with VALUE, VALUE_TYPE and TYPE_ID"),
        ("PHONE", "[{'ID': 5}]", f"{LIST} with VALUE, VALUE_TYPE and TYPE_ID"),
        ("PHONE", "[True]", f"{LIST} with VALUE, VALUE_TYPE and TYPE_ID"),
        ("PHONE", "[[1]]", f"{LIST} with VALUE, VALUE_TYPE and TYPE_ID"),
    ],
)  # fmt: skip
def test_what_is_no_point_is_said(heading: str, cell: str, said: str) -> None:
    """A wrong split would make points that nobody has, and a match with somebody else."""
    with pytest.raises(Unreadable) as bad:
        _read(heading, cell)
    assert (bad.value.field, bad.value.code, bad.value.message) == (heading, "bad_shape", said)


def test_a_point_beyond_the_limits_of_the_model_makes_a_bad_row(tmp_path: Path) -> None:
    """One of 2,000 characters is taken, one more is not, alone and in a list."""
    rows = (f"1;{'1' * 2000}", f"2;{'1' * 2001}", f"3;['{'1' * 2001}']")
    file = leads_of(tmp_path, "ID;PHONE", *rows)
    assert [lead.id for lead in file.leads] == [1]
    assert [(row.field, row.message) for row in file.bad_rows] == [("PHONE", "expected at most 2000 characters")] * 2
