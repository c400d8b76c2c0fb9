"""All commands in any order, with crashes, restarts and stale decisions, on both databases, beside memory."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore.adapters.sql import SqlStore
from crmcore.testing.machine import CrmMachine
from tests.sql.conftest import Database
from tests.sql.servers import Portals, opened_again

#: Runs on each database, of thirty steps each; ten times as many in a deep run.
RUNS = 20 if "CRMCORE_DEEP" not in os.environ else 200


@pytest.fixture
def portals(database: Database) -> Iterator[Portals]:
    """Makes stores: each is a new portal of one database."""
    made = Portals(database.url, database.schema)
    yield made
    made.close()


@pytest.mark.rule("SWITCH-1", "SWITCH-4", "SWITCH-5", "SWITCH-6", "PERM-2", "EDIT-1", "CONV-6")
def test_a_database_does_what_the_store_in_memory_does(portals: Portals) -> None:
    """After each step the records are equal, every law holds, and what was refused has written nothing."""

    def reopen(store: Any) -> SqlStore:
        assert isinstance(store, SqlStore)
        return opened_again(store)

    machine = CrmMachine(portals.store_apart, reopen=reopen, conflicts_exactly=True)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
