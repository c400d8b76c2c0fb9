"""Days such as 03/04/2026 are read by their whole column, or by what somebody says; nothing is guessed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import BadFile, DateOrder
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from tests.unit.adapters.bitrix24_csv.files import leads_of


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize(
    "cells, days",
    [
        (["05/31/1990", "03/04/1990"], [date(1990, 5, 31), date(1990, 3, 4)]),
        (["31/05/1990", "03/04/1990"], [date(1990, 5, 31), date(1990, 4, 3)]),
        (["3-4-1990", "31-5-1990"], [date(1990, 4, 3), date(1990, 5, 31)]),
        (["", "1/13/1990"], [None, date(1990, 1, 13)]),
        (["1990-05-31", "13/01/1990"], [date(1990, 5, 31), date(1990, 1, 13)]),
    ],
)
def test_a_column_shows_the_order_of_its_days(tmp_path: Path, cells: list[str], days: list[date | None]) -> None:
    """A number above 12 is no month, in whatever row it stands."""
    file = leads_of(tmp_path, "ID;TITLE;BIRTHDATE", *(f"{id};a;{cell}" for id, cell in enumerate(cells, 1)))
    assert (file.bad_rows, [lead.birth_date for lead in file.leads]) == ((), days)


UNSEEN = (
    "expected a day above 12 in at least one cell of this column, to see whether day or month comes first: say which "
    "(dates, --dates dmy or --dates mdy)"
)
BOTH = "this column has days of both orders, day first and month first: write them as 2026-11-23"


@pytest.mark.parametrize(
    "cells, said",
    [
        (["03/04/1990", "05/06/1990"], UNSEEN),
        (["12/05/1990"], UNSEEN),
        (["05/12/1990"], UNSEEN),
        (["31/05/1990", "05/31/1990"], BOTH),
    ],
)
def test_a_column_that_does_not_show_it_is_refused(tmp_path: Path, cells: list[str], said: str) -> None:
    """A birthday in April and one in March are two different facts."""
    with pytest.raises(BadFile) as caught:
        leads_of(tmp_path, "ID;TITLE;BIRTHDATE", *(f"{id};a;{cell}" for id, cell in enumerate(cells, 1)))
    assert str(caught.value.row) == f"{tmp_path / 'leads.csv'}, line 1, BIRTHDATE: {said} (date_order)"


@pytest.mark.parametrize("order, day", [("dmy", date(1990, 4, 3)), ("mdy", date(1990, 3, 4))])
def test_somebody_says_the_order(tmp_path: Path, order: str, day: date) -> None:
    """A cell that contradicts it is a bad row then, and not read the other way round."""
    mapping = evolve(NO_MAPPING, dates=DateOrder(order))
    wrong = "13/31/1990"
    file = leads_of(tmp_path, "ID;TITLE;BIRTHDATE", "1;a;03/04/1990", f"2;b;{wrong}", mapping=mapping)
    assert [lead.birth_date for lead in file.leads] == [day]
    assert [(row.line, row.code) for row in file.bad_rows] == [(3, "bad_date")]


@pytest.mark.parametrize(
    "cell, at",
    [
        ("05/31/2026 02:15:00 pm", datetime(2026, 5, 31, 14, 15, tzinfo=UTC)),
        ("05/31/2026 12:15 AM", datetime(2026, 5, 31, 0, 15, tzinfo=UTC)),
        ("5/31/2026, 12:00 p.m.", datetime(2026, 5, 31, 12, tzinfo=UTC)),
        ("05/31/2026 1:05 am", datetime(2026, 5, 31, 1, 5, tzinfo=UTC)),
        ("05/31/2026 9:05", datetime(2026, 5, 31, 9, 5, tzinfo=UTC)),
        ("05/31/2026", datetime(2026, 5, 31, tzinfo=UTC)),
    ],
)
def test_a_time_stands_behind_a_day(tmp_path: Path, cell: str, at: datetime) -> None:
    """With the half of the day, where there is one."""
    (lead,) = leads_of(tmp_path, "ID;TITLE;DATE_CREATE", f"1;a;{cell}").leads
    assert lead.created_at == at


@pytest.mark.parametrize("cell", ["05/31/2026 13:15 pm", "05/31/2026 00:15 am", "05/31/2026 25:00", "31/31/2026"])
def test_a_time_that_is_none_makes_a_bad_row(tmp_path: Path, cell: str) -> None:
    """So does a day that no month has."""
    mapping = evolve(NO_MAPPING, dates=DateOrder.MONTH_FIRST)
    (row,) = leads_of(tmp_path, "ID;TITLE;DATE_CREATE", f"1;a;{cell}", mapping=mapping).bad_rows
    assert (row.code, row.field) == ("bad_date", "DATE_CREATE")
