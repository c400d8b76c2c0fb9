"""The plugins that make this test run cheap: what they leave out is what nobody looks at."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent.parent
ENDINGS = """
import pytest

@pytest.fixture
def unset(): raise OSError

@pytest.fixture
def uncleared():
    yield
    raise OSError

def test_good(): print("said")
def test_bad(): assert False
def test_left_out(): pytest.skip("no reason")
def test_not_set_up(unset): pass
def test_not_cleared_away(uncleared): pass
"""
REGISTERED = """
from tests.reports import FewReports

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(FewReports())
"""


def _pytest(*words: str, cwd: Path, **environment: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *words]
    environment["PYTHONPATH"] = str(ROOT)
    run = subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_the_collector_leaves_alone_what_was_loaded() -> None:
    """And looks at what a test makes."""
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


@pytest.mark.slow
def test_a_worker_tells_each_way_a_test_can_end(pytester: pytest.Pytester) -> None:
    """The counts of a run in workers are those of a run without."""
    pytester.makepyfile(conftest=REGISTERED, test_endings=ENDINGS)
    run = pytester.runpytest_inprocess("-n1", "-q", "-p", "no:randomly", "-p", "no:cacheprovider")
    assert run.stdout.lines[-1].startswith("1 failed, 2 passed, 1 skipped, 2 errors")
    assert run.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.slow
def test_what_is_not_covered_turns_a_run_red(tmp_path: Path) -> None:
    """One file alone does not reach all of domain and ports, and the lines that it misses are named."""
    code, said = _pytest(
        "-n0",
        "-q",
        "--cover",
        "tests/unit/domain/rules/test_difference.py",
        cwd=ROOT,
        COVERAGE_FILE=str(tmp_path / "data"),
    )
    assert "coverage of domain and ports" in said
    assert " passed" in said.splitlines()[-1]
    assert code == pytest.ExitCode.TESTS_FAILED
