"""Imports that are staged beside one CRM: see `crmcore.ports.parts`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from crmcore.adapters.sql.commits import staged
from crmcore.adapters.sql.connection.statements import insert
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.application.step import Confirm
from crmcore.domain.model.errors import StoreBusy
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.text import check_key
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.events import Event

__all__ = ["StoredStaging", "keys_of_stagings"]

T = TypeVar("T")


class Lender(Protocol):
    """A store as far as a staging needs it; each is tried again while the database is busy."""

    def read_in(self, read: Callable[[Transaction], T]) -> T:
        """What a read transaction finds."""
        ...

    def write_in(
        self,
        write: Callable[[Transaction, Confirm], T],
        confirm: Confirm = None,
        *,
        alone: bool = False,
    ) -> T:
        """What a write transaction does, with the question that it may ask; `alone` in its CRM."""
        ...


class StoredStaging:
    """The staging of one key; whatever is there under it was left behind."""

    def __init__(self, store: Lender, key: str) -> None:
        check_key("key", key)
        self._store = store
        self._key = key
        #: How many parts are there as far as this process knows.
        self._parts: int | None = None

    def notes(self) -> tuple[str, ...]:
        """See `Staging.notes`."""

        def read(tx: Transaction) -> tuple[str, ...]:
            number = _number(tx, self._key)
            return () if number is None else staged.notes_of(tx, number)

        found = self._store.read_in(read)
        self._parts = len(found)
        return found

    def add(self, part: Changes, note: str) -> None:
        """See `Staging.add`."""

        def write(tx: Transaction, _: object) -> int:
            number = _number(tx, self._key)
            if number is None:
                number = int(tx.rows("SELECT COALESCE(MAX(staging), 0) + 1 FROM crm_staging", ())[0][0])
                tx.run(insert("crm_staging", ("portal", "key", "staging")), (tx.portal, self._key, number))
            there = staged.count_of(tx, number)
            if self._parts not in (None, there):
                raise StoreBusy("another process imports the same files; wait for it, and run again")
            staged.add_part(tx, number, there, part, note)
            return there + 1

        self._parts = self._store.write_in(write)

    def records(self, kind: Kind, ids: Iterable[int]) -> Mapping[int, Any]:
        """See `Staging.records`."""
        wanted = tuple(ids)

        def found(tx: Transaction) -> frozenset[int]:
            number = _number(tx, self._key)
            return frozenset() if number is None else staged.staged_ids(tx, number, kind, wanted)

        def read(tx: Transaction) -> dict[int, Any]:
            number = _number(tx, self._key)
            return {} if number is None else staged.staged_records(tx, number, kind, wanted)

        return _Staged(self._store.read_in(found), lambda: self._store.read_in(read))

    def commit(self, events: Sequence[Event] = (), confirm: Callable[[], bool] | None = None) -> None:
        """See `Staging.commit`."""

        def write(tx: Transaction, asked: Confirm) -> None:
            number = _number(tx, self._key)
            if number is None or self._parts not in (None, staged.count_of(tx, number)):
                raise StoreBusy("another process has imported or discarded the same files; run again")
            staged.commit_parts(tx, number, events, asked)

        self._store.write_in(write, confirm, alone=True)
        self._parts = None

    def discard(self) -> None:
        """See `Staging.discard`."""

        def write(tx: Transaction, _: object) -> None:
            number = _number(tx, self._key)
            if number is not None:
                staged.drop_parts(tx, number)

        self._store.write_in(write)
        self._parts = None


class _Staged(Mapping[int, Any]):
    """Staged records by id, which are read once somebody asks for more than their ids."""

    def __init__(self, ids: frozenset[int], read: Callable[[], dict[int, Any]]) -> None:
        self._ids = ids
        self._read = read
        self._records: dict[int, Any] | None = None

    def __getitem__(self, id: int) -> Any:
        if self._records is None:
            self._records = self._read()
        return self._records[id]

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def keys_of_stagings(tx: Transaction) -> tuple[str, ...]:
    """The keys of all that were left behind, or are being filled."""
    return tuple(row[0] for row in tx.rows("SELECT key FROM crm_staging WHERE portal = ? ORDER BY key", (tx.portal,)))


def _number(tx: Transaction, key: str) -> int | None:
    rows = tx.rows("SELECT staging FROM crm_staging WHERE portal = ? AND key = ?", (tx.portal, key))
    return int(rows[0][0]) if rows else None
