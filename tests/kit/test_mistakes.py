"""Each of fourteen mistakes, planted in a host's own store, is found by the contract alone, and by the test named."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmcore.testing.faults import KNOWN_BAD
from tests.kit.mistakes import MISTAKES, Mistake

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "examples" / "repairshop"


def _planted(folder: Path, mistake: Mistake) -> Path:
    """A copy of the repair shop with one mistake in it."""
    copy = folder / "repairshop"
    shutil.copytree(SHOP, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name, text, instead in mistake.lines:
        path = copy / "src" / "repairshop" / name
        before = path.read_text("utf-8")
        assert before.count(text) == 1, f"{name} has changed: {text}"
        path.write_text(before.replace(text, instead), encoding="utf-8")
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_hosts_store_is_found_by_the_contract(name: str, tmp_path: Path) -> None:
    """The test that is named for it fails, and what it says begins with a rule of the known-bad store's kind."""
    mistake = MISTAKES[name]
    place = _planted(tmp_path, mistake)
    left_out = ("PYTEST_", "COV_", "COVERAGE_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    environment["PYTHONPATH"] = os.pathsep.join([str(place / "src"), str(ROOT / "src")])
    asked = f"tests/test_contracts.py::TestOrderBook::{mistake.failing}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", asked]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert re.search(rf"^FAILED \S*::{mistake.failing}\b", done.stdout, re.MULTILINE), done.stdout


def test_each_mistake_has_a_known_bad_store_that_the_same_test_rejects() -> None:
    """A host without this example wraps its own store in the same fault."""
    assert len(MISTAKES) == 14
    assert {name: KNOWN_BAD[each.store].rejected_by for name, each in MISTAKES.items()} == {
        name: each.failing for name, each in MISTAKES.items()
    }
