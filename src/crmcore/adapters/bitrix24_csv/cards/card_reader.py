"""Reads what the rows of leads, contacts and companies have alike: cells, names of persons and sources, links."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from crmcore.adapters.bitrix24_csv.cards.links import KnownClients, Links
from crmcore.adapters.bitrix24_csv.cells import is_filled, plain_cell, read_id, split_values
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Row
from crmcore.adapters.bitrix24_csv.own.file_map import FileMapping
from crmcore.adapters.bitrix24_csv.points import read_points
from crmcore.adapters.bitrix24_csv.rows import Draft, Unreadable, check_name, invalid, keeps, reader_of, remembered
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import SUMMARIES, Meaning
from crmcore.adapters.bitrix24_csv.words.names import KnownPersons, Names, Persons, person_id, plain, source_code
from crmcore.domain.model import values
from crmcore.domain.model.card import Card
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import SourceCode, UserId
from crmcore.domain.model.lead import NO_NAME
from crmcore.domain.model.text import check_code

__all__ = ["NOBODY_NAMED", "CardReader", "CardRow", "ids_in_use", "said_by"]

#: Whoever is responsible for a record where the file names nobody.
NOBODY_NAMED = UserId(1)

#: The values that a card has beside its own fields, each by the name of its class.
_PARTS: tuple[tuple[str, str, type[Any]], ...] = (
    ("address", "Address", values.Address),
    ("origin", "ExternalOrigin", values.ExternalOrigin),
    ("utm", "Utm", values.Utm),
)

C = TypeVar("C", bound=Card)
Cell = tuple[Heading, str]


class CardRow:
    """One row while it is read: what was read of its cells, and those that have to wait for the others."""

    __slots__ = ("draft", "full_name", "links", "points", "semantics", "stage", "summed")

    def __init__(self) -> None:
        self.draft = Draft()
        self.points: list[values.ContactPoint] = []
        #: Those that another column may have said already.
        self.summed: list[values.ContactPoint] = []
        self.links: list[Cell] = []
        self.full_name: Cell | None = None
        self.stage: Cell | None = None
        self.semantics: Cell | None = None


class CardReader(Generic[C]):
    """Reads one row after the other and makes the tables of names on the way.

    A subclass says in `made` which record a row becomes; `of` is what messages call that, and `other_ids` what they say
    of ids that are no numbers.
    """

    of: str
    other_ids = ""

    def __init__(
        self,
        sheet: Sheet,
        mapping: FileMapping,
        persons: KnownPersons,
        clients: KnownClients,
        *,
        unlinked: bool,
    ) -> None:
        self.mapping = mapping
        self.unplaced: dict[str, int] = {}
        self.may_be_unlinked = unlinked
        #: How many records were taken without a link that they have in the file.
        self.unlinked = 0
        self.used_stages: dict[str, str] = {}
        self.used_sources: dict[str, str] = {}
        self.links = Links(sheet, clients, self.unplaced, self.of)
        self._summaries = _summaries(sheet)
        self._all_takes = {each.index: self._take_of(each) for each in sheet.headings}
        self._takes: list[Callable[[CardRow, str], object]] = []
        self.persons = Persons(KnownPersons({**persons.ids, **mapping.persons}, persons.taken | ids_in_use(sheet)))

    def names(self) -> Names:
        """The display names that the rows read so far have used."""
        return Names(stages=self.used_stages, sources=self.used_sources, persons=self.persons.names())

    def made(self, row: CardRow) -> tuple[int, C]:
        """The id and the record of a row; raises `Unreadable`."""
        raise NotImplementedError

    def begin(self, rows: Sequence[Row], headings: Sequence[Heading]) -> None:
        """Look up what rows are linked to, before their cells in these columns are read."""
        self.links.begin(rows)
        self._takes = [self._all_takes[heading.index] for heading in headings]

    def read(self, cells: Iterable[str | None]) -> tuple[int, C]:
        """Read the cells of a row; nothing stands for those that are not filled."""
        row = CardRow()
        for take, cell in zip(self._takes, cells, strict=True):
            if cell is not None:
                take(row, cell)
        return self.made(row)

    def _take_of(self, heading: Heading) -> Callable[[CardRow, str], object]:
        """What becomes of the cells of a column; asked once for each, since most cells are of few columns."""

        def keep(name: str) -> Callable[[CardRow, str], object]:
            return lambda row, cell: setattr(row, name, (heading, cell))

        match heading.column.meaning:
            case Meaning.STAGE:
                return keep("stage")
            case Meaning.SEMANTICS:
                return keep("semantics")
            case Meaning.FULL_NAME:
                return keep("full_name")
            case Meaning.CLIENT:
                return lambda row, cell: row.links.append((heading, cell))
            case Meaning.POINTS if heading.index in self._summaries:
                return lambda row, cell: row.summed.extend(read_points(heading, cell))
            case Meaning.POINTS | Meaning.MULTI_FIELDS:
                return lambda row, cell: row.points.extend(read_points(heading, cell))
            case Meaning.SOURCE:
                read: Callable[[str], object] = remembered(partial(self._source, heading))
            case Meaning.PERSON:
                read = remembered(partial(self._person, heading))
            case Meaning.PERSONS:
                person = remembered(partial(self._person, heading))

                def read(cell: str) -> object:
                    return tuple(map(person, _persons(cell)))
            case Meaning.TEXT if heading.column.place == "Money.currency":
                read = str.strip
            case Meaning.ID:
                read = partial(self._id, heading)
            case _:
                read = reader_of(heading)
        return keeps(heading, read)

    def linked(self, row: CardRow, *, may_lack: bool = False) -> dict[str, Any]:
        """The links of a row by field; raises `Unreadable` for one that leads nowhere, unless it may lack."""
        if not row.links:
            return {}
        links, wrong = self.links.read(row.links)
        if wrong is not None and not may_lack:
            if not self.may_be_unlinked:
                raise wrong
            self.unlinked += 1
        return links

    def card(self, row: CardRow, entity: str) -> dict[str, Any]:
        """What every card has alike, by field, with what else was kept for the entity."""
        draft = row.draft
        fields = {"responsible": NOBODY_NAMED, **draft.of(entity)}
        if row.summed:
            said = {(point.kind, point.value) for point in row.points}
            row.points += [point for point in row.summed if (point.kind, point.value) not in said]
        if row.points:
            fields["contact_points"] = values.ContactPoints(row.points)
        for name, part, cls in _PARTS:
            if part in draft:
                fields[name] = cls(**draft[part])
        if "custom" in draft:
            fields["custom"] = values.CustomFields(draft["custom"])
        return fields

    def name(self, row: CardRow) -> values.PersonName:
        """The name of its parts; a full name beside them is derived, carried alone, or reported (CONV-3)."""
        parts = row.draft.of("PersonName")
        if row.full_name is not None:
            heading, whole = row.full_name
            if not parts.get("first") and not parts.get("last") and not said_by(parts, whole):
                try:
                    return values.PersonName(**{**parts, "first": whole})
                except InvalidValue as error:
                    raise_alone(invalid(heading, error))
            if not said_by(parts, whole):
                self.unplaced[heading.text] = self.unplaced.get(heading.text, 0) + 1
        return values.PersonName(**parts) if parts else NO_NAME

    def _id(self, heading: Heading, cell: str) -> int:
        id = read_id(cell)
        if id is None:
            raise Unreadable(heading.text, Fault.BAD_ID, f"expected a whole number above 0{self.other_ids}")
        return id

    def _source(self, heading: Heading, cell: str) -> SourceCode:
        if heading.is_code:
            if any(read_dump(cell) or ()):
                said = "expected a code, the cell looks like a list or an object of a program"
                raise Unreadable(heading.text, Fault.BAD_SHAPE, said)
            try:
                check_code("source", cell.strip())
            except InvalidValue as error:
                if any(map(str.isspace, cell.strip())):
                    said = (
                        "expected the code of a source, the cell has blanks as names have them: call the column Source"
                    )
                    raise_alone(Unreadable(heading.text, Fault.INVALID_VALUE, said))
                raise_alone(invalid(heading, error))
            return SourceCode(cell.strip())
        name = check_name(heading, cell)
        code = SourceCode(self.mapping.sources.get(plain(name)) or source_code(name))
        if name != code:
            self.used_sources.setdefault(code, name)
        return code

    def _person(self, heading: Heading, cell: str) -> UserId:
        id = person_id(cell)
        if id is not None:
            return UserId(id)
        name = check_name(heading, cell)
        if not any(map(str.isalpha, name)):
            raise Unreadable(heading.text, Fault.BAD_SHAPE, "expected the id of a user, or a name")
        return self.persons.id_of(name)


def _summaries(sheet: Sheet) -> frozenset[int]:
    """The columns of an answer that only say again what another has: all of those beside `fm`."""
    has_all = any(heading.column.meaning is Meaning.MULTI_FIELDS for heading in sheet.headings)
    return frozenset(
        heading.index
        for heading in sheet.headings
        if heading.column.meaning is Meaning.POINTS and (has_all or heading.column in SUMMARIES.values())
    )


def said_by(parts: dict[str, Any], whole: str) -> bool:
    """Whether each word of a full name stands in the parts of the name, in whatever order."""
    words = Counter(whole.replace(",", " ").split())
    words.subtract(word for part in parts.values() if part for word in part.replace(",", " ").split())
    return all(count <= 0 for count in words.values())


def _persons(cell: str) -> list[str]:
    """The persons of a cell: joined, or as a list of a program."""
    items = read_dump(cell)
    if items is None:
        return split_values(cell)
    found = [field_of(item, "id") if isinstance(item, dict) else item for item in items]
    return [str(each) for each in found if each is not None]


def ids_in_use(sheet: Sheet) -> frozenset[int]:
    """The ids of persons that a file itself gives, and the one that stands in where a responsible is missing."""
    used = set()
    if all(heading.column.meaning is not Meaning.PERSON for heading in sheet.headings):
        used.add(int(NOBODY_NAMED))
    for heading in sheet.headings:
        if heading.column.meaning in (Meaning.PERSON, Meaning.PERSONS):
            for cell in sheet.facts.words[heading.index]:
                if is_filled(cell):
                    used.update(id for each in _persons(plain_cell(cell)) if (id := person_id(each)) is not None)
                elif heading.column.meaning is Meaning.PERSON:
                    used.add(int(NOBODY_NAMED))
    return frozenset(used)
