"""The files that a command reads: exports of leads and what goes beside them, and the document of a CRM.

lines: reading, reporting and rejecting go through the same four files.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, field, fields, frozen

from crmcore.adapters.bitrix24_csv import (
    ActivityFile,
    BadFile,
    BadRow,
    ClientFile,
    KnownClients,
    KnownPersons,
    LeadFile,
    Names,
    read_activities,
    write_rejects,
)
from crmcore.adapters.bitrix24_csv.cards.card_reader import ids_in_use
from crmcore.adapters.bitrix24_csv.cards.clients import client_sheet, clients_in
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, NOBODY_THERE, ClientsThere
from crmcore.adapters.bitrix24_csv.leads import lead_sheet, leads_in
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering, count_up
from crmcore.adapters.bitrix24_csv.own.pipeline_list import read_pipelines
from crmcore.adapters.bitrix24_csv.own.status_list import read_status_list
from crmcore.adapters.bitrix24_csv.words.names import NOBODY_KNOWN
from crmcore.adapters.cli.work.document import Document, Fault
from crmcore.adapters.cli.work.documents import OfFiles, pipeline_row
from crmcore.adapters.cli.work.endings import bad_call, bad_input, store_failed
from crmcore.adapters.cli.work.options import (
    NO_FILE_OPTIONS,
    NO_FILES_BESIDE,
    FileOptions,
    FilesBeside,
    ReadingOptions,
)
from crmcore.adapters.document import BadDocument, load_crm
from crmcore.adapters.files import STANDARD_INPUT, read_beginning, read_file
from crmcore.application.crm import Crm
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import DEFAULT_PIPELINE, Kind, PipelineId, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.commands import ImportRecords

__all__ = [
    "NOTHING_KNOWN",
    "Files",
    "Known",
    "define_new",
    "define_pipelines",
    "define_stages",
    "fault_of",
    "is_document",
    "no_place_for_new",
    "read_document",
    "read_files",
    "read_lists",
    "rejects_of",
]

#: How many records are staged at a time.
PART = 2_000
_BEGINNING = 1024
_DOCUMENT = re.compile(r'\{\s*"format"\s*:\s*"crmcore\.')
_ANSWER = re.compile(r'\{\s*"(?:result|error|time|total|next)"')

Doc = TypeVar("Doc", bound=Document)
F = TypeVar("F", bound=OfFiles)


@frozen(kw_only=True, repr=False, eq=False)
class Files(Discreet):
    """What the files of a command hold, and what all of their display names became.

    `updates` are leads that are there, as they should be, with the versions that were read; `new_stages` and
    `new_pipelines` are what the CRM does not have, to be defined before the leads are imported.
    """

    leads: LeadFile
    activities: ActivityFile
    contacts: ClientFile[Contact]
    companies: ClientFile[Company]
    names: Names
    updates: tuple[tuple[Lead, int], ...] = ()
    new_stages: tuple[Stage, ...] = ()
    new_pipelines: tuple[Pipeline, ...] = ()

    @property
    def each(self) -> tuple[LeadFile | ActivityFile | ClientFile[Any], ...]:
        """All of them, in the order of their options."""
        return self.leads, self.activities, self.contacts, self.companies

    def records(self) -> ImportRecords:
        """The command that imports them."""
        return ImportRecords(**self._records())

    def parts(self) -> Iterator[ImportRecords]:
        """The same, some at a time: each record behind those that it is linked or bound to."""
        for name, records in self._records().items():
            for start in range(0, len(records), PART):
                yield ImportRecords(**{name: records[start : start + PART]})

    def _records(self) -> dict[str, Any]:
        return {
            "companies": self.companies.clients,
            "contacts": self.contacts.clients,
            "leads": self.leads.leads,
            "updates": self.updates,
            "activities": self.activities.activities,
        }


@frozen(kw_only=True, repr=False, eq=False)
class Known(Discreet):
    """What is known before files are read: of a CRM in memory nothing.

    `stages` and `pipelines` are those of the CRM, `persons` those whom files have named, `there` finds the clients that
    are there, `numbering` gives the ids that --number asks for. `settle` says more of what was read: which records are
    bad rows or skipped for what is there already.
    """

    stages: LeadStages = DEFAULT_LEAD_STAGES
    pipelines: Mapping[PipelineId, Pipeline] = field(factory=lambda: {DEFAULT_PIPELINE: default_pipeline()})
    persons: KnownPersons = NOBODY_KNOWN
    there: ClientsThere = NOBODY_THERE
    numbering: Numbering = count_up
    settle: Callable[[Files], Files] = lambda files: files


NOTHING_KNOWN = Known()


def read_files(
    report: F,
    leads_path: Path,
    beside: FilesBeside = NO_FILES_BESIDE,
    options: FileOptions = NO_FILE_OPTIONS,
    known: Known = NOTHING_KNOWN,
) -> tuple[F, Files] | F:
    """Read leads and what goes beside them, with a report of the columns not used; or report what is wrong."""
    wrong = _no_place_for_rejects(options)
    if options.number and beside.given():
        wrong = (
            "works only with a file of leads, since other files name leads and clients by the ids in the files",
            "--number",
        )
    if wrong is not None:
        return bad_call(report, *wrong)
    try:
        files = _read(leads_path, beside, options, known)
        is_empty = not all(file.count or not file.bad_rows for file in files.each)
        files = known.settle(files)
    except BadFile as error:
        return bad_input(report, [fault_of(error.row)])
    leads = files.leads
    report = evolve(
        report,
        unplaced=_unplaced(files),
        all_new=leads.all_new,
        own_fields=(*leads.own_fields, *files.contacts.own_fields, *files.companies.own_fields),
        new_stages=files.new_stages,
        new_pipelines=tuple(map(pipeline_row, files.new_pipelines)),
        numbers=leads.numbers,
        unlinked=leads.unlinked,
    )
    bad = [row for file in files.each for row in file.bad_rows]
    # A file of which no row can be read says nothing of a CRM, least of all that it has no leads.
    if bad and (not options.skip_bad_rows or is_empty):
        return bad_input(report, map(fault_of, bad))
    try:
        report = evolve(report, rejects=tuple(_write_rejects(options.rejects, files)))
    except OSError as error:
        return store_failed(report, error)
    skipped = [fault_of(row) for row in (*bad, *(row for file in files.each for row in file.skipped_rows))]
    return evolve(report, skipped_rows=tuple(skipped)), files


def _read(leads_path: Path, beside: FilesBeside, options: FileOptions, known: Known) -> Files:
    """Read companies, contacts that are linked to them, leads that are linked to both, and activities of the leads."""
    mapping, partial = options.file_mapping(), options.partial
    sheet = lead_sheet(leads_path, mapping, partial=partial)
    sheets = {
        kind: client_sheet(kind, path, mapping, partial=partial)
        for kind, path in ((Kind.COMPANY, beside.companies), (Kind.CONTACT, beside.contacts))
        if path is not None
    }
    # An id of a person that one of the files gives is nobody else's in any of them.
    taken = known.persons.taken.union(*map(ids_in_use, (sheet, *sheets.values())))
    persons = KnownPersons(known.persons.ids, taken)
    clients: dict[Kind, ClientFile[Any]] = {Kind.COMPANY: ClientFile(), Kind.CONTACT: ClientFile()}
    found = KnownClients(there=known.there)
    for kind, of in sheets.items():
        clients[kind] = clients_in(kind, of, mapping, persons, found, unlinked=options.unlinked)
        persons = persons.with_names(clients[kind].names)
        found = KnownClients(clients[Kind.CONTACT].clients, clients[Kind.COMPANY].clients, known.there)
    stages, pipelines = read_lists(options, known)
    leads = leads_in(
        sheet,
        stages,
        mapping,
        persons,
        known.numbering if options.number else None,
        NO_CLIENTS if options.number else found,
        all_new=options.all_new,
        unlinked=options.unlinked,
    )
    activities = ActivityFile((), (), (), {})
    if beside.activities is not None:
        ids = frozenset(lead.id for lead in leads.leads)
        activities = read_activities(beside.activities, ids, partial=partial, mapping=mapping)
    names = clients[Kind.COMPANY].names.and_those(clients[Kind.CONTACT].names).and_those(leads.names)
    return Files(
        leads=leads,
        activities=activities,
        contacts=clients[Kind.CONTACT],
        companies=clients[Kind.COMPANY],
        names=names,
        new_stages=(*stages.stages[len(known.stages.stages) :], *leads.new_stages),
        new_pipelines=tuple(each for id, each in pipelines.items() if each != known.pipelines.get(id)),
    )


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


def _write_rejects(path: Path | None, files: Files) -> Iterator[str]:
    """Write the rows that were left out, and give the names of the files that there are then."""
    if path is not None:
        for target, file in zip(rejects_of(path), files.each, strict=True):
            if file.bad_rows and file.sheet is not None:
                write_rejects(target, file.sheet.table, file.bad_rows)
                yield str(target)


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


def _unplaced(files: Files) -> dict[str, int]:
    """The columns that the model has no field for, each with its number of filled cells."""
    counts: dict[str, int] = {}
    for file in files.each:
        for heading, count in file.unplaced.items():
            counts[heading] = counts.get(heading, 0) + count
    return counts


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
