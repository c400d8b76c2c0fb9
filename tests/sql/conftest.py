"""A new, empty place for tables on each database: a file of SQLite, and a schema of a real PostgreSQL server."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sql.schemas import forget, give_back


class Database(NamedTuple):
    """Where a test may make tables."""

    name: str
    url: str
    schema: str | None = None


_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server: the one that `CRMCORE_TEST_POSTGRES` names, or the one of this process."""
    url = os.environ.get("CRMCORE_TEST_POSTGRES") or request.getfixturevalue("own_server").url
    yield url
    forget(url)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """A schema of its own, gone after the test."""
    schema = f"test_{os.getpid()}_{next(_numbers)}"
    yield Database("postgresql", postgres_url, schema)
    give_back(postgres_url, schema)


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """A file that is not there yet."""
    return Database("sqlite", f"sqlite:///{tmp_path / 'crm.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each database in turn."""
    found: Database = request.getfixturevalue("sqlite" if request.param == "sqlite" else "postgres")
    return found
