"""The address of a database: what is understood. How it is shown is in `crmcore.adapters.redaction`."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from crmcore.domain.model.errors import InvalidValue, raise_alone

__all__ = ["check_schema", "located", "parsed"]

_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")

#: How long a name may be in PostgreSQL, in bytes.
_NAME = 63


def parsed(url: str | URL) -> URL:
    """An address that can be used; raises `InvalidValue` for any other."""
    expected = InvalidValue("url", "sqlite:///FILE or postgresql://HOST/DATABASE")
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise_alone(expected)
    if place.drivername not in _DRIVERS:
        raise expected
    if place.get_backend_name() == "sqlite":
        if place.database in (None, "", ":memory:"):
            raise InvalidValue("url", "a file: a database in memory ends with its connection")
        if str(place.database).endswith(("/", "\\")):
            raise InvalidValue("url", "a file, not a folder")
        if place.query:
            raise InvalidValue("url", "a file whose name has no question mark, and no options")
    return place


def located(url: str | URL) -> URL:
    """An address that names the same file from wherever it is used: a process may change its folder."""
    place = parsed(url)
    if place.get_backend_name() != "sqlite":
        return place
    return place.set(database=str(Path(str(place.database)).absolute()))


def check_schema(place: URL, schema: str | None) -> None:
    """Raise `InvalidValue` where there can be no such schema."""
    if schema is None:
        return
    if place.get_backend_name() == "sqlite":
        raise InvalidValue("schema", "nothing for SQLite, where each file is one")
    if not schema or "\0" in schema or len(schema.encode(errors="replace")) > _NAME:
        raise InvalidValue("schema", f"a name of 1 to {_NAME} bytes")
