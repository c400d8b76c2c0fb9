"""The files that a command reads: exports of leads and activities, and the document of a CRM."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from crmcore.adapters.bitrix24_csv import (
    ActivityFile,
    BadFile,
    BadRow,
    KnownPersons,
    LeadFile,
    read_activities,
    read_leads,
    write_rejects,
)
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering, count_up
from crmcore.adapters.bitrix24_csv.words.names import NOBODY_KNOWN
from crmcore.adapters.cli.work.document import Document, Fault
from crmcore.adapters.cli.work.documents import OfFiles
from crmcore.adapters.cli.work.endings import bad_call, bad_input, store_failed
from crmcore.adapters.cli.work.options import NO_FILE_OPTIONS, FileOptions
from crmcore.adapters.document import BadDocument, load_crm
from crmcore.adapters.files import STANDARD_INPUT, read_beginning, read_file
from crmcore.application.crm import Crm
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage

__all__ = [
    "define_stages",
    "fault_of",
    "is_document",
    "no_place_for_new",
    "read_document",
    "read_files",
    "rejects_of",
]

_BEGINNING = 1024
_DOCUMENT = re.compile(r'\{\s*"format"\s*:\s*"crmcore\.')
_ANSWER = re.compile(r'\{\s*"(?:result|error|time|total|next)"')

Doc = TypeVar("Doc", bound=Document)
F = TypeVar("F", bound=OfFiles)


def read_files(
    report: F,
    leads_path: Path,
    activities_path: Path | None,
    options: FileOptions = NO_FILE_OPTIONS,
    stages: LeadStages = DEFAULT_LEAD_STAGES,
    persons: KnownPersons = NOBODY_KNOWN,
    numbering: Numbering = count_up,
    settle: Callable[[LeadFile], LeadFile] = lambda file: file,
) -> tuple[F, LeadFile, ActivityFile] | F:
    """Read leads and activities, with a report of the columns not used; or return the report of what is wrong.

    `persons` are known already, `numbering` gives the ids that --number asks for. `settle` says more of the leads that
    were read: which of them are bad rows or skipped for what is there already.
    """
    wrong = _no_place_for_rejects(options)
    if options.number and activities_path is not None:
        wrong = "works without activities, which name leads by the ids of their file", "--number"
    if wrong is not None:
        return bad_call(report, *wrong)
    try:
        mapping = options.file_mapping()
        leads = read_leads(
            leads_path,
            stages=stages,
            all_new=options.all_new,
            unlinked=options.unlinked,
            partial=options.partial,
            mapping=mapping,
            persons=persons,
            numbering=numbering if options.number else None,
        )
        activities = ActivityFile((), (), (), {})
        if activities_path is not None:
            ids = frozenset(lead.id for lead in leads.leads)
            activities = read_activities(activities_path, ids, partial=options.partial, mapping=mapping)
        is_empty = not leads.leads
        leads = settle(leads)
    except BadFile as error:
        return bad_input(report, [fault_of(error.row)])
    report = evolve(
        report,
        unplaced=_unplaced(leads, activities),
        all_new=leads.all_new,
        own_fields=leads.own_fields,
        new_stages=leads.new_stages,
        numbers=leads.numbers,
    )
    bad = [*leads.bad_rows, *activities.bad_rows]
    # A file of which no row can be read says nothing of a CRM, least of all that it has no leads.
    if bad and (not options.skip_bad_rows or is_empty):
        return bad_input(report, map(fault_of, bad))
    try:
        report = evolve(report, rejects=tuple(_write_rejects(options.rejects, leads, activities)))
    except OSError as error:
        return store_failed(report, error)
    skipped = [fault_of(row) for row in (*bad, *leads.skipped_rows, *activities.skipped_rows)]
    return evolve(report, skipped_rows=tuple(skipped)), leads, activities


def _no_place_for_rejects(options: FileOptions) -> tuple[str, str] | None:
    """What is wrong with where rows left out are to be written: the message, and the option."""
    if options.rejects is None:
        return None
    if not options.skip_bad_rows:
        return "requires --skip-bad-rows: without it no row is left out", "--rejects"
    wrong = next(filter(None, map(no_place_for_new, rejects_of(options.rejects))), None)
    return None if wrong is None else (f"{wrong}; rows of activities go to a file of their own beside it", "--rejects")


def no_place_for_new(path: Path) -> str | None:
    """Why no new file can be written under this name, as far as it shows without writing."""
    if path == STANDARD_INPUT:
        return "expected the name of a file"
    if os.path.lexists(path):
        return "expected a new file: what is there is not overwritten"
    return None if path.parent.is_dir() else "expected a file in a folder that is there"


def rejects_of(path: Path) -> tuple[Path, Path]:
    """Where rows that are left out go: those of leads, and beside them those of activities with other columns."""
    return path, path.with_name(f"{path.stem}-activities{path.suffix}")


def _write_rejects(path: Path | None, leads: LeadFile, activities: ActivityFile) -> Iterator[str]:
    """Write the rows that were left out, and give the names of the files that there are then."""
    if path is not None:
        files: tuple[LeadFile | ActivityFile, ...] = (leads, activities)
        for target, file in zip(rejects_of(path), files, strict=True):
            if file.bad_rows and file.sheet is not None:
                write_rejects(target, file.sheet.table, file.bad_rows)
                yield str(target)


def define_stages(crm: Crm, actor: UserId, new: Sequence[Stage]) -> Refused | None:
    """Add the stages that a file has and the CRM does not (STAGE-1), before leads are imported into them."""
    if not new:
        return None
    read = crm.lead_stages()
    done = crm.define_lead_stages(actor, LeadStages(stages=(*read.record.stages, *new)), read.version)
    return done if isinstance(done, Refused) else None


def _unplaced(*files: LeadFile | ActivityFile) -> dict[str, int]:
    """The columns that the model has no field for, each with its number of filled cells."""
    counts: dict[str, int] = {}
    for file in files:
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
