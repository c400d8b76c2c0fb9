"""The SQL store: one CRM of a database, behind the store port.

If a busy database, a deadlock or a lost connection stops a step before its commit, nothing was written, and the store
retries it a few times, with jitter. If the connection is lost during the commit itself, it raises `OutcomeUnknown`.

lines: the calls of the port side by side, each with what can go wrong in it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve
from sqlalchemy import Connection, Engine

from crmcore.adapters.sql.commits.bisect import fault_of
from crmcore.adapters.sql.commits.check import needs_portal_alone
from crmcore.adapters.sql.commits.chunk import Chunk, JustRead, NotThisWay
from crmcore.adapters.sql.commits.write import write
from crmcore.adapters.sql.connection.driver_errors import Trouble, is_driver_error, trouble_of
from crmcore.adapters.sql.connection.host import HostTransactions
from crmcore.adapters.sql.connection.own import TRIES, OwnTransactions
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.names import StoredNames
from crmcore.adapters.sql.parts import StoredStaging, keys_of_stagings
from crmcore.adapters.sql.reads.events import events_of
from crmcore.adapters.sql.reads.lists import listed_of
from crmcore.adapters.sql.reads.pages import page_of
from crmcore.adapters.sql.reads.snapshot import Reader
from crmcore.adapters.sql.rights import StoredPermissions, StoredPlan
from crmcore.adapters.sql.rows.leads import LeadRows, bare, filled
from crmcore.adapters.sql.rows.records import TABLES
from crmcore.adapters.sql.rows.texts import DAMAGE, whole
from crmcore.application.imports import HeldParts
from crmcore.application.step import Confirm
from crmcore.domain.model.errors import RecordFault, StoreBusy, StoreCorrupt, StoreFull, raise_alone
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.outbox import EventPage
from crmcore.ports.parts import Staging
from crmcore.ports.store import Entry, Listed, Reads

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

__all__ = ["SqlStore"]

T = TypeVar("T")

#: How often a log is emptied: a connection that has looked at it long ago can keep the first one from it.
_LOOKS = 2


class SqlStore:
    """Keeps one CRM ("portal") in a SQLite file or a PostgreSQL database; the tables must exist.

    Several threads and several processes may use it, also after a fork. `make_engine` makes a new engine after a fork;
    `engine` is one that it has made already, which belongs to the store from now on.
    `permissions` and `plan` are the ports for the rights stored in the same database. `lead_rows` are rows of the
    host's in which the leads are kept, if they are.
    """

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        portal_id: int,
        *,
        tries: int = TRIES,
        leads: LeadRows | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.portal_id = portal_id
        self.lead_rows = leads
        self.own = OwnTransactions(make_engine, tries, engine)
        self._work: OwnTransactions | HostTransactions = self.own

    @property
    def make_engine(self) -> Callable[[], Engine]:
        """What makes the engine of a process."""
        return self.own.make_engine

    def on(self, connection: "Connection | Session | scoped_session[Any]") -> "JoinedStore":
        """This CRM inside a transaction of the host's, which commits or rolls back all of it.

        `connection` is a Core connection or an ORM session on the same database, used by one thread at a time.
        See `JoinedStore`.
        """
        return JoinedStore(self, connection)

    # The port

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        return self.read_in(lambda tx: self._snapshot(tx, query))

    def _snapshot(self, tx: Transaction, query: Query) -> Snapshot:
        if self.lead_rows is not None:
            fill: Callable[[Snapshot], Snapshot] = partial(self._filled_snapshot, tx)
            return self._whole(lambda: Reader(tx).snapshot(query), fill)
        reader = Reader(tx)
        snapshot = reader.snapshot(query)
        if query.next_leads is not None:
            self._work.local.just_read = JustRead(snapshot, reader.lead_rows)
        return snapshot

    def _filled_snapshot(self, tx: Transaction, snapshot: Snapshot) -> Snapshot:
        assert self.lead_rows is not None  # the caller has asked
        return evolve(snapshot, leads=filled(self.lead_rows, tx.connection, snapshot.leads))

    def _whole(self, read: Callable[[], T], fill: Callable[[T], T]) -> T:
        """What was read, with the rows of the host.

        In a host's transaction on PostgreSQL a lead may go between the two, so a row that is not there is looked for
        once more.
        """
        try:
            return fill(read())
        except RecordFault:
            if self.lead_rows is None:
                raise
            return fill(read())

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """See `Store.commit`."""
        if confirm is None and self._short_way(changes):
            return
        try:
            self._attempts(
                lambda tx, asked: self._write(tx, changes, asked), confirm, alone=needs_portal_alone(changes)
            )
        except _NotOurs as other:
            raise other.error from other.error.__cause__
        except Exception as error:
            if not is_driver_error(error):
                raise
            refused = error
        else:
            return
        # What the driver says shows rows: it goes no further than here, so it is no longer being handled (DATA-2).
        raise fault_of(changes, refused, self._rehearse)

    def _write(self, tx: Transaction, changes: Changes, confirm: Callable[[], bool] | None) -> None:
        if self.lead_rows is None:
            write(tx, changes, confirm)
        else:
            write(tx, evolve(changes, leads=bare(changes.leads)), confirm)
            if changes.leads:
                self.lead_rows.write(tx.connection, changes.leads)

    def _ask(self, confirm: Callable[[], bool]) -> bool:
        """Call `confirm`; an error that it raises is not one of this database, whatever its type."""
        self._work.local.trouble = None
        try:
            return confirm()
        except Exception as error:
            if error is self._work.local.trouble:
                raise
            raise _NotOurs(error) from error

    def _short_way(self, changes: Changes) -> bool:
        """Commit the chunk that this thread has just read; false if the general path has to commit it."""
        just_read: JustRead | None = getattr(self._work.local, "just_read", None)
        if just_read is None or just_read.read is not changes.expects:
            return False
        self._work.local.just_read = None
        try:
            chunk = Chunk(changes, just_read, self.portal_id)
            self._work.again(lambda: self._write_chunk(chunk))
        except NotThisWay:
            return False
        except Exception as error:
            if not is_driver_error(error) or trouble_of(error) is not Trouble.CONSTRAINT:
                raise
            return False
        return True

    def _write_chunk(self, chunk: Chunk) -> None:
        with self._writing(False) as tx:
            chunk.write(tx)

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`."""
        return self._work.again(lambda: self._reserve(kind, count))

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        return self.read_in(lambda tx: self._page(tx, kind, after, limit))

    def _page(self, tx: Transaction, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        return self._whole(partial(page_of, tx, kind, after, limit), partial(self._filled, tx, kind))

    def _filled(self, tx: Transaction, kind: Kind, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        if self.lead_rows is None or kind is not Kind.LEAD:
            return entries
        leads = filled(self.lead_rows, tx.connection, {each.id: each.record for each in entries})
        return tuple(each._replace(record=leads[each.id]) for each in entries)

    def listed(self, listing: Listing) -> Listed:
        """See `ReadsByPage.listed`."""
        return self.read_in(lambda tx: self._listed(tx, listing))

    def _listed(self, tx: Transaction, listing: Listing) -> Listed:
        def fill(page: Listed) -> Listed:
            return page._replace(entries=self._filled(tx, listing.kind, page.entries))

        return self._whole(partial(listed_of, tx, listing), fill)

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """See `KeepsEvents.events`; always what is committed, also in a host's transaction."""

        def read() -> EventPage:
            with self.own.reading(self.portal_id) as tx:
                return events_of(tx, after, limit)

        return self.own.again(read)

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """See `ReadsAtOneTime`; one read transaction, which blocks nobody."""
        with self.reading() as tx:
            yield _OneTime(self, tx)

    def staging(self, key: str) -> Staging:
        """See `StagesImports.staging`; where leads are in rows of the host's, parts are held in memory."""
        return StoredStaging(self, key) if self.lead_rows is None else HeldParts(self, [])

    def stagings(self) -> tuple[str, ...]:
        """See `StagesImports.stagings`."""
        return self.read_in(keys_of_stagings)

    # For what is kept in the same database

    @property
    def permissions(self) -> StoredPermissions:
        """The roles stored with this CRM."""
        return StoredPermissions(self)

    @property
    def plan(self) -> StoredPlan:
        """The plan stored with this CRM."""
        return StoredPlan(self)

    @property
    def names(self) -> StoredNames:
        """The names of persons that imports brought, stored with this CRM."""
        return StoredNames(self)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A read transaction: inside `confirm` that of the running commit, otherwise a new one."""
        running: Transaction | None = getattr(self._work.local, "running", None)
        if running is not None:
            try:
                yield running
            except Exception as error:
                self._work.local.trouble = error
                raise
            return
        with self._work.typed(), self._work.reading(self.portal_id) as tx:
            yield tx

    def read_in(self, read: Callable[[Transaction], T]) -> T:
        """What a read transaction finds."""
        return self._work.again(lambda: self._read(read))

    def write_in(
        self,
        write: Callable[[Transaction, Confirm], T],
        confirm: Confirm = None,
        *,
        alone: bool = False,
    ) -> T:
        """What a write transaction does, with the question that it may ask; `alone` in its CRM."""
        with self._work.typed():
            try:
                return self._attempts(write, confirm, alone=alone)
            except _NotOurs as other:
                foreign = other.error
        raise foreign from foreign.__cause__

    def _attempts(self, write: Callable[[Transaction, Confirm], T], confirm: Confirm, *, alone: bool) -> T:
        """The same; what the driver and `confirm` raise is told apart."""
        asked = None if confirm is None else partial(self._ask, confirm)

        def attempt() -> T:
            with self._writing(alone) as tx:
                return write(tx, asked)

        return self._work.again(attempt)

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """A transaction that locks the portal exclusively: for rights and the plan, which commits depend on."""
        with self._work.typed(), self._writing(True) as tx:
            yield tx

    def empty_log(self) -> None:
        """Bring what SQLite has in its log into the file, and empty the log: after an erasure, for what was there.

        Raises `StoreBusy` where readers that are at work keep it from being emptied: call it again then. On a server
        it does nothing.
        """
        for _ in range(_LOOKS):
            with self._work.typed(), self.engine().connect() as connection:
                if connection.dialect.name != "sqlite":
                    return
                is_busy, *_pages = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            if not is_busy:
                return
        raise StoreBusy("somebody who reads keeps the log from being emptied; call `empty_log` again")

    def close(self) -> None:
        """Close the connections; every later call raises `ClosedStore`. Closing twice is safe.

        After a fork, a process closes only its own copy.
        """
        self.own.close()

    def __enter__(self) -> "SqlStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Transactions

    def engine(self) -> Engine:
        """The engine of this process. Raises `ClosedStore`."""
        return self.own.engine()

    def _read(self, read: Callable[[Transaction], T]) -> T:
        with self._work.reading(self.portal_id) as tx:
            return read(tx)

    @contextmanager
    def _writing(self, alone: bool) -> Iterator[Transaction]:
        """One write: kept at the end of the block, or taken back if the block raises."""
        with self._work.writing(self.portal_id, alone) as tx:
            self._work.local.running = tx
            try:
                yield tx
            finally:
                self._work.local.running = None

    def _reserve(self, kind: Kind, count: int) -> range:
        with self._work.reserving(self.portal_id) as tx:
            rows = tx.rows(
                "UPDATE crm_counter SET last = last + ?"
                " WHERE portal = ? AND kind = ? AND last BETWEEN 0 AND ?"
                f" RETURNING last, (SELECT max(id) FROM {TABLES[kind].name} WHERE portal = ?)",
                (count, self.portal_id, kind.value, ID_LIMIT - count, self.portal_id),
            )
            if not rows:
                tx.portal_row()
                self._check_counter(tx, kind)
                raise StoreFull(f"no more ids for a {kind.value}: a record with one of the highest ids was imported")
            last, highest = rows[0]
            if type(last) is not int:  # in a file a number may have been replaced by one that is not whole
                self._check_counter(tx, kind)
            if type(highest) is int and highest > last - count:
                # A part of the database is older than the rest, so ids would come a second time.
                raise StoreCorrupt(
                    f"the number of the last {kind.value} in crm_counter is below the ids that are there"
                )
        first = last - count + 1
        return range(first, first + count)

    def _check_counter(self, tx: Transaction, kind: Kind) -> None:
        """Raise `StoreCorrupt` where the number that ids go on from cannot be read."""
        rows = tx.rows("SELECT last FROM crm_counter WHERE portal = ? AND kind = ?", (self.portal_id, kind.value))
        try:
            whole(rows[0][0])
        except DAMAGE:
            raise_alone(StoreCorrupt(f"the number of the last {kind.value} in crm_counter cannot be read"))

    def _rehearse(self, changes: Changes) -> None:
        """Run a step and roll it back, to see whether it works."""
        with self._work.rehearsing(self.portal_id) as tx:
            self._write(tx, changes, None)


class JoinedStore(SqlStore):
    """A CRM inside a transaction of its host's: `SqlStore.on` makes it.

    Each call is a savepoint: what it wrote becomes real with the host's commit and goes with the host's rollback, and
    the locks that it took last until then. `confirm` is asked at the savepoint (PERM-2). Nothing is retried: a
    `Conflict` reaches the caller, who may call again, and `TransactionLost` says that the host has to begin anew.
    Raises `WrongTransaction` or `NoTransaction` where the host's transaction is none for this.

    Ids that were reserved in a transaction that is rolled back may come again on SQLite.
    """

    def __init__(self, store: SqlStore, connection: Any) -> None:
        self.portal_id = store.portal_id
        self.lead_rows = store.lead_rows
        self.own = store.own
        self._work = self._host = HostTransactions(connection, store.own)

    def when_committed(self, act: Callable[[], object]) -> None:
        """See `Joined.when_committed`."""
        self._host.when_committed(act)

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """See `ReadsAtOneTime`; no other write happens until the host's commit."""
        with self.changing() as tx:
            yield _OneTime(self, tx)

    def close(self) -> None:
        """Do nothing: the connection is the host's, and the rest belongs to the store that this was made from."""


class _OneTime:
    """`Reads` in a transaction that the caller opens and ends."""

    def __init__(self, store: SqlStore, tx: Transaction) -> None:
        self.snapshot: Callable[[Query], Snapshot] = partial(store._snapshot, tx)
        self.page: Callable[..., tuple[Entry, ...]] = partial(store._page, tx)


class _NotOurs(Exception):
    """Carries what `confirm` raised past everything that looks at errors of this database."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error
