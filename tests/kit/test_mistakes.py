"""Each of fourteen mistakes, planted in a host's own store, is found by the contract alone, and by the test named."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmcore.testing.faults import KNOWN_BAD
from tests.kit.collector import rest
from tests.kit.mistakes import MISTAKES, Mistake

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "examples" / "repairshop"


def _planted(folder: Path, name: str, mistake: Mistake) -> str:
    """A copy of the repair shop with one mistake in it, as a package of its own, and its test that is to fail."""
    package = folder / "src" / name
    shutil.copytree(SHOP / "src" / "repairshop", package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text, instead in mistake.lines:
        path = package / file
        before = path.read_text("utf-8")
        assert before.count(text) == 1, f"{file} has changed: {text}"
        path.write_text(before.replace(text, instead), encoding="utf-8")
    tests = folder / f"test_{name}.py"
    shutil.copyfile(SHOP / "tests" / "test_contracts.py", tests)
    for path in (*package.glob("*.py"), tests):
        path.write_text(re.sub(r"\brepairshop\b", name, path.read_text("utf-8")), encoding="utf-8")
    return f"{tests.name}::TestOrderBook::{mistake.failing}"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says of each mistake, by its name; one process asks all of them."""
    folder = tmp_path_factory.mktemp("shops")
    shops = {name: f"shop_{number}" for number, name in enumerate(MISTAKES)}
    asked = [_planted(folder, shop, MISTAKES[name]) for name, shop in shops.items()]
    for file in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(SHOP / file, folder)
    left_out = ("PYTEST_", "COV_", "COVERAGE_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    rest(folder / "src")
    environment["PYTHONPATH"] = os.pathsep.join([str(folder / "src"), str(ROOT / "src")])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *asked]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    return {
        name: "\n".join(re.findall(rf"^FAILED test_{shop}\.py::.*", done.stdout, re.MULTILINE))
        for name, shop in shops.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_hosts_store_is_found_by_the_contract(name: str, failed: dict[str, str]) -> None:
    """The test that is named for it fails."""
    assert re.search(rf"::{MISTAKES[name].failing}\b", failed[name]), failed


def test_each_mistake_has_a_known_bad_store_that_the_same_test_rejects() -> None:
    """A host without this example wraps its own store in the same fault."""
    assert len(MISTAKES) == 14
    assert {name: KNOWN_BAD[each.store].rejected_by for name, each in MISTAKES.items()} == {
        name: each.failing for name, each in MISTAKES.items()
    }
