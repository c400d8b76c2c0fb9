"""Writing the rows that were left out: as they stood, with what is wrong before each, to be mended and read again."""

import csv
from collections.abc import Iterable
from pathlib import Path

from crmcore.adapters.bitrix24_csv.cells import escape, is_filled, plain_cell
from crmcore.adapters.bitrix24_csv.errors import BadRow
from crmcore.adapters.bitrix24_csv.formats.table import Table
from crmcore.adapters.bitrix24_csv.words.columns import WHAT_IS_WRONG
from crmcore.adapters.files import new_file

__all__ = ["write_rejects"]


def write_rejects(path: Path, table: Table, bad_rows: Iterable[BadRow]) -> None:
    """Write these rows of a file under its own headings; the reader passes over the column of what is wrong.

    That column stands first, since a row may have more cells than there are headings. Raises `OSError` where the file
    is there already or cannot be written.
    """
    kept = [index for index, name in enumerate(table.names) if name.strip() != WHAT_IS_WRONG]
    bad = list(bad_rows)
    lines = {row.line for row in bad}
    cells = {line: cells for line, cells in table.rows if line in lines}
    with new_file(path) as file:
        file.write("\ufeff")  # a spreadsheet that opens it would take it for another encoding
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([WHAT_IS_WRONG, *(_safe(table.names[index]) for index in kept)])
        for row in bad:
            found = cells[row.line] if row.line is not None else []
            more = range(len(table.names), len(found))
            field = f"{row.field}: " if row.field else ""
            said = _safe(f"{field}{row.message} ({row.code})")
            writer.writerow([said, *(_safe(found[index]) for index in (*kept, *more) if index < len(found))])


def _safe(cell: str) -> str:
    """A cell that no spreadsheet runs, and that means what it meant."""
    return escape(plain_cell(cell)) if is_filled(cell) else cell
