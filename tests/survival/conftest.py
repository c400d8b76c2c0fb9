"""The server that some tests stop, a place for a file, and how many trials there are."""

import os
from pathlib import Path

import pytest

from tests.survival.servers import Server

#: `CRMCORE_DEEP=1` asks for the large numbers of docs/survival.md.
DEEP = os.environ.get("CRMCORE_DEEP") == "1"


@pytest.fixture(scope="session")
def server(own_server: Server) -> Server:
    """The server of this process: it is stopped at once and started again, which nobody else's should be."""
    return own_server


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file of SQLite that is not there yet."""
    return f"sqlite:///{tmp_path / 'crm.db'}"
