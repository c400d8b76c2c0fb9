"""Profiles of the property tests, the shared input, and the check that every rule has a test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.left_open import LeftOpen
from tests.rule_coverage import RuleCoverage
from tests.walk.sizes import WalkSizes

settings.register_profile("dev", max_examples=50, deadline=None)
# The same examples in every run, so that a red build is red again on the next machine.
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=5000, deadline=None)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI", "").lower() == "true" else "dev")
)

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(RuleCoverage(config, ROOT / "docs" / "spec"), "rule-coverage")
    config.pluginmanager.register(WalkSizes(), "walk-sizes")
    config.pluginmanager.register(LeftOpen(), "left-open")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with input that is not part of the repository; `CRMCORE_SHARED` names another one."""
    folder = ROOT / os.environ.get("CRMCORE_SHARED", "../shared")
    if not folder.is_dir():
        pytest.skip("no shared input here: CRMCORE_SHARED names no folder")
    return folder
