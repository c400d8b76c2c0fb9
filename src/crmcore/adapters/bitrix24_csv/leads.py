"""Reading leads: every filled cell goes to its field, is reported as unplaced, or makes the row a bad one.

lines: the reader of a row has one short method for each meaning of a cell that needs more than the cell.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, plain_cell, read_id, split_values
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.seen import OwnField
from crmcore.adapters.bitrix24_csv.gate import check_is_of_leads, check_is_understood, has_stages
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering, with_numbers
from crmcore.adapters.bitrix24_csv.own.own_fields import own_fields, with_own_fields
from crmcore.adapters.bitrix24_csv.own.plain_cells import with_plain_cells
from crmcore.adapters.bitrix24_csv.points import read_points
from crmcore.adapters.bitrix24_csv.references import is_link
from crmcore.adapters.bitrix24_csv.rows import Draft, Unreadable, check_name, invalid, read_rows, read_value
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet, read_sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.names import (
    NOBODY_KNOWN,
    KnownPersons,
    Names,
    Persons,
    plain,
    source_code,
    translated_in,
)
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import LeadId, SourceCode, StageCode, UserId
from crmcore.domain.model.lead import NO_NAME, Lead
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import Discreet, check_code, check_id
from crmcore.domain.model.values import (
    NO_CUSTOM_FIELDS,
    NO_POINTS,
    Address,
    ContactPoint,
    ContactPoints,
    CustomFields,
    ExternalOrigin,
    Money,
    PersonName,
    Utm,
)

__all__ = ["LeadFile", "leads_in", "read_leads"]

#: Whoever is responsible for a lead where the file names nobody.
NOBODY_NAMED = UserId(1)


@frozen(repr=False, eq=False)
class LeadFile(Discreet):
    """What a lead file holds.

    `unplaced` counts, by heading, the filled cells that the model has no place for.
    `skipped_rows` made no lead and are no mistake; `bad_rows` could not be read.
    `all_new` says that no column of the file is the stage, so that every lead counts as new.
    `own_fields` are the columns that became custom fields by their names, `new_stages` those that leads are in and that
    the catalogue does not have: define them before the leads are imported. `sheet` is the file as it was read,
    `lines` where each lead stands in it, `numbers` our id for each of another system.
    """

    leads: tuple[Lead, ...]
    bad_rows: tuple[BadRow, ...]
    skipped_rows: tuple[BadRow, ...]
    unplaced: Mapping[str, int]
    names: Names
    all_new: bool = False
    own_fields: tuple[OwnField, ...] = ()
    new_stages: tuple[Stage, ...] = ()
    sheet: Sheet | None = None
    lines: Mapping[LeadId, int] = field(factory=dict)
    numbers: Mapping[str, int] = field(factory=dict)


def read_leads(
    path: Path,
    *,
    stages: LeadStages = DEFAULT_LEAD_STAGES,
    all_new: bool = False,
    unlinked: bool = False,
    partial: bool = False,
    mapping: FileMapping = NO_MAPPING,
    persons: KnownPersons = NOBODY_KNOWN,
    numbering: Numbering | None = None,
) -> LeadFile:
    """Read a file of leads, in the layout of the product's own export or with REST field codes as headings.

    `stages` is the catalogue that stages are looked up in, by code and by name. `all_new` takes a file in which the
    stage was not recognised, or most was not understood: what is not known to be closed counts as new then.
    `unlinked` takes active leads that are linked to clients, whom no file of leads brings, without their links.
    `partial` takes one page of a longer list. `mapping` says what headings, words and signs mean beyond what is known,
    and `persons` who has an id already. `numbering` gives ids of ours for those of another system.
    Raises `BadFile` when the file cannot be read as a whole or is no file of leads; rows that cannot be read are
    collected in the answer.
    """
    sheet = read_sheet(
        path,
        mapping.lead_columns,
        encoding=mapping.encoding,
        partial=partial,
        missing_id=_NO_IDS if numbering is None else None,
    )
    return leads_in(sheet, stages, mapping, persons, numbering, all_new=all_new, unlinked=unlinked)


def leads_in(
    sheet: Sheet,
    stages: LeadStages,
    mapping: FileMapping,
    persons: KnownPersons = NOBODY_KNOWN,
    numbering: Numbering | None = None,
    *,
    all_new: bool = False,
    unlinked: bool = False,
) -> LeadFile:
    """The leads of a sheet whose headings are read by the mapping; the rest as for `read_leads`."""
    check_is_of_leads(sheet)
    if not all_new:
        check_is_understood(sheet, stages, mapping)
    sheet = with_own_fields(with_plain_cells(sheet, mapping))
    sheet, numbers = (sheet, {}) if numbering is None else with_numbers(sheet, numbering)
    unplaced: dict[str, int] = {}
    reader = _LeadReader(sheet, stages, unplaced, mapping, persons, unlinked=unlinked)
    records, lines, bad, skipped = read_rows(sheet, reader.read, unplaced)
    may_be_closed = any(heading.column.meaning is Meaning.STAGE for heading in sheet.headings) and (
        has_stages(sheet) or not sheet.rows
    )
    return LeadFile(
        tuple(records.values()),
        bad,
        skipped,
        unplaced,
        reader.names(),
        all_new=not may_be_closed,
        own_fields=own_fields(sheet),
        new_stages=reader.new_stages(),
        sheet=sheet,
        numbers=numbers,
        lines={LeadId(id): line for id, line in lines.items()},
    )


class _LeadReader:
    """Reads one row after the other and makes the tables of names on the way."""

    def __init__(
        self,
        sheet: Sheet,
        stages: LeadStages,
        unplaced: dict[str, int],
        mapping: FileMapping,
        persons: KnownPersons,
        *,
        unlinked: bool,
    ) -> None:
        self._stages = mapping.known_stages(stages)
        self._catalogue = stages
        self._mapping = mapping
        self._new_stages: dict[str, Stage] = {}
        self._entry = stages.entry
        self._stage_names = "one of " + ", ".join(stage.name or stage.code for stage in stages.stages)
        self._unplaced = unplaced
        self._unlinked = unlinked
        unplaced.update({each.text: 0 for each in sheet.headings if each.column.meaning is Meaning.CLIENT})
        self._used_stages: dict[str, str] = {}
        self._used_sources: dict[str, str] = {}
        self._persons = Persons(KnownPersons({**persons.ids, **mapping.persons}, persons.taken | _ids_in_use(sheet)))

    def new_stages(self) -> tuple[Stage, ...]:
        """The stages that the catalogue does not have, in the order they appear."""
        return tuple(self._new_stages.values())

    def names(self) -> Names:
        return Names(stages=self._used_stages, sources=self._used_sources, persons=self._persons.names())

    def read(self, filled: list[tuple[Heading, str]]) -> tuple[int, Lead]:
        draft = Draft()
        points: list[ContactPoint] = []
        full_name: tuple[Heading, str] | None = None
        semantics: tuple[Heading, StageSemantics] | None = None
        stage: tuple[Heading, str] | None = None
        linked: Heading | None = None
        for heading, cell in filled:
            column = heading.column
            match column.meaning:
                case Meaning.STAGE:
                    stage = (heading, cell)
                case Meaning.SOURCE:
                    draft.put(column, self._source(heading, cell))
                case Meaning.PERSON:
                    draft.put(column, self._person(heading, cell))
                case Meaning.PERSONS:
                    draft.put(column, tuple(self._person(heading, each) for each in _persons(cell)))
                case Meaning.POINTS | Meaning.MULTI_FIELDS:
                    points.extend(read_points(heading, cell))
                case Meaning.SEMANTICS:
                    semantics = (heading, _semantics(heading, cell))
                case Meaning.FULL_NAME:
                    full_name = (heading, cell)
                case Meaning.CLIENT if is_link(cell):
                    self._unplaced[heading.text] += 1
                    linked = linked or heading
                case Meaning.CLIENT:
                    pass
                case Meaning.CUSTOM | Meaning.TEXT:
                    draft.put(column, cell.strip() if column.place == "Money.currency" else cell)
                case _:
                    draft.put(column, read_value(heading, cell))
        if stage is not None:
            draft.put(stage[0].column, self._stage(*stage, None if semantics is None else semantics[1]))
        lead = self._lead(draft, points, full_name)
        if semantics is not None and semantics[1] is not lead[1].semantics:
            said = f"expected what the stage {lead[1].stage!r} means: {_LETTERS[lead[1].semantics]}"
            raise Unreadable(semantics[0].text, Fault.UNKNOWN_STAGE, said)
        if linked is not None and not self._unlinked and lead[1].is_active:
            raise Unreadable(linked.text, Fault.UNKNOWN_CLIENT, _LINKED)
        return lead

    def _lead(
        self, draft: Draft, points: list[ContactPoint], full_name: tuple[Heading, str] | None
    ) -> tuple[int, Lead]:
        fields = draft.of("Lead")
        id = fields.pop("id")
        stage: Stage = fields.pop("stage", self._entry)
        money = draft.of("Money")
        custom = draft.of("custom")
        address, origin, utm = draft.of("Address"), draft.of("ExternalOrigin"), draft.of("Utm")
        return id, Lead(
            id=LeadId(id),
            stage=stage.code,
            semantics=stage.semantics,
            name=self._name(draft.of("PersonName"), full_name),
            responsible=fields.pop("responsible", NOBODY_NAMED),
            contact_points=ContactPoints(points) if points else NO_POINTS,
            amount=Money(**money) if money else None,
            address=Address(**address) if address else None,
            origin=ExternalOrigin(**origin) if origin else None,
            utm=Utm(**utm) if utm else None,
            custom=CustomFields(custom) if custom else NO_CUSTOM_FIELDS,
            **fields,
        )

    def _name(self, parts: dict[str, Any], full_name: tuple[Heading, str] | None) -> PersonName:
        """The name of its parts; a full name beside them is derived, carried alone, or reported (CONV-3)."""
        if full_name is not None:
            heading, whole = full_name
            if not parts.get("first") and not parts.get("last") and not _said_by(parts, whole):
                try:
                    return PersonName(**{**parts, "first": whole})
                except InvalidValue as error:
                    raise_alone(invalid(heading, error))
            if not _said_by(parts, whole):
                self._unplaced[heading.text] = self._unplaced.get(heading.text, 0) + 1
        return PersonName(**parts) if parts else NO_NAME

    def _stage(self, heading: Heading, cell: str, means: StageSemantics | None) -> Stage:
        word = cell.strip()
        stage = self._mapping.stage_of(word, self._stages)
        is_mapped = plain(word) in self._mapping.stages
        if stage is None and heading.is_code and means is not None and not is_mapped:
            stage = self._by_meaning(heading, word, means)
        if stage is None:
            spoken = translated_in(word)
            told = "" if spoken is None else f"or --language {spoken}, in which it is the name of one, "
            said = f"expected {self._stage_names}, {told}or a mapping that says what it means (stages in mapping.toml)"
            if is_mapped:
                said = "expected that the mapping gives this word the code of a stage, and no other meaning than it has"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)
        if self._catalogue.get(stage.code) is None:
            self._define(heading, stage)
        if word != stage.code:
            self._used_stages.setdefault(stage.code, word)
        return stage

    def _by_meaning(self, heading: Heading, code: str, means: StageSemantics) -> Stage:
        """A stage that only the file knows, with the meaning that the row gives."""
        try:
            return Stage(code=StageCode(code), semantics=means)
        except InvalidValue as error:
            raise_alone(invalid(heading, error))

    def _define(self, heading: Heading, stage: Stage) -> None:
        if stage.semantics is StageSemantics.SUCCESS:
            said = f"expected {self._catalogue.success.code!r}: there is one stage of success"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)
        first = self._new_stages.setdefault(stage.code, stage)
        if first.semantics is not stage.semantics:
            said = f"expected one meaning for each stage, a row above says {_LETTERS[first.semantics]} of this one"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)

    def _source(self, heading: Heading, cell: str) -> SourceCode:
        if heading.is_code:
            if any(read_dump(cell) or ()):
                said = "expected a code, the cell looks like a list or an object of a program"
                raise Unreadable(heading.text, Fault.BAD_SHAPE, said)
            try:
                check_code("Lead.source", cell.strip())
            except InvalidValue as error:
                raise_alone(invalid(heading, error))
            return SourceCode(cell.strip())
        name = check_name(heading, cell)
        code = SourceCode(self._mapping.sources.get(plain(name)) or source_code(name))
        if name != code:
            self._used_sources.setdefault(code, name)
        return code

    def _person(self, heading: Heading, cell: str) -> UserId:
        name = check_name(heading, cell)
        id = read_id(name)
        if id is not None:
            check_id(heading.column.place, id)
            return UserId(id)
        if not any(map(str.isalpha, name)):
            raise Unreadable(heading.text, Fault.BAD_SHAPE, "expected the id of a user, or a name")
        return self._persons.id_of(name)


_NO_IDS = "expected a column ID, or that leads get ids of ours (numbering, --number)"
_LINKED = (
    "this lead is linked to a client that the file does not bring, so that it would become a second one; take such "
    "leads without their links (unlinked, --unlinked)"
)


def _said_by(parts: dict[str, Any], whole: str) -> bool:
    """Whether each word of a full name stands in the parts of the name, in whatever order."""
    words = Counter(whole.replace(",", " ").split())
    words.subtract(word for part in parts.values() for word in part.replace(",", " ").split())
    return all(count <= 0 for count in words.values())


_LETTERS = {StageSemantics.IN_PROCESS: "P", StageSemantics.SUCCESS: "S", StageSemantics.FAILURE: "F"}
_SEMANTICS = {letter: semantics for semantics, letter in _LETTERS.items()}


def _semantics(heading: Heading, cell: str) -> StageSemantics:
    found = _SEMANTICS.get(cell.strip().upper())
    if found is None:
        raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, "expected P, S or F: in process, success or failure")
    return found


def _persons(cell: str) -> list[str]:
    """The persons of a cell: joined, or as a list of a program."""
    items = read_dump(cell)
    if items is None:
        return split_values(cell)
    found = [field_of(item, "id") if isinstance(item, dict) else item for item in items]
    return [str(each) for each in found if each is not None]


def _ids_in_use(sheet: Sheet) -> set[int]:
    """The ids of persons that the file itself gives, and the one that stands in where a responsible is missing."""
    used = set()
    if all(heading.column.meaning is not Meaning.PERSON for heading in sheet.headings):
        used.add(int(NOBODY_NAMED))
    for heading in sheet.headings:
        if heading.column.meaning in (Meaning.PERSON, Meaning.PERSONS):
            for _, cells in sheet.rows:
                cell = cells[heading.index]
                if is_filled(cell):
                    used.update(id for each in _persons(plain_cell(cell)) if (id := read_id(each)) is not None)
                elif heading.column.meaning is Meaning.PERSON:
                    used.add(int(NOBODY_NAMED))
    return used
