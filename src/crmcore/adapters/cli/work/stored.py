"""What a store has already of what files bring: records, leads by ids of another system, persons, staged imports.

Persons are those whom files only name: a name has one id over all imports of a store (CSV-6.12).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from attrs import fields

from crmcore.adapters.bitrix24_csv import BadRow, Fault, KnownPersons
from crmcore.adapters.bitrix24_csv.cards.card_reader import NOBODY_NAMED
from crmcore.adapters.bitrix24_csv.cards.links import ClientsThere
from crmcore.adapters.bitrix24_csv.cards.merge import Merge
from crmcore.adapters.bitrix24_csv.formats.facts import BLOCK
from crmcore.adapters.bitrix24_csv.own.numbers import ORIGINATOR
from crmcore.adapters.bitrix24_csv.rows import Part, Reading
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.adapters.cli.work.documents import DIGITS, IMPORT_KEY
from crmcore.adapters.cli.work.inputs import BadRows, Files, Known, define_pipelines, define_stages
from crmcore.adapters.cli.work.options import FileOptions, FilesBeside
from crmcore.adapters.cli.work.session import Desk
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.files import digest_of
from crmcore.application.answers import rights_of
from crmcore.application.imports import import_parts
from crmcore.application.pages import pages
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import RECORDS, Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.results import Imported
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import Operation, may_settings
from crmcore.domain.rules.difference import differing_fields

__all__ = ["Existing", "discard_staged", "import_files", "key_of", "known_to", "numbers_of", "persons_of", "settled"]

#: What is done with a record that is there and differs: its row is a bad one, it is passed over, or a lead is updated.
Existing = Literal["refuse", "skip", "update"]


def known_to(desk: Desk, existing: Existing) -> Known:
    """What this store knows before files are read into it."""
    return Known(
        stages=desk.crm.lead_stages().record,
        pipelines={read.record.id: read.record for read in desk.crm.pipelines()},
        persons=persons_of(desk),
        there=_StoredClients(desk),
        numbering=partial(numbers_of, desk),
        settle=partial(settled, desk, existing),
    )


class _StoredClients(ClientsThere):
    """The clients of a store that a link of a file may lead to.

    One that was made here from a lead is not among them: no file knows the id that it got.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def among(self, kind: Kind, ids: Collection[int]) -> set[int]:
        found = _stored(self._desk, kind, tuple(sorted(ids)))
        return {id for id, client in found.items() if client.lead_id is None}

    def every(self, kind: Kind) -> Iterator[Any]:
        for entry in (each for page in pages(self._desk.store, kind) for each in page):
            if getattr(entry.record, "lead_id", 0) is None:
                yield entry.record


def _stored(desk: Desk, kind: Kind, ids: tuple[int, ...]) -> Mapping[Any, Any]:
    wanted: dict[str, Any] = {RECORDS[kind]: ids}
    records: Mapping[Any, Any] = getattr(desk.store.snapshot(Query(**wanted)), RECORDS[kind])
    return records


def settled(
    desk: Desk, existing: Existing, kind: Kind, reading: Reading[Any], part: Part[Any]
) -> tuple[list[Any], list[tuple[Lead, int]]]:
    """The records of a part without those that differ from what is there: bad rows, or skipped ones (IMPORT-1).

    Beside them leads that can be updated, with their versions. Only records that the actor may read are compared; the
    import itself refuses the others.
    """
    records, updates = list(part.records.values()), list[tuple[Lead, int]]()
    if kind is Kind.ACTIVITY:
        return records, updates
    if kind is Kind.LEAD and existing == "update":
        records, updates = _with_updates(desk, reading, part)
    differs = dict(_differing(desk, kind, records))
    left_out = reading.skipped if existing == "skip" else reading.bad
    left_out += (_row(reading, part, kind, id, names) for id, names in differs.items())
    return [each for each in records if each.id not in differs], updates


def _with_updates(desk: Desk, reading: Reading[Any], part: Part[Any]) -> tuple[list[Any], list[tuple[Lead, int]]]:
    """The leads of a part, and apart those that can be updated; others that differ are bad rows that say why."""
    merge, cells = Merge(reading.sheet), dict(part.rows)
    rights = desk.store.permissions.rights(desk.actor)
    there = _stored(desk, Kind.LEAD, tuple(sorted(part.records)))
    kept, updates = [], []
    for lead in part.records.values():
        stored = there.get(lead.id)
        merged = merge.merged(stored, lead, cells[part.lines[lead.id]]) if isinstance(stored, Lead) else lead
        read = None if merged == stored or stored is None else desk.crm.lead(desk.actor, lead.id)
        if read is None or isinstance(read, Refused):
            kept.append(merged)
            continue
        why = _cannot_be_updated(read.record, rights.reach(Operation.UPDATE, Kind.LEAD, read.record, desk.actor))
        if why is None:
            updates.append((merged, read.version))
        else:
            reading.bad.append(_row(reading, part, Kind.LEAD, lead.id, differing_fields(read.record, merged), why))
    return kept, updates


def _cannot_be_updated(lead: Lead, may: bool) -> str | None:
    """Why a lead that is there stays as it is, if it does (IMPORT-2)."""
    if lead.deal_id is not None:
        return "it is converted, and stays as it is"
    if not lead.is_active:
        return "it is closed, and an import does not reopen or change it"
    return None if may else "this actor has no right to update it"


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


def _differing(desk: Desk, kind: Kind, records: Iterable[Any]) -> Iterator[tuple[int, tuple[str, ...]]]:
    given = {record.id: record for record in records}
    there = _stored(desk, kind, tuple(sorted(given)))
    for id, record in given.items():
        stored: Any = there.get(id)
        is_other = isinstance(stored, type(record)) and stored != record
        if is_other and not isinstance(getattr(desk.crm, kind.value)(desk.actor, id), Refused):
            yield id, differing_fields(stored, record)


def _row(
    reading: Reading[Any], part: Part[Any], kind: Kind, id: int, names: tuple[str, ...], why: str | None = None
) -> BadRow:
    shown = [name.replace("_", " ") for name in names if name != "semantics"]  # which the stage decides
    said = f"{kind} {id} exists already and differs in {', '.join(shown) or 'what its stage means'}"
    said = said if why is None else f"{said}; {why}"
    return reading.sheet.bad_row(part.lines[id], reading.sheet.id_heading, Fault.RECORD_DIFFERS, said)


def persons_of(desk: Desk) -> KnownPersons:
    """Who has an id in this store. Nobody gets that of somebody else, nor that of whoever stands in for nobody."""
    ids = {plain(name): id for id, name in desk.store.names.persons().items()}
    return KnownPersons(ids, desk.store.names.responsible() | {int(NOBODY_NAMED)})


def import_files(desk: Desk, files: Files, key: str, *, anew: bool, discard: bool = False) -> Imported | Refused | str:
    """Import what files hold, with the stages and names that they bring; a text says why the names cannot be kept.

    Stages have to be there before the leads, and names before those who have them, each in a step of its own, so they
    are taken back where the leads are not imported: what is refused changes nothing. Pipelines are never deleted, so
    they come last, and the right to define them is asked for first.

    With `discard` what killed imports have left behind is discarded, and with `anew` what is left of this one is not
    used, since its ids are others. Raises `BadRows` where rows cannot be read, whatever else is wrong.
    """
    if discard or files.may_bring_stages:
        files.read_through()  # nothing is discarded, and nothing defined, for files that are refused
    if discard:
        discard_staged(desk)
    staging = desk.store.staging(key)
    if anew:
        staging.discard()
    stages, names, new_stages = desk.crm.lead_stages().record, desk.store.names.persons(), files.new_stages

    def take_back() -> None:
        staging.discard()
        now = desk.crm.lead_stages()
        if new_stages and now.record.stages == (*stages.stages, *new_stages):  # else others changed them
            desk.crm.define_lead_stages(desk.actor, stages, now.version)
        for id in files.names.persons.keys() & desk.store.names.persons().keys() - names.keys():
            desk.store.names.forget(id)

    done: Imported | Refused | str
    try:
        done = (
            (may_settings(rights_of(desk.store.permissions, desk.actor)) if files.new_pipelines else None)
            or define_stages(desk.crm, desk.actor, new_stages)
            or _import_staged(desk, files, key)
        )
    except _WrongName as wrong:
        done = str(wrong)
    except (BadRows, InvalidValue):
        take_back()
        raise
    if isinstance(done, Imported):
        return define_pipelines(desk.crm, desk.actor, files.new_pipelines) or done
    take_back()
    files.read_through()
    return done


class _WrongName(Exception):
    """The name of a person cannot be kept; kept inside the module, where it becomes the answer."""


class _WithNames:
    """The parts of files, each once the names in it are kept, so that an import that is killed goes on with them."""

    def __init__(self, desk: Desk, files: Files) -> None:
        self._desk = desk
        self._files = files

    def __iter__(self) -> Iterator[ImportRecords]:
        names = self._desk.store.names
        known = names.persons()
        ids = {plain(name): id for id, name in known.items()}
        kept = 0
        for part in self._files.parts():
            persons = self._files.names.persons
            if len(persons) > kept:
                # A mapping may give the id of somebody to another spelling.
                other = next((id for id, name in persons.items() if ids.get(plain(name), id) != id), None)
                if other is not None:
                    said = (
                        f"expected the id that this store already has for the name of a person, found {other} instead"
                    )
                    raise _WrongName(said)
                names.keep({id: name for id, name in persons.items() if id not in known})
                kept = len(persons)
            yield part


def key_of(path: Path, beside: FilesBeside, reading: FileOptions, existing: str) -> str:
    """The key of an import: the content of every file that it reads, and its options; it shows which file is first."""
    said = sha256(f"{version('crmcore')} rows {BLOCK} {existing}".encode())
    digests = [digest_of(each) for each in (path, *beside.paths(), *reading.paths())]
    said.update(b"".join(digests))
    options = [getattr(reading, each.name) for each in fields(FileOptions) if each.name != "rejects"]
    said.update(repr([beside.given(), options]).encode())
    return f"{IMPORT_KEY}{digests[0].hex()[:DIGITS]} {said.hexdigest()}"


def _import_staged(desk: Desk, files: Files, key: str) -> Imported | Refused:
    """Stage what the files hold while they are read, and commit it."""
    # Whoever may not import may not keep names either.
    may_import = desk.crm.import_records(desk.actor, ImportRecords())
    if isinstance(may_import, Refused):
        return may_import
    store = desk.store
    parts = _WithNames(desk, files)
    done, _ = import_parts(
        store, store.permissions, store.plan, SystemClock(), desk.actor, key, parts, are_new=True, names_skipped=False
    )
    return done


def discard_staged(desk: Desk) -> int:
    """Discard what killed imports have left behind, and tell how many they were."""
    found = [key for key in desk.store.stagings() if key.startswith(IMPORT_KEY)]
    for key in found:
        desk.store.staging(key).discard()
    return len(found)
