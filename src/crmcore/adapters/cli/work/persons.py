"""Persons whom files only name: a name has one id over all imports of a store (CSV-6.12)."""

from collections.abc import Mapping

from crmcore.adapters.bitrix24_csv import KnownPersons
from crmcore.adapters.bitrix24_csv.leads import NOBODY_NAMED
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.adapters.cli.work.session import Desk
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import ImportRecords

__all__ = ["keep_persons", "persons_of"]


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
