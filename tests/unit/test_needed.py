"""What is missing is skipped, and a failure where everything must run."""

import pytest

from tests.needed import need_module, need_program

pytest_plugins = ["pytester"]  # in this process, since one of its own would take longer to start than the tests

_CONFTEST = """
from tests.needed import NothingMissing, is_strict
def pytest_configure(config):
    if is_strict():
        config.pluginmanager.register(NothingMissing())
"""
_TESTS = """
import pytest
from tests.needed import need_module

@pytest.fixture
def server():
    need_module("no_such_module")

def test_on_a_server(server): pass
def test_of_a_device(): pytest.skip("needs a device")
def test_of_a_store(): pytest.skip("no hook `reopen`; with it, this shows: nothing")
@pytest.mark.xfail(reason="a fault that is known")
def test_of_a_fault(): raise AssertionError
def test_that_runs(): pass
"""
_FILE = "import pytest\npytest.importorskip('no_such_module', reason='needs another one')\n"


def test_what_is_there_is_not_missing() -> None:
    """And what is not there is skipped by name."""
    need_module("json")
    with pytest.raises(pytest.skip.Exception, match="needs no_such_module"):
        need_module("no_such_module")
    assert need_program("no-such-program", "sh").endswith("/sh")
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program"):
        need_program("no-such-program", "nor-this-one")


@pytest.mark.parametrize("strict, ends, counts", [("", 0, "1 passed, 4 skipped, 1 xfailed"), ("1", 1, "")])
def test_a_strict_run_fails_for_everything_that_is_missing(
    strict: str, ends: int, counts: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fixture, a test and a whole file; what a store does not offer, and a known fault, are nothing missing."""
    pytester.makepyfile(conftest=_CONFTEST, test_some=_TESTS, test_file=_FILE)
    monkeypatch.setenv("CRMCORE_STRICT", strict)
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rA", "--continue-on-collection-errors")
    said = done.stdout.str()

    assert done.ret == ends, said
    assert counts in said
    if strict:
        failed = {line.split()[1].rpartition("/")[2] for line in said.splitlines() if line[:5] in ("FAILE", "ERROR")}
        assert failed == {"test_some.py::test_on_a_server", "test_some.py::test_of_a_device", "test_file.py"}
        assert "1 passed, 1 skipped, 1 xfailed" in said.replace("1 failed, ", "")
