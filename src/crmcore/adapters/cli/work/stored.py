"""What a store has already of what files bring: records, leads by ids of another system, persons, staged imports.

Persons are those whom files only name: a name has one id over all imports of a store (CSV-6.12).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeVar

from attrs import evolve, fields

from crmcore.adapters.bitrix24_csv import BadRow, ClientFile, Fault, KnownPersons, LeadFile
from crmcore.adapters.bitrix24_csv.cards.card_reader import NOBODY_NAMED
from crmcore.adapters.bitrix24_csv.cards.links import ClientsThere
from crmcore.adapters.bitrix24_csv.cards.merge import Merge
from crmcore.adapters.bitrix24_csv.own.numbers import ORIGINATOR
from crmcore.adapters.bitrix24_csv.rows import by_line
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.adapters.cli.work.documents import DIGITS, IMPORT_KEY
from crmcore.adapters.cli.work.inputs import PART, Files, Known, define_pipelines, define_stages
from crmcore.adapters.cli.work.options import FileOptions, FilesBeside
from crmcore.adapters.cli.work.session import Desk
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.files import read_file
from crmcore.application.answers import rights_of
from crmcore.application.collector import collector_waits
from crmcore.application.imports import import_parts
from crmcore.application.pages import pages
from crmcore.domain.model.ids import RECORDS, Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.results import Imported
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import Operation, may_settings
from crmcore.domain.rules.difference import differing_fields

__all__ = [
    "Existing",
    "discard_staged",
    "import_files",
    "key_of",
    "known_to",
    "numbers_of",
    "persons_of",
    "without_differing",
]

#: What is done with a record that is there and differs: its row is a bad one, it is passed over, or a lead is updated.
Existing = Literal["refuse", "skip", "update"]

#: How many records are looked up at a time.
_PART = 500

T = TypeVar("T")
F = TypeVar("F", LeadFile, ClientFile[Any])


def known_to(desk: Desk, existing: Existing) -> Known:
    """What this store knows before files are read into it."""
    return Known(
        stages=desk.crm.lead_stages().record,
        pipelines={read.record.id: read.record for read in desk.crm.pipelines()},
        persons=persons_of(desk),
        there=_StoredClients(desk),
        numbering=partial(numbers_of, desk),
        settle=partial(without_differing, desk, existing=existing),
    )


class _StoredClients(ClientsThere):
    """The clients of a store that a link of a file may lead to.

    One that was made here from a lead is not among them: no file knows the id that it got.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def among(self, kind: Kind, ids: Collection[int]) -> set[int]:
        found = (_stored(self._desk, kind, part) for part in _parts(tuple(sorted(ids))))
        return {id for part in found for id, client in part.items() if client.lead_id is None}

    def every(self, kind: Kind) -> Iterator[Any]:
        for entry in (each for page in pages(self._desk.store, kind) for each in page):
            if getattr(entry.record, "lead_id", 0) is None:
                yield entry.record


def _stored(desk: Desk, kind: Kind, ids: tuple[int, ...]) -> Mapping[Any, Any]:
    wanted: dict[str, Any] = {RECORDS[kind]: ids}
    records: Mapping[Any, Any] = getattr(desk.store.snapshot(Query(**wanted)), RECORDS[kind])
    return records


def without_differing(desk: Desk, files: Files, existing: Existing) -> Files:
    """The files without the records that differ from those that are there: bad rows, or skipped ones (IMPORT-1).

    Only records that the actor may read are compared; the import itself refuses the others.
    """
    if existing == "update":
        files, existing = _with_updates(desk, files), "refuse"
    return evolve(
        files,
        leads=_settled(desk, Kind.LEAD, files.leads, "leads", existing),
        contacts=_settled(desk, Kind.CONTACT, files.contacts, "clients", existing),
        companies=_settled(desk, Kind.COMPANY, files.companies, "clients", existing),
    )


def _with_updates(desk: Desk, files: Files) -> Files:
    """The files with the leads that can be updated apart, and the others that differ as bad rows that say why."""
    file = files.leads
    assert file.sheet is not None  # it was read
    merge = Merge(file.sheet)
    rights = desk.store.permissions.rights(desk.actor)
    kept, updates, bad = [], [], []
    for part in _parts(file.leads):
        there = _stored(desk, Kind.LEAD, tuple(sorted(lead.id for lead in part)))
        for lead in part:
            stored = there.get(lead.id)
            merged = merge.merged(stored, lead, file.lines[lead.id]) if isinstance(stored, Lead) else lead
            read = None if merged == stored or stored is None else desk.crm.lead(desk.actor, lead.id)
            if read is None or isinstance(read, Refused):
                kept.append(merged)
                continue
            why = _cannot_be_updated(read.record, rights.reach(Operation.UPDATE, Kind.LEAD, read.record, desk.actor))
            if why is None:
                updates.append((merged, read.version))
            else:
                bad.append(_row(file, Kind.LEAD, lead.id, differing_fields(read.record, merged), why))
    changed = evolve(file, leads=tuple(kept), bad_rows=by_line([*file.bad_rows, *bad]))
    return evolve(files, leads=changed, updates=tuple(updates))


def _cannot_be_updated(lead: Lead, may: bool) -> str | None:
    """Why a lead that is there stays as it is, if it does (IMPORT-2)."""
    if lead.deal_id is not None:
        return "it is converted, and stays as it is"
    if not lead.is_active:
        return "it is closed, and an import does not reopen or change it"
    return None if may else "this actor has no right to update it"


def _settled(desk: Desk, kind: Kind, file: F, records: str, existing: Existing) -> F:
    given: tuple[Any, ...] = getattr(file, records)
    differs = {id: names for part in _parts(given) for id, names in _differing(desk, kind, part)}
    rows: list[BadRow] = [_row(file, kind, id, names) for id, names in differs.items()]
    changes: dict[str, Any] = {
        records: tuple(each for each in given if each.id not in differs),
        "bad_rows": by_line([*file.bad_rows, *(rows if existing == "refuse" else ())]),
        "skipped_rows": by_line([*file.skipped_rows, *(rows if existing == "skip" else ())]),
    }
    return evolve(file, **changes)


def numbers_of(desk: Desk, theirs: Sequence[str]) -> dict[str, int]:
    """The ids of the leads that an import brought under these ids of another system, and new ones for the others."""
    known: dict[str, int] = {}
    for entry in (each for page in pages(desk.store, Kind.LEAD) for each in page):
        origin = entry.record.origin if isinstance(entry.record, Lead) else None
        if origin is not None and origin.originator == ORIGINATOR and origin.id is not None:
            known[origin.id] = int(entry.id)
    new = [each for each in theirs if each not in known]
    return {each: known[each] for each in theirs if each in known} | dict(
        zip(new, desk.store.reserve(Kind.LEAD, len(new)) if new else (), strict=True)
    )


def _parts(leads: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    return (leads[start : start + _PART] for start in range(0, len(leads), _PART))


def _differing(desk: Desk, kind: Kind, records: Iterable[Any]) -> Iterator[tuple[int, tuple[str, ...]]]:
    given = {record.id: record for record in records}
    there = _stored(desk, kind, tuple(sorted(given)))
    for id, record in given.items():
        stored: Any = there.get(id)
        is_other = isinstance(stored, type(record)) and stored != record
        if is_other and not isinstance(getattr(desk.crm, kind.value)(desk.actor, id), Refused):
            yield id, differing_fields(stored, record)


def _row(
    file: LeadFile | ClientFile[Any], kind: Kind, id: int, names: tuple[str, ...], why: str | None = None
) -> BadRow:
    shown = [name.replace("_", " ") for name in names if name != "semantics"]  # which the stage decides
    said = f"{kind} {id} exists already and differs in {', '.join(shown) or 'what its stage means'}"
    said = said if why is None else f"{said}; {why}"
    assert file.sheet is not None  # it was read
    lines: Mapping[Any, int] = file.lines
    return file.sheet.bad_row(lines[id], file.sheet.id_heading, Fault.RECORD_DIFFERS, said)


def persons_of(desk: Desk) -> KnownPersons:
    """Who has an id in this store. Nobody gets that of somebody else, nor that of whoever stands in for nobody."""
    ids = {plain(name): id for id, name in desk.store.names.persons().items()}
    return KnownPersons(ids, desk.store.names.responsible() | {int(NOBODY_NAMED)})


def import_files(desk: Desk, files: Files, key: str, *, anew: bool) -> Imported | Refused | str:
    """Import what files hold, with the stages and names that they bring; a text says why the names cannot be kept.

    Stages and names have to be there before the leads, each in a step of its own, so they are taken back where the
    leads are not imported: what is refused changes nothing. Pipelines are never deleted, so they come last, and the
    right to define them is asked for first.
    """
    stages, names = desk.crm.lead_stages().record, desk.store.names.persons()
    done = (
        (may_settings(rights_of(desk.store.permissions, desk.actor)) if files.new_pipelines else None)
        or define_stages(desk.crm, desk.actor, files.new_stages)
        or _keep_persons(desk, files.names.persons)
        or _import_staged(desk, files, key, anew=anew)
    )
    if isinstance(done, Imported):
        return define_pipelines(desk.crm, desk.actor, files.new_pipelines) or done
    now = desk.crm.lead_stages()
    if files.new_stages and now.record.stages == (*stages.stages, *files.new_stages):  # else others changed them
        desk.crm.define_lead_stages(desk.actor, stages, now.version)
    for id in files.names.persons.keys() & desk.store.names.persons().keys() - names.keys():
        desk.store.names.forget(id)
    return done


def _keep_persons(desk: Desk, persons: Mapping[int, str]) -> Refused | str | None:
    """Keep the names of a file with their ids, before its leads are imported; a text says why they cannot be kept.

    Whoever may not import may not keep names either. A mapping may give the id of somebody to another spelling.
    """
    may_import = desk.crm.import_records(desk.actor, ImportRecords())
    if isinstance(may_import, Refused):
        return may_import
    known = desk.store.names.persons()
    ids = {plain(name): id for id, name in known.items()}
    for id, name in persons.items():
        if ids.get(plain(name), id) != id:
            return f"expected the id that this store already has for the name of a person, found {id} instead"
    desk.store.names.keep({id: name for id, name in persons.items() if id not in known})
    return None


def key_of(path: Path, beside: FilesBeside, reading: FileOptions, existing: str) -> str:
    """The key of an import: the content of every file that it reads, and its options; it shows which file is first."""
    said = sha256(f"{version('crmcore')} {PART} {existing}".encode())
    digests = [sha256(read_file(each)).digest() for each in (path, *beside.paths(), *reading.paths())]
    said.update(b"".join(digests))
    options = [getattr(reading, each.name) for each in fields(FileOptions) if each.name != "rejects"]
    said.update(repr([beside.given(), options]).encode())
    return f"{IMPORT_KEY}{digests[0].hex()[:DIGITS]} {said.hexdigest()}"


def _import_staged(desk: Desk, files: Files, key: str, *, anew: bool) -> Imported | Refused:
    """Import what the files hold; with `anew` nothing that was left behind is used, since its ids are others."""
    if anew:
        desk.store.staging(key).discard()
    store, parts = desk.store, tuple(files.parts())
    with collector_waits():
        done, _ = import_parts(
            store, store.permissions, store.plan, SystemClock(), desk.actor, key, parts, are_new=True
        )
    return done


def discard_staged(desk: Desk) -> int:
    """Discard what killed imports have left behind, and tell how many they were."""
    found = [key for key in desk.store.stagings() if key.startswith(IMPORT_KEY)]
    for key in found:
        desk.store.staging(key).discard()
    return len(found)
