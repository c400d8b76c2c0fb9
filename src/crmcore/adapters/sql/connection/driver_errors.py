"""What a driver's error means: retry, full, failing, forbidden, damaged, or one record that cannot be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crmcore.domain.model.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreReadOnly, raise_alone

__all__ = ["Trouble", "Unconnected", "as_store_error", "code_of", "is_driver_error", "trouble_of", "typed"]


class Trouble(Enum):
    """What went wrong, as far as the next step depends on it."""

    BUSY = "busy"
    UNREACHED = "unreached"
    LOST = "lost"
    DISK = "disk"
    CONSTRAINT = "constraint"
    FULL = "full"
    READ_ONLY = "read_only"
    FORBIDDEN = "forbidden"
    CORRUPT = "corrupt"
    OTHER = "other"

    @property
    def passes(self) -> bool:
        """Whether a retry of the same step may succeed."""
        return self in (Trouble.BUSY, Trouble.UNREACHED) or self.breaks

    @property
    def breaks(self) -> bool:
        """Whether the connection is unusable, and a commit in progress has an unknown outcome."""
        return self in (Trouble.LOST, Trouble.DISK)


class Unconnected(Exception):
    """Carries a driver's error from before there was a connection."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(cause)
        self.cause = cause


_SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_PROTOCOL: Trouble.BUSY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Trouble.CORRUPT,
    sqlite3.SQLITE_NOTADB: Trouble.CORRUPT,
    sqlite3.SQLITE_CONSTRAINT: Trouble.CONSTRAINT,
    sqlite3.SQLITE_MISMATCH: Trouble.CONSTRAINT,
    sqlite3.SQLITE_TOOBIG: Trouble.CONSTRAINT,
    sqlite3.SQLITE_IOERR: Trouble.DISK,
    # The memory that the readers of a file share lies on the same disk.
    sqlite3.SQLITE_IOERR_SHMSIZE: Trouble.FULL,
}
#: By SQLSTATE, or the first characters of several.
_POSTGRES = {
    "40001": Trouble.BUSY,
    "40P01": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY,
    "53100": Trouble.FULL,
    "53": Trouble.BUSY,
    "25006": Trouble.READ_ONLY,
    "25P03": Trouble.LOST,
    "25P04": Trouble.LOST,
    "42501": Trouble.FORBIDDEN,
    "58030": Trouble.DISK,
    "XX": Trouble.CORRUPT,
    "08": Trouble.LOST,
    "57P": Trouble.LOST,
    "23": Trouble.CONSTRAINT,
    "22": Trouble.CONSTRAINT,
}
_TYPED: dict[Trouble, tuple[type[StoreError], str]] = {
    Trouble.BUSY: (StoreBusy, "the database stayed busy; safe to run again"),
    Trouble.UNREACHED: (
        StoreBusy,
        "the server cannot be reached: down, starting or out of connections; run again",
    ),
    Trouble.LOST: (StoreBusy, "the connection to the database was lost before the step was committed; run again"),
    Trouble.DISK: (StoreError, "the disk failed before the step was committed"),
    Trouble.FULL: (StoreFull, "the database or its disk is full; nothing of the step was written"),
    Trouble.READ_ONLY: (StoreReadOnly, "the database is read-only"),
    Trouble.FORBIDDEN: (
        StoreError,
        "the database does not permit this step to its user; GRANT the rights on the tables of crmcore",
    ),
    Trouble.CORRUPT: (StoreCorrupt, "the database is damaged; restore a backup"),
}


def is_driver_error(error: BaseException) -> bool:
    """Whether a driver, or SQLAlchemy for it, raised this."""
    return isinstance(error, (sqlite3.Error, DBAPIError, PoolTimeout, Unconnected)) or _is_psycopg(error)


def _is_psycopg(error: BaseException) -> bool:
    # Without importing psycopg: SQLite alone must do without it.
    return any(each.__module__.startswith("psycopg") for each in type(error).__mro__)


def trouble_of(error: BaseException) -> Trouble:
    """Classify an error of a driver."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, Unconnected):
        return Trouble.UNREACHED
    if isinstance(error, PoolTimeout):
        return Trouble.BUSY
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # Python itself could not take what SQLite gave: text that is none
            return Trouble.CORRUPT if "decode" in str(error) else Trouble.OTHER
        return _SQLITE.get(code, _SQLITE.get(code & 0xFF, Trouble.OTHER))
    state: Any = getattr(error, "sqlstate", None)
    if state is None:
        return Trouble.LOST if type(error).__name__ in ("OperationalError", "InterfaceError") else _by_name(error)
    return next((found for known, found in _POSTGRES.items() if state.startswith(known)), Trouble.OTHER)


def _by_name(error: BaseException) -> Trouble:
    """Classify an error without SQLSTATE: the driver itself rejects a value that it cannot send."""
    return Trouble.CONSTRAINT if type(error).__name__ in ("DataError", "NotSupportedError") else Trouble.OTHER


def as_store_error(error: BaseException) -> StoreError:
    """The typed error for trouble that remains after the retries; it names the trouble and no data (DATA-2)."""
    kind, says = _TYPED.get(trouble_of(error), (StoreError, "the database rejected the step"))
    return kind(f"{says} ({code_of(error)})")


def code_of(error: BaseException) -> str:
    """What the driver calls an error, without any data."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    cause = cause.cause if isinstance(cause, Unconnected) else cause
    return str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(cause).__name__)


@contextmanager
def typed() -> Iterator[None]:
    """Errors of the driver become the store's."""
    try:
        yield
    except Exception as error:
        if not is_driver_error(error):
            raise
        raise_alone(as_store_error(error))
