"""What a store has already of what a file brings: leads, by the ids of another system and field by field, and persons.

Persons are those whom files only name: a name has one id over all imports of a store (CSV-6.12).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from attrs import evolve

from crmcore.adapters.bitrix24_csv import BadRow, Fault, KnownPersons, LeadFile
from crmcore.adapters.bitrix24_csv.leads import NOBODY_NAMED
from crmcore.adapters.bitrix24_csv.own.numbers import ORIGINATOR
from crmcore.adapters.bitrix24_csv.rows import by_line
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.adapters.cli.work.session import Desk
from crmcore.application.pages import pages
from crmcore.domain.model.ids import Kind, LeadId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.difference import differing_fields

__all__ = ["Existing", "keep_persons", "numbers_of", "persons_of", "without_differing"]

#: What is done with a lead that is there and differs: its row is a bad one, or it is passed over.
Existing = Literal["refuse", "skip"]

#: How many leads are looked up at a time.
_PART = 500

T = TypeVar("T")


def without_differing(desk: Desk, file: LeadFile, existing: Existing) -> LeadFile:
    """The file without the leads that differ from those that are there: bad rows, or skipped ones (IMPORT-1).

    Only leads that the actor may read are compared; the import itself refuses the others.
    """
    differs = {id: fields for part in _parts(file.leads) for id, fields in _differing(desk, part)}
    rows = [_row(file, id, fields) for id, fields in differs.items()]
    return evolve(
        file,
        leads=tuple(lead for lead in file.leads if lead.id not in differs),
        bad_rows=by_line([*file.bad_rows, *(rows if existing == "refuse" else ())]),
        skipped_rows=by_line([*file.skipped_rows, *(rows if existing == "skip" else ())]),
    )


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


def _differing(desk: Desk, leads: Iterable[Lead]) -> Iterator[tuple[LeadId, tuple[str, ...]]]:
    given = {lead.id: lead for lead in leads}
    there = desk.store.snapshot(Query(leads=tuple(sorted(given)))).leads
    for id, lead in given.items():
        stored = there.get(id)
        if isinstance(stored, Lead) and stored != lead and not isinstance(desk.crm.lead(desk.actor, id), Refused):
            yield id, differing_fields(stored, lead)


def _row(file: LeadFile, id: LeadId, fields: tuple[str, ...]) -> BadRow:
    said = f"lead {id} is there already and differs in {', '.join(name.replace('_', ' ') for name in fields)}"
    assert file.sheet is not None  # it was read
    return file.sheet.bad_row(file.lines[id], file.sheet.id_heading, Fault.RECORD_DIFFERS, said)


def persons_of(desk: Desk) -> KnownPersons:
    """Who has an id in this store. Nobody gets that of somebody else, nor that of whoever stands in for nobody."""
    ids = {plain(name): id for id, name in desk.store.names.persons().items()}
    return KnownPersons(ids, desk.store.names.responsible() | {int(NOBODY_NAMED)})


def keep_persons(desk: Desk, persons: Mapping[int, str]) -> Refused | str | None:
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
            return f"expected the ids that this store has for the names of persons, found {id} for another one"
    desk.store.names.keep({id: name for id, name in persons.items() if id not in known})
    return None
