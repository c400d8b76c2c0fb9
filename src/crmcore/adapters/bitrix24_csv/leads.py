"""Reading leads: every filled cell goes to its field, is reported as unplaced, or makes the row a bad one.

lines: leads are read all at once and some at a time, from the same checks and by the same reader.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from crmcore.adapters.bitrix24_csv.cards.card_reader import CardReader, CardRow
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, KnownClients
from crmcore.adapters.bitrix24_csv.cells import plain_cell
from crmcore.adapters.bitrix24_csv.errors import BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.seen import OwnField
from crmcore.adapters.bitrix24_csv.gate import check_has_ids, check_is_of_leads, check_is_understood, has_stages
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering, with_numbers
from crmcore.adapters.bitrix24_csv.own.own_fields import own_fields, with_own_fields
from crmcore.adapters.bitrix24_csv.own.plain_cells import with_plain_cells
from crmcore.adapters.bitrix24_csv.rows import Reading, Unreadable, invalid, remembered
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet, read_sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.names import NOBODY_KNOWN, KnownPersons, Names, plain, translated_in
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import Kind, LeadId, StageCode
from crmcore.domain.model.lead import NO_NAME, Lead
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import Discreet
from crmcore.domain.model.values import Money, PersonName

__all__ = ["LeadFile", "LeadReading", "checked_leads", "lead_sheet", "leads_in", "may_bring_stages", "read_leads"]


@frozen(repr=False, eq=False)
class LeadFile(Discreet):
    """What a lead file holds.

    `unplaced` counts, by heading, the filled cells that the model has no place for.
    `skipped_rows` made no lead and are no mistake; `bad_rows` could not be read.
    `all_new` says that no column of the file is the stage, so that every lead counts as new.
    `own_fields` are the columns that became custom fields by their names, `new_stages` those that leads are in and that
    the catalogue does not have: define them before the leads are imported. `sheet` is the file as it was read,
    `lines` where each lead stands in it, `numbers` our id for each of another system. `unlinked` is how many active
    leads were taken without the client that they are linked to.
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
    unlinked: int = 0


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
    clients: KnownClients = NO_CLIENTS,
) -> LeadFile:
    """Read a file of leads, in the layout of the product's own export or with REST field codes as headings.

    `stages` is the catalogue that stages are looked up in, by code and by name. `all_new` takes a file in which the
    stage was not recognised, or most was not understood: what is not known to be closed counts as new then.
    `clients` are those that leads may be linked to; `unlinked` takes active leads of others, without their links.
    `partial` takes one page of a longer list. `mapping` says what headings, words and signs mean beyond what is known,
    and `persons` who has an id already. `numbering` gives ids of ours for those of another system.
    Raises `BadFile` when the file cannot be read as a whole or is no file of leads; rows that cannot be read are
    collected in the answer.
    """
    sheet = lead_sheet(path, mapping, partial=partial)
    return leads_in(sheet, stages, mapping, persons, numbering, clients, all_new=all_new, unlinked=unlinked)


def lead_sheet(path: Path, mapping: FileMapping, *, partial: bool = False) -> Sheet:
    """The rows and headings of a file of leads, before any row is read; raises `BadFile`."""
    return read_sheet(path, mapping.lead_columns, encoding=mapping.encoding, partial=partial)


def leads_in(
    sheet: Sheet,
    stages: LeadStages,
    mapping: FileMapping,
    persons: KnownPersons = NOBODY_KNOWN,
    numbering: Numbering | None = None,
    clients: KnownClients = NO_CLIENTS,
    *,
    all_new: bool,
    unlinked: bool,
) -> LeadFile:
    """The leads of a sheet whose headings are read by the mapping; the rest as for `read_leads`."""
    sheet, numbers = checked_leads(sheet, stages, mapping, numbering, all_new=all_new)
    reading = LeadReading(sheet, stages, mapping, persons, clients, unlinked=unlinked)
    leads, lines = reading.whole()
    return LeadFile(
        leads,
        reading.bad_rows,
        reading.skipped_rows,
        reading.unplaced,
        reading.names,
        all_new=reading.all_new,
        own_fields=own_fields(reading.own),
        new_stages=reading.new_stages,
        sheet=sheet,
        numbers=numbers,
        unlinked=reading.unlinked,
        lines={LeadId(id): line for id, line in lines.items()},
    )


def checked_leads(
    sheet: Sheet, stages: LeadStages, mapping: FileMapping, numbering: Numbering | None, *, all_new: bool
) -> tuple[Sheet, Mapping[str, int]]:
    """The sheet as `LeadReading` reads it, and our ids for those of another system; raises `BadFile`."""
    check_is_of_leads(sheet)
    if numbering is None:
        check_has_ids(sheet, _NO_IDS)
    if not all_new:
        check_is_understood(sheet, stages, mapping)
    sheet = with_own_fields(with_plain_cells(sheet, mapping))
    return (sheet, {}) if numbering is None else with_numbers(sheet, numbering)


def may_bring_stages(sheet: Sheet, stages: LeadStages, mapping: FileMapping) -> bool:
    """Whether a word of a sheet may be a stage that the catalogue does not have."""
    known = mapping.known_stages(stages)
    headings = (heading for heading in sheet.headings if heading.column.meaning is Meaning.STAGE)
    words = (plain_cell(word).strip() for heading in headings for word in sheet.words_of(heading))
    found = (mapping.stage_of(word, known) for word in words)
    return any(stage is None or stages.get(stage.code) is None for stage in found)


class LeadReading(Reading[Lead]):
    """The leads of a sheet that `checked_leads` gave, some at a time; the rest as in `LeadFile`."""

    def __init__(
        self,
        sheet: Sheet,
        stages: LeadStages,
        mapping: FileMapping,
        persons: KnownPersons,
        clients: KnownClients,
        *,
        unlinked: bool,
    ) -> None:
        self._leads = _LeadReader(sheet, stages, mapping, persons, clients, unlinked=unlinked)
        super().__init__(sheet, self._leads)

    @property
    def names(self) -> Names:
        """The display names that the rows read so far have used."""
        return self._leads.names()

    @property
    def new_stages(self) -> tuple[Stage, ...]:
        """The stages of the rows read so far that the catalogue does not have, in the order they appear."""
        return self._leads.new_stages()

    @property
    def unlinked(self) -> int:
        """How many active leads were read without the client that they are linked to."""
        return self._leads.unlinked

    @property
    def all_new(self) -> bool:
        """Whether no column is the stage, so that every lead counts as new."""
        sheet = self.sheet
        has_column = any(heading.column.meaning is Meaning.STAGE for heading in sheet.headings)
        return not (has_column and (has_stages(sheet) or not sheet.facts.count))


class _LeadReader(CardReader[Lead]):
    of = "lead"
    other_ids = "; ids of another system become origins of leads that get ids of ours (--number)"

    def __init__(
        self,
        sheet: Sheet,
        stages: LeadStages,
        mapping: FileMapping,
        persons: KnownPersons,
        clients: KnownClients,
        *,
        unlinked: bool,
    ) -> None:
        super().__init__(sheet, mapping, persons, clients, unlinked=unlinked)
        self._stages = mapping.known_stages(stages)
        self._catalogue = stages
        self._new_stages: dict[str, Stage] = {}
        self._entry = stages.entry
        self._headings = {heading.index: heading for heading in sheet.headings}
        self._stage_of = remembered(self._stage)
        self._stage_names = "one of " + ", ".join(stage.name or stage.code for stage in stages.stages)

    def new_stages(self) -> tuple[Stage, ...]:
        """The stages that the catalogue does not have, in the order they appear."""
        return tuple(self._new_stages.values())

    def made(self, row: CardRow) -> tuple[int, Lead]:
        semantics = None if row.semantics is None else _semantics(*row.semantics)
        stage = self._entry
        if row.stage is not None:
            heading, cell = row.stage
            stage = self._stage_of(heading.index, cell, semantics)
        fields = self.card(row, "Lead")
        money = row.draft.of("Money")
        lead = Lead(
            **fields,
            stage=stage.code,
            semantics=stage.semantics,
            name=self.name(row),
            amount=Money(**money) if money else None,
        )
        if row.semantics is not None and semantics is not lead.semantics:
            said = f"expected what the stage {lead.stage!r} means: {_LETTERS[lead.semantics]}"
            raise Unreadable(row.semantics[0].text, Fault.UNKNOWN_STAGE, said)
        links = self.linked(row, may_lack=not lead.is_active)
        more = {**links, **self._called(row, lead, links)}
        return lead.id, evolve(lead, **more) if more else lead

    def _called(self, row: CardRow, lead: Lead, links: Mapping[str, int]) -> dict[str, Any]:
        """What a lead keeps of the names of clients who are nowhere, where it has none of its own."""
        kept: dict[str, Any] = {}
        for kind, (heading, cell) in self.links.named(row.links, links).items():
            if kind is Kind.COMPANY and lead.company_title is None:
                kept["company_title"] = cell
            elif kind is Kind.CONTACT and lead.name == NO_NAME:
                kept["name"] = PersonName(first=cell)
            else:
                continue
            self.unplaced[heading.text] -= 1  # it is not lost
        return kept

    def _stage(self, index: int, cell: str, means: StageSemantics | None) -> Stage:
        heading, word = self._headings[index], cell.strip()
        stage = self.mapping.stage_of(word, self._stages)
        is_mapped = plain(word) in self.mapping.stages
        if stage is None and heading.is_code and means is not None and not is_mapped:
            stage = self._by_meaning(heading, word, means)
        if stage is None:
            spoken = translated_in(word)
            told = "" if spoken is None else f"or --language {spoken}, in which it is the name of one, "
            said = (
                f"expected {self._stage_names}, {told}or that --stages FILE or a mapping (stages in mapping.toml) "
                "says what it means"
            )
            if is_mapped:
                said = "expected the mapping to give this word the code of a stage, with the meaning of that stage"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)
        if self._catalogue.get(stage.code) is None:
            self._define(heading, stage)
        if word != stage.code:
            self.used_stages.setdefault(stage.code, word)
        return stage

    def _by_meaning(self, heading: Heading, code: str, means: StageSemantics) -> Stage:
        """A stage that only the file knows, with the meaning that the row gives."""
        try:
            return Stage(code=StageCode(code), semantics=means)
        except InvalidValue as error:
            raise_alone(invalid(heading, error))

    def _define(self, heading: Heading, stage: Stage) -> None:
        if stage.semantics is StageSemantics.SUCCESS:
            said = f"expected {self._catalogue.success.code!r}: there is only one success stage"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)
        first = self._new_stages.setdefault(stage.code, stage)
        if first.semantics is not stage.semantics:
            said = f"expected one meaning for each stage, a row above says {_LETTERS[first.semantics]} of this one"
            raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, said)


_NO_IDS = "expected a column ID (a mapping says which one it is), or new ids for the leads (numbering, --number)"
_LETTERS = {StageSemantics.IN_PROCESS: "P", StageSemantics.SUCCESS: "S", StageSemantics.FAILURE: "F"}
_SEMANTICS = {letter: semantics for semantics, letter in _LETTERS.items()}


def _semantics(heading: Heading, cell: str) -> StageSemantics:
    found = _SEMANTICS.get(cell.strip().upper())
    if found is None:
        raise Unreadable(heading.text, Fault.UNKNOWN_STAGE, "expected P, S or F: in process, success or failure")
    return found
