"""Connecting to a database, and why that failed before there was a connection.

psycopg has no SQLSTATE for a failure at this point, only a text in the server's language. So we ask libpq whether the
server answers at all (`PQping`, which needs no password): if it does, it has rejected the login.
"""

import re

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from crmcore.adapters.sql.connection.driver_errors import Unconnected, as_store_error
from crmcore.adapters.sql.connection.errors import UnreachableStore
from crmcore.domain.model.errors import StoreError, raise_alone

__all__ = ["connected", "why_unconnected"]

#: How a server says that it is out of connections; in another language this looks like a rejected login.
_CROWDED = re.compile("too many|connection slots")
_OPTION = "an option of the address is not known, or has an invalid value"
_REFUSED = "the server answers, and refuses the user, the password, the database or an option"


def connected(engine: Engine) -> Connection:
    """A connection of an engine; raises `Unconnected` if the server accepts none."""
    try:
        return engine.connect()
    except DBAPIError as error:
        if engine.dialect.name == "sqlite" or getattr(error.orig, "sqlstate", None) is not None:
            raise
        raise_alone(Unconnected(error.orig or error))


def why_unconnected(engine: Engine, place: str, error: Unconnected) -> StoreError:
    """`UnreachableStore` if a retry cannot help, else `StoreBusy`; neither shows the server's message."""
    from psycopg import ProgrammingError, errors, pq

    cause = error.cause
    if isinstance(cause, ProgrammingError):
        return UnreachableStore(place, _OPTION)
    if isinstance(cause, errors.ConnectionTimeout):
        return as_store_error(error)
    if getattr(cause, "pgconn", None) is None:
        return UnreachableStore(place, "its host is not known")
    heard = pq.PGconn.ping(_address(engine))
    if heard == pq.Ping.NO_ATTEMPT:
        return UnreachableStore(place, _OPTION)
    if heard == pq.Ping.OK and _still_refuses(engine):
        return UnreachableStore(place, _REFUSED)
    return as_store_error(error)


def _address(engine: Engine) -> bytes:
    """The connection string for libpq, without psycopg's own options."""
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    _, options = engine.dialect.create_connect_args(engine.url)
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    return make_conninfo("", **{name: value for name, value in options.items() if name in known}).encode()


def _still_refuses(engine: Engine) -> bool:
    """Whether the server still rejects us, and not because it is out of connections; it may have started since."""
    try:
        engine.connect().close()
    except DBAPIError as error:
        return not _CROWDED.search(str(error.orig))
    return False
