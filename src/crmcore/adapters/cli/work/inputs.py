"""The files that a command reads: exports of leads and what goes beside them, and the document of a CRM.

lines: reading, reporting and rejecting go through the same four files.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from attrs import evolve, field, fields, frozen

from crmcore.adapters.bitrix24_csv import BadFile, BadRow, KnownClients, KnownPersons, Names, write_rejects
from crmcore.adapters.bitrix24_csv.activities import ActivityReading, activity_sheet
from crmcore.adapters.bitrix24_csv.cards.card_reader import ids_in_use
from crmcore.adapters.bitrix24_csv.cards.clients import ClientReading, checked_clients, client_sheet
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, NOBODY_THERE, ClientsThere, has_names
from crmcore.adapters.bitrix24_csv.formats.facts import Ids
from crmcore.adapters.bitrix24_csv.leads import LeadReading, checked_leads, lead_sheet, may_bring_stages
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering, count_up
from crmcore.adapters.bitrix24_csv.own.own_fields import own_fields
from crmcore.adapters.bitrix24_csv.own.pipeline_list import read_pipelines
from crmcore.adapters.bitrix24_csv.own.status_list import read_status_list
from crmcore.adapters.bitrix24_csv.rows import Part, Reading
from crmcore.adapters.bitrix24_csv.words.names import NOBODY_KNOWN
from crmcore.adapters.cli.work.document import Document, Fault
from crmcore.adapters.cli.work.documents import OfFiles, pipeline_row
from crmcore.adapters.cli.work.endings import bad_call, bad_input, store_failed
from crmcore.adapters.cli.work.options import NO_FILE_OPTIONS, NO_FILES_BESIDE, FileOptions, FilesBeside, ReadingOptions
from crmcore.adapters.document import BadDocument, load_crm
from crmcore.adapters.files import STANDARD_INPUT, read_beginning, read_file
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import raise_alone
from crmcore.domain.model.ids import CLIENTS, DEFAULT_PIPELINE, RECORDS, Kind, PipelineId, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.commands import ImportRecords

__all__ = [
    "NOTHING_KNOWN",
    "BadRows",
    "Files",
    "Known",
    "Settle",
    "define_new",
    "define_pipelines",
    "define_stages",
    "fault_of",
    "is_document",
    "no_place_for_new",
    "open_files",
    "read_document",
    "read_lists",
    "rejects_of",
]

_BEGINNING = 1024
_DOCUMENT = re.compile(r'\{\s*"format"\s*:\s*"crmcore\.')
_ANSWER = re.compile(r'\{\s*"(?:result|error|time|total|next)"')

Doc = TypeVar("Doc", bound=Document)
F = TypeVar("F", bound=OfFiles)


class Settle(Protocol):
    """What becomes of records that are there already."""

    def __call__(self, kind: Kind, reading: Reading[Any], part: Part[Any]) -> tuple[list[Any], list[tuple[Lead, int]]]:
        """The records of a part that are to be imported, and leads to be updated with the versions that were read.

        Rows that are bad, or skipped, for what is there already become those of the `reading`.
        """
        ...


def _as_read(kind: Kind, reading: Reading[Any], part: Part[Any]) -> tuple[list[Any], list[tuple[Lead, int]]]:
    return list(part.records.values()), []


@frozen(kw_only=True, repr=False, eq=False)
class Known(Discreet):
    """What is known before files are read: of a CRM in memory nothing.

    `stages` and `pipelines` are those of the CRM, `persons` those whom files have named, `there` finds the clients that
    are there, `numbering` gives the ids that --number asks for. `settle` says which records are bad rows or skipped for
    what is there already.
    """

    stages: LeadStages = DEFAULT_LEAD_STAGES
    pipelines: Mapping[PipelineId, Pipeline] = field(factory=lambda: {DEFAULT_PIPELINE: default_pipeline()})
    persons: KnownPersons = NOBODY_KNOWN
    there: ClientsThere = NOBODY_THERE
    numbering: Numbering = count_up
    settle: Settle = _as_read


NOTHING_KNOWN = Known()


class BadRows(Exception):
    """Rows are bad, and not to be left out; or there is another `reason` why nothing is imported.

    That is that the rows left out cannot be written, or that a file has changed while it was read.
    """

    def __init__(self, reason: OSError | BadFile | None = None) -> None:
        super().__init__(reason)
        self.reason = reason


class Files:
    """The files of a command, read from their first rows on whenever their records are asked for.

    They are read some rows at a time, and no more than these is held. What else they say is known once all were read.
    Raises `BadFile` where one of them is not understood as a whole.
    """

    def __init__(self, leads_path: Path, beside: FilesBeside, options: FileOptions, known: Known) -> None:
        self._options, self._known = options, known
        self._mapping = mapping = options.file_mapping()
        partial = options.partial
        leads = lead_sheet(leads_path, mapping, partial=partial)
        clients = {
            kind: client_sheet(kind, path, mapping, partial=partial)
            for kind, path in ((Kind.COMPANY, beside.companies), (Kind.CONTACT, beside.contacts))
            if path is not None
        }
        # An id of a person that one of the files gives is nobody else's in any of them.
        self._taken = known.persons.taken.union(*map(ids_in_use, (leads, *clients.values())))
        self._clients = {kind: checked_clients(kind, sheet, mapping) for kind, sheet in clients.items()}
        self._stages, self._pipelines = read_lists(options, known)
        numbering = known.numbering if options.number else None
        self._leads, self._numbers = checked_leads(leads, self._stages, mapping, numbering, all_new=options.all_new)
        path = beside.activities
        self._activities = None if path is None else activity_sheet(path, mapping, partial=partial)
        self._read: dict[Kind, Reading[Any]] = {}
        #: How many records the parts have had, by the name of their table.
        self.given: Counter[str] = Counter()
        self._rejects: tuple[str, ...] | None = None

    @property
    def may_bring_stages(self) -> bool:
        """Whether the CRM may lack stages that the files have."""
        return bool(self._listed_stages) or may_bring_stages(self._leads, self._stages, self._mapping)

    @property
    def _listed_stages(self) -> tuple[Stage, ...]:
        return self._stages.stages[len(self._known.stages.stages) :]

    @property
    def new_stages(self) -> tuple[Stage, ...]:
        """What the CRM does not have, to be defined before the leads are imported."""
        read = self._read.get(Kind.LEAD)
        return (*self._listed_stages, *(read.new_stages if isinstance(read, LeadReading) else ()))

    @property
    def new_pipelines(self) -> tuple[Pipeline, ...]:
        """What the CRM does not have of the pipelines that are listed."""
        return tuple(each for id, each in self._pipelines.items() if each != self._known.pipelines.get(id))

    @property
    def names(self) -> Names:
        """What the display names of the rows read so far became."""
        names = Names(stages={}, sources={}, persons={})
        for kind in (Kind.COMPANY, Kind.CONTACT, Kind.LEAD):
            read = self._read.get(kind)
            if isinstance(read, ClientReading | LeadReading):
                names = names.and_those(read.names)
        return names

    def parts(self) -> Iterator[ImportRecords]:
        """The records, some at a time: each behind those that it is linked or bound to.

        Behind the last one raises `BadRows` where nothing may be imported; before that no part comes any more.
        """
        try:
            yield from self._parts()
        except BadFile as error:
            raise_alone(BadRows(error))

    def _parts(self) -> Iterator[ImportRecords]:
        self._read, self.given = {}, Counter()
        self._found, self._lead_ids = KnownClients(there=self._known.there), Ids()
        by_name = any(map(has_names, (self._leads, *self._clients.values())))
        for kind, reading in self._readings():
            self._read[kind] = reading
            for part in reading.parts():
                if kind in CLIENTS:
                    self._found.bring(kind, part.records.values(), by_name=by_name)
                if kind is Kind.LEAD and self._activities is not None:
                    self._lead_ids.update(part.records)
                records, updates = self._known.settle(kind, reading, part)
                if self._options.skip_bad_rows or not any(each.bad for each in self._read.values()):
                    self.given[RECORDS[kind]] += len(records) + len(updates)
                    more: dict[str, Any] = {RECORDS[kind]: tuple(records), "updates": tuple(updates)}
                    yield ImportRecords(**more)
        if self._is_refused:
            raise BadRows
        self._write_rejects()

    def _readings(self) -> Iterator[tuple[Kind, Reading[Any]]]:
        """How each file is read, once those before it were; leads are linked to clients, and activities are theirs."""
        mapping, options = self._mapping, self._options
        persons = KnownPersons(self._known.persons.ids, self._taken)
        for kind, sheet in self._clients.items():
            clients = ClientReading(kind, sheet, mapping, persons, self._found, unlinked=options.unlinked)
            yield kind, clients
            persons = persons.with_names(clients.names)
        found = NO_CLIENTS if options.number else self._found
        yield (Kind.LEAD, LeadReading(self._leads, self._stages, mapping, persons, found, unlinked=options.unlinked))
        if self._activities is not None:
            yield Kind.ACTIVITY, ActivityReading(self._activities, self._lead_ids)

    def read_through(self) -> None:
        """Read all that is there, for what it says of itself; raises `BadRows`."""
        for _ in self.parts():
            pass

    def records(self) -> ImportRecords:
        """All records at once; raises `BadRows`."""
        found: dict[str, list[Any]] = {}
        for part in self.parts():
            for each in fields(ImportRecords):
                found.setdefault(each.name, []).extend(getattr(part, each.name))
        return ImportRecords(**{name: tuple(records) for name, records in found.items()})

    @property
    def _in_order(self) -> list[Reading[Any]]:
        """What was read, in the order of the options."""
        return [self._read[kind] for kind in _ORDER if kind in self._read]

    @property
    def _is_refused(self) -> bool:
        """Whether rows are bad, and not to be left out.

        A file of which no row can be read says nothing of a CRM, least of all that it has no leads.
        """
        bad = [each for each in self._read.values() if each.bad]
        return bool(bad) and not (self._options.skip_bad_rows and all(each.count for each in bad))

    def _write_rejects(self) -> None:
        """Write the rows that were left out, once; raises `BadRows` where that cannot be done."""
        if self._options.rejects is None or self._rejects is not None:
            return
        written = []
        try:
            for kind, target in zip(_ORDER, rejects_of(self._options.rejects), strict=True):
                reading = self._read.get(kind)
                if reading is not None and reading.bad:
                    write_rejects(target, reading.sheet.table, reading.bad_rows)
                    written.append(str(target))
        except OSError as error:
            raise_alone(BadRows(error))
        self._rejects = tuple(written)

    def told(self, report: F, wrong: BadRows | None = None) -> F:
        """The report with what all rows said, or of what was `wrong` with them."""
        if wrong is not None and isinstance(wrong.reason, BadFile):
            return bad_input(report, [fault_of(wrong.reason.row)])
        leads = self._read[Kind.LEAD]
        assert isinstance(leads, LeadReading)  # as it was made
        unplaced: Counter[str] = Counter()
        for each in self._in_order:
            unplaced.update(each.unplaced)
        own = [own_fields(self._read[kind].own) for kind in _ORDER if kind in self._read]
        report = evolve(
            report,
            unplaced=dict(unplaced),
            all_new=leads.all_new,
            own_fields=tuple(each for of in own for each in of),
            new_stages=self.new_stages,
            new_pipelines=tuple(map(pipeline_row, self.new_pipelines)),
            numbers=self._numbers,
            unlinked=leads.unlinked,
        )
        bad = [row for each in self._in_order for row in each.bad_rows]
        if wrong is not None and isinstance(wrong.reason, OSError):
            return store_failed(report, wrong.reason)
        if wrong is not None:
            return bad_input(report, map(fault_of, bad))
        skipped = (row for each in self._in_order for row in each.skipped_rows)
        return evolve(report, rejects=self._rejects or (), skipped_rows=tuple(map(fault_of, (*bad, *skipped))))


#: The files in the order of their options.
_ORDER = (Kind.LEAD, Kind.ACTIVITY, Kind.CONTACT, Kind.COMPANY)


def open_files(
    report: F,
    leads_path: Path,
    beside: FilesBeside = NO_FILES_BESIDE,
    options: FileOptions = NO_FILE_OPTIONS,
    known: Known = NOTHING_KNOWN,
) -> Files | F:
    """Leads and what goes beside them, before their rows are read; or the report of what is wrong with one in whole."""
    wrong = _no_place_for_rejects(options)
    if options.number and beside.given():
        wrong = (
            "works only with a file of leads, since other files name leads and clients by the ids in the files",
            "--number",
        )
    if wrong is not None:
        return bad_call(report, *wrong)
    try:
        return Files(leads_path, beside, options, known)
    except BadFile as error:
        return bad_input(report, [fault_of(error.row)])


def read_lists(
    options: ReadingOptions, known: Known = NOTHING_KNOWN
) -> tuple[LeadStages, Mapping[PipelineId, Pipeline]]:
    """The lead stages and the pipelines of a CRM, with those of the lists that are given; raises `BadFile`."""
    stages, pipelines = known.stages, known.pipelines
    listed = None
    if options.stages is not None:
        listed = read_status_list(options.stages, partial=options.partial)
        stages = listed.lead_stages(stages)
    if options.pipelines is not None:
        pipelines = read_pipelines(options.pipelines, pipelines, listed, partial=options.partial)
    return stages, pipelines


def _no_place_for_rejects(options: FileOptions) -> tuple[str, str] | None:
    """What is wrong with where rows left out are to be written: the message, and the option."""
    if options.rejects is None:
        return None
    if not options.skip_bad_rows:
        return "requires --skip-bad-rows: without it no row is left out", "--rejects"
    wrong = next(filter(None, map(no_place_for_new, rejects_of(options.rejects))), None)
    return None if wrong is None else (f"{wrong}; rows of other files go to files of their own beside it", "--rejects")


def no_place_for_new(path: Path) -> str | None:
    """Why no new file can be written under this name, as far as it shows without writing."""
    if path == STANDARD_INPUT:
        return "expected the name of a file"
    if os.path.lexists(path):
        return "expected a new file: an existing file is not overwritten"
    return None if path.parent.is_dir() else "expected a file in an existing folder"


def rejects_of(path: Path) -> tuple[Path, ...]:
    """Where rows that are left out go: those of leads, and beside them those of the other files."""
    others = (each.name for each in fields(FilesBeside))
    return path, *(path.with_name(f"{path.stem}-{name}{path.suffix}") for name in others)


def define_new(crm: Crm, actor: UserId, files: Files) -> Refused | None:
    """Add the stages and pipelines that files have and the CRM does not (STAGE-1)."""
    return define_stages(crm, actor, files.new_stages) or define_pipelines(crm, actor, files.new_pipelines)


def define_stages(crm: Crm, actor: UserId, new: Sequence[Stage]) -> Refused | None:
    """Add stages to those of leads."""
    if not new:
        return None
    read = crm.lead_stages()
    done = crm.define_lead_stages(actor, LeadStages(stages=(*read.record.stages, *new)), read.version)
    return done if isinstance(done, Refused) else None


def define_pipelines(crm: Crm, actor: UserId, new: Sequence[Pipeline]) -> Refused | None:
    """Add pipelines, and stages to those that are there."""
    versions = {read.record.id: read.version for read in crm.pipelines()} if new else {}
    for pipeline in new:
        done = crm.define_pipeline(actor, pipeline, versions.get(pipeline.id, 0))
        if isinstance(done, Refused):
            return done
    return None


def fault_of(row: BadRow) -> Fault:
    """A row as a document reports it."""
    return Fault(code=row.code, message=row.message, file=row.file, line=row.line, field=row.field)


def is_document(path: Path) -> bool:
    """Whether a file is to be read as the document of a whole CRM: by how it begins, and else by its name."""
    try:
        begins = read_beginning(path, _BEGINNING).decode("utf-8-sig", errors="replace").lstrip()
    except OSError:
        begins = ""
    is_answer = begins.startswith("[") or _ANSWER.match(begins) is not None
    return _DOCUMENT.match(begins) is not None or (path.suffix.lower() == ".json" and not is_answer)


def read_document(report: Doc, path: Path) -> CrmImage | Doc:
    """The CRM of a document, or the report of what is wrong with it."""

    def wrong(code: str, message: str, line: int | None = None, field: str | None = None) -> Doc:
        return bad_input(report, [Fault(code=code, message=message, file=str(path), line=line, field=field)])

    try:
        return load_crm(read_file(path).decode("utf-8-sig"))
    except OSError as error:
        return wrong("unreadable_file", error.strerror or "cannot be opened")
    except UnicodeDecodeError:
        return wrong("unknown_encoding", "expected a file saved as UTF-8")
    except BadDocument as error:
        return wrong("bad_document", f"expected {error.expected}", error.line, error.field)
