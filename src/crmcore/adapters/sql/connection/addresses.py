"""The address of a database: which addresses are valid. `crmcore.adapters.redaction` shows them."""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from crmcore.domain.model.errors import InvalidValue, raise_alone

__all__ = ["check_schema", "files_at", "located", "parsed"]

_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")

#: How long a name may be in PostgreSQL, in bytes.
_NAME = 63


def parsed(url: str | URL) -> URL:
    """Parse a valid address; raises `InvalidValue` for any other."""
    expected = InvalidValue("url", "sqlite:///FILE or postgresql://HOST/DATABASE")
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise_alone(expected)
    if place.drivername not in _DRIVERS:
        raise expected
    if place.get_backend_name() == "sqlite":
        if place.database in (None, "", ":memory:"):
            raise InvalidValue("url", "a file, since a database in memory ends with its connection")
        if str(place.database).endswith(("/", "\\")):
            raise InvalidValue("url", "a file, not a folder")
        if place.query:
            raise InvalidValue("url", "a file whose name has no question mark, and no options")
    else:
        options = (each for value in place.query.values() for each in ((value,) if isinstance(value, str) else value))
        for text in (place.username, place.password, place.host, place.database, *place.query, *options):
            _size("url", text or "")
    return place


def located(url: str | URL) -> URL:
    """The address with an absolute path, since a process may change its working directory."""
    place = parsed(url)
    if place.get_backend_name() != "sqlite":
        return place
    return place.set(database=str(Path(str(place.database)).absolute()))


def files_at(url: str | URL) -> tuple[Path, ...]:
    """The files that are read where this address is used, whether or not they are there; none for a mistyped address.

    SQLite keeps what is not yet in the file beside the file itself, not beside a link to it.
    """
    try:
        place = parsed(url)
    except InvalidValue:
        return ()
    if place.get_backend_name() != "sqlite":
        given = (each for value in place.query.values() for each in ((value,) if isinstance(value, str) else value))
        return tuple(map(Path, given))
    database = Path(str(place.database))
    names = {str(database), os.path.realpath(database)}
    return tuple(Path(f"{name}{more}") for name in sorted(names) for more in ("", "-wal", "-shm", "-journal"))


def check_schema(place: URL, schema: str | None) -> None:
    """Raise `InvalidValue` if this database cannot have such a schema."""
    if schema is None:
        return
    if place.get_backend_name() == "sqlite":
        raise InvalidValue("schema", "no schema for SQLite, where each file is one")
    if not 1 <= _size("schema", schema) <= _NAME:
        raise InvalidValue("schema", f"a name of 1 to {_NAME} bytes")


def _size(field: str, text: str) -> int:
    """How many bytes a text has for a server; raises `InvalidValue` for one that no server is told."""
    try:
        if "\0" not in text:
            return len(text.encode())
    except UnicodeEncodeError:
        pass
    raise InvalidValue(field, "text without NUL and lone surrogates")
