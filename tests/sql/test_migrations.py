"""The tables of the package: made and brought up on request only, equal to what the code believes, never mistaken."""

import re
import sqlite3
import traceback
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, make_url, text
from tools.freeze_schema import FOLDER, copy_of_tables

from crmcore.adapters.redaction import redacted
from crmcore.adapters.sql.connection.errors import (
    ForeignStore,
    MissingStore,
    NewerStore,
    NoTransaction,
    OlderStore,
    UnfinishedStore,
)
from crmcore.adapters.sql.connection.revisions import REVISIONS, VERSION_TABLE
from crmcore.adapters.sql.database import upgrade as migrating
from crmcore.adapters.sql.database.portals import create_portal, examine
from crmcore.adapters.sql.database.upgrade import upgrade, upgrade_connection
from crmcore.adapters.sql.database.versions import begun, check_version, version_of
from crmcore.adapters.sql.rows.indexes import metadata
from crmcore.adapters.sql.rows.records import COLUMNS
from crmcore.adapters.sql.rows.views import VIEWS, views_of
from crmcore.domain.model.errors import InvalidValue, StoreCorrupt, StoreError
from crmcore.domain.rules.matching import MATCH_FORM
from tests.sql.conftest import Database

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def _checked(database: Database) -> None:
    with begun(database.url, database.schema) as connection:
        check_version(connection, redacted(database.url), database.schema)


def test_the_migrated_tables_are_those_of_the_code(database: Database) -> None:
    """Nothing to add, to drop or to change is found on either side."""
    assert upgrade(database.url, database.schema) == (None, REVISIONS[-1])
    with begun(database.url, database.schema) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        checks = {name: _checks(connection, database, name) for name in metadata.tables}
    with begun(database.url, database.schema, make=True) as connection:
        for statement in _dropping(database):
            connection.execute(text(statement))
    with begun(database.url, database.schema, make=True) as connection:
        copy_of_tables().create_all(connection)
    with begun(database.url, database.schema) as connection:
        assert checks == {name: _checks(connection, database, name) for name in metadata.tables}


def _checks(connection: Connection, database: Database, table: str) -> dict[str, str]:
    found = inspect(connection).get_check_constraints(table, schema=database.schema)
    return {str(each["name"]): each["sqltext"] for each in found}


def _dropping(database: Database) -> list[str]:
    if database.schema is not None:
        return [f"DROP SCHEMA {database.schema} CASCADE", f"CREATE SCHEMA {database.schema}"]
    return [f"DROP VIEW {view.name}" for view in VIEWS] + [f"DROP TABLE {name}" for name in reversed(metadata.tables)]


#: The first version as it is in use: whoever wants other tables writes a next version.
FROZEN = {
    "sqlite": "071821facab021be33248083dcdec1240fdc39da14c830dc5cebffbe5c14cfdd",
    "postgresql": "21dd721ea68c2d7f3b321751ae396a49bfc90de55dc8220181b2a2959a793e00",
}


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_the_first_version_stays_as_it_is(name: str) -> None:
    """Databases were filled with it."""
    assert sha256((FOLDER / f"0001_{name}.sql").read_bytes()).hexdigest() == FROZEN[name]


def test_the_migrated_views_are_those_of_the_code(database: Database) -> None:
    """Each statement of them, as the database keeps it."""
    upgrade(database.url, database.schema)
    with begun(database.url, database.schema) as connection:
        migrated = _views(connection, database)
    assert len(migrated) == len(VIEWS) == len(list(views_of(database.name)))
    with begun(database.url, database.schema, make=True) as connection:
        for view in VIEWS:
            connection.execute(text(f"DROP VIEW {view.name}"))
        for statement in views_of(database.name):
            connection.exec_driver_sql(statement)
    with begun(database.url, database.schema) as connection:
        assert _views(connection, database) == migrated


def _views(connection: Connection, database: Database) -> dict[str, str]:
    found = inspect(connection)
    return {
        name: found.get_view_definition(name, schema=database.schema) for name in found.get_view_names(database.schema)
    }


@pytest.mark.rule("MATCH-4")
def test_the_last_version_has_the_keys_of_the_normal_forms() -> None:
    """Whoever changes a form writes a version that makes the keys anew."""
    forms = [version.FORM for version in _scripts() if hasattr(version, "FORM")]
    assert forms[-1] == MATCH_FORM


def _scripts() -> list[Any]:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent.with_name("migrations")))
    scripts = ScriptDirectory.from_config(config)
    return [script.module for script in reversed(list(scripts.walk_revisions()))]


def test_the_known_versions_are_those_that_ship() -> None:
    """The list that opening a store looks at needs no Alembic, and is the same."""
    assert tuple(script.revision for script in _scripts()) == REVISIONS


def test_upgrading_again_changes_nothing(database: Database) -> None:
    """The version before and after is the same."""
    upgrade(database.url, database.schema)
    assert upgrade(database.url, database.schema) == (REVISIONS[-1], REVISIONS[-1])
    _checked(database)


@pytest.mark.parametrize("before", REVISIONS[:-1])
def test_every_version_is_upgraded_to_the_tables_of_the_code(
    database: Database, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From each version that was in use, in one call."""
    with monkeypatch.context() as then:
        then.setattr(migrating, "REVISIONS", REVISIONS[: REVISIONS.index(before) + 1])
        assert upgrade(database.url, database.schema) == (None, before)
    assert upgrade(database.url, database.schema) == (before, REVISIONS[-1])
    with begun(database.url, database.schema) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_nothing_is_made_by_looking(sqlite: Database, tmp_path: Path) -> None:
    """A file that is not there is refused, and is still not there."""
    with pytest.raises(MissingStore, match="crmcore init"):
        _checked(sqlite)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_schema_is_refused(postgres: Database) -> None:
    """So is a schema that is not there."""
    with pytest.raises(MissingStore, match="crmcore db upgrade"):
        _checked(postgres)


@pytest.mark.parametrize(
    "version, error, says", [("0000", NewerStore, "newer crmcore"), ("9999", NewerStore, "does not know")]
)
def test_a_version_that_is_not_known_is_refused(
    database: Database, version: str, error: type[StoreError], says: str
) -> None:
    """By looking and by upgrading; it stays as it is."""
    upgrade(database.url, database.schema)
    with begun(database.url, database.schema, make=True) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :it"), {"it": version})
    with pytest.raises(error, match=says):
        _checked(database)
    with pytest.raises(error):
        upgrade(database.url, database.schema)
    with begun(database.url, database.schema) as connection:
        assert version_of(connection, database.schema) == version


def test_an_older_version_is_refused_until_it_is_upgraded(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the version and the way up."""
    upgrade(sqlite.url)
    monkeypatch.setattr("crmcore.adapters.sql.connection.revisions.REVISIONS", (*REVISIONS, "next"))
    with pytest.raises(OlderStore, match=rf"version {REVISIONS[-1]}.*crmcore db upgrade"):
        _checked(sqlite)


def test_a_database_of_somebody_else_is_refused(database: Database) -> None:
    """It has tables, and none of ours; an upgrade on request adds ours beside them."""
    with begun(database.url, None, make=True) as connection:
        if database.schema is not None:
            connection.execute(text(f"CREATE SCHEMA {database.schema}"))
            connection.execute(text(f"SET search_path TO {database.schema}"))
        connection.execute(text("CREATE TABLE invoices (id INTEGER PRIMARY KEY)"))
    with pytest.raises(ForeignStore, match="invoices"):
        _checked(database)
    upgrade(database.url, database.schema)
    _checked(database)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And not a byte of it is changed."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear sirs, " * 1000, encoding="utf-8")
    before = path.read_bytes()
    for make in (False, True):
        with (
            pytest.raises(ForeignStore, match="cannot be read as a database"),
            begun(f"sqlite:///{path}", make=make) as connection,
        ):
            check_version(connection, "x")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [0.7, 0.3, 0.001], ids=["most", "a part", "a header"])
def test_a_file_that_was_cut_off_is_damaged_and_nobody_elses(sqlite: Database, tmp_path: Path, kept: float) -> None:
    """It begins as a database does, so no other name is asked for; nothing of it is changed."""
    create_portal(sqlite.url).close()
    path = tmp_path / "crm.db"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="damaged; restore a backup"):
        list(examine(sqlite.url))
    assert path.read_bytes() == before


def test_a_file_with_damaged_pages_is_damaged_and_nobody_elses(sqlite: Database, tmp_path: Path) -> None:
    """As far as the header says that it is a database."""
    create_portal(sqlite.url).close()
    path = tmp_path / "crm.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(StoreCorrupt, match="damaged; restore a backup"):
        list(examine(sqlite.url))


def test_looking_at_a_file_leaves_its_settings_alone(tmp_path: Path) -> None:
    """A database of somebody else keeps its journal mode."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY)")
    before = path.read_bytes()
    with pytest.raises(ForeignStore):
        _checked(Database("sqlite", f"sqlite:///{path}"))
    assert path.read_bytes() == before


def test_a_host_runs_the_upgrade_within_its_own_migration(database: Database) -> None:
    """On its connection and in its transaction, beside tables and a version of its own."""
    own = MetaData()
    with begun(database.url, None, make=True) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('host-7')"))
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        upgrade_connection(connection, database.schema)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == before == "host-7"
        if database.schema is not None:
            connection.execute(text("DROP TABLE alembic_version"))
    _checked(database)
    assert not own.tables


def _host_engine(database: Database, **options: Any) -> Engine:
    """An engine as a host makes it, with nothing set that the store's own engines have."""
    return create_engine(make_url(database.url).set(drivername=DRIVERS[database.name]), **options)


def test_a_host_that_takes_its_migration_back_takes_the_tables_back(database: Database) -> None:
    """Nothing of ours is left, whatever the host's driver does about DDL, and the next upgrade makes it all."""
    engine = _host_engine(database)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE invoices (id INTEGER PRIMARY KEY)")
        upgrade_connection(connection, database.schema)
        connection.rollback()
    with pytest.raises(MissingStore):
        _checked(database)
    with engine.begin() as connection:
        assert upgrade_connection(connection, database.schema) == (None, REVISIONS[-1])
    engine.dispose()
    _checked(database)


def test_a_host_whose_connection_commits_every_statement_is_refused(database: Database) -> None:
    """Half of the tables could stay; nothing is made, and the error says what the engine needs."""
    engine = _host_engine(database, isolation_level="AUTOCOMMIT")
    with pytest.raises(NoTransaction, match="AUTOCOMMIT"), engine.begin() as connection:
        upgrade_connection(connection, database.schema)
    engine.dispose()
    with pytest.raises(MissingStore):
        _checked(database)


def test_a_host_that_begins_on_sqlite_by_itself_is_not_refused(sqlite: Database) -> None:
    """As SQLAlchemy advises for its driver: autocommit, and a BEGIN of the host's own."""
    engine = _host_engine(sqlite, isolation_level="AUTOCOMMIT")
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN")
        upgrade_connection(connection)
    engine.dispose()
    _checked(sqlite)


def test_tables_of_ours_without_their_version_are_not_somebody_elses(database: Database) -> None:
    """By looking and by upgrading, which leaves them alone: the error says what to do."""
    upgrade(database.url, database.schema)
    with begun(database.url, database.schema, make=True) as connection:
        connection.execute(text(f"DELETE FROM {VERSION_TABLE}"))
    with pytest.raises(UnfinishedStore, match="restore a backup"):
        _checked(database)
    with pytest.raises(UnfinishedStore, match="crm_"):
        upgrade(database.url, database.schema)
    with begun(database.url, database.schema, make=True) as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    with pytest.raises(UnfinishedStore):
        create_portal(database.url, schema=database.schema)


def test_a_schema_is_for_postgresql_in_a_transaction_of_the_host_too(sqlite: Database) -> None:
    """Where the driver would speak of a syntax error."""
    engine = _host_engine(sqlite)
    with pytest.raises(InvalidValue, match="schema"), engine.begin() as connection:
        upgrade_connection(connection, "sales")
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["", "crm.db", "mysql://host/crm", "sqlite://", "sqlite:///:memory:", "sqlite:///crm.db?mode=ro"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Only files of SQLite and PostgreSQL are places for a CRM."""
    with pytest.raises(InvalidValue, match="url"):
        upgrade(url)


def test_a_schema_is_for_postgresql(tmp_path: Path) -> None:
    """A file of SQLite has none."""
    with pytest.raises(InvalidValue, match="schema"):
        upgrade(f"sqlite:///{tmp_path / 'crm.db'}", "sales")


@pytest.mark.rule("DATA-2")
def test_rows_that_the_database_refuses_are_not_shown(database: Database) -> None:
    """Neither by the error nor by what it came from."""
    upgrade(database.url, database.schema)
    insert = text(f"INSERT INTO {VERSION_TABLE} VALUES (:row)")
    with pytest.raises(StoreError) as told, begun(database.url, database.schema, make=True) as connection:
        connection.execute(insert, [{"row": "Ms Penguin"}, {"row": "Ms Penguin"}])
    assert "Penguin" not in "".join(traceback.format_exception(told.value))


def test_every_column_is_read_by_the_code() -> None:
    """A column that is only written would be a fact that nobody looks at."""
    folder = Path(migrating.__file__).parent.parent
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
        if "migrations" not in path.parts and path.name not in ("tables.py", "views.py")
    )
    words = set(re.findall(r"\w+", code)) | {name for names in COLUMNS.values() for name in names}
    unread = {f"{name}.{column.name}" for name, table in metadata.tables.items() for column in table.columns}
    assert {each for each in unread if each.partition(".")[2] not in words} == set()
