"""Several processes convert one switch on a database: a pool on one machine, and a Dask cluster."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import pytest

from crmcore import SwitchReport, SwitchToken
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import ClosedStore, CrmOpener, SqlStore, create_portal, open_crm, opened_crms
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.application.workers import run_switch_on
from crmcore.testing import ADMIN, TestCrm, accepted
from tests.sql.conftest import Database
from tests.sql.openers import open_or_die
from tests.sql.servers import lay_tables

EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster" / "switch_on_dask.py"
LEADS = 60
#: Worker processes are forked from one that has loaded the library and nothing else, and so has no connection.
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["crmcore.adapters.sql", "tests.sql.openers"])


def filled(database: Database) -> SqlStore:
    """A portal with leads, and an administrator whose right is kept beside them."""
    before = TestCrm.classic()
    before.leads(LEADS, activities=1)
    lay_tables(database.url, database.schema)
    store = create_portal(database.url, image=before.image(), schema=database.schema)
    store.permissions.grant(ADMIN, ADMINISTRATOR)
    return store


def converted_once(store: SqlStore, report: object) -> None:
    assert isinstance(report, SwitchReport)
    assert (report.result, report.totals.converted) == ("switched", LEADS)
    image = image_of(store)
    assert len(image.deals) == len(image.contacts) == len(image.ledger) == LEADS
    assert list(audit_store(store)) == []


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    with filled(database) as store, opened_crms():
        yield store


@pytest.mark.rule("SWITCH-1", "SWITCH-5")
def test_two_processes_of_a_pool_convert_each_lead_once(store: SqlStore, database: Database) -> None:
    """Each process opens the database for itself and converts the leads of its shard."""
    opening = CrmOpener(database.url, SystemClock(), schema=database.schema)
    token = accepted(opening().begin_switch(ADMIN, key="k"))
    assert isinstance(token, SwitchToken)
    with ProcessPoolExecutor(2, mp_context=CONTEXT) as executor:
        report = run_switch_on(executor, opening, token, workers=2, chunk=7)
        assert executor.submit(int).result() == 0  # nobody died and left the work to this process

    converted_once(store, report)


@pytest.mark.rule("SWITCH-1", "SWITCH-5")
def test_whoever_handed_out_the_work_ends_it_when_the_workers_die(store: SqlStore, database: Database) -> None:
    """A process that is killed takes its pool along, and no lead."""
    opening = partial(open_or_die, database.url, database.schema, os.getpid(), ADMIN)
    token = accepted(opening().begin_switch(ADMIN, key="k"))
    assert isinstance(token, SwitchToken)
    with ProcessPoolExecutor(2, mp_context=CONTEXT) as executor:
        report = run_switch_on(executor, opening, token, workers=2, chunk=7)
        with pytest.raises(BrokenExecutor):
            executor.submit(int)

    converted_once(store, report)


@pytest.fixture
def example() -> ModuleType:
    """The example, as a script that is not part of the package."""
    spec = importlib.util.spec_from_file_location("switch_on_dask", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Dask closes its loops late, and says so to whoever listens; none of it is ours.
@pytest.mark.filterwarnings("default")
@pytest.mark.rule("SWITCH-1", "SWITCH-5")
def test_a_dask_cluster_converts_each_lead_once(postgres: Database, example: ModuleType) -> None:
    """The example runs on two worker processes on the loopback interface, over PostgreSQL."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None)
    with filled(postgres) as store:
        with cluster, Client(cluster) as client:
            report = example.switch(client, postgres.url, schema=postgres.schema, actor=ADMIN, key="k", chunk=7)
            again = example.switch(client, postgres.url, schema=postgres.schema, actor=ADMIN, key="k", chunk=7)
        converted_once(store, report)
        converted_once(store, again)


def test_what_is_opened_in_a_block_is_closed_with_it(database: Database) -> None:
    """One store for each database, whoever is faster; what was open before the block stays so."""
    with filled(database), opened_crms():
        opening = partial(open_crm, database.url, clock=SystemClock(), schema=database.schema)
        early = opening()
        with ThreadPoolExecutor(4) as pool, opened_crms():
            assert {crm.mode().name for crm in pool.map(lambda _: opening(), range(8))} == {"CLASSIC"}
        assert early.mode().name == "CLASSIC"
    with pytest.raises(ClosedStore):
        early.mode()


def test_a_process_closes_at_its_end_what_it_has_opened(tmp_path: Path) -> None:
    """An interpreter that warns of what is left open says nothing."""
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    create_portal(url).close()
    script = (
        "import sys\n"
        "from crmcore.adapters.clocks import SystemClock\n"
        "from crmcore.adapters.sql import open_crm\n"
        "print(open_crm(sys.argv[1], clock=SystemClock()).mode().name)\n"
    )
    words = [sys.executable, "-X", "dev", "-W", "error", "-c", script, url]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "SIMPLE\n", "")
