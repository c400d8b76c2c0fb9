"""Columns that nobody knows by name become fields of their own, each under a code made of its heading."""

from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv.own.own_fields import field_code
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from tests.unit.adapters.bitrix24_csv.files import leads_of


@pytest.mark.parametrize(
    "heading, code",
    [
        ("Тип услуги", "UF_CRM_ТИП_УСЛУГИ"),
        ("  Size   XL ", "UF_CRM_SIZE_XL"),
        ("Size (cm)", "UF_CRM_SIZE_CM_0A25"),
        ("size-cm", "UF_CRM_SIZE_CM_32DA"),
        ("№ 5", "UF_CRM_5_45BB"),
        ("x" * 93, "UF_CRM_" + "X" * 93),
        ("x" * 94, "UF_CRM_" + "X" * 88 + "_6568"),
        ("!", "UF_CRM__BB72"),
    ],
)
def test_the_same_name_gives_the_same_code_in_every_file(heading: str, code: str) -> None:
    """What a code cannot hold is told by a mark, and no code is longer than 100 characters."""
    assert field_code(heading) == code
    assert len(code) <= 100


@pytest.mark.rule("CSV-4.6")
@pytest.mark.parametrize(
    "heading, cell, code",
    [
        ("Own", "x", "UF_CRM_OWN"),
        ("Own", "", None),
        ("SOME_CODE", "x", None),
        ("someCode", "x", None),
        ("CODE", "x", "UF_CRM_CODE"),
        ("ann@example.com", "x", None),
        ("Цена", "5", None),
    ],
)
def test_a_column_with_a_name_of_its_own_becomes_a_field(
    tmp_path: Path, heading: str, cell: str, code: str | None
) -> None:
    """Where it says anything, is no code of the interface, nobody's data and not known without a place."""
    file = leads_of(tmp_path, f"ID;TITLE;{heading}", f"1;a;{cell}", "2;b;")
    found = [(each.heading, each.code, each.cells) for each in file.own_fields]
    assert found == ([] if code is None else [(heading, code, 1)])
    own = None if code is None else Column(code, Meaning.CUSTOM, f"custom.{code}")
    assert file.sheet is not None
    assert [each.column for each in file.sheet.headings if each.column.meaning is Meaning.CUSTOM] == [own] * len(found)
    assert [dict(lead.custom) for lead in file.leads] == [{} if code is None else {code: cell}, {}]


def test_a_heading_that_comes_twice_stays_without_a_place(tmp_path: Path) -> None:
    """Nobody can tell which of the two is meant."""
    file = leads_of(tmp_path, "ID;TITLE;NAME;POST;Own;own;Other", "1;a;b;c;x;y;z")
    assert [each.heading for each in file.own_fields] == ["Other"]
    assert file.unplaced == {"Own": 1, "own (column 6)": 1}
