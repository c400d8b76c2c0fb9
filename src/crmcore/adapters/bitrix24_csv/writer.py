"""Writing a whole CRM as CSV files with REST field codes as headings, for people and for other programs.

lines: the columns of each kind, and the files that they are written into.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import compress, islice, pairwise
from operator import attrgetter
from pathlib import Path
from shutil import copyfileobj
from types import NoneType
from typing import IO, Any, NamedTuple, Self

from crmcore.adapters.batches import WriteMany, are_empty, columns_of, each_by_class, few
from crmcore.adapters.bitrix24_csv.cells import escape, escape_all, join_two, join_values
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, POINT_PREFIXES
from crmcore.adapters.bitrix24_csv.words.names import Names
from crmcore.adapters.files import new_part, write_part
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CARDS, Ref
from crmcore.domain.model.image import CrmImage, batches_of, bound_activities, in_batches, in_order
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import PointKind

__all__ = ["CrmTables", "write_crm", "write_table"]

Row = Sequence[str]

#: The columns of each kind: heading, and where the value stands in the record.
_ADDRESS = (
    ("FULL_ADDRESS", "address.full"),
    ("ADDRESS", "address.street"),
    ("ADDRESS_2", "address.flat"),
    ("ADDRESS_CITY", "address.city"),
    ("ADDRESS_REGION", "address.region"),
    ("ADDRESS_PROVINCE", "address.province"),
    ("ADDRESS_POSTAL_CODE", "address.postal_code"),
    ("ADDRESS_COUNTRY", "address.country"),
)
_PERSON = (
    ("HONORIFIC", "name.honorific"),
    ("NAME", "name.first"),
    ("SECOND_NAME", "name.middle"),
    ("LAST_NAME", "name.last"),
    ("BIRTHDATE", "birth_date"),
    ("POST", "job_title"),
)
_MONEY = (("OPPORTUNITY", "amount.amount"), ("CURRENCY_ID", "amount.currency"))
_SOURCE = (("SOURCE_ID", "source"), ("SOURCE_DESCRIPTION", "source_description"))
_CLIENT = (("CONTACT_ID", "contact_id"), ("COMPANY_ID", "company_id"))
_CARD = (
    *_ADDRESS,
    ("COMMENTS", "comments"),
    ("OPENED", "opened"),
    ("ASSIGNED_BY_ID", "responsible"),
    ("ORIGINATOR_ID", "origin.originator"),
    ("ORIGIN_ID", "origin.id"),
    ("UTM_SOURCE", "utm.source"),
    ("UTM_MEDIUM", "utm.medium"),
    ("UTM_CAMPAIGN", "utm.campaign"),
    ("UTM_CONTENT", "utm.content"),
    ("UTM_TERM", "utm.term"),
    ("DATE_CREATE", "created_at"),
)
_LEADS = (
    ("ID", "id"),
    ("TITLE", "title"),
    ("STATUS_ID", "stage"),
    ("STATUS_DESCRIPTION", "stage_description"),
    *_MONEY,
    *_PERSON,
    ("COMPANY_TITLE", "company_title"),
    *_SOURCE,
    *_CLIENT,
    ("OBSERVER_IDS", "observers"),
    *_CARD,
)
_DEALS = (
    ("ID", "id"),
    ("TITLE", "title"),
    ("CATEGORY_ID", "pipeline_id"),
    ("STAGE_ID", "stage"),
    *_MONEY,
    ("LEAD_ID", "lead_id"),
    *_CLIENT,
    *_SOURCE,
    *_CARD,
)
_CONTACTS = (("ID", "id"), *_PERSON, ("COMPANY_ID", "company_id"), ("LEAD_ID", "lead_id"), *_SOURCE, *_CARD)
_COMPANIES = (("ID", "id"), ("TITLE", "title"), ("LEAD_ID", "lead_id"), *_CARD)
_ACTIVITIES = (
    ("ID", "id"),
    ("TYPE", "kind"),
    ("SUBJECT", "subject"),
    ("DESCRIPTION", "description"),
    ("RESPONSIBLE_ID", "responsible"),
    ("DEADLINE", "deadline"),
    ("CREATED", "created_at"),
    ("COMPLETED", "completed"),
    ("COMPLETED_AT", "completed_at"),
)

_CARD_TABLES = {"leads": _LEADS, "deals": _DEALS, "contacts": _CONTACTS, "companies": _COMPANIES}
_OF_ACTIVITY = [place for _, place in _ACTIVITIES]
_RANKS = {kind: rank for rank, kind in enumerate(CARDS)}
#: How many cards tell which columns there are.
_FIRST = 500
_CUSTOM_PREFIX = "UF_CRM_"
_POINT_ORDER = {(column.kind, column.type): at for at, column in enumerate(LEAD_COLUMNS) if column.kind is not None}


def write_crm(image: CrmImage, names: Names, folder: Path) -> tuple[Path, ...]:
    """Write leads, deals, contacts, companies, activities and the tables of names; gives the paths of the files.

    Every file is written whole under another name before the first is renamed, so that a reader never finds half
    of one. Deleted records have no row. Raises `OSError` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with CrmTables(folder) as tables:
        for name in _CARD_TABLES:
            for _, cards in batches_of(getattr(image, name)):
                tables.add(name, cards)
        for batch in in_batches(bound_activities(image)):
            tables.add("activities", *zip(*batch, strict=True))
        return tables.end(image, names)


class CrmTables:
    """The files of a CRM, records written when they are added, in the order of ids, so that none is held.

    What is still in parts at the end of the `with` block is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, _Cards | _Activities] = {}
        with ExitStack() as undo:
            for name, columns in _CARD_TABLES.items():
                self._tables[name] = undo.enter_context(_Cards(folder / f"{name}.csv", columns))
            self._tables["activities"] = undo.enter_context(_Activities(folder / "activities.csv"))
            self._undo = undo.pop_all()

    def __enter__(self) -> "CrmTables":
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def add(self, name: str, records: Sequence[Any], bound: Sequence[frozenset[Ref]] = ()) -> None:
        """Write the rows of records of a table of the image; deleted ones and those of other tables have none."""
        table = self._tables.get(name)
        if table is not None:
            if Tombstone in set(map(type, records)):
                living = [not isinstance(record, Tombstone) for record in records]
                records, bound = [*compress(records, living)], [*compress(bound, living)]
            table.add(records, bound)

    def end(self, image: CrmImage, names: Names) -> tuple[Path, ...]:
        """Rename all files, once those are written again whose columns were not all known in time; gives the paths."""
        for name, table in self._tables.items():
            table.end(record for _, record in in_order(getattr(image, name)) if not isinstance(record, Tombstone))
        path = self._folder / "names.csv"
        part = write_part(path, partial(write_table, _names(names)))
        self._undo.callback(part.unlink, missing_ok=True)
        renamed = [*((table.part, table.path) for table in self._tables.values()), (part, path)]
        for made, target in renamed:
            made.replace(target)
        return tuple(target for _, target in renamed)


class _Table:
    """A file of rows in the making; what is left of it is removed at the end of the `with` block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.part.unlink(missing_ok=True)

    def _open(self) -> None:
        self.part, self._file = new_part(self.path)
        self.write = _writer_of(self._file)


class _Layout(NamedTuple):
    """The number of the first row of a layout, its place in the file, and its columns behind the fixed ones."""

    row: int
    place: int
    columns: list[Any]


class _Cards(_Table):
    """The rows of leads, deals, contacts or companies: fixed columns, then the points and custom fields in use.

    The first cards tell which columns there are. Behind a later one that needs another the rows are laid out anew, and
    those before it are copied at the end.
    """

    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        super().__init__(path)
        self._headings = [heading for heading, _ in columns]
        self._fields = _fields(place for _, place in columns)
        self._points: set[tuple[PointKind, str]] = set()
        self._codes: set[str] = set()
        self._first: list[Any] | None = []
        self._rows = 0
        self._layouts: list[_Layout] = []

    def add(self, cards: Sequence[Any], _: Sequence[frozenset[Ref]]) -> None:
        """Write cards, or keep them while they are among the first."""
        points = {(point.kind, point.type) for card in cards for point in getattr(card, "contact_points", ())}
        codes = {code for card in cards if card.custom for code in card.custom}
        if not (points <= self._points and codes <= self._codes):
            self._points |= points
            self._codes |= codes
            if self._first is None:
                self._lay_out()
        if self._first is None:
            self._write(cards)
            return
        self._first += cards
        if len(self._first) >= _FIRST:
            self._begin()

    def end(self, cards: Iterable[Any]) -> None:
        """Write what is missing: the first of a short table, or the rows before the last layout."""
        if self._first is not None:
            self._begin()
        self._file.close()
        if len(self._layouts) > 1:
            before = self.part
            self._open()
            self._head()
            try:
                self._copy(before)
            except csv.Error:  # a cell that is longer than what can be read back
                self._file.close()
                self.part.unlink(missing_ok=True)
                self._open()
                self._head()
                for batch in in_batches(cards):
                    self._write(batch)
            finally:
                before.unlink(missing_ok=True)
            self._file.close()

    def _copy(self, path: Path) -> None:
        """Copy rows, those of earlier layouts with each cell under its heading of the last one."""
        fixed, last = len(self._headings), self._layouts[-1]
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=";", strict=True)
            next(rows)  # the headings of the first layout
            for layout, following in pairwise(self._layouts):
                for batch in in_batches(islice(rows, following.row - layout.row)):
                    cells = [dict(zip(layout.columns, row[fixed:], strict=True)) for row in batch]
                    self.write(
                        [*row[:fixed], *(each.get(column, "") for column in last.columns)]
                        for row, each in zip(batch, cells, strict=True)
                    )
        self._file.flush()
        with path.open("rb") as rest:
            rest.seek(last.place)
            copyfileobj(rest, self._file.buffer)

    def _begin(self) -> None:
        first, self._first = self._first, None
        self._lay_out()
        self._head()
        self._write(first or ())

    def _lay_out(self) -> None:
        self._of_points = sorted(self._points, key=_place)
        self._custom = _custom_headings(self._codes)
        self._layouts.append(_Layout(self._rows, self._file.tell(), [*self._of_points, *self._custom]))

    def _head(self) -> None:
        prefixes = (f"{POINT_PREFIXES[kind]}_{type}" for kind, type in self._of_points)
        self.write([[*self._headings, *prefixes, *self._custom.values()]])

    def _write(self, cards: Sequence[Any]) -> None:
        """Write cards column by column."""
        columns: list[Iterable[str]] = []
        for values, names in zip(columns_of(cards, [*self._fields]), self._fields.values(), strict=False):
            if names == [""]:
                columns.append(_cells(values))
            elif are_empty(values):
                columns += [_cells(values)] * len(names)
            else:
                columns += map(_cells, _parts(values, names))
        if self._of_points:
            columns += _point_columns(cards, self._of_points)
        columns += [_cells([card.custom.get(code) for card in cards]) for code in self._custom]
        self._rows += len(cards)
        self.write(zip(*columns, strict=True))


class _Activities(_Table):
    """The rows of activities."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.write([[*(heading for heading, _ in _ACTIVITIES), "BINDINGS"]])

    def add(self, activities: Sequence[Activity], bound: Sequence[frozenset[Ref]]) -> None:
        """Write activities column by column."""
        columns = map(_cells, columns_of(activities, _OF_ACTIVITY))
        self.write(zip(*columns, _binding_cells(bound), strict=True))

    def end(self, _: Iterable[Any]) -> None:
        """All is written."""
        self._file.close()


def write_table(rows: Iterable[Row], file: IO[str]) -> None:
    """Write rows as CSV that a spreadsheet opens rightly and runs nothing of."""
    write = _writer_of(file)
    for batch in in_batches(rows):
        write([escape_all(row) for row in batch])


def _writer_of(file: IO[str]) -> Callable[[Iterable[Row]], object]:
    # With the mark a spreadsheet takes the file for UTF-8 when it is opened by a double click.
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")

    def write(rows: Iterable[Row]) -> None:
        """Put quotes around cells, and leave it to `csv` where cells have quotes of their own."""
        given = list(rows)
        text = "".join([f'"{cells}"\r\n' for cells in map('";"'.join, given)])
        if text.count('"') == 2 * sum(map(len, given)):
            file.write(text)
        else:
            writer.writerows(given)

    return write


def _fields(places: Iterable[str]) -> dict[str, list[str]]:
    """The fields of a record that places lead to, and the parts of each, which stand side by side; "" is the whole."""
    fields: dict[str, list[str]] = {}
    for place in places:
        first, _, second = place.partition(".")
        fields.setdefault(first, []).append(second)
    return fields


def _parts(values: Sequence[Any], names: Sequence[str]) -> Iterable[Sequence[Any]]:
    """A column of each part of values, of which some may be missing."""
    read, nothing = attrgetter(*names), (None,) * len(names)
    return zip(*[nothing if value is None else read(value) for value in values], strict=True)


def _cells(values: Sequence[Any]) -> Iterable[str]:
    """A cell for each value, empty where there is none."""
    return each_by_class(values, _CELLS, _of_damage)


def _of_damage(values: Sequence[Any]) -> list[str]:
    """The cells of what no record should hold: no spreadsheet runs them either."""
    return [escape(str(value)) for value in values]


#: The cells of values of these very classes; texts are escaped, and nothing else can be taken for a formula.
_CELLS: dict[type, WriteMany] = {
    NoneType: lambda values: [""] * len(values),
    str: escape_all,
    int: partial(map, str),
    bool: partial(map, {True: "Y", False: "N"}.__getitem__),
    datetime: few(datetime.isoformat),
    date: few(date.isoformat),
    Decimal: lambda values: [format(value, "f") for value in values],
    tuple: lambda values: [escape(join_values(map(str, value))) if value else "" for value in values],
}


def _place(point: tuple[PointKind, str]) -> tuple[int, tuple[PointKind, str]]:
    """Where a kind and type of contact point stands: those of the export in its order, then the others."""
    return _POINT_ORDER.get(point, len(_POINT_ORDER) + len(LEAD_COLUMNS)), point


def _point_columns(cards: Sequence[Any], wanted: Iterable[tuple[PointKind, str]]) -> Iterator[Iterable[str]]:
    """The cells of each kind and type of contact point."""
    columns: dict[tuple[PointKind, str], list[str | None]] = {column: [None] * len(cards) for column in wanted}
    for at, card in enumerate(cards):
        for point in card.contact_points:
            if point.value is not None:
                cells = columns[point.kind, point.type]
                cells[at] = join_two(cells[at], point.value)
    return map(_cells, columns.values())


def _binding_cell(bound: Iterable[Ref]) -> str:
    refs = sorted([(_RANKS[kind], id) for kind, id in bound])
    return ",".join([f"{CARDS[rank]}:{id}" for rank, id in refs])  # a kind and a number need no quotes


#: The activities of one lead are mostly bound to the same records.
_binding_cells = few(_binding_cell)


def _custom_headings(used: Iterable[str]) -> dict[str, str]:
    """The heading of each custom field in use, with the product's prefix and never twice the same."""
    codes = sorted(used)
    headings = {code: code for code in codes if code.startswith(_CUSTOM_PREFIX) and code != _CUSTOM_PREFIX}
    for code in codes:
        if code not in headings:
            heading = _CUSTOM_PREFIX + code
            while heading in headings.values():
                heading = _CUSTOM_PREFIX + heading
            headings[code] = heading
    return headings


def _names(names: Names) -> Iterable[Row]:
    """What display names became, as the product's directories: stages, sources and persons."""
    yield ["ENTITY_ID", "STATUS_ID", "NAME"]
    for entity, table in (("STATUS", names.stages), ("SOURCE", names.sources), ("USER", names.persons)):
        for code, name in table.items():
            yield [entity, str(code), name]
