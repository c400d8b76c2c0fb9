"""What the switch on a database is measured against does the same work: the same rows in every table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bench import library
from bench.databases import floor, with_sqlalchemy
from bench.databases.filling import fill
from sqlalchemy import Engine, text

from crmcore.adapters.sql import open_store
from crmcore.adapters.sql.connection.engines import engine_for
from crmcore.adapters.sql.rows.indexes import metadata
from tests.sql.conftest import Database

LEADS = 25
Tables = dict[str, list[tuple[Any, ...]]]


@contextmanager
def _engine(place: Database) -> Iterator[Engine]:
    engine = engine_for(place.url, place.schema)
    try:
        yield engine
    finally:
        engine.dispose()


def _tables(place: Database) -> Tables:
    """Every row of every table; which slot a number was added to is open."""
    with _engine(place) as engine, engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in metadata.tables
        }
    slot = list(metadata.tables["crm_tally"].columns.keys()).index("slot")
    found["crm_tally"] = [row[:slot] + row[slot + 1 :] for row in found["crm_tally"]]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def _switched_by_the_library(place: Database) -> Tables:
    fill(place.url, LEADS, schema=place.schema)
    with open_store(place.url, schema=place.schema) as store:
        library.switch(library.crm_over(store))
    return _tables(place)


@pytest.fixture
def second(database: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Another place on the same database."""
    if database.schema is None:
        yield database._replace(url=f"{database.url}.second")
        return
    again = database._replace(schema=f"{database.schema}_second")
    yield again
    with _engine(database) as engine, engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {again.schema} CASCADE"))


def test_the_floor_writes_the_rows_of_the_library(database: Database, second: Database) -> None:
    """Table by table and row by row, versions, numbers and match keys included."""
    expected = _switched_by_the_library(database)
    fill(second.url, LEADS, schema=second.schema)
    with floor.opened(second.url, second.schema) as raw:
        epoch = floor.begin(raw)
        floor.convert(raw, epoch, 1, 10)
        floor.convert(raw, epoch, 11, LEADS, slot=1)
        assert floor.finish(raw) == LEADS
    found = _tables(second)
    found["crm_tally"] = _added_up(found["crm_tally"])

    assert {name: rows for name, rows in found.items() if rows != expected[name]} == {}


def _added_up(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The numbers of all ranges together."""
    return [(*rows[0][:-1], sum(row[-1] for row in rows))]


@pytest.mark.parametrize("how", ["natural", "bulk"])
def test_what_one_might_write_makes_the_same_records(
    sqlite: Database, how: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Records, bindings, match keys, ledger and outcomes are those of the library; it does no less."""
    other = sqlite._replace(url=f"sqlite:///{tmp_path_factory.mktemp('other') / 'crm.db'}")
    expected = _switched_by_the_library(other)
    fill(sqlite.url, LEADS)
    with getattr(with_sqlalchemy, how)(sqlite.url, None, LEADS, 1000) as run:
        assert run() == LEADS
    found = _tables(sqlite)
    same = [f"crm_{name}" for name in with_sqlalchemy.MODELS if name != "activity"]

    assert {name: found[name] for name in same if found[name] != expected[name]} == {}
