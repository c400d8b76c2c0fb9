"""An upgrade that fails at any of its statements leaves the database as it was, and the next one carries all out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text

from crmcore.adapters.sql.database.upgrade import upgrade, upgrade_connection
from crmcore.adapters.sql.database.versions import begun, check_version, version_of
from tests.sql.conftest import Database
from tests.sql.test_upgrade_of_keys import filled

__all__ = ["filled"]  # a fixture


class _PowerFailed(Exception):
    """The statement that was to come is not carried out, nor anything after it."""


@contextmanager
def _failing_at(number: int) -> Iterator[list[str]]:
    """The database fails at the statement of this number, from 1; 0 is never. Gives the statements so far."""
    carried_out: list[str] = []

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if len(carried_out) + 1 == number:
            raise _PowerFailed
        carried_out.append(statement)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield carried_out
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def _fails_everywhere(database: Database, left: Callable[[], object]) -> None:
    """Fail at the first statement of an upgrade, at the last one, and at some in between; then nothing has changed."""
    before = left()
    with _failing_at(0) as statements:
        connected: Any = begun(database.url, database.schema, make=True)
        with suppress(_PowerFailed), connected as connection:
            upgrade_connection(connection, database.schema)
            raise _PowerFailed  # so that it is taken back, and can be tried again
    assert left() == before
    for number in sorted({1, *range(2, len(statements), 1 + len(statements) // 6), len(statements)}):
        with pytest.raises(_PowerFailed), _failing_at(number) as so_far:
            upgrade(database.url, database.schema)
        assert len(so_far) == number - 1
        assert left() == before, statements[number - 1]
    upgrade(database.url, database.schema)
    with begun(database.url, database.schema) as connection:
        check_version(connection, database.url, database.schema)


def test_an_upgrade_that_fails_leaves_nothing(database: Database) -> None:
    """All tables and views, or none, wherever it fails."""

    def left() -> object:
        with begun(database.url, None, make=True) as connection:
            found = inspect(connection)
            return found.get_table_names(schema=database.schema), found.get_view_names(schema=database.schema)

    _fails_everywhere(database, left)


@pytest.mark.rule("MATCH-4")
@pytest.mark.usefixtures("filled")
def test_an_upgrade_of_a_filled_database_that_fails_leaves_the_version_before(database: Database) -> None:
    """Its tables, its columns, its version and its match keys, wherever it fails."""

    def left() -> object:
        with begun(database.url, database.schema) as connection:
            columns = [each["name"] for each in inspect(connection).get_columns("crm_match", schema=database.schema)]
            keys = connection.execute(text("SELECT * FROM crm_match ORDER BY 1, 2, 3, 4, 5")).fetchall()
            return version_of(connection, database.schema), columns, keys

    _fails_everywhere(database, left)
