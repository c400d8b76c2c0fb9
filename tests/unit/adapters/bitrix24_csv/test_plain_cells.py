"""Cells in the forms that a mapping names: its signs of amounts, and its words for yes, no and nothing."""

from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import DateOrder
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from tests.unit.adapters.bitrix24_csv.files import leads_of


@pytest.mark.parametrize(
    "sign, cell, amount",
    [
        (",", "1.234,56", "1234.56"),
        (",", "1 234 567,5", "1234567.5"),
        (",", "-1.234", "-1234"),
        (",", "1'234,00", "1234.00"),
        (",", "1\u00a0234", "1234"),
        (",", "1\u202f234", "1234"),
        (",", "1234,5678", "1234.5678"),
        (",", " 12 ", "12"),
        (",", "12.5", None),
        (",", "1.23.456", None),
        (",", "1,234,567", None),
        (",", ",5", None),
        (".", "1,234.56", "1234.56"),
        (".", "-1 234", "-1234"),
        (".", "1234.5678", "1234.5678"),
        (".", "1.234,56", None),
        (".", "12,5", None),
        (".", "x", None),
    ],
)
def test_an_amount_has_the_sign_that_is_told(tmp_path: Path, sign: str, cell: str, amount: str | None) -> None:
    """Groups of thousands are closed; a sign in the wrong place makes a bad row, as the usual form might take it."""
    mapping = evolve(NO_MAPPING, decimal=sign)
    file = leads_of(tmp_path, "ID;OPPORTUNITY;CURRENCY_ID", f'1;"{cell}";EUR', "2;;", mapping=mapping)
    found = [lead.amount and str(lead.amount.amount) for lead in file.leads]
    assert found == ([None] if amount is None else [str(Decimal(amount)), None])
    assert [(row.line, row.code) for row in file.bad_rows] == ([(2, "bad_number")] if amount is None else [])


def test_words_for_yes_and_no_are_told(tmp_path: Path) -> None:
    """Either alone; case and blanks do not count, and what is known of every file still is."""
    rows = ("1; Gewiss  DOCH ", "2;niemals", "3;Y", "4;nein", "5;")
    both = evolve(NO_MAPPING, yes=frozenset({"gewiss doch"}), no=frozenset({"niemals"}))
    file = leads_of(tmp_path, "ID;OPENED", *rows, mapping=both)
    assert ([lead.opened for lead in file.leads], file.bad_rows) == ([True, False, True, False, False], ())
    for mapping, line in ((evolve(both, yes=frozenset()), 2), (evolve(both, no=frozenset()), 3)):
        bad = leads_of(tmp_path, "ID;OPENED", *rows, mapping=mapping).bad_rows
        assert [(row.line, row.code) for row in bad] == [(line, "bad_flag")]


def test_words_for_nothing_are_told(tmp_path: Path) -> None:
    """A cell with one is empty in every column, so that a column of them is none."""
    mapping = evolve(NO_MAPPING, nothing=frozenset({"-", "k. a."}))
    file = leads_of(tmp_path, "ID;TITLE;NAME;Own", "1;-;K.  A.;-", "2;a-;b;-", mapping=mapping)
    assert [(lead.title, lead.name.first) for lead in file.leads] == [(None, None), ("a-", "b")]
    assert (file.own_fields, file.unplaced) == ((), {"Own": 0})


def test_days_signs_and_words_stand_beside_each_other(tmp_path: Path) -> None:
    """Each column is put into its own form."""
    mapping = evolve(
        NO_MAPPING, dates=DateOrder.MONTH_FIRST, decimal=",", yes=frozenset({"si"}), nothing=frozenset({"-"})
    )
    headings = "ID;BIRTHDATE;OPPORTUNITY;OPENED;TITLE"
    (lead,) = leads_of(tmp_path, headings, '1;12/11/1990;"1.000,5";si;1.000,5', mapping=mapping).leads
    assert (str(lead.birth_date), lead.amount and lead.amount.amount) == ("1990-12-11", Decimal("1000.5"))
    assert (lead.opened, lead.title) == (True, "1.000,5")
