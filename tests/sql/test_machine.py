"""All commands in any order, with crashes, restarts and stale decisions, on both databases, beside memory."""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore.adapters.sql import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.testing.machine import CrmMachine
from tests.sql.conftest import Database
from tests.sql.servers import make_schema, opened_again, store_in

#: Runs on each database, of thirty steps each; ten times as many in a deep run.
RUNS = 20 if "CRMCORE_DEEP" not in os.environ else 200


@pytest.fixture
def make_store(database: Database) -> Callable[[CrmImage], SqlStore]:
    """Makes stores: each is a new portal of one database."""
    numbers = count(1)
    if database.schema is None:
        Path(database.url.removeprefix("sqlite:///")).touch()
    else:
        make_schema(database.url, database.schema)

    def make(seed: CrmImage) -> SqlStore:
        return store_in(database.url, seed, schema=database.schema, name=f"portal {next(numbers)}")

    return make


@pytest.mark.rule("SWITCH-1", "SWITCH-4", "SWITCH-5", "SWITCH-6", "PERM-2", "EDIT-1", "CONV-6")
def test_a_database_does_what_the_store_in_memory_does(make_store: Callable[[CrmImage], SqlStore]) -> None:
    """After each step the records are equal, every law holds, and what was refused has written nothing."""

    def reopen(store: Any) -> SqlStore:
        assert isinstance(store, SqlStore)
        return opened_again(store)

    machine = CrmMachine(make_store, reopen=reopen, conflicts_exactly=True)
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
