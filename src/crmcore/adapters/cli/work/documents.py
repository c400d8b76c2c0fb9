"""The documents that `--json` prints: one class for each, with all keys whatever the result.

lines: one small class for each document and for each of its parts, in the order in which they are made of each other.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from attrs import asdict, field, fields, frozen

from crmcore.adapters.bitrix24_csv.formats.seen import Inspection, OwnField
from crmcore.adapters.cli.work.document import EXIT_CODES, Document, Fault, Result
from crmcore.adapters.cli.work.result_rows import ResultGroups, ResultRow
from crmcore.adapters.cli.work.spec_documents import Explore, Readings, Spec, Vectors
from crmcore.domain.laws import Violation
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, LeadId, PipelineId, Ref
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode, RepeatInquiry
from crmcore.domain.model.stages import Stage
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.results import Imported, LeadSums, RecordNumbers
from crmcore.domain.rules.mode import CrmState

__all__ = [
    "DIGITS",
    "DOCUMENTS",
    "IMPORT_KEY",
    "ActivityNumbers",
    "Audit",
    "Check",
    "CreatedNumbers",
    "Db",
    "Deleted",
    "Doctor",
    "Erasure",
    "Export",
    "Granted",
    "Import",
    "Init",
    "LeadDone",
    "LeadNumbers",
    "LeadRow",
    "Link",
    "ModeChange",
    "OfFiles",
    "PipelineRow",
    "Pipelines",
    "Plan",
    "RecordChange",
    "Records",
    "Role",
    "Serve",
    "SettingsNow",
    "StagedFiles",
    "Stages",
    "Switch",
    "SwitchResult",
    "SwitchRow",
    "Switches",
    "TableSwitch",
    "ToClassic",
    "VersionChange",
    "blank",
    "json_row",
    "json_text",
    "load_document",
    "pipeline_row",
    "plain_text",
    "schema",
]


@frozen(kw_only=True, repr=False, eq=False)
class ModeChange(Discreet):
    """The mode before and after."""

    before: CrmMode | None = None
    after: CrmMode | None = None


@frozen(kw_only=True, repr=False, eq=False)
class VersionChange(Discreet):
    """The version of the tables before and after."""

    before: str | None = None
    after: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class RecordChange(Discreet):
    """How many records there are, and would be, where the store counts them."""

    before: RecordNumbers | None = None
    after: RecordNumbers | None = None


@frozen(kw_only=True, repr=False, eq=False)
class LeadNumbers(LeadSums, Discreet):
    """How many leads a switch had, how they ended (SWITCH-13), and how many it left unchanged."""

    at_begin: int = 0
    added: int = 0
    converted: int = 0
    already_converted: int = 0
    closed: int = 0
    deleted: int = 0
    set_aside: int = 0
    remaining: int = 0
    untouched: int = 0


@frozen(kw_only=True, repr=False, eq=False)
class CreatedNumbers(Discreet):
    """How many records a switch made."""

    deals: int = 0
    contacts: int = 0
    companies: int = 0


@frozen(kw_only=True, repr=False, eq=False)
class ActivityNumbers(Discreet):
    """What a switch did with activities."""

    bound: int = 0
    completed: int = 0
    kept_open: int = 0


@frozen(kw_only=True, repr=False, eq=False)
class LeadRow(Discreet):
    """What became of one lead of a switch, or would."""

    id: LeadId
    outcome: OutcomeKind
    deal_id: DealId | None = None
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    activity_ids: tuple[ActivityId, ...] = ()
    not_carried: tuple[str, ...] = ()
    code: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Records(Discreet):
    """How many records of each kind."""

    leads: int = 0
    activities: int = 0
    contacts: int = 0
    companies: int = 0

    @classmethod
    def of(cls, counted: Imported) -> "Records":
        """Those that an import has stored."""
        return cls(**{each.name: getattr(counted, each.name) for each in fields(cls)})


#: What the key of an import of the command line begins with, so that nobody takes it for one of a host.
IMPORT_KEY = "crmcore import "
#: How many digits of the SHA-256 of a file tell which one it is.
DIGITS = 12


@frozen(kw_only=True, repr=False, eq=False)
class StagedFiles(Discreet):
    """An import that was killed, or is running: its key, the first digits of the SHA-256 of its file, and its records.

    Of one that another program has staged no file is known, and may be nothing but its key.
    """

    key: str
    file: str | None = None
    since: datetime | None = None
    records: Records | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Granted(Discreet):
    """The roles of one actor."""

    actor: int
    roles: tuple[str, ...]


@frozen(kw_only=True, repr=False, eq=False)
class Check(Discreet):
    """One check."""

    name: str
    ok: bool = True
    message: str


@frozen(kw_only=True, repr=False, eq=False)
class PipelineRow(Discreet):
    """A deal pipeline, and how many stages it has."""

    id: PipelineId
    name: str | None
    archived: bool
    stages: int


def pipeline_row(pipeline: Pipeline) -> PipelineRow:
    """A pipeline as documents list it."""
    return PipelineRow(id=pipeline.id, name=pipeline.name, archived=pipeline.archived, stages=len(pipeline.stages))


@frozen(kw_only=True, repr=False, eq=False)
class OfFiles(Document):
    """A document about files of leads: what was left out, what has no place, and what the file made known.

    `own_fields` are columns that became custom fields, `new_stages` and `new_pipelines` what the CRM did not have,
    `rejects` the files that rows left out were written to, `numbers` our id for each of another system. `unlinked` is
    how many active leads were taken without the client that they are linked to.
    """

    skipped_rows: tuple[Fault, ...] = ()
    unplaced: Mapping[str, int] = field(factory=dict)
    all_new: bool = False
    own_fields: tuple[OwnField, ...] = ()
    new_stages: tuple[Stage, ...] = ()
    rejects: tuple[str, ...] = ()
    numbers: Mapping[str, int] = field(factory=dict)
    unlinked: int = 0
    new_pipelines: tuple[PipelineRow, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Switch(OfFiles):
    """A switch: begun, resumed, cancelled or reported; `pipeline` is the name of that of its policy."""

    _last: ClassVar[tuple[str, ...]] = (
        "refusal",
        "errors",
        "skipped_rows",
        "unplaced",
        "files",
        "portal",
        "state",
        "ended_before",
        "all_new",
        "ended",
        "began_at",
        "ended_at",
        "own_fields",
        "new_stages",
        "folder",
        "groups",
        "rejects",
        "numbers",
        "unlinked",
        "new_pipelines",
        "pipeline",
        "staged",
    )

    format: Literal["crmcore.switch/1"] = "crmcore.switch/1"
    mode: ModeChange = ModeChange()
    switch: SwitchToken | None = None
    policy: ModeSwitchPolicy | None = None
    match: MatchSetting | None = None
    totals: LeadNumbers = LeadNumbers()
    created: CreatedNumbers = CreatedNumbers()
    activities: ActivityNumbers = ActivityNumbers()
    records: RecordChange = RecordChange()
    leads: tuple[LeadRow, ...] = ()
    files: tuple[str, ...] = ()
    state: CrmState | None = None
    ended_before: bool = False
    ended: Literal["finished", "cancelled"] | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    folder: str | None = None
    groups: ResultGroups | None = None
    pipeline: str | None = None
    staged: tuple[StagedFiles, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class TableSwitch(Switch):
    """The same with its first rows, for a terminal: the names of people stand in no document of a switch."""

    first: tuple[ResultRow, ...] = ()

    @classmethod
    def keys(cls) -> list[str]:
        """Those of the document."""
        return Switch.keys()

    @classmethod
    def of(cls, report: Switch, first: Iterable[ResultRow], groups: ResultGroups | None = None) -> "TableSwitch":
        """A report with these rows."""
        parts = {each.name: getattr(report, each.name) for each in fields(Switch)}
        return cls(**{**parts, "first": tuple(first), "groups": groups})


@frozen(kw_only=True, repr=False, eq=False)
class SwitchResult(Document):
    """What became of each lead of a switch of a store."""

    format: Literal["crmcore.result/1"] = "crmcore.result/1"
    switch: SwitchToken | None = None
    policy: ModeSwitchPolicy | None = None
    match: MatchSetting | None = None
    ended: Literal["finished", "cancelled"] | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    totals: LeadNumbers = LeadNumbers()
    created: CreatedNumbers = CreatedNumbers()
    activities: ActivityNumbers = ActivityNumbers()
    groups: ResultGroups | None = None
    leads: tuple[ResultRow, ...] = ()
    files: tuple[str, ...] = ()
    folder: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class SwitchRow(Discreet):
    """One switch of a store; `ended` is null while it is live."""

    key: str
    epoch: int
    ended: Literal["finished", "cancelled"] | None
    at_begin: int
    began_at: datetime
    ended_at: datetime | None
    policy: ModeSwitchPolicy
    match: MatchSetting


@frozen(kw_only=True, repr=False, eq=False)
class Switches(Document):
    """The switches of a store, the newest first."""

    format: Literal["crmcore.switches/1"] = "crmcore.switches/1"
    switches: tuple[SwitchRow, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Audit(Document):
    """Which laws do not hold, and for which records."""

    _last: ClassVar[tuple[str, ...]] = ("errors", "portal", "refusal")

    format: Literal["crmcore.audit/1"] = "crmcore.audit/1"
    ok: bool = False
    leads: int | None = None
    violations: tuple[Violation, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Init(Document):
    """A new CRM."""

    format: Literal["crmcore.init/1"] = "crmcore.init/1"
    mode: CrmMode | None = None
    administrator: int | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Import(OfFiles):
    """What an import stored, what already existed, and how many leads that existed it has `updated`."""

    _last: ClassVar[tuple[str, ...]] = (
        "skipped_rows",
        "unplaced",
        "names",
        "all_new",
        "refusal",
        "errors",
        "own_fields",
        "new_stages",
        "rejects",
        "numbers",
        "unlinked",
        "updated",
        "new_pipelines",
    )

    format: Literal["crmcore.import/1"] = "crmcore.import/1"
    imported: Records = Records()
    known: Records = Records()
    names: Mapping[str, Mapping[str, str]] = field(factory=dict)
    updated: int = 0


@frozen(kw_only=True, repr=False, eq=False)
class ToClassic(Document):
    """The switch back to Classic."""

    format: Literal["crmcore.to-classic/1"] = "crmcore.to-classic/1"
    mode: ModeChange = ModeChange()


@frozen(kw_only=True, repr=False, eq=False)
class Role(Document):
    """Who has which roles."""

    format: Literal["crmcore.role/1"] = "crmcore.role/1"
    roles: tuple[Granted, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class LeadDone(Document):
    """The lead that was closed or deleted."""

    format: Literal["crmcore.lead/1"] = "crmcore.lead/1"
    lead: LeadId | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Deleted(Document):
    """The deal, contact or company that was deleted."""

    format: Literal["crmcore.delete/1"] = "crmcore.delete/1"
    record: Ref | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Erasure(Document):
    """What an erasure touched, or would touch: ids of records, deleted or emptied, and of activities that stay."""

    format: Literal["crmcore.erase/1"] = "crmcore.erase/1"
    leads: tuple[LeadId, ...] = ()
    deals: tuple[DealId, ...] = ()
    contacts: tuple[ContactId, ...] = ()
    companies: tuple[CompanyId, ...] = ()
    activities: tuple[ActivityId, ...] = ()
    shared: tuple[ActivityId, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Plan(Document):
    """Whether the plan includes Classic mode."""

    format: Literal["crmcore.plan/1"] = "crmcore.plan/1"
    classic: bool | None = None


@frozen(kw_only=True, repr=False, eq=False)
class SettingsNow(Document):
    """The settings that people can change."""

    format: Literal["crmcore.settings/1"] = "crmcore.settings/1"
    match: MatchSetting | None = None
    repeat_inquiry: RepeatInquiry | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Export(Document):
    """The files that were written."""

    format: Literal["crmcore.export/1"] = "crmcore.export/1"
    files: tuple[str, ...] = ()
    folder: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Doctor(Document):
    """The checks, in order."""

    format: Literal["crmcore.doctor/1"] = "crmcore.doctor/1"
    checks: tuple[Check, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Db(Document):
    """The version of the tables."""

    format: Literal["crmcore.db/1"] = "crmcore.db/1"
    schema: VersionChange = VersionChange()


@frozen(kw_only=True, repr=False, eq=False)
class Link(Discreet):
    """A link that lets one person in, once."""

    actor: int
    url: str


@frozen(kw_only=True, repr=False, eq=False)
class Serve(Document):
    """Where the page is, and a link for each person."""

    format: Literal["crmcore.serve/1"] = "crmcore.serve/1"
    url: str | None = None
    links: tuple[Link, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Pipelines(Document):
    """The deal pipelines, after whatever was changed."""

    format: Literal["crmcore.pipelines/1"] = "crmcore.pipelines/1"
    pipelines: tuple[PipelineRow, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Stages(Document):
    """The lead stages in their order, after whatever was changed."""

    format: Literal["crmcore.stages/1"] = "crmcore.stages/1"
    stages: tuple[Stage, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Inspect(Document):
    """What each file is, the pipelines of the list that was given, and the mapping that was written."""

    format: Literal["crmcore.inspect/1"] = "crmcore.inspect/1"
    inspected: tuple[Inspection, ...] = ()
    files: tuple[str, ...] = ()
    pipelines: tuple[PipelineRow, ...] = ()


#: The document of each command; of a demo only the way in which a call can be wrong.
DOCUMENTS: dict[str, type[Document]] = {
    **dict.fromkeys(("demo", "switch", "resume", "retry", "cancel", "status"), Switch),
    "switches": Switches,
    "result": SwitchResult,
    "audit": Audit,
    "init": Init,
    "import": Import,
    "to-classic": ToClassic,
    "lead": LeadDone,
    "delete": Deleted,
    "erase": Erasure,
    "role": Role,
    "plan": Plan,
    "settings": SettingsNow,
    "export": Export,
    "inspect": Inspect,
    "pipelines": Pipelines,
    "stages": Stages,
    "doctor": Doctor,
    "db": Db,
    "serve": Serve,
    "spec": Spec,
    "spec explore": Explore,
    "spec readings": Readings,
    "vectors": Vectors,
}


def json_text(document: Document) -> str:
    """A document as JSON; only ASCII, so that every terminal and pipe takes it."""
    return json.dumps(json_row(document), indent=1)


def json_row(document: Document) -> dict[str, Any]:
    """A document as a JSON object."""
    from crmcore.adapters.document.converter import unstructured

    return _in_order(document, unstructured(document))


def plain_text(document: Document) -> str:
    """The same of a call that could not be carried out, where the package that writes the others may be missing."""
    return json.dumps(_in_order(document, asdict(document)), indent=1)


def _in_order(document: Document, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in type(document).keys()}  # noqa: SIM118  # no mapping


def blank(words: Sequence[str], commands: Iterable[str] = DOCUMENTS) -> Document:
    """The document of the command that a command line names, a switch where it names none of `commands`.

    Raises `KeyError` for a command that has no document.
    """
    named, below = [*(word for word in words if not word.startswith("-")), "", ""][:2]
    document = DOCUMENTS.get(f"{named} {below}", DOCUMENTS[named]) if named in set(commands) else Switch
    made: Document = document()  # type: ignore[call-arg]  # each has its format
    return made


def load_document(data: Mapping[str, Any]) -> Document:
    """Read a printed document back; raises `InvalidValue` with the place of what does not belong there."""
    from crmcore.adapters.document.converter import structured

    formats = {fields(cls).format.default: cls for cls in DOCUMENTS.values()}
    if data.get("format") not in formats:
        raise InvalidValue("format", f"one of {', '.join(formats)}")
    document: Document = structured(dict(data), formats[data["format"]])
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema of all documents, drawn from their classes."""
    from crmcore.adapters.document.schemas import DIALECT, Definitions

    made = Definitions()
    names = {cls.__name__: made.of(cls) for cls in DOCUMENTS.values()}
    for name in names:
        parts = made.found[name]["properties"]
        # What is printed has come to its end.
        parts["result"], parts["exit_code"] = made.of(Result), {"enum": sorted(set(EXIT_CODES.values()))}
    return {
        "$schema": DIALECT,
        "title": "crmcore: the documents of the command line",
        "oneOf": list(names.values()),
        "$defs": made.found,
    }
