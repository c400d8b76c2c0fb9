"""The plan and the result as a sheet for people: a CSV file or a workbook, written row by row."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from attrs import evolve

from crmcore.adapters import MissingExtra, missing_extra
from crmcore.adapters.bitrix24_csv import write_table
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.documents import Switch, TableSwitch
from crmcore.adapters.cli.work.endings import store_failed
from crmcore.adapters.cli.work.result_rows import ResultClient, ResultRow, Tally, rows_of_plan
from crmcore.adapters.files import kind_of, status_of, write_part
from crmcore.domain.protocol.results import Preview
from crmcore.ports.store import Reads

__all__ = [
    "RESULT",
    "WORKBOOK",
    "in_the_way_of_sheet",
    "lines_of",
    "missing_for",
    "planned",
    "sheet_part",
    "write_sheet",
    "written",
]

#: The result in the folder of `--out`.
RESULT, WORKBOOK = "result.csv", "result.xlsx"

_HEADINGS = (
    "Lead no.",
    "Lead title",
    "Lead stage",
    "Outcome",
    "Why",
    "Deal no.",
    "Contact no.",
    "Contact name",
    "Contact is",
    "Company no.",
    "Company name",
    "Company is",
    "Deal amount",
    "Deal currency",
    "Activities moved",
    "Stays on the lead only",
)
#: Columns that a workbook has as numbers.
_NUMBERS = frozenset(
    _HEADINGS.index(name)
    for name in ("Lead no.", "Deal no.", "Contact no.", "Company no.", "Deal amount", "Activities moved")
)
#: How many rows a sheet of a workbook has.
_MOST_ROWS = 1_048_576
#: A workbook loses what a number has beyond so many digits.
_DIGITS = 15
#: A workbook says when it was made; the same result has to be the same bytes.
_MADE = datetime(1980, 1, 1)  # noqa: DTZ001  # a workbook knows no zones
_MAKER = "crmcore"


def lines_of(rows: Iterable[ResultRow]) -> Iterator[Sequence[str]]:
    """The cells of each row, behind the headings."""
    yield _HEADINGS
    for row in rows:
        yield (
            str(row.id),
            row.title or "",
            row.stage or "",
            row.outcome.replace("_", " "),
            row.code or "",
            _number(row.deal_id),
            *_cells(row.contact),
            *_cells(row.company),
            "" if row.amount is None or row.amount.amount is None else format(row.amount.amount, "f"),
            "" if row.amount is None else row.amount.currency or "",
            str(row.activities),
            ", ".join(row.not_carried),
        )


def _cells(client: ResultClient | None) -> tuple[str, str, str]:
    return ("", "", "") if client is None else (_number(client.id), client.name or "", client.found)


def _number(id: int | None) -> str:
    return "" if id is None else str(id)


def in_the_way_of_sheet(path: Path, option: str) -> list[Fault]:
    """The reasons not to write a sheet under this name, as far as they show without writing."""

    def wrong(code: str, message: str) -> list[Fault]:
        return [Fault(code=code, message=message, file=str(path), field=option)]

    if path.suffix.lower() not in _WRITERS:
        return wrong("unknown_format", f"expected a name that ends in {' or '.join(_WRITERS)}")
    missing = missing_for(path.name, option)
    if missing:
        return missing
    try:
        folder, status = status_of(path.parent), status_of(path)
    except OSError as error:
        return wrong("not_a_file", f"expected a path where a file can be created: {error.strerror}")
    if folder is None or kind_of(folder) != "a folder":
        return wrong("not_a_folder", "expected a file in an existing folder")
    if status is None:
        return []
    kind = kind_of(status)
    if kind is not None:
        return wrong("not_a_file", f"expected a file, found {kind}")
    if path.is_symlink() or not _is_ours(path):
        return wrong("file_exists", "expected a new name, or that of a sheet from an earlier run; move this file")
    return []


def missing_for(name: str, option: str) -> list[Fault]:
    """The extra that a sheet of this name needs and that is not installed."""
    if name.lower().endswith(".xlsx"):
        try:
            _xlsx()
        except MissingExtra as error:
            return [Fault(code="missing_extra", message=str(error), field=option)]
    return []


def _is_ours(path: Path) -> bool:
    """Whether a file is a sheet of an earlier run."""
    from zipfile import BadZipFile, ZipFile

    with suppress(OSError, BadZipFile, KeyError, UnicodeDecodeError):
        if path.suffix.lower() == ".xlsx":
            with ZipFile(path) as book:
                return f"<dc:creator>{_MAKER}</dc:creator>".encode() in book.read("docProps/core.xml")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.readline().startswith(f'"{_HEADINGS[0]}";"{_HEADINGS[1]}";')
    return False


def write_sheet(path: Path, rows: Iterable[ResultRow]) -> None:
    """Write a sheet whole, and only then under its name; raises `OSError` where it cannot be written."""
    part = sheet_part(path, rows)
    try:
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sheet_part(path: Path, rows: Iterable[ResultRow]) -> Path:
    """Write a sheet beside its name, to be renamed."""
    writer, mode = _WRITERS[path.suffix.lower()]
    return write_part(path, lambda file: writer(lines_of(rows), file), mode=mode)


def _xlsx() -> Any:
    try:
        import xlsxwriter  # type: ignore[import-untyped]  # it has none
    except ImportError as failed:
        raise missing_extra(failed, "excel") from failed
    return xlsxwriter


def _write_workbook(lines: Iterable[Sequence[str]], file: IO[bytes]) -> None:
    """Row by row into as many sheets as it takes; every text stays a text, whatever it begins with."""
    book = _xlsx().Workbook(file, {"constant_memory": True})
    book.set_properties({"author": _MAKER, "created": _MADE})
    bold = book.add_format({"bold": True})
    given = iter(lines)
    headings = next(given)
    while True:
        page = islice(given, _MOST_ROWS - 1)
        first = next(page, None)
        if first is None and book.worksheets():
            break
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 16)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        if first is None:
            break
        for number, cells in enumerate(chain([first], page), 1):
            for column, cell in enumerate(cells):
                if not cell:
                    continue
                if column in _NUMBERS:
                    _write_number(sheet, number, column, cell)
                else:
                    sheet.write_string(number, column, cell)
    book.close()


def _write_number(sheet: Any, row: int, column: int, cell: str) -> None:
    """A number that a workbook holds to the digit, and any other as a text (CONV-8)."""
    if len(cell.replace(".", "").replace("-", "").lstrip("0")) <= _DIGITS:
        sheet.write_number(row, column, float(cell))
    else:
        sheet.write_string(row, column, cell)


#: How a sheet is written, by the end of its name, and how the file is opened.
_WRITERS: dict[str, tuple[Any, Any]] = {".csv": (write_table, "w"), ".xlsx": (_write_workbook, "wb")}


def planned(report: Switch, store: Reads, plan: Preview, path: Path | None) -> Switch:
    """The report of a preview with its first rows and its groups, and the whole plan in a sheet, if one is wanted."""
    try:
        tally = written(rows_of_plan(store, plan), path)
    except OSError as error:
        return store_failed(report, error)
    shown = TableSwitch.of(report, tally.kept, tally.groups)
    return shown if path is None else evolve(shown, files=(path.name,), folder=str(path.parent))


def written(rows: Iterable[ResultRow], path: Path | None, *, every: bool = False) -> Tally:
    """Go through the rows once, into a sheet where one is asked for, and tell what they were; `every` keeps them."""
    tally = Tally(every=every)
    counted = tally.counted(rows)
    if path is None:
        deque(counted, 0)
    else:
        write_sheet(path, counted)
    return tally
