"""The version of the tables: upgrading them on request, and refusing versions that this library does not know.

Nothing migrates silently: only `upgrade` creates or changes tables. It keeps its version in a table of its own, so a
host's own Alembic sees only tables and views whose names begin with `crm`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from crmcore.adapters import missing_extra
from crmcore.adapters.redaction import redacted
from crmcore.adapters.sql.connection.errors import NewerStore
from crmcore.adapters.sql.connection.host import begin_writer
from crmcore.adapters.sql.connection.revisions import REVISIONS, VERSION_TABLE
from crmcore.adapters.sql.database.versions import begun, check_free, take_turns, version_of
from crmcore.domain.model.errors import InvalidValue

try:
    from alembic import command
    from alembic.config import Config
except ImportError as failed:
    raise missing_extra(failed, "sql") from failed

__all__ = ["upgrade", "upgrade_connection"]


def upgrade(url: str, schema: str | None = None) -> tuple[str | None, str]:
    """See `crmcore.adapters.sql.upgrade`."""
    with begun(url, schema, make=True) as connection:
        return upgrade_connection(connection, schema, redacted(url))


def upgrade_connection(
    connection: Connection, schema: str | None = None, place: str = "the database"
) -> tuple[str | None, str]:
    """See `crmcore.adapters.sql.upgrade_connection`; `place` is how errors name the database."""
    if schema is not None and connection.dialect.name == "sqlite":
        raise InvalidValue("schema", "no schema for SQLite, where each file is one")
    begin_writer(connection, place)
    take_turns(connection)
    if schema is not None:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_quoted(connection, schema)}"))
    before = version_of(connection, schema)
    if before not in (None, *REVISIONS):
        raise NewerStore(place, str(before))
    if before is None:
        check_free(place, inspect(connection).get_table_names(schema=schema))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.with_name("migrations")).replace("%", "%%"))
    config.attributes.update(connection=connection, schema=schema, version_table=VERSION_TABLE)
    with _in_schema(connection, schema), _quiet():
        command.upgrade(config, REVISIONS[-1])
    return before, REVISIONS[-1]


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


@contextmanager
def _in_schema(connection: Connection, schema: str | None) -> Iterator[None]:
    """The statements of a migration name no schema."""
    if schema is None:
        yield
        return
    before = connection.execute(text("SHOW search_path")).scalar_one()
    change = text("SELECT set_config('search_path', :path, true)")
    connection.execute(change, {"path": _quoted(connection, schema)})
    yield
    connection.execute(change, {"path": before})


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Alembic, which otherwise logs every step."""
    log = logging.getLogger("alembic")
    before = log.level
    log.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        log.setLevel(before)
