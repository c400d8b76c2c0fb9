"""The one table of an HTML page becomes a table; what has none, several, or cells that are joined is refused."""

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.markup import read_markup
from crmcore.adapters.bitrix24_csv.formats.table import Form, Row, Source

_ROW = [(2, ["1", "a"])]
#: A page, the headings and the rows.
PAGES: dict[str, tuple[str, list[str], list[Row]]] = {
    "closed": ("<table><tr><th>ID</th><th>TITLE</th></tr><tr><td>1</td><td>a</td></tr></table>", ["ID", "TITLE"], _ROW),
    "not closed": ("<table><tr><td>ID<td>TITLE<tr><td>1<td>a</table>", ["ID", "TITLE"], _ROW),
    "cut off in its last cell": ("<table><tr><td>ID<td>TITLE<tr><td>1<td>a", ["ID", "TITLE"], [(2, ["1"])]),
    "capitals": ("<TABLE><TR><TH>ID<TD>TITLE</TR><TR><TD>1</TD><TD>a</TABLE>", ["ID", "TITLE"], _ROW),
    "rows without cells": ("<table><tr></tr><tr><td>ID<td>TITLE<tr><tr><td>1<td>a</table>", ["ID", "TITLE"], _ROW),
    "an empty table beside": ("<table><tr></table><table><tr><td>ID<td>x</table><table></table>", ["ID", "x"], []),
    "text around": ("<p>x<table>x<tr>x<td>ID</td>x<td>x</tr>x</table>x<td>x", ["ID", "x"], []),
    "a style and a title": (
        "<style>td {}</style><table><tr><td>ID<style>a</style><script>b</script><td>x<title>c</title>y</table>",
        ["ID", "xy"], []),
    "silence in silence": ("<table><tr><td>ID<td>x<title>a<style>b</style>c</title>y</table>", ["ID", "xy"], []),
    "an end of a style too many": ("</style></title><table><tr><td>ID</style><td>x</table>", ["ID", "x"], []),
    "an end of a table too many": ("</table><table><tr><td>ID<td>x</table>", ["ID", "x"], []),
    "references": ("<table><tr><td>&lt;ID&gt;<td>a&nbsp;&#1105;</table>", ["<ID>", "a\xa0ё"], []),
    "breaks": ("<table><tr><td><p>a<br>b<div>c</div><li>d<br><td><br>X<i>Y</i></table>", ["a\nb\nc\nd", "XY"], []),
    "blanks": ("<table><tr><td>ID<td>\n a b\t\n</table>", ["ID", " a b\t"], []),
    "spans of one": ('<table><tr><td colspan="1" rowspan=" 1 ">ID<td colspan class="2">x</table>', ["ID", "x"], []),
    "a row without a table": ("<tr><td>x<table><tr><td>ID<td>x</table>", ["ID", "x"], []),
    "a cell without a row": ("<table><td>y<tr><td>ID<td>x</table>", ["ID", "x"], []),
    "a conditional section": ("<![if !x]><table><tr><td>ID<td>x</table><![endif]>", ["ID", "x"], []),
}  # fmt: skip


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_a_page_is_read(page: str) -> None:
    """The first row has the headings, and the number of a row stands for its line."""
    text, names, rows = PAGES[page]
    table = read_markup(Source("leads.xls"), text, "utf-16")
    assert (table.form, table.heading_line, table.may_have_nul) == (Form("HTML", "utf-16"), 1, True)
    assert (table.names, table.rows) == (names, rows)


ONE = "expected one table with headings and rows in this HTML file, found {}: export it as CSV"
JOINED = "expected a table whose cells are not joined to one another: export it as CSV"
NO_HTML = "expected an HTML table, since the file begins like one; something in it is no HTML: export it as CSV"
XML = "expected CSV, a workbook, HTML or JSON, found XML: save it as CSV or as a workbook"
REFUSED = {
    "<p>Please log in</p>": ONE.format(0),
    "<table></table>": ONE.format(0),
    "<table><tr><td>a</table><table><tr><td>b</table>": ONE.format(2),
    "<table><tr><td>a<table></table></table>": ONE.format(1),
    "<table><tr><td>a<table><tr><td>b</table></table>": ONE.format(2),
    "<table><tr><td rowspan=2>a</table>": JOINED,
    "<table><tr><td colspan='3'>a<td>b</table>": JOINED,
    "<table><tr><td colspan=2>a<td colspan=1>b": JOINED,
    "<table><tr><td>a<![x b": NO_HTML,
    "<table><tr><td>a<![IFx b": NO_HTML,
    ' \n<?xml version="1.0"?><a/>': XML,
}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("text", REFUSED)
def test_a_page_without_one_plain_table_is_refused(text: str) -> None:
    """The report says what was found, and what to do."""
    with pytest.raises(BadFile) as caught:
        read_markup(Source("leads.xls"), text, "utf-8")
    assert str(caught.value) == f"leads.xls: {REFUSED[text]} (wrong_format)"


def test_a_table_may_begin_like_xml() -> None:
    """As spreadsheets write it."""
    assert read_markup(Source("leads.xls"), '<?xml version="1.0"?><table><tr><td>ID</table>', "utf-8").names == ["ID"]
