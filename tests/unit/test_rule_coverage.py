"""A whole run is red where a sentence has no test that passed, or evidence was skipped, renamed or run with no row."""

import pytest

pytest_plugins = ["pytester"]  # in this process, since one of its own would take longer to start than the tests

_CONFTEST = """
from pathlib import Path
from tests.rule_coverage import RuleCoverage
from tools.spec_changes import changes_in

def pytest_configure(config):
    here = Path(__file__).parent
    config.addinivalue_line("markers", "rule: what it shows")
    config.pluginmanager.register(RuleCoverage(config, here / "docs" / "spec", changes_in(here)))
"""
_CHANGE = """
[[change]]
id = "{0}"
rule = "MODE-1.{1}"
file = "x"
old = "y"
new = "z"
means = "m"
test = "test_modes.py::test_{0}"
"""
_TESTS = """
import pytest

@pytest.mark.rule("MODE-1.1")
@pytest.mark.parametrize("row", [1])
def test_one(row):
    assert row

@pytest.mark.rule("MODE-1.1")
def test_one_as_well():
    assert 1

@pytest.mark.rule("MODE-1.2")
def test_two():
    assert 2
"""


def _run(pytester: pytest.Pytester, old: str, new: str) -> tuple[int, str]:
    folder = pytester.path
    pages = folder / "docs" / "spec"
    pages.mkdir(parents=True)
    rule = "- **MODE-1** [S1]\n  - **MODE-1.1** There is one.\n  - **MODE-1.2** There are two.\n"
    (pages / "modes.md").write_text(rule, encoding="utf-8")
    (folder / "tests" / "spec").mkdir(parents=True)
    changes = _CHANGE.format("one", 1) + _CHANGE.format("two", 2)
    (folder / "tests" / "spec" / "changes.toml").write_text(changes, encoding="utf-8")
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    assert old in _TESTS
    (folder / "test_modes.py").write_text(_TESTS.replace(old, new, 1), encoding="utf-8")
    (folder / "test_more.py").write_text("def test_more(): ...\n", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    return done.ret, done.stdout.str()


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("def test_one(", "def test_other(", "test_modes.py::test_one"),
        ("@pytest.mark.param", "@pytest.mark.skipif(pytest is not None, reason='x')\n@pytest.mark.param", "::test_one"),
        ("    assert 2", "    pytest.skip('needs a device')", None),
        ("assert 2", "assert 2", None),
    ],
)
def test_evidence_that_has_not_passed_is_named(pytester: pytest.Pytester, old: str, new: str, said: str | None) -> None:
    """Though another test names the sentence; what a machine has not is no fault of the evidence."""
    code, out = _run(pytester, old, new)
    assert (code, "evidence that has not passed" in out or "rules without a passing test" in out) == (
        (0, False) if said is None else (1, True)
    )
    assert said is None or said in out
