"""What a zipped workbook unpacks to, before a reader makes room for it: a small file can ask for all the memory."""

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import iterparse
from zipfile import ZipFile

from crmcore.adapters.files import FILE_LIMIT

__all__ = ["CELL_LIMIT", "ERROR", "UNREADABLE", "check_package"]

#: How many cells there may be between the first one and the last; a reader makes room for each, filled or not.
CELL_LIMIT = 2**25
#: Said of one that is damaged.
UNREADABLE = "expected a workbook (xlsx, ods, xls), since the file begins like one; save it again, or as CSV"

_CHUNK = 2**20
#: Longer than a cell that is looked for, so that none is lost between two chunks: a formula has up to 8,192 characters.
_CARRY = 2**15
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})([0-9]{0,7})["']""")
#: The cells that a reader takes for empty ones: what came to an error, and a formula that nobody has computed. One that
#: came to a text without characters is of the type `str`.
_LOST = re.compile(
    rb"""<(?:\w+:)?c\b(?P<error>[^>]*?\bt\s*=\s*["']e["'][^>]*)>|"""
    rb"""<(?:\w+:)?c\b(?P<open>(?![^>]*\bt\s*=\s*["']str["'])[^>]*)>"""
    rb"""\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?"""
    rb"""\s*</(?:\w+:)?c>"""
)
#: A hidden row with a value in one of its cells.
_HIDDEN = re.compile(
    rb"""<(?:\w+:)?row\b(?P<row>[^>]*?\bhidden\s*=\s*["'](?:1|true)["'][^>]*)(?<!/)>"""
    rb"""(?:(?!</(?:\w+:)?row>).)*?<(?:\w+:)?(?:v|is)\b""",
    re.DOTALL,
)
_NAMED = re.compile(rb"""\br\s*=\s*["'](\w+)["']""")
#: Said of a cell that holds an error.
ERROR = "expected no errors such as #N/A, found one in {}: correct it, or save the sheet as CSV"
_NO_VALUE = "expected a value beside each formula, found none in {}: save it in a spreadsheet program"
#: Said of a row that a filter or a person has hidden: nobody knows whether it counts.
_ROW = "expected no hidden rows, found {}: show all rows, or delete the hidden ones"
#: The sheets of an OpenDocument, and how its cells say what they hold.
_CONTENT = "content.xml"
#: Where the parts of an xlsx stand.
_BOOK = "xl/"
#: What else is packed like a workbook.
_OTHERS = (
    (re.compile(r"word/"), "a text document: save its table as a workbook or as CSV"),
    (re.compile(r"ppt/"), "a presentation: save its table as a workbook or as CSV"),
    (re.compile(r"Index/.*\.iwa"), "a file of Numbers or Pages: export it as CSV"),
)
_SOMETHING = "a compressed file (ZIP) of something else: unpack it"
_ODS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
_KIND = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"


def check_package(content: bytes) -> str | None:
    """What is wrong with a zipped workbook as a whole; nothing where it can be read."""
    try:
        with ZipFile(BytesIO(content)) as package:
            size = 0
            for name in package.namelist():
                for part in _parts(package, name):
                    size += len(part)
                    if size > FILE_LIMIT:
                        return f"expected a workbook that unpacks to at most {FILE_LIMIT:,} bytes"
            if not any(name.startswith(_BOOK) or name == _CONTENT for name in package.namelist()):
                found = next((said for part, said in _OTHERS if any(map(part.match, package.namelist()))), _SOMETHING)
                return f"expected a workbook, found {found}"
            cells = max(_cells(package, name) for name in package.namelist())
            lost = [said for name in package.namelist() if (said := _lost(package, name))]
    except Exception:  # zipfile does not say what a damaged package raises
        return UNREADABLE
    if cells > CELL_LIMIT:
        return f"expected at most {CELL_LIMIT:,} cells up to the last filled one, found {cells:,}: save it as CSV"
    return lost[0] if lost else None


def _parts(package: ZipFile, name: str) -> Iterator[bytes]:
    with package.open(name) as file:
        while part := file.read(_CHUNK):
            yield part


def _windows(package: ZipFile, name: str) -> Iterator[bytes]:
    """The parts of a member, each behind the end of the one before."""
    carried = b""
    for part in _parts(package, name):
        yield carried + part
        carried = part[-_CARRY:]


def _lost(package: ZipFile, name: str) -> str | None:
    """What is in the first cell of a sheet that would be read as an empty one, and the way on."""
    if _is_sheet(name):
        return _lost_in_cells(package, name)
    return _lost_in_elements(package, name) if name == _CONTENT else None


def _lost_in_cells(package: ZipFile, name: str) -> str | None:
    hidden = next(filter(None, map(_HIDDEN.search, _windows(package, name))), None)
    if hidden is not None:
        named = _NAMED.search(hidden["row"])
        return _ROW.format("a row" if named is None else f"row {named[1].decode()}")
    found = next(filter(None, map(_LOST.search, _windows(package, name))), None)
    if found is None:
        return None
    named = _NAMED.search(found["error"] or found["open"])
    place = "a cell" if named is None else named[1].decode()
    return (ERROR if found["error"] is not None else _NO_VALUE).format(place)


def _lost_in_elements(package: ZipFile, name: str) -> str | None:
    with package.open(name) as file:
        for _, element in iterparse(file):
            if element.get(_KIND) == "error":
                return ERROR.format("a cell")
            if element.get(f"{_ODS}formula") is not None and element.get(_TYPE) is None:
                return _NO_VALUE.format("a cell")
            if element.tag == f"{_ODS}table-row":
                if element.get(f"{_ODS}visibility", "visible") != "visible" and any(map(len, element)):
                    return _ROW.format("one")
                element.clear()
    return None


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _cells(package: ZipFile, name: str) -> int:
    """How many cells a member has room for, if it is a sheet."""
    if _is_sheet(name):
        return _cells_by_place(package, name)
    if name == _CONTENT:
        return _cells_by_repeats(package, name)
    return 0


def _cells_by_place(package: ZipFile, name: str) -> int:
    """By the places that rows and cells name, such as `XFD1048576`."""
    columns: set[bytes] = set()
    last_row = 1
    for window in _windows(package, name):
        found = _PLACE.findall(window)
        columns.update(column for column, _ in found)
        last_row = max(last_row, *(int(row or 0) for _, row in found), 1)
    return last_row * max(map(_column, columns), default=0)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _cells_by_repeats(package: ZipFile, name: str) -> int:
    """By rows and cells that stand for many; those without a text end where the filled ones do."""
    cells = rows = width = last_row = column = last_column = 0
    with package.open(name) as file:
        for _, element in iterparse(file):
            repeats = int(element.get(f"{_ODS}number-columns-repeated", 1))
            if element.tag == f"{_ODS}table-cell":
                column += repeats
                last_column = column if len(element) else last_column
                element.clear()
            elif element.tag == f"{_ODS}covered-table-cell":
                column += repeats
            elif element.tag == f"{_ODS}table-row":
                rows += int(element.get(f"{_ODS}number-rows-repeated", 1))
                last_row = rows if last_column else last_row
                width = max(width, last_column)
                column = last_column = 0
                element.clear()
            elif element.tag == f"{_ODS}table":
                cells = max(cells, last_row * width)
                rows = width = last_row = 0
                element.clear()
    return cells
