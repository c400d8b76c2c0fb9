"""The ids of persons whom files only named, kept beside the CRM, so that a name has one id over all imports."""

from collections.abc import Mapping

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rights import Lender
from crmcore.adapters.sql.rows.texts import DAMAGE
from crmcore.domain.model.errors import StoreBusy, StoreCorrupt, raise_alone
from crmcore.domain.model.text import check_id, check_name

__all__ = ["StoredNames"]


class StoredNames:
    """The persons of the CRM by name, and the ids that nobody else may get."""

    def __init__(self, store: Lender) -> None:
        self._store = store

    def persons(self) -> dict[int, str]:
        """The names by id, in the order of the ids."""
        with self._store.reading() as tx:
            return _persons(tx)

    def responsible(self) -> frozenset[int]:
        """The ids of everybody who is responsible for a lead."""
        with self._store.reading() as tx:
            statement = "SELECT DISTINCT responsible FROM crm_lead WHERE portal = ? AND responsible IS NOT NULL"
            # What is no id there is named by an audit, and is nobody's.
            return frozenset(row[0] for row in tx.rows(statement, (tx.portal,)) if isinstance(row[0], int))

    def keep(self, persons: Mapping[int, str]) -> None:
        """Keep more names; those that are there stay.

        Raises `InvalidValue` for what is no id or no name, and `StoreBusy` where another import has meanwhile given
        one of the names or ids: run again.
        """
        _check(persons)
        with self._store.changing() as tx:
            known = _persons(tx)
            new = {id: name for id, name in persons.items() if known.get(id) != name}
            if not new.keys().isdisjoint(known) or not set(new.values()).isdisjoint(known.values()):
                raise StoreBusy("another import has given an id to one of these persons")
            for id, name in new.items():
                tx.run("INSERT INTO crm_person_name (portal, id, name) VALUES (?, ?, ?)", (tx.portal, id, name))

    def forget(self, id: int) -> None:
        """Forget the name of a person, for a request to be forgotten; a later import gives the name a new id.

        Nothing happens where the id has no name. Raises `InvalidValue` for what is no id.
        """
        check_id("id", id)
        with self._store.changing() as tx:
            tx.run("DELETE FROM crm_person_name WHERE portal = ? AND id = ?", (tx.portal, id))


def _persons(tx: Transaction) -> dict[int, str]:
    rows = tx.rows("SELECT id, name FROM crm_person_name WHERE portal = ? ORDER BY id", (tx.portal,))
    try:
        return _check({row[0]: row[1] for row in rows})
    except DAMAGE:
        raise_alone(StoreCorrupt("the name of a person in crm_person_name cannot be read"))


def _check(persons: Mapping[int, str]) -> dict[int, str]:
    for id, name in persons.items():
        check_id("persons", id)
        check_name("persons", name)
    return dict(persons)
