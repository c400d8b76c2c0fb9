"""Reading the product's "Excel" export, which is a table in HTML."""

import re
from html.parser import HTMLParser

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Form, Source, Table, bad_file

__all__ = ["read_markup"]

_CELLS = frozenset({"td", "th"})
_BREAKS = frozenset({"br", "p", "div", "li"})
_SILENT = frozenset({"style", "script", "title"})
#: What begins like a section of a page and is none: some versions of the parser give up there, others read on.
_NO_SECTION = re.compile(
    r"<!\[(?!(?:if|else|endif|cdata|rcdata|include|ignore|temp)(?![-_.a-z0-9]))", re.IGNORECASE | re.ASCII
)


class _Tables(HTMLParser):
    """Collects the rows of every table; a table inside a cell is more than a cell can be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.is_nested = False
        self.is_joined = False
        self._depth = 0
        self._cell: list[str] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            self._close()
            self._depth += 1
            self.is_nested = self.is_nested or self._depth > 1
            self.tables.append([])
        elif tag == "tr" and self._depth:
            self._close()
            self.tables[-1].append([])
        elif tag in _CELLS and self._depth and self.tables[-1]:
            self._close()
            self._cell = []
            spans = (value for name, value in attrs if name in ("colspan", "rowspan"))
            self.is_joined = self.is_joined or any((value or "1").strip() != "1" for value in spans)
        elif tag in _BREAKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _CELLS or tag == "tr":
            self._close()
        elif tag == "table":
            self._close()
            self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def _close(self) -> None:
        if self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).strip("\n"))
            self._cell = None


def read_markup(source: Source, text: str, encoding: str) -> Table:
    """The rows of the one table of a page; raises `BadFile` where there is none, or more than one."""
    if _NO_SECTION.search(text):
        said = "expected an HTML table, since the file begins like one; something in it is no HTML: export it as CSV"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    parser = _Tables()
    parser.feed(text)
    parser.close()
    tables = [rows for rows in ([row for row in table if row] for table in parser.tables) if rows]
    if not tables and text.lstrip().startswith("<?xml"):
        said = "expected CSV, a workbook, HTML or JSON, found XML: save it as CSV or as a workbook"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    if len(tables) != 1 or parser.is_nested:
        said = f"expected one table with headings and rows in this HTML file, found {len(tables)}: export it as CSV"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    if parser.is_joined:
        said = "expected a table whose cells are not joined to one another: export it as CSV"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    names, *rows = tables[0]
    return Table(Form("HTML", encoding), names, list(enumerate(rows, 2)))
