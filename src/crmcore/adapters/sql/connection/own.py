"""Transactions on connections of the store's own: begun, committed and retried here."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import local
from typing import Any, TypeVar

from sqlalchemy import Engine

from crmcore.adapters.sql.connection.driver_errors import Trouble, as_store_error, is_driver_error, trouble_of, typed
from crmcore.adapters.sql.connection.engines import dialect_of
from crmcore.adapters.sql.connection.errors import ClosedStore
from crmcore.adapters.sql.connection.host import check_not_held
from crmcore.adapters.sql.connection.reachability import connected
from crmcore.adapters.sql.connection.revisions import check_known
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.errors import OutcomeUnknown, StoreBusy, raise_alone

__all__ = ["TRIES", "OwnTransactions"]

T = TypeVar("T")

#: How often a step is tried before `StoreBusy` is raised, and how long the first pause is at most, in seconds.
TRIES = 6
PAUSE = 0.02

#: Engines that a fork copied: never used again in this process, nor closed, since their connections are the parent's.
_INHERITED: list[Engine] = []


class OwnTransactions:
    """One transaction for each call, on an engine that is made anew after a fork.

    `engine` is one that was made already. `local` is what the running thread keeps from one call to the next.
    """

    def __init__(self, make_engine: Callable[[], Engine], tries: int, engine: Engine | None = None) -> None:
        self.make_engine = make_engine
        self.local = local()
        self._engine = engine or make_engine()
        self.dialect = dialect_of(self._engine)
        self._pid = os.getpid()
        self._closed = False
        self._tries = tries
        self._place: tuple[Any, ...] | None = None

    def engine(self) -> Engine:
        """The engine of this process. Raises `ClosedStore`."""
        if self._closed:
            raise ClosedStore
        if self._pid != os.getpid():
            _INHERITED.append(self._engine)
            self._engine = self.make_engine()
            self.local = local()
            self._pid = os.getpid()
        return self._engine

    def close(self) -> None:
        """Close the connections of this process."""
        self._closed = True
        if self._pid == os.getpid():
            self._engine.dispose()

    def reading(self, portal: int) -> AbstractContextManager[Transaction]:
        """A transaction that sees one state."""
        return self._transaction(portal, self._begin_read)

    @contextmanager
    def writing(self, portal: int, alone: bool) -> Iterator[Transaction]:
        """One write: committed at the end of the block, or rolled back if the block raises."""
        with self.rehearsing(portal, alone) as tx:
            yield tx
            self._finish(tx)

    def rehearsing(self, portal: int, alone: bool = False) -> AbstractContextManager[Transaction]:
        """A write that is rolled back."""
        return self._transaction(portal, lambda tx: self._begin_write(tx, alone))

    @contextmanager
    def reserving(self, portal: int) -> Iterator[Transaction]:
        """A write of counters."""
        with self._transaction(portal, self._begin_reserve) as tx:
            yield tx
            tx.driver.commit()

    def typed(self) -> AbstractContextManager[None]:
        """Errors of the driver become the store's."""
        return typed()

    def place(self, portal: int, *, anew: bool = False) -> tuple[Any, ...]:
        """See `Dialect.place`; a file keeps its place, a server changes it when it starts again."""
        if self._place is None or anew:
            with self.reading(portal) as tx:
                self._place = self.dialect.place(tx)
        return self._place

    def again(self, step: Callable[[], T]) -> T:
        """Run a step; retry it if the database was busy or the connection was lost before the commit."""
        pause = PAUSE
        for left in range(self._tries - 1, -1, -1):
            try:
                return step()
            except StoreBusy:
                if not left:
                    raise
            except Exception as error:
                if not is_driver_error(error):
                    raise
                trouble = trouble_of(error)
                if trouble is Trouble.CONSTRAINT:
                    # A row that another writer has put there since: the next check finds it. Once is enough.
                    if left < self._tries - 1 or not left:
                        raise
                elif not trouble.passes or not left:
                    raise_alone(as_store_error(error))
                if trouble.breaks:
                    with suppress(Exception):
                        self._engine.dispose()
            time.sleep(random.uniform(0, pause))
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _begin_read(self, tx: Transaction) -> None:
        self.dialect.begin_read(tx.cursor)
        tx.sees_one_state = True

    def _begin_write(self, tx: Transaction, alone: bool) -> None:
        check_not_held(tx)
        self.dialect.begin_write(tx.cursor, tx.portal, alone)

    def _begin_reserve(self, tx: Transaction) -> None:
        check_not_held(tx)
        self.dialect.begin_reserve(tx.cursor)

    @contextmanager
    def _transaction(self, portal: int, begin: Callable[[Transaction], None]) -> Iterator[Transaction]:
        """One transaction: whatever is not committed at the end of the block is rolled back."""
        with connected(self.engine()) as connection:
            tx = Transaction(connection, self.dialect, portal, check_known)
            try:
                begin(tx)
                yield tx
            finally:
                try:
                    tx.driver.rollback()
                except Exception:
                    connection.invalidate()

    def _finish(self, tx: Transaction) -> None:
        try:
            tx.driver.commit()
        except Exception as error:
            if is_driver_error(error) and trouble_of(error).breaks:
                raise_alone(OutcomeUnknown("the connection was lost while the step was being committed"))
            raise
