"""The host product in `examples/`, with `crmcore` from its wheel in an environment of its own."""

import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import Path as ZipPath

import pytest
from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crmcore.testing.faults import KNOWN_BAD

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "repairshop"

deep = pytest.mark.skipif(os.environ.get("CRMCORE_DEEP") != "1", reason="takes minutes: make deep")


@frozen
class Shop:
    """A copy of the host product's tests, and the Python in which the product is installed."""

    folder: Path
    python: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run that Python, free of what this test run has set for its own children."""
        own = ("COVERAGE_", "COV_", "HYPOTHESIS_", "PYTEST_", "PYTHON")
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(own)},
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run pytest there."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


@pytest.fixture(scope="module")
def shop(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A new environment with two wheels, that of crmcore and that of the host, and with what they say they need."""
    home = tmp_path_factory.mktemp("shop")
    folder = Path(shutil.copytree(EXAMPLE, home / "repairshop", ignore=shutil.ignore_patterns("src", ".*", "__*")))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home)]
    subprocess.run(build, cwd=EXAMPLE, check=True, capture_output=True, timeout=120)
    wheels = [wheel, *home.glob("*.whl")]
    venv.create(home / "venv", symlinks=True)
    shop = Shop(folder, home / "venv" / "bin" / "python")
    site = shop.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    _copy_what_is_needed(wheels, Path(site))
    pip = [sys.executable, "-m", "pip", "--python", str(shop.python), "--disable-pip-version-check"]
    for arguments in (["install", "--no-index", "--no-deps", *map(str, wheels)], ["check"]):
        done = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    return shop


def _copy_what_is_needed(wheels: list[Path], site: Path) -> None:
    """Copy the packages that `repairshop[test]` needs, and no others, from here: without the network."""
    built = {canonicalize_name(each.name): each for each in map(_in_wheel, wheels)}
    wanted = [Requirement("repairshop[test]")]
    done: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        if str(requirement) in done:
            continue
        done.add(str(requirement))
        found = built.get(canonicalize_name(requirement.name)) or distribution(requirement.name)
        for needed in map(Requirement, found.requires or ()):
            extras = ("", *requirement.extras)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(needed)
        if canonicalize_name(requirement.name) not in built:
            for file in found.files or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    (site / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(str(file.locate()), site / file)


def _in_wheel(wheel: Path) -> Distribution:
    (info,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    return PathDistribution(info)


def _said(case: ET.Element) -> str:
    """What the failure of a test begins with."""
    failure = case.find("failure")
    return "" if failure is None else failure.attrib["message"].partition("\n")[0]


def test_the_vectors_run_from_the_wheel(shop: Shop) -> None:
    """Whoever installs crmcore has the vectors with it, and no repository beside them."""
    code = (
        "import crmcore.testing.vectors as vectors\n"
        "report = vectors.run_vectors(vectors.vectors(family='policy'))\n"
        "print(vectors.__file__, len(vectors.vectors()), len(report.failed), report.families['policy']['passed'] > 50)"
    )
    done = shop.run("-c", code)
    assert done.returncode == 0, done.stderr
    file, count, failed, many = done.stdout.split()
    assert Path(file).is_relative_to(shop.python.parent.parent)
    assert (int(count) > 2_000, failed, many) == (True, "0", "True")


class TestAHostProduct:
    def test_it_has_crmcore_from_the_wheel_and_passes_its_own_tests(self, shop: Shop) -> None:
        """Both are installed, nothing comes from this tree, and the contracts and the machine run to their end."""
        said = shop.run("-c", "import crmcore, repairshop; print(crmcore.__file__, repairshop.__file__)")
        assert said.stdout.count(f"{shop.python.parent.parent}{os.sep}lib") == 2, said.stdout + said.stderr

        done = shop.pytest()
        assert done.returncode == 0, done.stdout
        assert re.search(r"^\d+ passed, 2 skipped in", done.stdout, re.MULTILINE), "every test ran but two"
        assert "the store has no `at_one_time`" in done.stdout, "which is of an optional method"
        assert "no hook `touch`" in done.stdout, "nor does other code of this host write leads"

    def test_its_readme_is_true(self, shop: Shop) -> None:
        """The example in use runs as it stands."""
        (example,) = re.findall(r"```python\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
        done = shop.run("-W", "error", "-c", f"{example}\nbook.close()")

        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("every", [8, pytest.param(1, marks=deep)])
    def test_with_each_known_bad_store_a_test_fails_and_names_the_rule(self, shop: Shop, every: int) -> None:
        """The fault is put around the host's own store, and the host's own suite says what is wrong with it."""
        stores = {name: KNOWN_BAD[name] for name in list(KNOWN_BAD)[::every]}
        (shop.folder / "bad").mkdir(exist_ok=True)
        (shop.folder / "bad" / "test_known_bad.py").write_text(
            "from crmcore.testing.faults.runner import suites_of\n"
            "from test_contracts import TestOrderBook as Suite\n"
            "globals().update(suites_of(Suite))\n"
        )
        report = shop.folder / f"report-{every}.xml"
        done = shop.pytest(
            "--override-ini=pythonpath=tests",
            f"--junitxml={report}",
            "--tb=line",
            *(f"bad/test_known_bad.py::Test{name}::{store.rejected_by}" for name, store in stores.items()),
        )
        assert report.exists(), done.stdout + done.stderr
        named = {
            case.attrib["classname"].rpartition(".Test")[2]: _said(case)
            for case in ET.parse(report).iter("testcase")
            if case.find("failure") is not None
        }
        missing = [name for name, store in stores.items() if store.rule not in named.get(name, "")]
        assert missing == [], done.stdout

    @deep
    def test_every_known_bad_store_is_rejected_by_the_whole_suite(self, shop: Shop) -> None:
        """The command that hosts are told of says so."""
        done = shop.run("-m", "crmcore.testing.faults", "tests/test_contracts.py:TestOrderBook")

        assert done.returncode == 0, done.stdout
        assert f"{len(KNOWN_BAD)} of {len(KNOWN_BAD)}" in done.stdout
