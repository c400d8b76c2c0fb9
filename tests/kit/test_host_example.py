"""The repair shop of `examples/`, with `crmcore` from its wheel in an environment of its own."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from crmcore.testing.faults import KNOWN_BAD
from tests.kit.installed import Product, installed
from tests.matrix import matrix

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "repairshop"

deep = pytest.mark.skipif(os.environ.get("CRMCORE_DEEP") != "1", reason="takes minutes: make deep")


@pytest.fixture(scope="module")
def shop(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The repair shop, in an environment of its own."""
    return installed(EXAMPLE, wheel, tmp_path_factory.mktemp("shop"))


def _said(case: ET.Element) -> str:
    """What the failure of a test begins with."""
    failure = case.find("failure")
    return "" if failure is None else failure.attrib["message"].partition("\n")[0]


def test_the_vectors_run_from_the_wheel(shop: Product) -> None:
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
    @pytest.mark.parametrize("contract", matrix([False, True], [False]), ids=["its own tests", "the contract too"])
    def test_it_has_crmcore_from_the_wheel_and_passes_its_own_tests(self, shop: Product, contract: bool) -> None:
        """Both are installed, nothing comes from this tree, and the machine and the contracts run to their end."""
        said = shop.run("-c", "import crmcore, repairshop; print(crmcore.__file__, repairshop.__file__)")
        assert said.stdout.count(f"{shop.python.parent.parent}{os.sep}lib") == 2, said.stdout + said.stderr

        done = shop.pytest(*(() if contract else ("--deselect", "tests/test_contracts.py::TestOrderBook")))
        assert done.returncode == 0, done.stdout
        if not contract:
            assert re.search(r"^\d+ passed, \d+ deselected in", done.stdout, re.MULTILINE), "every test ran"
            return
        assert re.search(r"^\d+ passed, 3 skipped in", done.stdout, re.MULTILINE), "every test ran but three"
        assert "the store has no `at_one_time`" in done.stdout, "which is of an optional method"
        assert "the store has no `staging`" in done.stdout, "and so is this one"
        assert "no hook `touch`" in done.stdout, "nor does other code of this host write leads"

    def test_its_readme_is_true(self, shop: Product) -> None:
        """The example in use runs as it stands."""
        (example,) = re.findall(r"```python\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
        done = shop.run("-W", "error", "-c", f"{example}\nbook.close()")

        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("every", [8, pytest.param(1, marks=deep)])
    def test_with_each_known_bad_store_a_test_fails_and_names_the_rule(self, shop: Product, every: int) -> None:
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
    def test_every_known_bad_store_is_rejected_by_the_whole_suite(self, shop: Product) -> None:
        """The command that hosts are told of says so."""
        done = shop.run("-m", "crmcore.testing.faults", "tests/test_contracts.py:TestOrderBook")

        assert done.returncode == 0, done.stdout
        assert f"{len(KNOWN_BAD)} of {len(KNOWN_BAD)}" in done.stdout
