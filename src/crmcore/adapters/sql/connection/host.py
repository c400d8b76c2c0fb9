"""Steps in a transaction that the host began and will end: a savepoint each, and nothing is retried.

On SQLite a step needs the host's transaction to be the writer; where Python's driver has begun none, it begins one. On
PostgreSQL it needs READ COMMITTED, where each statement sees what was committed before it, and ids are handed out on a
connection of the store's own, so that nobody waits for them until the host commits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import local
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Connection, RootTransaction, TwoPhaseTransaction, event

from crmcore.adapters.sql.connection.dialects import Dialect
from crmcore.adapters.sql.connection.driver_errors import Trouble, as_store_error, code_of, is_driver_error, trouble_of
from crmcore.adapters.sql.connection.errors import NoTransaction, TransactionLost, TransactionOpen, WrongTransaction
from crmcore.adapters.sql.connection.revisions import check_known
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.errors import InvalidValue, StoreBusy, StoreError, raise_alone

__all__ = ["HostTransactions", "Owner", "begin_writer", "check_not_held"]

T = TypeVar("T")

_SAVEPOINT = "crmcore_step"
_DRIVERS = ("pysqlite", "psycopg")


class Owner(Protocol):
    """The store's own transactions, as far as a step in the host's needs them."""

    dialect: Dialect

    def place(self, portal: int, *, anew: bool = False) -> tuple[Any, ...]:
        """See `Dialect.place`; remembered unless asked `anew`."""
        ...

    def reserving(self, portal: int) -> AbstractContextManager[Transaction]:
        """A write of counters."""
        ...


class _Here(local):
    """The transactions of hosts that this thread works in."""

    def __init__(self) -> None:
        self.transactions: WeakSet[RootTransaction] = WeakSet()


_here = _Here()


def check_not_held(tx: Transaction) -> None:
    """Raise `TransactionOpen` where this thread would wait for a transaction that it has itself open on this file."""
    for other in tuple(_here.transactions):
        if other.is_active and tx.dialect.name == other.connection.dialect.name == "sqlite":
            place = tx.dialect.place(tx)
            if place == tx.dialect.place(Transaction(other.connection, tx.dialect, tx.portal)):
                raise TransactionOpen(f"sqlite:///{place[0]}")


def begin_writer(connection: Connection, place: str) -> None:
    """Make sure that a host's connection is in a transaction, on SQLite as the writer; raises `NoTransaction`.

    Python's driver for SQLite begins none for DDL or a query, only before it changes rows.
    """
    driver: Any = connection.connection.driver_connection
    lite = connection.dialect.name == "sqlite"
    if lite and driver.in_transaction:
        return
    if getattr(driver, "autocommit", False) is True or (lite and driver.isolation_level is None):
        raise NoTransaction(place)
    if lite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class _State:
    """What lasts as long as one transaction of a host."""

    def __init__(self) -> None:
        #: The places that it was found to be at, in a state that serves.
        self.serves: set[tuple[Any, ...]] = set()
        #: Whether it has moved a counter, so that another connection would wait for it.
        self.holds_counters = False
        #: What is to be done after its commit, and how much of that there was at each open savepoint of the host's.
        self.acts: list[Callable[[], object]] = []
        self.marks: list[int] = []


_states: WeakKeyDictionary[RootTransaction, _State] = WeakKeyDictionary()
_watched: WeakSet[Connection] = WeakSet()


def _state_of(connection: Connection) -> _State:
    root = _root(connection)
    found = _states.get(root)
    if found is None:
        found = _states[root] = _State()
    return found


def _root(connection: Connection) -> RootTransaction:
    transaction = connection.get_transaction()
    assert transaction is not None  # the connection is in one, whoever asks
    return transaction


def _watch(connection: Connection) -> None:
    """Call what is to be done after a commit, and forget what a savepoint of the host's takes back."""
    if connection in _watched:
        return
    _watched.add(connection)
    event.listen(connection, "savepoint", _marked)
    event.listen(connection, "release_savepoint", _released)
    event.listen(connection, "rollback_savepoint", _undone)
    commit = connection._commit_impl

    def committed() -> None:
        state = _state_of(connection)
        commit()
        for act in state.acts:
            act()

    # SQLAlchemy's own event comes before the commit, which may still fail, and there is none after it.
    connection._commit_impl = committed  # type: ignore[method-assign]


def _marked(connection: Connection, *_: Any) -> None:
    state = _state_of(connection)
    state.marks.append(len(state.acts))


def _released(connection: Connection, *_: Any) -> None:
    marks = _state_of(connection).marks
    if marks:
        marks.pop()


def _undone(connection: Connection, *_: Any) -> None:
    """A savepoint that was there before anybody watched is older than everything that is to be done."""
    state = _state_of(connection)
    del state.acts[state.marks.pop() if state.marks else 0 :]


class HostTransactions:
    """Steps on the connection of a host.

    `target` is a Core connection or an ORM session, `own` the store's own transactions on the same database. `local`
    is what the running thread keeps from one call to the next.
    """

    def __init__(self, target: Any, own: Owner) -> None:
        self._target = target
        self._own = own
        self.dialect = own.dialect
        self.local = local()

    def when_committed(self, act: Callable[[], object]) -> None:
        """Do something once the host has committed; never if it rolls back."""
        connection = self._connection()
        _watch(connection)
        _state_of(connection).acts.append(act)

    @contextmanager
    def reading(self, portal: int) -> Iterator[Transaction]:
        """Reads, of which nothing stays: no lock and no setting."""
        with self._step(portal, reads=True) as (tx, _):
            yield tx
            self.dialect.leave(tx.cursor, _SAVEPOINT, reads=True)

    @contextmanager
    def writing(self, portal: int, alone: bool) -> Iterator[Transaction]:
        """One write, which stays in the host's transaction unless the block raises."""
        with self._step(portal) as (tx, before):
            self.dialect.lock(tx.cursor, portal, alone)
            yield tx
            _state_of(tx.connection).holds_counters |= tx.moved_counters
            tx.cursor.execute(f"{self.dialect.settings(before)}RELEASE SAVEPOINT {_SAVEPOINT}")

    @contextmanager
    def rehearsing(self, portal: int, alone: bool = False) -> Iterator[Transaction]:
        """A write that is undone."""
        with self._step(portal) as (tx, _):
            self.dialect.lock(tx.cursor, portal, alone)
            yield tx
            self.dialect.leave(tx.cursor, _SAVEPOINT)

    def reserving(self, portal: int) -> AbstractContextManager[Transaction]:
        """A write of counters: on PostgreSQL on a connection of the store's own, unless the host holds them."""
        if self.dialect.name == "sqlite" or _state_of(self._connection()).holds_counters:
            return self.writing(portal, False)
        return self._own.reserving(portal)

    @contextmanager
    def typed(self) -> Iterator[None]:
        """Errors of the driver become the store's, as the host has to be told of them."""
        try:
            yield
        except StoreBusy as error:
            raise_alone(TransactionLost(str(error)))
        except Exception as error:
            if not is_driver_error(error):
                raise
            raise_alone(_told(error))

    def again(self, step: Callable[[], T]) -> T:
        """Run a step once; where a constraint breaks once more, so that its check can name the conflict."""
        for last in (False, True):
            try:
                return step()
            except StoreBusy as error:
                raise_alone(TransactionLost(str(error)))
            except Exception as error:
                if not is_driver_error(error) or (last and trouble_of(error) is Trouble.CONSTRAINT):
                    raise
                if trouble_of(error) is not Trouble.CONSTRAINT:
                    raise_alone(_told(error))
        raise AssertionError("the last try returns or raises")

    def _connection(self) -> Connection:
        """The connection of the host, in a transaction of SQLAlchemy's; raises what is wrong with it."""
        target = self._target
        connection = target if isinstance(target, Connection) else getattr(target, "connection", lambda: None)()
        if not isinstance(connection, Connection):
            raise InvalidValue("connection", "a Connection or a Session of SQLAlchemy")
        if connection.dialect.driver not in _DRIVERS or connection.dialect.name != self.dialect.name:
            raise WrongTransaction(_name_of(connection), f"it needs the driver of the store, one of {_DRIVERS}")
        if not connection.in_transaction():
            connection.begin()
        if isinstance(connection.get_transaction(), TwoPhaseTransaction):
            raise WrongTransaction(_name_of(connection), "it commits in two phases; begin it with `begin()`")
        return connection

    @contextmanager
    def _step(self, portal: int, *, reads: bool = False) -> Iterator[tuple[Transaction, Mapping[str, str]]]:
        """A savepoint, and the settings that the host had; if the block raises, all of it is undone."""
        connection = self._connection()
        begin_writer(connection, _name_of(connection))
        tx = Transaction(connection, self.dialect, portal, check_known)
        place, state = self._own.place(portal), _state_of(connection)
        try:
            before = self.dialect.join(tx, _SAVEPOINT, place, reads=reads)
            if place not in state.serves:
                self._check(tx, place)
                state.serves.add(place)
                _here.transactions.add(_root(connection))
            yield tx, before
        except BaseException as error:
            with suppress(Exception):
                self.dialect.leave(tx.cursor, _SAVEPOINT, reads=reads)
            if self.dialect.name == "sqlite" and not tx.driver.in_transaction:
                raise_alone(TransactionLost(f"the database has rolled the whole transaction back ({code_of(error)})"))
            raise

    def _check(self, tx: Transaction, place: tuple[Any, ...]) -> None:
        """Raise what is wrong with a transaction that nothing was done in yet."""
        here = self.dialect.place(tx)
        if here != place:
            place = self._own.place(tx.portal, anew=True)  # a server that was started again is still the same
        if here != place:
            raise WrongTransaction(_name_of(tx.connection), "it is on another database than the store")
        unfit = self.dialect.unfit(tx)
        if unfit is not None:
            raise WrongTransaction(_name_of(tx.connection), unfit)


def _told(error: Exception) -> StoreError:
    """What a host does about trouble that might pass: nothing in this transaction."""
    if trouble_of(error).passes or code_of(error) == "25P02":
        return TransactionLost(f"the database stopped a step of the transaction ({code_of(error)})")
    return as_store_error(error)


def _name_of(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True)
