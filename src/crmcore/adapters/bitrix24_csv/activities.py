"""Reading activities: each is bound to the leads that its row names."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import read_id
from crmcore.adapters.bitrix24_csv.errors import BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.table import Row
from crmcore.adapters.bitrix24_csv.gate import check_is_of_activities
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.plain_cells import with_plain_cells
from crmcore.adapters.bitrix24_csv.references import OTHER, Target, read_owner_type, read_targets
from crmcore.adapters.bitrix24_csv.rows import Draft, LeftOut, Reading, Unreadable, keeps, reader_of, remembered
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet, read_sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.headings import activity_columns
from crmcore.adapters.bitrix24_csv.words.names import activity_names, person_id, plain
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import Kind, LeadId, Ref, UserId
from crmcore.domain.model.text import Discreet

__all__ = ["ActivityFile", "ActivityReading", "activity_sheet", "read_activities"]


@frozen(repr=False, eq=False)
class ActivityFile(Discreet):
    """What an activity file holds: each activity with the leads it is bound to; the rest as in `LeadFile`.

    Activities of deals and clients alone are among the rows that are skipped.
    """

    activities: tuple[tuple[Activity, frozenset[Ref]], ...]
    bad_rows: tuple[BadRow, ...]
    skipped_rows: tuple[BadRow, ...]
    unplaced: Mapping[str, int]
    sheet: Sheet | None = None


def read_activities(
    path: Path,
    lead_ids: Collection[LeadId],
    *,
    partial: bool = False,
    mapping: FileMapping = NO_MAPPING,
) -> ActivityFile:
    """Read a file of activities of these leads; a row that names another lead is a bad row.

    `partial` and `mapping` are those of `read_leads`; of a mapping the forms of cells count here.
    Raises `BadFile` when the file cannot be read as a whole.
    """
    sheet = activity_sheet(path, mapping, partial=partial)
    reading = ActivityReading(sheet, frozenset(lead_ids))
    found, _ = reading.whole()
    return ActivityFile(found, reading.bad_rows, reading.skipped_rows, reading.unplaced, sheet)


def activity_sheet(path: Path, mapping: FileMapping, *, partial: bool = False) -> Sheet:
    """The sheet as `ActivityReading` reads it; raises `BadFile`."""
    sheet = read_sheet(path, activity_columns, encoding=mapping.encoding, partial=partial)
    check_is_of_activities(sheet)
    sheet = with_plain_cells(sheet, mapping)
    meanings = _meanings(sheet)
    if not _naming(sheet):
        raise sheet.bad_heading(None, Fault.MISSING_COLUMN, "expected a column LEAD_ID, BINDINGS or OWNER_ID")
    if Meaning.OWNER in meanings and Meaning.OWNER_TYPE not in meanings:
        said = "expected a column OWNER_TYPE_ID beside it, since leads, deals and clients each count their ids from 1"
        raise sheet.bad_heading(meanings[Meaning.OWNER], Fault.MISSING_COLUMN, said)
    return sheet


class ActivityReading(Reading[tuple[Activity, frozenset[Ref]]]):
    """The activities of a sheet that `activity_sheet` gave, some at a time, each with the leads it is bound to."""

    def __init__(self, sheet: Sheet, lead_ids: Container[int]) -> None:
        super().__init__(sheet, _ActivityReader(sheet, lead_ids, _naming(sheet)[0]))


def _naming(sheet: Sheet) -> list[str]:
    """The headings of the columns that name leads."""
    meanings = _meanings(sheet)
    return [meanings[each] for each in (Meaning.LEADS, Meaning.BINDINGS, Meaning.OWNER) if each in meanings]


def _meanings(sheet: Sheet) -> dict[Meaning, str]:
    return {heading.column.meaning: heading.text for heading in sheet.headings}


class _Row:
    """One row while it is read."""

    __slots__ = ("draft", "owner", "owner_type", "targets")

    def __init__(self) -> None:
        self.draft = Draft()
        self.targets: list[tuple[Heading, Target]] = []
        self.owner: tuple[Heading, str] | None = None
        self.owner_type: tuple[Heading, str] | None = None


class _ActivityReader:
    def __init__(self, sheet: Sheet, lead_ids: Container[int], lead_field: str) -> None:
        self.unplaced: dict[str, int] = {}
        self._lead_ids = lead_ids
        self._lead_field = lead_field
        self._all_takes = {each.index: self._take_of(each) for each in sheet.headings}
        self._takes: list[Callable[[_Row, str], object]] = []

    def begin(self, rows: Sequence[Row], headings: Sequence[Heading]) -> None:
        """Nothing is looked up: the leads are known."""
        self._takes = [self._all_takes[heading.index] for heading in headings]

    def read(self, cells: Iterable[str | None]) -> tuple[int, tuple[Activity, frozenset[Ref]]]:
        row = _Row()
        for take, cell in zip(self._takes, cells, strict=True):
            if cell is not None:
                take(row, cell)
        if row.owner is not None or row.owner_type is not None:
            row.targets += _owners(row.owner, row.owner_type)
        bound = self._leads_among(row.targets)
        activity = Activity(**row.draft.of("Activity"))
        return activity.id, (activity, bound)

    def _take_of(self, heading: Heading) -> Callable[[_Row, str], object]:
        """What becomes of the cells of a column."""
        match heading.column.meaning:
            case Meaning.LEADS | Meaning.BINDINGS:
                kind_of_all = Kind.LEAD if heading.column.meaning is Meaning.LEADS else None

                @remembered  # the activities of one lead often stand together
                def targets(cell: str) -> list[tuple[Heading, Target]]:
                    return [(heading, each) for each in read_targets(heading, cell, kind_of_all)]

                return lambda row, cell: row.targets.extend(targets(cell))
            case Meaning.OWNER:
                return lambda row, cell: setattr(row, "owner", (heading, cell))
            case Meaning.OWNER_TYPE:
                return lambda row, cell: setattr(row, "owner_type", (heading, cell))
            case Meaning.PERSON:
                return self._takes_person(heading)
            case Meaning.KIND:
                read: Callable[[str], object] = remembered(partial(_kind, heading))
            case _:
                read = reader_of(heading)
        return keeps(heading, read)

    def _takes_person(self, heading: Heading) -> Callable[[_Row, str], object]:
        @remembered
        def person(cell: str) -> UserId | None:
            id = person_id(cell)
            return None if id is None else UserId(id)

        keep = keeps(heading, person)

        def take(row: _Row, cell: str) -> None:
            if person(cell) is None:  # a lead file made the table of names; here is no telling who it is
                self._report(heading)
            else:
                keep(row, cell)

        return take

    def _leads_among(self, targets: list[tuple[Heading, Target]]) -> frozenset[Ref]:
        """The leads among the records that an activity belongs to.

        Deals and clients beside a lead are reported, since no file brings them; a row that has nothing else is left
        out. An id is looked up only together with its kind: lead 2 and deal 2 have nothing in common.
        """
        if len(targets) == 1 and targets[0][1].kind is Kind.LEAD and targets[0][1].id in self._lead_ids:
            return frozenset((Ref(Kind.LEAD, targets[0][1].id),))  # most of them, at once
        if not targets:
            raise Unreadable(self._lead_field, Fault.MISSING_VALUE, "expected the id of a lead")
        leads = [(heading, id) for heading, (kind, id) in targets if kind is Kind.LEAD]
        if not leads:
            heading, (kind, _) = targets[0]
            said = f"belongs to a {kind}, not to a lead" if kind is not OTHER else "belongs to another kind of record"
            raise LeftOut(heading.text, Fault.OTHER_OWNER, said)
        for heading, id in leads:
            if id not in self._lead_ids:
                said = f"expected a lead of the imported file, found id {id}"
                raise Unreadable(heading.text, Fault.UNKNOWN_LEAD, said)
        for heading in dict.fromkeys(heading for heading, (kind, _) in targets if kind is not Kind.LEAD):
            self._report(heading)
        return frozenset(Ref(Kind.LEAD, id) for _, id in leads)

    def _report(self, heading: Heading) -> None:
        self.unplaced[heading.text] = self.unplaced.get(heading.text, 0) + 1


def _owners(owner: tuple[Heading, str] | None, owner_type: tuple[Heading, str] | None) -> list[tuple[Heading, Target]]:
    """The record that an id and a type name together."""
    if owner is None:
        if owner_type is not None and read_owner_type(*owner_type) is not Kind.LEAD:
            raise LeftOut(owner_type[0].text, Fault.OTHER_OWNER, "belongs to another kind of record than a lead")
        return []
    heading, cell = owner
    if owner_type is None:
        raise Unreadable(heading.text, Fault.MISSING_VALUE, "expected the type of the owner beside its id")
    kind = read_owner_type(*owner_type)
    return [(heading, each) for each in read_targets(heading, cell, kind)]


@cache
def _kinds() -> dict[str, str]:
    return {plain(name): kind for kind, names in activity_names().items() for name in (kind, *names)}


def _kind(heading: Heading, cell: str) -> str:
    """The code of a type of activities, called by code, by number or by one of the names that are known."""
    number = read_id(cell)
    kind = plain(cell) if number is None else str(number)
    if kind in _kinds():
        return _kinds()[kind]
    code = cell.strip()
    if any(map(str.isspace, code)):
        names = ", ".join(names[1] for names in activity_names().values())
        said = f"expected a type of activities: {names}, the same in other languages, or a code without blanks"
        raise Unreadable(heading.text, Fault.BAD_KIND, said)
    return code
