"""Rows that are no records: sums, and headings that come once more."""

import pytest

from crmcore.adapters.bitrix24_csv.words.asides import aside_of, is_sum

SUMS = "this looks like a row of sums: delete it"
HEADINGS = "this looks like a second line of headings: delete one of them"


def test_a_cell_that_announces_a_sum() -> None:
    """In each language, alone or with a number behind it; a company may begin so."""
    sums = [
        "Total",
        " TOTALS ",
        "Subtotal:",
        "Grand Totals (12 records)",
        "Итого: 5",
        "Всего",
        "Gesamtsumme",
        "Summe = 7",
    ]
    sums += ["Total general", "Totale", "Suma 5", "Razem", "Ogółem", "Усього", "Toplam", "Totaal"]
    assert [each for each in sums if not is_sum(each)] == []
    assert [each for each in ("Total Solutions", "Summer", "7", "", "My total", "Resumen") if is_sum(each)] == []


@pytest.mark.parametrize(
    "cells, said",
    [
        (["Total"], SUMS),
        (["Total", "5"], SUMS),
        (["5", "Total"], None),
        (["ID", "Lead name"], HEADINGS),
        (["ID", "TITLE", "Stage"], HEADINGS),
        (["Website"], None),
        (["1", "Stage"], None),
        (["Stage", "1"], None),
        ([], None),
    ],
)
def test_what_a_row_is_that_is_no_record(cells: list[str], said: str | None) -> None:
    """And what to do; one cell that is called like a column may be a coincidence."""
    assert aside_of(cells) == said
