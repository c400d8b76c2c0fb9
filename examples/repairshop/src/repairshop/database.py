"""One SQLite file, one connection, and transactions that begin and end where one can see it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from threading import RLock

from crmcore import OutcomeUnknown, StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreReadOnly

__all__ = ["PATIENCE", "Database"]

#: How long another process may hold the file before we give up, in seconds.
PATIENCE = 10.0

#: What it means when SQLite says no; in none of these cases anything was written.
_MEANING = {
    sqlite3.SQLITE_BUSY: (StoreBusy, "another process holds the order book; safe to run again"),
    sqlite3.SQLITE_FULL: (StoreFull, "no room is left for the order book"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "the order book may only be read"),
    sqlite3.SQLITE_CORRUPT: (StoreCorrupt, "the file of the order book is damaged"),
    sqlite3.SQLITE_NOTADB: (StoreCorrupt, "the file is no order book"),
}


class Database:
    """The shop's file. The threads of this process take turns; other processes wait for SQLite's own lock.

    What was written is there after a power cut, unless one who only tests says that it need not be `durable`.
    """

    def __init__(self, path: Path, *, new: bool = False, patience: float = PATIENCE, durable: bool = True) -> None:
        if path.exists() is new:
            raise FileExistsError(path) if new else FileNotFoundError(path)
        self.path = path
        # A question about rights inside a transaction comes from the thread that opened it: the lock is reentrant.
        self._lock = RLock()
        # No isolation level: Python opens no transaction behind our back.
        self._sql = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            self._sql.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._sql.execute("PRAGMA journal_mode = WAL")
            if new:
                self._sql.executescript((files(__package__) / "schema.sql").read_text("utf-8"))
        except sqlite3.Error as failed:
            self.close()
            raise _meaning(failed) from failed

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._sql.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read in here is of one moment."""
        with self._transaction("BEGIN") as sql:
            yield sql

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All that is written in here is there afterwards, or nothing; nobody else writes meanwhile."""
        with self._transaction("BEGIN IMMEDIATE") as sql:
            yield sql

    @contextmanager
    def asking(self) -> Iterator[sqlite3.Connection]:
        """For a single question; inside a transaction of the same thread it is part of that."""
        with self._lock:
            yield self._sql

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            ending = False
            try:
                self._sql.execute(begin)
                yield self._sql
                ending = True
                self._sql.execute("COMMIT")
            except sqlite3.Error as failed:
                raise _meaning(failed, ending) from failed
            finally:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")


def _meaning(failed: sqlite3.Error, ending: bool = False) -> StoreError:
    """What an error of SQLite means to the caller of the transaction."""
    code = getattr(failed, "sqlite_errorcode", 0) & 0xFF
    if code in _MEANING:
        error, text = _MEANING[code]
        return error(text)
    if ending:
        return OutcomeUnknown("the order book failed while a transaction was written down")
    return StoreError(f"the order book failed: {type(failed).__name__}")
